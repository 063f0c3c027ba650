"""Compares what the two clients were told. Prints one line for each question; fails when an answer differs, is empty, or
is shorter than the questions make certain."""

import json
import sys
from pathlib import Path

# More than one page each.
AT_LEAST = {"users": 3000, "assignments": 4000}


def main(*files):
    left, right = (json.loads(Path(file).read_text(encoding="utf-8")) for file in files)
    failures = 0
    for name in sorted(left.keys() | right.keys()):
        ours, theirs = left.get(name, []), right.get(name, [])
        fine = ours == theirs and len(ours) >= AT_LEAST.get(name, 1)
        failures += not fine
        print(f"{'ok' if fine else 'FAILED'}: {name}: simple-salesforce {len(ours)}, jsforce {len(theirs)}")
    return 1 if failures else 0


sys.exit(main(*sys.argv[1:]))
