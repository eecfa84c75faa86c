# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the programs in this folder share: TAP, waiting, emulated cards, conversations with
kyso-token."""

import glob
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.realpath(__file__))
sys.dont_write_bytecode = True
sys.path.append(os.path.join(HERE, '../support'))
import harness  # noqa: E402 (found only now)
from harness import BUILD, Failure, need, no_report, pipe_of  # noqa: E402

CARD = os.path.join(BUILD, 'tests/token/piv-card')
MOCK = os.path.join(BUILD, 'tests/token/kyso-mock.so')
TOKEN_TOOL = os.path.join(BUILD, 'tests/token/token-tool')
WORKERS = os.path.join(BUILD, 'pkcs11')
OPENSC = (glob.glob('/usr/lib/*/opensc-pkcs11.so') + ['/usr/lib/opensc-pkcs11.so'])[0]
READERS = ('Virtual PCD 00 00', 'Virtual PCD 00 01')
PIN, WRONG, PUK = '123456', '654321', '12345678'
WAIT = 5.0  # pcscd notices a change within 0.4 s; a loaded machine may take longer


def until(test, what, wait=WAIT):
    return harness.until(test, what, wait)


def run(*words, timeout=20, **options):
    return harness.run_merged(*words, timeout=timeout, errors='replace', **options)


def must(*words, **options):
    status, text = run(*words, **options)
    need(status == 0, f'{words}: {text}')
    return text


def openssl(*words):
    return must('openssl', *words)


def run_tests(tests, threads=1, after_failure=lambda: None):
    """Runs (name, function) pairs and prints TAP; returns the exit status. No test at all fails."""
    print(f'TAP version 13\n1..{len(tests)}', flush=True)

    def outcome(test):
        begun, said, error = time.monotonic(), None, None
        try:
            said = test()
        except Exception as problem:  # whatever went wrong belongs to this test alone
            error = str(problem) if isinstance(problem, Failure) else traceback.format_exc()
            after_failure()
        return said, error, time.monotonic() - begun

    failed = 0
    with ThreadPoolExecutor(threads) as pool:
        results = pool.map(outcome, [test for _, test in tests])
        for number, ((name, _), (said, error, took)) in enumerate(zip(tests, results), 1):
            failed += error is not None
            print(f'{"ok" if error is None else "not ok"} {number} - {name}'
                  f'{f": {said}" if said else ""} # {took:.1f} s', flush=True)
            if error is not None:
                print('# ' + error.replace('\n', '\n# '), flush=True)
    print(f'# {len(tests) - failed} of {len(tests)} passed')
    return 1 if failed or not tests else 0


def tests_of(names):
    """The test_ functions of a program, or those that contain a word of its command line."""
    return [(name[5:].replace('_', ' '), test) for name, test in names.items()
            if name.startswith('test_') and (
                not sys.argv[1:] or any(word in name for word in sys.argv[1:]))]


def enter_readers(program):
    """Runs the program again where pcscd serves virtual readers; returns when that is so."""
    if os.environ.get('KYSO_PCSCD_PID'):
        return
    launcher = os.path.join(HERE, 'with-readers')
    os.execv(launcher, [launcher, os.path.realpath(program), *sys.argv[1:]])


def printed_to(file):
    """All that processes wrote into this temporary file."""
    file.seek(0)
    return file.read().decode('utf-8', 'replace')


def begin_talk(verb, *options, pin=None, **popen):
    """Starts a conversation with kyso-token; the PIN goes through a pipe, as in real life."""
    words = [TOKEN_TOOL, '--workers', WORKERS, *options]
    pins = () if pin is None else (pipe_of(pin),)
    if pins:
        words += ['--pin-fd', str(pins[0])]
    errors = tempfile.TemporaryFile()
    talk = subprocess.Popen([*words, verb], stdout=subprocess.PIPE, stderr=errors, pass_fds=pins,
                            text=True, **popen)
    talk.errors = errors
    if pins:
        os.close(pins[0])
    return talk


def end_talk(process, timeout=60, known=None):
    """The lines of the conversation; the last one says how it ended. KNOWN: a pattern for what a
    sanitizer may report, which is a library's fault then."""
    try:
        lines = process.communicate(timeout=timeout)[0].splitlines()
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    with process.errors:
        errors = printed_to(process.errors)
    if known is None or not re.search(known, errors):
        no_report(errors)
    return [re.sub(r'flags=(\d+)(?:-(\d+))?',
                   lambda found: 'flags=' + '>'.join(
                       ''.join(letter for bit, letter in ((1, 'l'), (2, 'f'), (4, 'x'))
                               if int(flags) & bit) or '-'
                       for flags in found.groups() if flags), line) for line in lines]


def end_of(lines):
    """The outcome; None when the conversation broke off."""
    last = lines[-1] if lines else ''
    return last.removeprefix('end ') if last.startswith('end ') else None


def login_of(lines):
    found = [line.split(' digest=')[0] for line in lines if line.startswith('login ')]
    return found[-1].removeprefix('login ') if found else None


def count_signed(lines):
    return sum(line.startswith('signed ') for line in lines)


class PivCard:
    """One piv-card process and its control socket."""

    def __init__(self, folder, *options, reader=0):
        self.folder, self.reader = folder, reader
        self.socket, self.log = f'{folder}.socket', f'{folder}.log'
        for path in (self.socket, self.log):
            if os.path.exists(path):
                os.unlink(path)
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [CARD, '--card', folder, '--port', str(35963 + reader), '--control', self.socket,
             '--apdu-log', self.log, '--die-with-parent', *options], stderr=self.errors)
        until(lambda: os.path.exists(self.socket), 'control socket')

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        status = self.process.wait()
        with self.errors:
            no_report(printed_to(self.errors))
        need(status in (0, 3, -signal.SIGKILL), f'the card ended with status {status}')


class Card(PivCard):
    """A card that pkcs11-tool is asked about."""

    def __init__(self, folder, *options, reader=0):
        self.reader = reader
        # pcscd may still show the card of before; two changes inside its 0.4 s may pass for none.
        self.seen(False)
        super().__init__(folder, *options, reader=reader)

    def ask(self, *order):
        status, text = run(CARD, '--ask', self.socket, *order)
        need(status == 0, f'order {order}: {text}')
        return text.strip()

    def seen(self, present=True):
        until(lambda: (self.token() is not None) == present,
              'insertion' if present else 'removal')
        return self

    def token(self):
        """What pkcs11-tool lists for the card's reader, or None."""
        _, text = run('pkcs11-tool', '-L')
        slot = re.search(rf'Virtual PCD 00 0{self.reader}\n((?:  .*\n)*)', text)
        if not slot or 'serial num' not in slot[1]:
            return None
        return dict(re.split(r'\s*: ', line.strip(), maxsplit=1)
                    for line in slot[1].splitlines() if ': ' in line)

    def flags(self):
        flags = self.token()['token flags']
        return [word for word in ('user PIN count low', 'final user PIN try', 'user PIN locked')
                if word in flags]

    def login(self, pin, timeout=20):
        """Logs in with pkcs11-tool and returns CKR_OK or the error it names."""
        status, text = run('pkcs11-tool', '--slot', str(4 * self.reader), '--login', '--pin', pin,
                           '--list-objects', '--type', 'privkey', timeout=timeout)
        error = re.search(r'CKR_\w+', text)
        return 'CKR_OK' if status == 0 and not error else error[0] if error else text

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


cards = 0


def make(name='Nguyễn Văn A', guid='00112233445566778899aabbccddeeff', keys='9a=rsa 9c=rsa 9e=ec'):
    global cards
    cards += 1
    folder = os.path.join(os.environ['TMPDIR'], f'card{cards}')
    status, text = run(os.path.join(HERE, 'make-card'), folder, name, guid, keys)
    need(status == 0, text)
    return folder
