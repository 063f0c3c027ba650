"""Gives collected users and licenses names that mean harm: rename.py DATABASE NAMES"""

import json
import sqlite3
import sys
from itertools import cycle, islice

NAMED = [
    ("user_now", "name", 0),
    ("user_license_now", "name", 0),
    # The overview shows the first few licenses of either kind, and all names are to be among them.
    ("package_license_now", "namespace_prefix", 0),
    ("permission_set_license_now", "label", 7),
]

database = sqlite3.connect(sys.argv[1])
with open(sys.argv[2], encoding="utf-8") as file:
    names = json.load(file)
for table, column, first in NAMED:
    records = [row[0] for row in database.execute(f"SELECT id FROM {table} ORDER BY id")]
    for record, name in zip(records, islice(cycle(names), first, first + len(names))):
        database.execute(f"UPDATE {table} SET {column} = ? WHERE id = ?", (name, record))
database.commit()
