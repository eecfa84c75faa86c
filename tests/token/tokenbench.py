# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the token tests share: cards, the watch, token-tool, TAP. They run as root inside
with-readers, so nothing of theirs meets the machine's own pcscd or stays behind."""

import os
import queue
import re
import socket
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.realpath(__file__))
BUILD = os.path.realpath(os.environ.get('KYSO_BUILD', os.path.join(HERE, '../../build')))
TOOL = os.path.join(BUILD, 'tests/token/token-tool')
WORKERS = os.path.join(BUILD, 'pkcs11')
CARD = os.path.join(BUILD, 'tests/token/piv-card')
MOCK = os.path.join(BUILD, 'tests/token/kyso-mock.so')
OPENSC = '/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so'
SOFTHSM = '/usr/lib/softhsm/libsofthsm2.so'
READERS = ['Virtual PCD 00 00', 'Virtual PCD 00 01']
PIN, WRONG = '123456', '654321'
WAIT = 5.0  # pcscd notices a change within 0.4 s; a loaded machine may take longer


class Failure(Exception):
    pass


def need(condition, text):
    if not condition:
        raise Failure(text)


def same(found, wanted, what):
    need(found == wanted, f'{what}: found {found!r}, wanted {wanted!r}')


def scratch(name):
    return os.path.join(os.environ['TMPDIR'], name)


def run(*words, timeout=30, **options):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
                          check=False, **options)
    return done.returncode, done.stdout.decode('utf-8')  # all we print is to be valid


def must(*words, **options):
    status, text = run(*words, **options)
    need(status == 0, f'{words}: {text}')
    return text


def make_card(name, common_name, guid, keys='9a=rsa 9c=rsa'):
    """A folder for piv-card, with each slot's certificate as SLOT.der; returns its path."""
    folder = scratch(name)
    must(os.path.join(HERE, 'make-card'), folder, common_name, guid, keys)
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
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            self.queue.put(line.decode('utf-8', 'replace').rstrip('\n'))
        self.queue.put(None)

    def wait(self, pattern, wait=WAIT):
        """The first line not looked at yet that matches."""
        end = time.monotonic() + wait
        while True:
            try:
                line = self.queue.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                line = None
            need(line is not None, f'{pattern!r} did not come after {self.seen[-3:]}')
            self.seen.append(line)
            if re.search(pattern, line):
                return line

    def drain(self):
        """Looks at all lines there are, so that the next wait is for a later one."""
        while not self.queue.empty():
            self.seen.append(self.queue.get())

    def stop(self):
        self.process.kill()
        self.process.wait()


class Watch(Lines):
    def __init__(self):
        super().__init__(TOOL, '--workers', WORKERS, 'watch')

    def until(self, state, reader=0, wait=WAIT):
        return self.wait(rf'{READERS[reader]}: {state} ', wait)


class Card:
    """One piv-card process and its control socket."""

    def __init__(self, folder, *options, reader=0, watch=None):
        self.folder, self.reader, self.watch = folder, reader, watch
        self.socket, self.log = f'{folder}.socket', f'{folder}.log'
        for path in (self.socket, self.log):
            if os.path.exists(path):
                os.unlink(path)
        if watch is not None:
            watch.drain()
        self.process = subprocess.Popen(
            [CARD, '--card', folder, '--port', str(35963 + reader), '--control', self.socket,
             '--apdu-log', self.log, '--die-with-parent', *options])
        STARTED.append(self.process)
        end = time.monotonic() + WAIT
        while not os.path.exists(self.socket):
            need(time.monotonic() < end, 'no control socket')
            time.sleep(0.01)
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
        self.change(self.process.kill, 'empty')
        self.process.wait()


class Job:
    """One token-tool run; WORDS are further options."""

    def __init__(self, verb, *words, pin=None, module=OPENSC, timeout=60, before=(), tool=TOOL,
                 workers=WORKERS):
        options = [*before, tool, '--workers', workers, '--module', module, *words]
        pipe = None
        if pin is not None:
            pipe, end = os.pipe()
            os.write(end, pin.encode())
            os.close(end)
            options += ['--pin-fd', str(pipe)]
        began = time.monotonic()
        try:
            self.status, self.text = run(*options, verb, timeout=timeout,
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


def tests_of(namespace):
    return [(name[5:].replace('_', ' '), value) for name, value in namespace.items()
            if name.startswith('test_')]


def clean():
    """Ends what a failed test left, waiting for pcscd to see the readers empty."""
    for process in STARTED:
        process.kill()
        process.wait()
    STARTED.clear()
    watch = Watch()
    watch.wait(f'{READERS[0]}: empty .*{READERS[1]}: empty')
    return watch


def main(tests, bench=None):
    """Prints TAP; enters with-readers first. BENCH.watch is kept alive."""
    if os.environ.get('KYSO_PCSCD_PID') is None:
        os.execv(os.path.join(HERE, 'with-readers'),
                 ['with-readers', sys.executable, os.path.realpath(sys.argv[0]), *sys.argv[1:]])
    wanted = sys.argv[1:]
    tests = [test for test in tests if not wanted or test[0] in wanted]
    need(tests, 'no tests')
    print(f'1..{len(tests)}', flush=True)
    failed = 0
    for number, (name, test) in enumerate(tests, 1):
        began = time.monotonic()
        try:
            note = test()
        except (Failure, OSError, subprocess.SubprocessError) as failure:
            failed += 1
            print(f'not ok {number} - {name}')
            print('# ' + str(failure).replace('\n', '\n# '), flush=True)
            watch = clean()
            if bench is not None:
                bench.watch = watch
        else:
            more = f': {note}' if note else ''
            print(f'ok {number} - {name}{more} # {time.monotonic() - began:.1f} s', flush=True)
    sys.exit(1 if failed else 0)
