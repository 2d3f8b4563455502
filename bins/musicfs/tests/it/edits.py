"""Edits of tags, and what the real beets makes of them.

    edits.py settle CONFIG                    adds every file of the library that beets can read, and has files and
                                              database say the same
    edits.py edit SEED FILE...                changes tags of a file, the same ones wherever that is
    edits.py set FIELD VALUE TIME FILE...     gives a field of files a value, and the files a time
    edits.py round CONFIG SEED ID=FILE...     changes tags of the files of items, and the same tags of others; then
                                              does what `beet update` does for those items
    edits.py update CONFIG                    does what `beet update` does for all items
"""

import os
import random
import sys

from mediafile import MediaFile

command, *arguments = sys.argv[1:]

TEXTS = ["", "x", "a; b", "Ünï 日本", "long " * 1500, "1", "  spaces "]
ORDER = ("artist", "artist_sort", "album", "disc", "track")
SHARED = ("albumtype", "mb_albumartistid", "mb_artistid")
SHARED_LISTS = ("albumtypes", "mb_albumartistids", "mb_artistids")
DATES = ("year", "month", "day", "original_year", "original_month", "original_day")


def open_library(config_file):
    os.environ["BEETSDIR"] = os.path.dirname(config_file)
    from beets import config, library

    config.read()
    return library.Library(config["library"].as_filename(), config["directory"].as_filename())


def settle(lib, items=None):
    for item in lib.items() if items is None else items:
        try:
            item.write()
            item.read()
        except Exception as error:
            print("not settled:", item.path, error, file=sys.stderr)
            continue
        item.added = 1_600_000_000
        item.store()
        # As on a disk: of no whole seconds, and long ago.
        os.utime(item.path, ns=(1_600_000_000_900_000_000,) * 2)
        item.mtime = item.current_mtime()
        item.store()
    for album in lib.albums():
        first = album.items().get()
        for key in album.item_keys:
            album[key] = first[key]
        album.store()
    for item in lib.items():
        if os.path.exists(item.path):
            item.mtime = item.current_mtime()
            item.store()


def add_files(lib):
    from beets import library

    known = {item.path for item in lib.items()}
    for folder, _, names in os.walk(lib.directory):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if path not in known:
                try:
                    lib.add(library.Item.from_path(path))
                except library.ReadError:
                    pass


def value_for(rng, field):
    """A value; of fields that share a tag, one that reads back as it was written."""
    value = values(rng, field)
    if field in SHARED_LISTS and value == ["a; b", "c"]:
        return ["x", "y"]
    return "y" if field in SHARED and value == "a; b" else value


def values(rng, field):
    if field in DATES:
        return rng.choice([1999, 2024]) if field.endswith("year") else rng.randint(1, 12)
    if field in LISTS:
        # No two are one set: to `beet update` that is no change, and an album whose item has no other stays.
        return rng.choice([["x"], ["one", "two ü"], ["a; b", "c"], ["twice"] * 2, None])
    if field == "comp":
        return rng.choice([True, False])
    if field in ("bpm", "track", "tracktotal", "disc", "disctotal"):
        return rng.choice([0, 1, 7, 300, None])
    if field.startswith(("rg_", "r128_")):
        return rng.choice([-7.253, 0.5, 1.0, None])
    return rng.choice([*TEXTS, None])


LISTS = set()


def fields():
    from beets import library

    for name in library.Item._media_tag_fields:
        if type(library.Item._fields[name]).__name__ == "DelimitedString":
            LISTS.add(name)
    return sorted(library.Item._media_tag_fields)


def edit(seed, without, *files):
    """Changes the same tags of files that say the same, but not some fields."""
    rng = random.Random(seed)
    names = fields()
    changes = {}
    for name in rng.sample(names, rng.randint(1, 4)) + rng.sample(["title", "album", "albumartist", "artist"], 1):
        if name not in without:
            changes[name] = value_for(rng, name)
    for path in files:
        media = MediaFile(path)
        for name, value in changes.items():
            if value is None:
                delattr(media, name)
            else:
                setattr(media, name, value)
        media.save()
    return changes


def main():
    if command == "edit":
        seed, *files = arguments
        for number, path in enumerate(files):
            edit(f"{seed} {number}", (), path)
        return
    if command == "set":
        field, value, time, *files = arguments
        for path in files:
            media = MediaFile(path)
            setattr(media, field, int(value) if field == "year" else value)
            media.save()
            os.utime(path, (int(time),) * 2)
        return
    config_file, *rest = arguments
    lib = open_library(config_file)
    from beets import library
    from beets.ui.commands.update import update_items

    if command == "settle":
        add_files(lib)
        settle(lib)
        # Once more: what a file holds rounded is as it is read now.
        settle(lib)
    elif command == "update":
        update_items(lib, list(lib.items()), False, False, None)
    elif command == "round":
        seed, *pairs = rest
        items = []
        for pair in pairs:
            number, path = pair.split("=", 1)
            item = lib.get_item(int(number))
            # Where an edit makes another item the first of its album, beets also copies what was not edited.
            without = ORDER if item.album_id else ()
            changes = edit(f"{seed} {number}", without, item.path, path)
            print(number, repr(changes)[:300], file=sys.stderr)
            items.append(item)
        # beets hands on to an album's items whatever its first item says, changed or not, and so takes back what was
        # just edited of another. Here it hands on what changed.
        library.Album._always_dirty = False
        touched = {item.album_id for item in items} - {None}
        update_items(lib, items, False, False, None)
        # The next round starts from files that say what the database says.
        edited = {item.id for item in items}
        for item in lib.items():
            if item.album_id in touched or item.id in edited:
                item.write()
    else:
        sys.exit(f"no such command: {command}")


main()
