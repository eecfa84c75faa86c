#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts what tests said, and says on standard output "PASSED FAILED".

tap.py log FILE STATUS    FILE: what a test program printed (TAP); STATUS: its exit status
tap.py meson FILE         FILE: meson's testlog.json; what went wrong goes to standard error

A case that is skipped did not pass: whatever a test needs, scripts/dependencies installs. What the
plan announces and does not come has failed. So has a program that passed while a sanitizer reported
something.
"""

import json
import re
import sys

sys.dont_write_bytecode = True
from reports import report_in

CASE = re.compile(r'^(not )?ok\b[^#]*(#\s*(skip|todo)\b)?', re.IGNORECASE)
PLAN = re.compile(r'^1\.\.(\d+)', re.MULTILINE)


def count(text, status):
    passed = failed = 0
    plans = []
    bailed = False
    for line in text.splitlines():
        case = CASE.match(line)
        if case and (case[1] or case[2]):
            failed += 1
        elif case:
            passed += 1
        elif PLAN.match(line):
            plans.append(int(PLAN.match(line)[1]))
        elif line.startswith('Bail out!'):
            bailed = True
    missing = sum(plans) - passed - failed
    if missing > 0:
        failed += missing
    wrong = bailed or missing < 0 or passed + failed == 0 or (status != 0 and failed == 0)
    wrong = wrong or (failed == 0 and report_in(text))
    return passed, failed + (1 if wrong else 0)


def count_meson(path):
    passed = failed = 0
    with open(path, encoding='utf-8') as file:
        tests = [json.loads(line) for line in file]
    for test in tests:
        good, bad = count(test.get('stdout') or '', 0 if test['result'] == 'OK' else 1)
        if test['result'] == 'OK' and not PLAN.search(test.get('stdout') or ''):
            good, bad = 1, 0  # an exit status is all it says; of TAP meson demands a plan itself
        printed = [test.get(stream) or '' for stream in ('stdout', 'stderr')]
        if bad == 0 and report_in('\n'.join(printed)):
            bad = 1
        passed += good
        failed += bad
        if bad:
            print(f'--- {test["name"]}: {test["result"]}', file=sys.stderr)
            for text in printed:
                print('\n'.join(text.splitlines()[-40:]), file=sys.stderr)
    return passed, failed if tests else failed + 1


def main():
    if len(sys.argv) == 4 and sys.argv[1] == 'log':
        with open(sys.argv[2], encoding='utf-8', errors='replace') as file:
            print(*count(file.read(), int(sys.argv[3])))
    elif len(sys.argv) == 3 and sys.argv[1] == 'meson':
        print(*count_meson(sys.argv[2]))
    else:
        sys.exit(__doc__)


main()
