# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measuring for tests/bench: seconds beside those of something else in the same run."""

import time

ROUNDS = 5


def best(function, rounds=ROUNDS):
    """Seconds of the quickest of several rounds."""
    times = []
    for _ in range(rounds):
        begun = time.monotonic()
        function()
        times.append(time.monotonic() - begun)
    return min(times)


def say(what, seconds, than, other):
    print(f'{what:48} {1000 * seconds:8.1f} ms   {seconds / other:6.2f} x {than}', flush=True)
