"""What .ci/tags-oracle needs to know of the library that it serves.

    served.py map PATHS.jsonl                     item id -> path, for check_tree.py
    served.py changes LIBRARY CHECKED.jsonl       `musicfs check` names the fields that beets would change
"""

import base64
import json
import os
import sys


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def path_of(record):
    if "path_b64" in record:
        return os.fsdecode(base64.b64decode(record["path_b64"]))
    return record["path"]


def write_map(paths):
    print(json.dumps({str(record["id"]): path_of(record) for record in lines(paths)}))


def beets_changes(item):
    """The fields that `beet write` would change in an item's file; None if beets cannot read it."""
    from beets.library import Item, ReadError
    from beets.util.diff import _field_diff

    try:
        clean = Item.from_path(item.path)
    except ReadError:
        return None
    old, new = clean.formatted(), item.formatted()
    return sorted(field for field in Item._media_tag_fields if _field_diff(field, old, new))


def changes(library, checked):
    from beets.library import Library

    beets = Library(os.path.join(library, "library.db"), os.path.join(library, "music"))
    compared, unread, failures = 0, 0, 0
    for record in lines(checked):
        findings = {finding["what"]: finding for finding in record["findings"]}
        if "unsupported" in findings:
            unread += 1
            continue
        ours = findings.get("tags-differ", {}).get("fields", [])
        theirs = beets_changes(beets.get_item(record["id"]))
        compared += 1
        if theirs is not None and sorted(ours) != theirs:
            failures += 1
            print(f"FAIL id={record['id']} {record['origin']}: beets would change {theirs}, not {ours}")
    print(f"changes: {compared} files compared, {unread} served as they are, {failures} failures")
    if failures or not compared:
        sys.exit(1)


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    {"map": write_map, "changes": changes}[command](*arguments)
