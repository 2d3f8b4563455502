#!/usr/bin/env python3
"""Makes the demo library: music/, library.db and files.rs beside this script.

Needs a Python that has beets 2.14.1 (and so mutagen; `../shared/oracle/setup.sh` makes one), and the programs flac
and lame. Every sample is computed here, so the music is free of anyone's rights; the same tools give the same bytes
again.

The files are tagged as badly as files in the wild are. The real beets then imports them as they are and
`beet modify --nowrite` cleans the tags in the database alone: the difference is what a mount shows.
"""

import array
import math
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3, TALB, TIT2, TPE1, TRCK

HERE = Path(__file__).resolve().parent
MTIME = 1_600_000_000  # of every file and of every `added`
RATE = 22_050
BEATS = 14

# Where the file lies, what its own tags say, and what the library says.
ALBUMS = [
    {
        "folder": "rips/SQUARE_SAW",
        "query": "path::SQUARE_SAW",
        "album": {
            "album": "Waveforms", "albumartist": "Square & Saw", "year": "2019", "month": "3", "day": "15",
            "label": "Oscillator Records", "genres": "Electronic; Chiptune", "country": "XW",
        },
        "cover": (0x20, 0x60, 0xA0),
        "tracks": [
            ("track01.flac", {"title": "track 1"}, {"title": "Sawtooth Stroll", "artist": "Square & Saw", "track": "1"}),
            ("track02.flac", {"title": "Track 02", "artist": "unknown artist"},
             {"title": "Square Dance", "artist": "Square & Saw", "track": "2", "bpm": "120"}),
            ("track03.flac", {"title": "TRIANGLE (FINAL) (2)", "album": "new folder"},
             {"title": "Triangle Lullaby", "artist": "Square & Saw & The Sine Waves",
              "artists": "Square & Saw; The Sine Waves", "track": "3"}),
        ],
    },
    {
        "folder": "downloads/unicode ensemble - complete",
        "query": "path::complete",
        "album": {
            "album": "Übungsstücke für Oszillatoren", "albumartist": "Ünïcödé Ensemble", "year": "2021",
            "disctotal": "2", "genres": "Classical", "language": "deu",
        },
        "tracks": [
            ("cd1-01.mp3", {"title": "Prelude", "artist": "unicode ensemble"},
             {"title": "Präludium – Größe", "artist": "Ünïcödé Ensemble", "track": "1", "disc": "1",
              "disctitle": "Vormittag"}),
            ("cd1-02.mp3", {"title": "???", "artist": "unicode ensemble"},
             {"title": "春のワルツ", "artist": "Ünïcödé Ensemble", "track": "2", "disc": "1", "disctitle": "Vormittag"}),
            ("cd2-01.mp3", {"title": "Track 1"},
             {"title": "Étude à trois temps", "artist": "Ünïcödé Ensemble", "track": "1", "disc": "2",
              "disctitle": "Nachmittag"}),
            ("cd2-02.mp3", {"title": "Track 2"},
             {"title": "Žlutý tón", "artist": "Ünïcödé Ensemble", "track": "2", "disc": "2",
              "disctitle": "Nachmittag"}),
        ],
    },
    {
        "folder": "downloads/VA_mix",
        "query": "path::VA_mix",
        "album": {
            "album": "Assorted Oscillations", "albumartist": "Various Artists", "comp": "1", "year": "2023",
            "albumtype": "compilation", "genres": "Ambient",
        },
        "tracks": [
            ("01_sinewaves.flac", {"title": "long wave", "artist": "SINE WAVES"},
             {"title": "Long Wave", "artist": "The Sine Waves", "track": "1"}),
            ("02.mp3", {"artist": "noise floor"},
             {"title": "Below the Noise Floor", "artist": "The Noise Floor", "track": "2"}),
            ("03-feat.mp3", {"title": "phase feat. somebody", "artist": "sine waves"},
             {"title": "In Phase", "artist": "The Sine Waves feat. Square & Saw",
              "artists": "The Sine Waves; Square & Saw", "track": "3",
              "lyrics": "Up and down and up again,\nround and round and round."}),
        ],
    },
]
SINGLETON = (
    "downloads/SINGLE_1.mp3", {"title": "single 1"},
    {"title": "Metronome / Heartbeat", "artist": "The Pulse Trains", "year": "2024", "genres": "Minimal"},
)

SCALES = [[0, 2, 4, 7, 9], [0, 3, 5, 7, 10], [0, 2, 5, 7, 9]]


def tone(samples, start, frequency, seconds, loudness, harmonics, rate):
    """Adds one plucked note: a few harmonics that die away, the higher the sooner."""
    for i in range(min(int(seconds * rate), len(samples) - start)):
        t = i / rate
        attack = min(1.0, t * 200)
        value = sum(
            level * math.exp(-t * (2.2 + n)) * math.sin(2 * math.pi * frequency * n * t)
            for n, level in harmonics
        )
        samples[start + i] += loudness * attack * value


def tune(seed, rate):
    """Returns the samples of a tune, a walk along a five-note scale over a slow bass."""
    rng = random.Random(seed)
    scale, root = rng.choice(SCALES), 220 * 2 ** (rng.randrange(-4, 5) / 12)
    harmonics = [(1, 1.0), (rng.choice([2, 3]), rng.uniform(0.1, 0.4))]
    beat = rng.uniform(0.22, 0.30)
    samples = [0.0] * int((BEATS + 3) * beat * rate)
    step = 5
    for n in range(BEATS):
        step = max(0, min(14, step + rng.choice([-2, -1, -1, 1, 1, 2])))
        pitch = root * 2 ** (scale[step % 5] / 12 + step // 5 - 1)
        start = int(n * beat * rate)
        if n == BEATS - 1:
            pitch = root
        tone(samples, start, pitch, 4 * beat, 0.3, harmonics, rate)
        if n % 4 == 0:
            tone(samples, start, root / 2, 5 * beat, 0.3, [(1, 1.0)], rate)
    return samples


def wave(path, samples, rate):
    """Writes mono 16-bit PCM."""
    pcm = array.array("h", (round(max(-1.0, min(1.0, s)) * 32000) for s in samples))
    if sys.byteorder == "big":
        pcm.byteswap()
    data = pcm.tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, rate,
                       rate * 2, 2, 16, b"data", len(data))
    path.write_bytes(head + data)


def png(colour, side=240):
    """Returns a cover: rings of one colour."""
    rows = bytearray()
    for y in range(side):
        rows.append(0)
        for x in range(side):
            ring = int(math.hypot(x - side / 2, y - side / 2)) // 12 % 4
            rows.extend(min(255, c + 24 * ring) for c in colour)
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(rows), 9))
            + chunk(b"IEND", b""))


def encode(path, seed):
    """Makes one audio file without tags."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source = path.with_suffix(".tmp.wav")
    if path.suffix == ".flac":
        wave(source, tune(seed, RATE), RATE)
        command = ["flac", "--silent", "--best", "--padding=1024", "-o", path, source]
    else:
        wave(source, tune(seed, 2 * RATE), 2 * RATE)
        command = ["lame", "--quiet", "-m", "m", "-b", "64", source, path]
    subprocess.run(command, check=True)
    source.unlink()


def tag(path, tags, cover):
    """Writes the bad tags into the file."""
    if path.suffix == ".flac":
        audio = FLAC(path)
        for key, value in tags.items():
            audio[key] = value
        if cover:
            picture = Picture()
            picture.type, picture.mime, picture.data = 3, "image/png", png(cover)
            picture.width = picture.height = 240
            picture.depth = 24
            audio.add_picture(picture)
        audio.save(padding=lambda info: 1024)
    else:
        frames = {"title": TIT2, "artist": TPE1, "album": TALB, "track": TRCK}
        audio = ID3()
        for key, value in tags.items():
            audio.add(frames[key](encoding=1, text=[value]))
        audio.save(path, v2_version=3, padding=lambda info: 512)


def build_music(root):
    """Makes every file below `root`."""
    for album in ALBUMS:
        for n, (name, tags, _) in enumerate(album["tracks"]):
            path = root / album["folder"] / name
            encode(path, f"{album['folder']}/{name}")
            tag(path, tags, album.get("cover") if n == 0 else None)
    path = root / SINGLETON[0]
    encode(path, SINGLETON[0])
    tag(path, SINGLETON[1], None)
    for path in root.rglob("*"):
        os.utime(path, (MTIME, MTIME))


def build_library(folder):
    """Imports the files with the real beets and cleans the tags in the database."""
    env = {**os.environ, "BEETSDIR": str(folder), "HOME": str(folder), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def beet(*arguments):
        subprocess.run([sys.executable, "-m", "beets", *map(str, arguments)], env=env, check=True,
                       stdout=subprocess.DEVNULL)

    def modify(query, values, *options):
        beet("modify", "--yes", "--nowrite", "--nomove", *options, *query,
             *(f"{key}={value}" for key, value in values.items()))

    as_is = ("import", "--quiet", "--noautotag", "--nocopy", "--nowrite")
    for album in ALBUMS:
        beet(*as_is, folder / "music" / album["folder"])
        for name, _, values in album["tracks"]:
            modify([album["query"], "path::" + name.replace(".", r"\.")], values)
        modify([album["query"]], album["album"], "--album")
        modify([album["query"]], {"tracktotal": len(album["tracks"]) // int(album["album"].get("disctotal", 1))})
    beet(*as_is, "--singletons", folder / "music" / SINGLETON[0])
    modify(["path::SINGLE_1"], SINGLETON[2])


def settle(folder):
    """Fixes the times of the import, and checks that nothing of this machine stays in the database."""
    db = sqlite3.connect(folder / "library.db")
    for table in ("items", "albums"):
        db.execute(f"UPDATE {table} SET added = {MTIME} + id")
    db.commit()
    db.execute("VACUUM")
    db.close()
    assert bytes(folder) not in (folder / "library.db").read_bytes()


def write_table(names):
    """Writes the list of files that the program embeds."""
    rows = "".join(
        f'    (\n        "{name}",\n        include_bytes!("{name}"),\n    ),\n' for name in names
    )
    (HERE / "files.rs").write_text(
        "//! The files of the demo library, written by `make.py`.\n\n"
        "/// Every file: its path below the library's folder, and its bytes.\n"
        "#[rustfmt::skip]\n"
        f"pub(crate) const FILES: &[(&str, &[u8])] = &[\n{rows}];\n",
        encoding="utf-8",
    )


def main():
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        shutil.copy(HERE / "config.yaml", folder)
        build_music(folder / "music")
        build_library(folder)
        settle(folder)
        shutil.rmtree(HERE / "music", ignore_errors=True)
        shutil.copytree(folder / "music", HERE / "music")
        shutil.copy(folder / "library.db", HERE)
    files = sorted(str(p.relative_to(HERE)) for p in (HERE / "music").rglob("*") if p.is_file())
    names = ["config.yaml", "library.db", *files]
    write_table(names)
    print(len(files), "files,", sum((HERE / name).stat().st_size for name in names), "bytes")


if __name__ == "__main__":
    sys.exit(main())
