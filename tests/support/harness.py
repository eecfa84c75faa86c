# SPDX-License-Identifier: LGPL-2.1-or-later
"""What test programs in Python share: where the build is, saying what is wrong, waiting, commands.

KYSO_BUILD: build folder (default: build/hardened of the tree).
"""

import os
import subprocess
import sys
import time

TREE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.path.realpath(os.environ.get('KYSO_BUILD') or os.path.join(TREE, 'build/hardened'))
KIND = os.path.basename(BUILD)  # hardened or asan, as for scripts/build

sys.path.append(os.path.join(TREE, 'scripts/lib'))
from reports import report_in  # noqa: E402 (found only now)


class Failure(Exception):
    pass


def need(condition, text):
    if not condition:
        raise Failure(text)


def same(found, wanted, what):
    need(found == wanted, f'{what}: found {found!r}, wanted {wanted!r}')


def no_report(text):
    """Fails when a sanitizer reports something in TEXT, which is what processes printed."""
    report = report_in(text)
    need(not report, f'a sanitizer reports:\n{report}')


def until(test, what, wait):
    """What TEST says as soon as it says something; for things that send no event."""
    end = time.monotonic() + wait
    while True:
        result = test()
        if result:
            return result
        need(time.monotonic() < end, f'{what}: waited {wait} s in vain')
        time.sleep(0.01)


def pipe_of(text):
    """The reading end of a pipe with TEXT in it: as PINs are handed over."""
    reading, writing = os.pipe()
    os.write(writing, text.encode())
    os.close(writing)
    return reading


def run_merged(*words, timeout, errors='strict', **options):
    """(exit status, everything that it printed)"""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
                          check=False, **options)
    text = done.stdout.decode('utf-8', errors)
    no_report(text)
    return done.returncode, text
