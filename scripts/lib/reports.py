#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Finds what a sanitizer said of a process.

reports.py FILE...    prints it, with the file's name; the exit status is 1 when there is anything
"""

import re
import sys

REPORT = re.compile(r'\b(?:Address|Leak|UndefinedBehavior)Sanitizer\b|: runtime error: ')
LINES = 30  # of a report are shown


def report_in(text):
    """The first report in TEXT, or ""."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        if REPORT.search(line):
            return '\n'.join(lines[number:number + LINES])
    return ''


def main():
    found = 0
    for path in sys.argv[1:]:
        with open(path, encoding='utf-8', errors='replace') as file:
            report = report_in(file.read())
        if report:
            found += 1
            print(f'{path}:\n{report}')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
