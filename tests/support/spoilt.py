# SPDX-License-Identifier: LGPL-2.1-or-later
"""kysod's writes to its state, spoilt one at a time. For root inside a world."""

import signal
import subprocess

import scenario
from scenario import kysod, need, until

WRITES = ('pwrite64', 'fdatasync', 'fsync', 'ftruncate', 'unlink', 'unlinkat')
FILES = ('state.db', 'state.db-wal', 'state.db-shm')


class Strace:
    """Looks at kysod's writes to its state, and spoils one of them."""

    def __init__(self, *words):
        self.path = f'{scenario.TRY}/log/strace'
        pid = kysod()
        paths = [word for name in FILES for word in ('-P', f'{scenario.STATE}/{name}')]
        self.process = subprocess.Popen(
            ['strace', '-qq', '-e', 'signal=none', '-o', self.path, '-p', str(pid), *paths, *words],
            stderr=subprocess.DEVNULL)

        def attached():
            need(self.process.poll() is None, 'strace ended')
            with open(f'/proc/{pid}/status', encoding='ascii') as file:
                return 'TracerPid:\t0' not in file.read()
        until(attached, 'kysod is watched')

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.wait(scenario.WAIT)
        with open(self.path, encoding='utf-8', errors='replace') as file:
            return file.read()


def spoil(name, number, how, when=''):
    """The watcher that does HOW to the write NUMBER of this name, and to all later ones for "+"."""
    return Strace('-e', f'trace={name}', '-e', f'inject={name}:{how}:when={number}{when}')
