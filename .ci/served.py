"""What .ci/tags-oracle needs to know of the library that it serves.

    served.py map PATHS.jsonl                          item id -> path, for check_tree.py
    served.py ids LIBRARY FORMAT...                    the ids of the items of these formats, by commas
    served.py identical LIBRARY MOUNT MAP FORMAT...    all items of other formats are their origins, to the byte
    served.py changes LIBRARY CHECKED.jsonl            `musicfs check` names the fields that beets would change
"""

import base64
import hashlib
import json
import os
import sys


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def expected(library):
    return lines(os.path.join(library, "expected.jsonl"))


def path_of(record):
    if "path_b64" in record:
        return os.fsdecode(base64.b64decode(record["path_b64"]))
    return record["path"]


def write_map(paths):
    print(json.dumps({str(record["id"]): path_of(record) for record in lines(paths)}))


def write_ids(library, *formats):
    ids = [str(item["id"]) for item in expected(library) if item["fmt"] in formats]
    if not ids:
        sys.exit(f"no item is {' or '.join(formats)}")
    print(",".join(ids))


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def identical(library, mount, map_file, *formats):
    with open(map_file, encoding="utf-8") as file:
        served = json.load(file)
    others = [item for item in expected(library) if item["fmt"] not in formats]
    failures = 0
    for item in others:
        name = served.get(str(item["id"]))
        try:
            same = name is not None and sha256(os.path.join(mount, name)) == item["original"]["sha256"]
        except OSError as error:
            same, name = False, str(error)
        if not same:
            failures += 1
            print(f"FAIL id={item['id']} {item['rel']}: {name} is not its origin")
        if sha256(os.path.join(library, "music", item["rel"])) != item["original"]["sha256"]:
            failures += 1
            print(f"FAIL id={item['id']} {item['rel']}: the origin was modified")
    print(f"served as they are: {len(others)} files, {failures} failures")
    if failures or not others:
        sys.exit(1)


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
    {"map": write_map, "ids": write_ids, "identical": identical, "changes": changes}[command](*arguments)
