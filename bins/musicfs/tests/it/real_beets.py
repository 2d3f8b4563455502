"""Compares a mount with what the real beets makes of the library.

    real_beets.py CONFIG MOUNTPOINT <PATHS     reads what `musicfs paths` printed; prints how many files it compared

Each item's name must be beets' own destination, with a number if an item before it has that, and what mediafile reads
from the mounted file is what it reads from a copy of the origin that beets wrote to.
"""

import os
import re
import shutil
import sys
import tempfile

config_file, mountpoint = map(os.fsencode, sys.argv[1:])
os.environ["BEETSDIR"] = os.path.dirname(os.fsdecode(config_file))

from beets import config, library, plugins
from mediafile import MediaFile


def tags(path):
    found = MediaFile(os.fsdecode(path)).as_dict()
    for name in ("art", "images"):
        found.pop(name, None)
    return found


def main():
    config.read()
    plugins.load_plugins()
    lib = library.Library(config["library"].as_filename(), config["directory"].as_filename())
    lines = sys.stdin.buffer.read().splitlines()
    named = {int(number): path for number, path in (line.split(b"\t", 1) for line in lines)}
    items = sorted(lib.items(), key=lambda item: item.id)
    assert set(named) == {item.id for item in items}, "other items"
    taken, n_compared = set(), 0
    with tempfile.TemporaryDirectory() as folder:
        for item in items:
            theirs = os.path.relpath(item.destination(), lib.directory)
            ours = named[item.id]
            if theirs in taken:
                ours = re.sub(rb"\.\d+(\.[^./]*)$", rb"\1", ours)
            taken.add(theirs)
            assert ours == theirs, f"item {item.id} is {ours}, not {theirs}"
            copy = os.path.join(os.fsencode(folder), b"copy" + os.path.splitext(item.path)[1])
            shutil.copyfile(item.path, copy)
            item.write(copy)
            mounted = os.path.join(mountpoint, named[item.id])
            told, n_read = os.path.getsize(mounted), len(open(mounted, "rb").read())
            if told != n_read:
                # Opening it has mended that.
                print(f"{mounted} has {n_read} bytes, not {told}")
                return
            theirs, ours = tags(copy), tags(mounted)
            differ = [f"{name}: {ours[name]!r}, not {theirs[name]!r}" for name in theirs if ours[name] != theirs[name]]
            assert not differ, f"item {item.id}: {differ}"
            n_compared += 1
    print(n_compared)


main()
