"""Writes and reads the tags of all files of a folder by mediafile.

    mediafile.py read FOLDER FIELD...        prints a line for each file and field
    mediafile.py write FOLDER SEED FIELD...  gives fields any values, and writes the files
    mediafile.py embed FOLDER PICTURE        embeds a picture in the files, as `beet embedart` does
    mediafile.py update FOLDER               writes to each file what FILE.tags says, as read prints it
    mediafile.py pictures FOLDER             prints a line for each picture of each file
"""

import hashlib
import os
import random
import re
import struct
import sys

from mediafile import (
    DateItemField,
    Image,
    ImageType,
    ListMediaField,
    MediaFile,
    UnreadableFileError,
)
from mutagen.asf import ASF

TEXTS = ["", "x", "Idioteque", "Björk", "日本 🎵", "a; b", "a/b", "1", "two\nlines", " padded "]
RANGES = {"year": (0, 9999), "month": (0, 12), "day": (0, 31), "track": (0, 300)}


def encoded(text):
    return f"[{', '.join(f'{byte:02x}' for byte in text.encode())}]"


def shown(value):
    if value is None:
        return "none"
    if isinstance(value, int):
        # A library does not hold larger ones.
        return f"int {int(value) if value.bit_length() < 64 else 0}"
    if isinstance(value, float):
        return f"float {struct.pack('>d', value).hex()}"
    if isinstance(value, str):
        return f"text {encoded(value)}"
    return f"list {' '.join(map(encoded, value))}"


def read(files, fields):
    for name, path in files:
        try:
            file = MediaFile(path)
            values = [getattr(file, field) for field in fields]
        except (UnreadableFileError, TypeError):  # TypeError for APEv2 items that are no text
            print(f"{name} unreadable")
            continue
        for field, value in zip(fields, values):
            print(f"{name} {field} {shown(value)}")


def any_value(rng, field):
    kind = vars(MediaFile)[field]
    if isinstance(kind, ListMediaField):
        return rng.choices(TEXTS, k=rng.randrange(4))
    if isinstance(kind, DateItemField) or kind.out_type is int:
        low, high = RANGES.get(field.removeprefix("original_"), (0, 999))
        return float(rng.randint(-9999, 9999) / 256) if "gain" in field else rng.randint(low, high)
    if kind.out_type is float:
        return rng.uniform(-20, 20) if "gain" in field else rng.uniform(0, 2)
    if kind.out_type is bool:
        return rng.random() < 0.5
    return rng.choice(TEXTS)


def write(files, seed, fields):
    rng = random.Random(seed)
    for _, path in files:
        file = MediaFile(path)
        file.update({field: any_value(rng, field) for field in fields if rng.random() < 0.8})
        file.save()


def parsed(kind, value=""):
    if kind == "int":
        return int(value)
    if kind == "float":
        return struct.unpack(">d", bytes.fromhex(value))[0]
    texts = [bytes.fromhex(text.replace(",", "")).decode() for text in re.findall(r"\[(.*?)\]", value)]
    return texts if kind == "list" else texts[0] if kind == "text" else None


def update(files):
    for _, path in files:
        if path.endswith(".tags"):
            continue
        try:
            file = MediaFile(path)
        except UnreadableFileError:
            continue
        with open(path + ".tags") as lines:
            tags = [line.strip().split(" ", 2) for line in lines]
        file.update({field: parsed(*value) for field, *value in tags})
        file.save()


def embed(files, picture):
    with open(picture, "rb") as file:
        image = Image(file.read(), type=ImageType.front)
    for _, path in files:
        file = MediaFile(path)
        file.update({"images": [image]})
        file.save()


def pictures(files):
    for name, path in files:
        file = MediaFile(path)
        for image in file.images:
            digest = hashlib.sha256(image.data).hexdigest()
            print(f"{name} {image.type} {image.mime_type} {image.desc!r} {digest}")
        # FLAC files have blocks, and their order; padding is up to who writes.
        blocks = [block for block in getattr(file.mgfile, "metadata_blocks", []) if block.code != 1]
        for block in blocks:
            about = f"{block.mime} {block.type}" if block.code == 6 else ""
            print(f"{name} block {block.code} {about}")
        # ASF files have attributes, their order, and objects to hold them: a library's have a language.
        for key, value in file.mgfile.tags if isinstance(file.mgfile, ASF) else []:
            print(f"{name} attribute {key!r} {value.TYPE} {value.data_size()} {value.language} {value.stream}")


def main():
    command, folder, *rest = sys.argv[1:]
    files = [(name, os.path.join(folder, name)) for name in sorted(os.listdir(folder))]
    match command:
        case "read":
            read(files, rest)
        case "write":
            write(files, rest[0], rest[1:])
        case "update":
            update(files)
        case "embed":
            embed(files, *rest)
        case "pictures":
            pictures(files)


main()
