# SPDX-License-Identifier: LGPL-2.1-or-later
"""What tests of the whole line share: a private world (scripts/try) with the built programs and two
cards, people in it, waiting with deadlines, TAP.

A program calls run(globals()) at its end. Outside a world that starts the program again inside one,
as root, once for each world that its tests name (in_world); the results are numbered through. What
it has under the name prepare is called once before, with the folder that outlives the worlds.

The world has the programs of KYSO_BUILD (default: build/hardened of the tree, built first).
"""

import glob
import json
import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback

import harness
from harness import BUILD, KIND, TREE, Failure, need, no_report, pipe_of, same

TRY = os.environ.get('KYSO_TRY', '')
STATE = '/var/lib/kyso'
KEPT = os.environ.get('KYSO_KEPT', '')  # a folder that outlives a world
WAIT = 10.0  # seconds; pcscd needs 0.4, the rest is for a loaded machine


def until(test, what, wait=WAIT):
    return harness.until(test, what, wait)


# ---- commands ----

class Done:
    def __init__(self, words, status, out, err):
        self.words, self.status, self.out, self.err = words, status, out, err
        no_report(err)

    def text(self):
        return f'{" ".join(self.words)}: status {self.status}\n{self.out}{self.err}'

    def json(self):
        try:
            return json.loads(self.out)
        except ValueError:
            raise Failure('no JSON: ' + self.text()) from None

    def document(self):
        """The report of the only document of sign, seal or verify."""
        documents = self.json().get('documents')
        need(documents is not None and len(documents) == 1, self.text())
        return documents[0]


def run(*words, timeout=30, **options):
    words = [str(word) for word in words]
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout,
                          check=False, **options)
    return Done(words, done.returncode, done.stdout.decode('utf-8', 'replace'),
                done.stderr.decode('utf-8', 'replace'))


def must(*words, **options):
    done = run(*words, **options)
    need(done.status == 0, done.text())
    return done.out


def tool(name):
    return os.path.join(BUILD, 'tests/support', name)


def pin_pipe(*pins):
    """One on each line."""
    return pipe_of(''.join(pin + '\n' for pin in pins))


def pin_of(card):
    with open(f'{TRY}/pin-{card}', encoding='ascii') as file:
        return file.read().strip()


def puk_of(card):
    with open(f'{TRY}/puk-{card}', encoding='ascii') as file:
        return file.read().strip()


def wrong_pin(card, number=1):
    """A PIN of six digits that is not the right one; another one for each NUMBER."""
    return f'{(int(pin_of(card)) + number) % 1000000:06d}'


def kyso(user, *words, pin=None, session='own', **options):
    """The command as USER. PIN: one, or a tuple of several; they come through a pipe."""
    command = ['as', '--session', session, user, 'kyso', *words]
    if pin is None:
        return run(*command, cwd=desk(), **options)
    pins = pin_pipe(*([pin] if isinstance(pin, str) else pin))
    try:
        return run(*command, '--pin-fd', pins, cwd=desk(), pass_fds=[pins], **options)
    finally:
        os.close(pins)


class Running:
    """A command that runs beside the test; its output is read line by line."""

    def __init__(self, user, *words, pin=None, **options):
        pins = None if pin is None else pin_pipe(pin)
        more = [] if pins is None else ['--pin-fd', str(pins)]
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            ['as', user, *words, *more], cwd=desk(), stdout=subprocess.PIPE, stderr=self.errors,
            pass_fds=[*options.pop('pass_fds', []), *([] if pins is None else [pins])], **options)
        os.set_blocking(self.process.stdout.fileno(), False)
        self.text = ''
        if pins is not None:
            os.close(pins)

    def read(self):
        part = self.process.stdout.read()
        self.text += (part or b'').decode('utf-8', 'replace')
        return self.text

    def wait_for(self, pattern, wait=WAIT):
        try:
            return until(lambda: re.search(pattern, self.read()), f'{pattern} is printed', wait)
        except Failure as error:
            raise Failure(f'{error}; so far: {self.text}') from None

    def end(self, signal_number=None, wait=30):
        if signal_number is not None:
            self.process.send_signal(signal_number)
        try:
            status = self.process.wait(wait)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failure(f'{self.process.args} did not end in {wait} s') from None
        self.read()
        self.errors.seek(0)
        return Done(self.process.args, status, self.text,
                    self.errors.read().decode('utf-8', 'replace'))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


# ---- the desk: everyone's folder ----

def desk():
    path = f'{TRY}/desk'
    if not os.path.isdir(path):
        os.mkdir(path)
        os.chmod(path, 0o1777)
    return path


def on_desk(name):
    return os.path.join(desk(), name)


def letter(name, *options):
    must(tool('letter'), *options, on_desk(name))
    os.chmod(on_desk(name), 0o644)
    return name


def content(name):
    with open(on_desk(name), 'rb') as file:
        return file.read()


def put(name, data):
    with open(on_desk(name), 'wb') as file:
        file.write(data)
    os.chmod(on_desk(name), 0o644)
    return name


def share(*names):
    """What one person made is handed to the others."""
    for name in names:
        os.chmod(on_desk(name), 0o644)


def sign(name, *options, user='signer', pin=None):
    return kyso(user, 'sign', name, '--json', *options, pin=pin or pin_of('signer'))


# A seal that may be repeated on what somebody signed once.
COPY = ('--kind', 'copy', '--reference', '12/CV')


def seal(name, *options, user='clerk', pin=None):
    return kyso(user, 'seal', name, '--json', *options, pin=pin or pin_of('seal'))


def signed_letter(name, *options):
    """NAME.pdf and NAME.signed.pdf; returns the latter."""
    letter(f'{name}.pdf', *options)
    done = sign(f'{name}.pdf')
    need(done.status == 0, done.text())
    share(f'{name}.signed.pdf')
    return f'{name}.signed.pdf'


def no_file_but(*names):
    """Nothing else is on the desk, nor anything unfinished."""
    same(sorted(os.listdir(desk())), sorted(names), 'files left')


def clear_desk():
    for name in os.listdir(desk()):
        os.unlink(on_desk(name))


# ---- the cards and kysod ----

def card(name, *order):
    return must('world-card', name, *order).strip()


def ask(name, *order):
    return card(name, 'ask', *order)


def serial_of(name):
    with open(f'{TRY}/.world/card-{name}/guid', encoding='ascii') as file:
        return file.read().strip()[16:]


def token(name):
    """What kyso says about the token of this card."""
    done = kyso('signer', 'tokens', 'show', serial_of(name), '--json')
    need(done.status == 0, done.text())
    found = [t for t in done.json()['tokens'] if t['serial'] == serial_of(name)]
    need(len(found) == 1, done.text())
    return found[0]


def processes(name):
    """The processes of the world that run the program of this name."""
    found = []
    for path in glob.glob('/proc/[0-9]*/exe'):
        try:
            if os.path.basename(os.readlink(path)) == name:
                found.append(int(path.split('/')[2]))
        except OSError:
            pass
    return sorted(found)


def workers(words=''):
    """kysod's workers; all but the watch, which always runs."""
    found = []
    for name in ('kyso-token', 'kyso-pdf', 'kyso-cms', 'kyso-draw'):
        for pid in processes(name):
            try:
                with open(f'/proc/{pid}/cmdline', encoding='utf-8') as file:
                    line = file.read().replace('\0', ' ').strip()
            except OSError:
                continue
            if not line.endswith(' watch') and words in line:
                found.append(pid)
    return found


def kysod():
    found = processes('kysod')
    need(len(found) <= 1, f'{len(found)} kysod run')
    return found[0] if found else None


def start_kysod():
    done = kyso('signer', 'tokens', 'list')
    need(done.status == 0, done.text())
    return kysod()


def gone(pid):
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8') as file:
            return file.read().rsplit(')', 1)[1].split()[0] == 'Z'
    except OSError:
        return True


def end_kysod(number=signal.SIGTERM):
    pid = kysod()
    if pid is not None:
        os.kill(pid, number)
        until(lambda: gone(pid), 'kysod is gone')
        until(lambda: not workers() and not processes('kyso-token'), 'its workers are gone')


class Wrapped:
    """A program of kyso that became a shell script: SCRIPT, in which {program} is the program."""

    def __init__(self, name, script):
        self.path = f'/usr/libexec/kyso/{name}'
        folder = f'{TRY}/wrapped'
        os.makedirs(folder, exist_ok=True)
        shutil.copy(self.path, f'{folder}/{name}')
        with open(f'{folder}/{name}.sh', 'w', encoding='ascii') as file:
            file.write('#!/bin/sh\n' + script.replace('{program}', f'{folder}/{name}'))
        os.chmod(file.name, 0o755)
        must('mount', '--bind', file.name, self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        must('umount', self.path)


def log(name='dbus'):
    with open(f'{TRY}/log/{name}', encoding='utf-8', errors='replace') as file:
        return file.read()


# ---- people without a command ----

def in_person(user, function, session='own', wait=60):
    """Calls FUNCTION in a process of USER, in the session of USER, and returns what it returns."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reading)
            become(user, session)
            with os.fdopen(writing, 'wb') as file:
                try:
                    result = (True, function())
                except BaseException as error:  # whatever it was belongs to the test
                    text = str(error) if isinstance(error, Failure) else traceback.format_exc()
                    result = (False, text)
                pickle.dump(result, file)
            status = 0
        finally:
            os._exit(status)
    os.close(writing)
    timer = threading.Timer(wait, os.kill, (pid, signal.SIGKILL))
    timer.start()
    with os.fdopen(reading, 'rb') as file:
        data = file.read()
    os.waitpid(pid, 0)
    timer.cancel()
    need(data, f'the process of {user} said nothing within {wait} s')
    good, result = pickle.loads(data)
    need(good, result)
    return result


def become(user, session='own'):
    import pwd  # of the world
    entry = pwd.getpwnam(user)
    if session == 'own':
        group = f'/user.slice/user-{entry.pw_uid}.slice/session-s{entry.pw_uid}.scope'
    else:
        group = f'/system.slice/as-{entry.pw_uid}.service'
    os.makedirs('/sys/fs/cgroup' + group, exist_ok=True)
    with open(f'/sys/fs/cgroup{group}/cgroup.procs', 'w', encoding='ascii') as file:
        file.write(str(os.getpid()))
    os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)


# ---- TAP ----

def in_world(*options):
    """A decorator: the test runs in a world of its own kind, made with these options of
    scripts/try, in which {kept} stands for KEPT. Tests of equal options share a world, in the order
    of the file."""
    def mark(test):
        test.world = options
        return test
    return mark


def tests_of(names):
    return [(name, test) for name, test in names.items() if name.startswith('test_') and (
        not sys.argv[1:] or any(word in name for word in sys.argv[1:]))]


class Logs:
    """What the world's processes print: kysod and its workers, the bus, the reader daemon, cards."""

    def __init__(self):
        self.looked_at = {}  # bytes of each file

    def more(self):
        """What was added since the last time, in whole lines."""
        found = ''
        for path in sorted(glob.glob(f'{TRY}/log/*')):
            with open(path, 'rb') as file:
                begin = self.looked_at.get(path, 0)
                if begin > os.fstat(file.fileno()).st_size:  # written anew
                    begin = 0
                file.seek(begin)
                data = file.read()
            data = data[:data.rfind(b'\n') + 1]
            self.looked_at[path] = begin + len(data)
            found += data.decode('utf-8', 'replace')
        return found


def run_inside(tests):
    """Prints "ok NAME" or "not ok NAME" for each, and what it has to say."""
    desk()
    logs = Logs()
    for name, test in tests:
        begun = time.monotonic()
        try:
            said, error = test(), None
        except Exception as problem:  # whatever went wrong belongs to this test alone
            error = str(problem) if isinstance(problem, Failure) else traceback.format_exc()
            said = None
        try:
            no_report(logs.more())
        except Failure as problem:
            error = f'{error}\n{problem}' if error else str(problem)
        more = f': {said}' if said else ''
        print(f'{"ok" if error is None else "not ok"} - {name[5:].replace("_", " ")}{more}',
              flush=True)
        print(f'# {time.monotonic() - begun:.1f} s', flush=True)
        if error is not None:
            print('# ' + error.replace('\n', '\n# '), flush=True)


def run_world(program, options, tests):
    """Runs TESTS in a world and yields what is printed, with "not ok" for a world that ends badly."""
    build = [] if not (os.environ.get('KYSO_BUILD') or os.environ.get('KYSO_NO_BUILD')) \
        else ['--no-build']
    kept = os.environ['KYSO_KEPT']
    words = [os.path.join(TREE, 'scripts/try'), '--build', KIND, *build, '--as', 'root',
             *(option.replace('{kept}', kept) for option in options),
             '/usr/bin/python3', program, *(name for name, _ in tests)]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        for line in process.stdout:
            yield line.decode('utf-8', 'replace').rstrip('\n')
    if process.returncode != 0:
        yield f'not ok - the world ended with status {process.returncode}'


def run_all(names):
    """The exit status of the program; see above."""
    tests = tests_of(names)
    if TRY:
        run_inside([(name, test) for name, test in tests if name in sys.argv[1:]])
        return 0
    with tempfile.TemporaryDirectory() as kept:
        os.environ['KYSO_KEPT'] = kept
        if 'prepare' in names:
            names['prepare'](kept)
        return run_worlds(tests)


def run_worlds(tests):
    kinds = []
    for _, test in tests:
        kind = getattr(test, 'world', ())
        if kind not in kinds:
            kinds.append(kind)
    print(f'TAP version 13\n1..{len(tests)}', flush=True)
    program = os.path.realpath(sys.argv[0])
    number = passed = failed = 0
    for kind in kinds:
        group = [(name, test) for name, test in tests if getattr(test, 'world', ()) == kind]
        for line in run_world(program, kind, group):
            found = re.match(r'(not ok|ok) - ', line)
            if found:
                number += 1
                passed += found[1] == 'ok'
                failed += found[1] != 'ok'
                line = f'{found[1]} {number} - {line[found.end():]}'
            elif not line.startswith('#'):
                line = '# ' + line
            print(line, flush=True)
    print(f'# {passed} of {len(tests)} passed', flush=True)
    return 0 if tests and passed == len(tests) and failed == 0 else 1
