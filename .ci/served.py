"""Prints the map of item ids to paths that check_tree.py wants.

    served.py PATHS.jsonl        what `musicfs paths --json` printed
"""

import base64
import json
import os
import sys


def path_of(record):
    if "path_b64" in record:
        return os.fsdecode(base64.b64decode(record["path_b64"]))
    return record["path"]


with open(sys.argv[1], encoding="utf-8") as file:
    records = [json.loads(line) for line in file]
print(json.dumps({str(record["id"]): path_of(record) for record in records}))
