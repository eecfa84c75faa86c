# SPDX-License-Identifier: LGPL-2.1-or-later
"""The audit log and the tables beside it, read from a copy of kysod's database as it is on the disk,
and judged without any of kysod's own code. For root inside a world."""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile

import scenario
from scenario import need, same


def database(use):
    """What USE returns for a connection to a copy; kysod has the file itself to itself."""
    with tempfile.TemporaryDirectory() as folder:
        for name in 'state.db', 'state.db-wal':
            path = os.path.join(scenario.STATE, name)
            if os.path.exists(path):
                shutil.copy(path, folder)
        base = sqlite3.connect(os.path.join(folder, 'state.db'))
        try:
            return use(base)
        finally:
            base.close()


def rows(sql, *values):
    return database(lambda base: base.execute(sql, values).fetchall())


def sound():
    """SQLite's own opinion of the database."""
    same(rows('PRAGMA integrity_check'), [('ok',)], 'integrity')


def records(after=0):
    """The records with a number above AFTER; the whole chain is judged."""
    found, before = [], bytes(32)
    for number, (seq, record, digest) in enumerate(
            rows('SELECT seq, record, hash FROM audit ORDER BY seq'), 1):
        before = hashlib.sha256(before + record.encode()).digest()
        same((seq, digest), (number, before), f'record {number} in the chain')
        fields = json.loads(record)
        same(fields['seq'], number, 'number inside the record')
        if number > after:
            found.append(fields)
    return found


def newest():
    """The number of the newest record."""
    found = records()
    return found[-1]['seq'] if found else 0


def events(after, *names):
    """The records above AFTER of these events."""
    return [record for record in records(after) if record['event'] in names]


def only(after, *names):
    """The one record above AFTER that is of these events."""
    found = events(after, *names)
    need(len(found) == 1, f'{len(found)} records of {names} after {after}: {found}')
    return found[0]


def digest(data):
    return hashlib.sha256(data).hexdigest().upper()
