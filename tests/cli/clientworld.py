# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the tests of the command share: a private bus, the scripted service, kyso run in a language."""

import glob
import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path.append(os.path.join(HERE, '../support'))
from harness import BUILD, no_report  # noqa: E402 (found only now)

KYSO = os.path.join(BUILD, 'client', 'kyso')
PATIENCE = 20  # seconds until something that ought to come is missed

BUS_CONFIG = '''<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={path}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
<allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/>
{more}</policy></busconfig>'''


class World:
    """A folder, a bus and, per scenario, a service. Ends what it started."""

    def __init__(self, more=''):
        self.folder = tempfile.mkdtemp(prefix='kyso-cli-')
        self.desk = os.path.join(self.folder, 'desk')
        os.mkdir(self.desk)
        self.service = None
        path = os.path.join(self.folder, 'bus')
        config = os.path.join(self.folder, 'bus.conf')
        with open(config, 'w', encoding='utf-8') as file:
            file.write(BUS_CONFIG.format(path=path, more=more))
        self.bus = subprocess.Popen(['dbus-daemon', '--config-file=' + config, '--nofork',
                                     '--print-address=1'], stdout=subprocess.PIPE, text=True)
        self.address = self.bus.stdout.readline().strip()
        self.log = os.path.join(self.folder, 'seen')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.no_report()
        self.stop_service()
        self.bus.kill()
        self.bus.wait()
        self.bus.stdout.close()
        shutil.rmtree(self.folder)

    def environment(self, language):
        return {'PATH': os.environ['PATH'], 'HOME': self.folder, 'LC_ALL': 'C.UTF-8',
                'LANGUAGE': language, 'TEXTDOMAINDIR': os.path.join(BUILD, 'po'),
                'TZ': 'ICT-7', 'DBUS_SYSTEM_BUS_ADDRESS': self.address,
                'ASAN_OPTIONS': f'log_path={self.folder}/sanitizer',
                'UBSAN_OPTIONS': 'halt_on_error=1'}  # it knows no log

    def no_report(self):
        """Fails when a sanitizer had something to say of any process that was run."""
        for path in glob.glob(f'{self.folder}/sanitizer.*'):
            with open(path, encoding='utf-8', errors='replace') as file:
                no_report(file.read())
            os.unlink(path)

    def serve(self, scenario):
        self.stop_service()
        open(self.log, 'w', encoding='utf-8').close()
        self.service = subprocess.Popen(
            ['/usr/bin/python3', os.path.join(HERE, 'fake-kysod.py'), json.dumps(scenario), self.log],
            env=self.environment('en'), stdout=subprocess.PIPE, text=True)
        if self.service.stdout.readline() != 'ready\n':
            raise RuntimeError('the scripted service did not start')

    def stop_service(self):
        if self.service is not None:
            self.service.kill()
            self.service.wait()
            self.service.stdout.close()
            self.service = None

    def seen(self):
        with open(self.log, encoding='utf-8') as file:
            return [json.loads(line) for line in file]

    def wait_seen(self, predicate):
        """Waits until the service has noted something."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if any(predicate(line) for line in self.seen()):
                return True
            select.select([], [], [], 0.01)
        return False

    def write(self, name, content=b'%PDF-1.7 letter\n'):
        path = os.path.join(self.desk, name)
        with open(path, 'wb') as file:
            file.write(content)
        return path

    def read(self, name):
        with open(os.path.join(self.desk, name), 'rb') as file:
            return file.read()

    def names(self):
        return sorted(os.listdir(self.desk))

    def command(self, *arguments, language='en', pin=None, **more):
        """Runs kyso to its end, without a terminal. PIN: bytes of descriptor 3."""
        more.setdefault('cwd', self.desk)
        with tempfile.TemporaryFile() as pins:
            if pin is not None:
                pins.write(pin)
                pins.seek(0)
                arguments += ('--pin-fd', str(pins.fileno()))
                more['pass_fds'] = [pins.fileno()]
            done = subprocess.run([KYSO, *arguments], env=self.environment(language),
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=PATIENCE * 3, start_new_session=True, check=False, **more)
            no_report(done.stderr)
            return done

    def start(self, *arguments, language='en', **more):
        return subprocess.Popen([KYSO, *arguments], env=self.environment(language), cwd=self.desk,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, start_new_session=True, **more)

    def terminal(self, *arguments, language='en'):
        return Terminal(self, arguments, language)


class Terminal:
    """kyso with a terminal of its own."""

    def __init__(self, world, arguments, language):
        self.text = ''
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.chdir(world.desk)
            os.execve(KYSO, [KYSO, *arguments], world.environment(language))
        self.before = termios.tcgetattr(self.master)

    def expect(self, pattern):
        """Reads until PATTERN comes after what was read before; False when it does not."""
        start = len(self.text)
        end = time.monotonic() + PATIENCE
        while not re.search(pattern, self.text[start:]):
            ready, _, _ = select.select([self.master], [], [], max(0, end - time.monotonic()))
            if not ready:
                return False
            try:
                piece = os.read(self.master, 4096)
            except OSError:  # the other side is closed
                return re.search(pattern, self.text[start:]) is not None
            self.text += piece.decode(errors='replace')
        return True

    def type(self, text):
        os.write(self.master, text.encode())

    def echoes(self):
        return termios.tcgetattr(self.master)[3] & termios.ECHO != 0

    def end(self):
        """Reads the rest, waits; the exit status, or minus the signal."""
        self.expect(r'\Z(?!)')
        _, status = os.waitpid(self.pid, 0)
        self.restored = termios.tcgetattr(self.master)[3] == self.before[3]
        os.close(self.master)
        return os.waitstatus_to_exitcode(status)


class Tap:
    """Counts and prints results; a test that did not run is a failure."""

    def __init__(self):
        self.number = self.failed = 0

    def check(self, good, name, more=''):
        self.number += 1
        print(('ok' if good else 'not ok'), self.number, '-', name, flush=True)
        if not good:
            self.failed += 1
            for line in str(more).splitlines():
                print('#', line)

    def equal(self, got, wanted, name):
        self.check(got == wanted, name, f'got    {got!r}\nwanted {wanted!r}')

    def end(self):
        print(f'1..{self.number}')
        sys.exit(0 if self.number > 0 and self.failed == 0 else 1)


def stored(tap, name, text):
    """Compares with tests/cli/expected/NAME; KYSO_UPDATE=1 stores it instead, to be read and kept."""
    path = os.path.join(HERE, 'expected', name)
    if os.environ.get('KYSO_UPDATE'):
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
    try:
        with open(path, encoding='utf-8') as file:
            wanted = file.read()
    except FileNotFoundError:
        wanted = ''
    tap.check(text == wanted and wanted != '', 'as stored in ' + name,
              '\n'.join(['got:', text, 'wanted:', wanted]))


__all__ = ['KYSO', 'PATIENCE', 'Tap', 'World', 'stored']
