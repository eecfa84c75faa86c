# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the token tests share: cards, the watch, token-tool, TAP. They run as root inside
with-readers, so nothing of theirs meets the machine's own pcscd or stays behind."""

import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import bench
from bench import (OPENSC, PIN, READERS, TOKEN_TOOL, WAIT, WORKERS, PivCard, enter_readers, must, need,
                   no_report, pipe_of, run_tests)
from harness import run_merged

SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so'


def scratch(name):
    return os.path.join(os.environ['TMPDIR'], name)


def make_card(name, common_name, guid, keys='9a=rsa 9c=rsa'):
    """A folder for piv-card, with each slot's certificate as SLOT.der; returns its path."""
    folder = scratch(name)
    must(os.path.join(bench.HERE, 'make-card'), folder, common_name, guid, keys)
    for key in keys.split():
        slot = key.split('=')[0]
        must('openssl', 'x509', '-in', f'{folder}/{slot}.crt', '-outform', 'DER', '-out',
             f'{folder}/{slot}.der')
    return folder


def forget_state(folder):
    """The card gets all its tries back."""
    if os.path.exists(f'{folder}/state'):
        os.unlink(f'{folder}/state')


STARTED = []  # what a failed test may leave running


class Lines:
    """A process whose lines of output can be waited for."""

    def __init__(self, *words, **options):
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        **options)
        STARTED.append(self.process)
        self.seen = []
        self.queue = queue.Queue()
        self.reading = threading.Thread(target=self.read, daemon=True)
        self.reading.start()

    def read(self):
        for line in self.process.stdout:
            self.queue.put(line.decode('utf-8', 'replace').rstrip('\n'))
        self.queue.put(None)

    def take(self, line):
        self.seen.append(line)
        no_report(line)
        return line

    def wait(self, pattern, wait=WAIT):
        """The first line not looked at yet that matches."""
        end = time.monotonic() + wait
        while True:
            try:
                line = self.queue.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                line = None
            need(line is not None, f'{pattern!r} did not come after {self.seen[-3:]}')
            if re.search(pattern, self.take(line)):
                return line

    def drain(self):
        """Looks at all lines there are, so that the next wait is for a later one."""
        while not self.queue.empty():
            self.take(self.queue.get() or '')

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.reading.join(WAIT)
        self.drain()


class Watch(Lines):
    def __init__(self):
        super().__init__(TOKEN_TOOL, '--workers', WORKERS, 'watch')

    def until(self, state, reader=0, wait=WAIT):
        return self.wait(rf'{READERS[reader]}: {state} ', wait)


class Card(PivCard):
    """A card that a watch sees come and go."""

    def __init__(self, folder, *options, reader=0, watch=None):
        self.watch = watch
        if watch is not None:
            watch.drain()
        super().__init__(folder, *options, reader=reader)
        STARTED.append(self.process)
        if watch is not None:
            watch.until('present', reader)

    def change(self, act, state):
        """Does what changes the reader's state and waits until the watch tells it."""
        if self.watch is not None:
            self.watch.drain()
        act()
        if self.watch is not None:
            self.watch.until(state, self.reader)

    def ask(self, *order):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.socket)
            connection.sendall((' '.join(order) + '\n').encode())
            answer = connection.makefile().readline().strip()
        need(answer.split(' ')[0] == 'ok', f'order {order}: {answer}')
        return answer[3:]

    def number(self, what):
        return int(self.ask(what))

    def insert(self):
        self.change(lambda: self.ask('insert'), 'present')

    def remove(self):
        self.change(lambda: self.ask('remove'), 'empty')

    def apdus(self):
        with open(self.log, encoding='ascii') as file:
            return file.read().splitlines()

    def stop(self):
        self.change(lambda: self.end(signal.SIGKILL), 'empty')


class Job:
    """One token-tool run; WORDS are further options."""

    def __init__(self, verb, *words, pin=None, module=OPENSC, timeout=60, before=(), tool=TOKEN_TOOL,
                 workers=WORKERS):
        options = [*before, tool, '--workers', workers, '--module', module, *words]
        pipe = None
        if pin is not None:
            pipe = pipe_of(pin)
            options += ['--pin-fd', str(pipe)]
        began = time.monotonic()
        try:
            # All that kyso prints is to be valid text.
            self.status, self.text = run_merged(*options, verb, timeout=timeout,
                                                pass_fds=[pipe] if pipe is not None else [])
        finally:
            if pipe is not None:
                os.close(pipe)
        self.seconds = time.monotonic() - began
        ends = re.findall(r'^end (.*)$', self.text, re.M)
        self.end = ends[0] if ends else None

    def field(self, pattern):
        found = re.search(pattern, self.text)
        need(found, f'{pattern!r} is not in: {self.text}')
        return found[1]

    def login(self):
        found = re.search(r'^login (\S+)', self.text, re.M)
        return found[1] if found else None


def at_reader(reader=0):
    words = ['--reader', READERS[reader]]
    for other in READERS:
        if other != READERS[reader]:
            words += ['--other', other]
    return words


def scan(reader=0, **options):
    return Job('scan', *at_reader(reader), **options)


def sign(folder, serial, slot, *words, reader=0, pin=PIN, document=None, out=None, **options):
    document = document or __file__
    more = ['--serial', serial, '--certificate', f'{folder}/{slot}.der', '--document', document]
    if out is not None:
        more += ['--out', out]
    return Job('sign', *at_reader(reader), *more, *words, pin=pin, **options)


def verify(cms, document, certificate):
    """By OpenSSL, with the certificate as the only one trusted."""
    must('openssl', 'cms', '-verify', '-binary', '-inform', 'DER', '-in', cms, '-content', document,
         '-CAfile', certificate, '-purpose', 'any', '-out', '/dev/null')


def clean():
    """Ends what a failed test left, waiting for pcscd to see the readers empty."""
    for process in STARTED:
        process.kill()
        process.wait()
    STARTED.clear()
    watch = Watch()
    watch.wait(f'{READERS[0]}: empty .*{READERS[1]}: empty')
    return watch


def main(program, tests, place):
    """Runs the tests where the readers are. PLACE.make() comes first; PLACE.watch is kept alive."""
    enter_readers(program)
    place.make()

    def renew():
        place.watch = clean()
    sys.exit(run_tests(tests, after_failure=renew))
