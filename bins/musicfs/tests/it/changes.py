"""Changes items of a library at random, and prints what `beet write` would change then.

    changes.py CONFIG SEED FIELD...    prints a line for each item that can be read: its id, and fields
"""

import os
import random
import sys

config_file, seed, *fields = sys.argv[1:]
os.environ["BEETSDIR"] = os.path.dirname(config_file)

from beets import config, library
from beets.util.diff import get_model_changes

TEXTS = ["", "x", "a; b", "Db minor", "eb", " c#", "1"]


def edited(rng, value):
    if isinstance(value, list):
        changed = [value[::-1], value * 2, value[:1], [*value, "x"], []]
    elif isinstance(value, bool):
        changed = [True, False, 2]
    elif isinstance(value, int):
        changed = [value + 1, 0, -1]
    elif isinstance(value, float):
        changed = [value + 0.005, value + 0.02, -value, None]
    else:
        changed = [*TEXTS, None]
    return rng.choice([value, value, *changed])


def main():
    rng = random.Random(seed)
    config.read()
    lib = library.Library(config["library"].as_filename(), config["directory"].as_filename())
    for item in list(lib.items()):
        try:
            clean = library.Item.from_path(item.path)
        except library.ReadError:
            continue
        for field in fields:
            item[field] = edited(rng, clean[field] if rng.random() < 0.9 else item[field])
        item.store()
        item = lib.get_item(item.id)
        changed = [field for field in fields if get_model_changes(item, clean, [field])]
        print(item.id, *changed)


main()
