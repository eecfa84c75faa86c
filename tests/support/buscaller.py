# SPDX-License-Identifier: LGPL-2.1-or-later
"""A program on the bus that need not be as well behaved as libkyso: it calls kysod with whatever it
likes and answers, or does not, when it is asked for a PIN. For use inside scenario.in_person()."""

import json
import os
import signal
import threading
import time

import dbus
import dbus.bus
import dbus.lowlevel
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

import scenario
from scenario import WAIT, Failure, need

NAME = 'org.kyso.Kyso1'
ROOT = '/org/kyso/Kyso1'
AGENT = '/agent'
ERROR = NAME + '.Error.'
FOREVER = 3600.0


class BusError(Exception):
    """An error that a call ended with: its name without kysod's own prefix, and its details."""

    def __init__(self, name, text):
        super().__init__(f'{name} {text}')
        self.name = name.removeprefix(ERROR)
        self.text = text
        try:
            self.details = json.loads(text)
        except ValueError:
            self.details = {}


class Call:
    """A call that may still be under way."""

    def __init__(self):
        self.done = False
        self.values = self.error = None

    def reply(self, *values):
        self.done, self.values = True, values

    def fail(self, error):
        self.done = True
        self.error = BusError(error.get_dbus_name(), error.get_dbus_message())

    def name(self):
        """"" for success."""
        return self.error.name if self.error else ''


class Caller:
    """One connection. AGENT_ANSWERS(caller, message) is asked for the descriptor to answer
    RequestPin with: a number, None to answer nothing, or an exception to raise on the bus."""

    def __init__(self, agent_answers=None):
        self.bus = dbus.bus.BusConnection(dbus.bus.BusConnection.TYPE_SYSTEM,
                                          mainloop=DBusGMainLoop())
        self.bus.set_exit_on_disconnect(False)
        self.context = GLib.MainContext.default()
        self.agent_answers = agent_answers
        self.requests = []  # the details of each RequestPin
        self.cancels = []  # the reason of each Cancel
        self.jobs = 0
        if agent_answers is not None:
            self.bus.add_message_filter(self.filter)
            self.call(ROOT, 'Manager', 'RegisterPinAgent', 'oa{sv}', AGENT, {})

    def filter(self, _, message):
        if not isinstance(message, dbus.lowlevel.MethodCallMessage) or message.get_path() != AGENT:
            return dbus.lowlevel.HANDLER_RESULT_NOT_YET_HANDLED
        if message.get_member() == 'Cancel':
            self.cancels.append(str(message.get_args_list()[0]))
        elif message.get_member() == 'RequestPin':
            self.requests.append(message.get_args_list()[0])
            self.answer(message)
        return dbus.lowlevel.HANDLER_RESULT_HANDLED

    def answer(self, message):
        answer = self.agent_answers(self, message)
        if answer is None:
            return
        reply = dbus.lowlevel.MethodReturnMessage(message)
        reply.append(dbus.types.UnixFd(answer), signature='h')
        self.bus.send_message(reply)

    def start(self, path, interface, member, signature, *values):
        call = Call()
        if '.' not in interface:
            interface = f'{NAME}.{interface}'
        self.bus.call_async(NAME, path, interface, member, signature, values, call.reply, call.fail,
                            timeout=FOREVER)
        return call

    def until(self, test, what, wait=WAIT):
        """Handles messages until TEST says something."""
        end = time.monotonic() + wait
        tick = GLib.timeout_add(20, lambda: True)
        try:
            while True:
                result = test()
                if result:
                    return result
                need(time.monotonic() < end, f'{what}: waited {wait} s in vain')
                self.context.iteration(True)
        finally:
            GLib.source_remove(tick)

    def finish(self, call, wait=WAIT):
        self.until(lambda: call.done, 'the call is answered', wait)
        return call

    def call(self, path, interface, member, signature='', *values, wait=WAIT):
        """What the call returns; BusError otherwise."""
        call = self.finish(self.start(path, interface, member, signature, *values), wait)
        if call.error:
            raise call.error
        return call.values

    def error_of(self, *words, **options):
        """The BusError that a call ends with."""
        try:
            values = self.call(*words, **options)
        except BusError as error:
            return error
        raise Failure(f'{words[:3]}: answered with {values!r}')

    def job(self):
        self.jobs += 1
        return f'job{self.jobs}'

    def job_path(self, job):
        sender = self.bus.get_unique_name()[1:].replace('.', '_')
        return f'{ROOT}/jobs/{sender}_{job}'

    def start_sign(self, document, options=None, member='Sign', job=None, certificate='',
                   entry=('1/CV', '2026-11-20', 'document-system')):
        """Starts a call with a descriptor: Sign, Seal, Verify, Release, Find. ENTRY: number, date and
        channel of a release."""
        interface, signature, values = {
            'Verify': ('Verifier', 'hsa{sv}', ()), 'Find': ('Release', 'hsa{sv}', ()),
            'Release': ('Release', 'hssssa{sv}', entry),
        }.get(member, ('Signer', 'hssa{sv}', (certificate,)))
        return self.start(ROOT, interface, member, signature, dbus.types.UnixFd(document), *values,
                          job or self.job(), options or {})

    def introspect(self, path):
        return str(self.call(path, 'org.freedesktop.DBus.Introspectable', 'Introspect')[0])

    def objects(self):
        return self.call(ROOT, 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects')[0]

    def get(self, path, interface, name):
        return self.call(path, 'org.freedesktop.DBus.Properties', 'Get', 'ss',
                         f'{NAME}.{interface}', name)[0]

    def close(self):
        self.bus.close()


def writes(pin):
    """An agent that writes PIN (bytes) and a newline."""
    def answer(caller, message):
        reading, writing = os.pipe()
        os.write(writing, pin + b'\n')
        os.close(writing)
        caller.opened = reading
        return reading
    return answer


def never_writes(caller, _):
    reading, caller.kept_open = os.pipe()
    return reading


def never_answers(_, __):
    return None


def sealed(data):
    """A sealed memory file."""
    import fcntl
    fd = os.memfd_create('document', os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, data)
    fcntl.fcntl(fd, 1033, 0xf)  # F_ADD_SEALS: seal, shrink, grow, write
    return fd


class Job:
    """The signer signs the letter of the desk, and types the PIN when the test says so. The job ends
    by itself, with the bus, or is ended."""

    def __init__(self):
        if not os.path.exists(scenario.on_desk('letter.pdf')):
            scenario.letter('letter.pdf')
        self.marker = scenario.on_desk('asked')
        self.typing, self.typed = os.pipe()
        self.result = None
        self.thread = threading.Thread(target=self.run, args=(
            scenario.content('letter.pdf'), scenario.pin_of('signer').encode()))
        self.thread.start()
        scenario.until(lambda: os.path.exists(self.marker), 'the PIN is asked for')

    def run(self, data, pin):
        def sign():
            caller = Caller(never_writes)
            call = caller.start_sign(sealed(data))
            caller.until(lambda: caller.requests, 'the PIN is asked for')
            with open(scenario.on_desk('who'), 'w', encoding='ascii') as file:
                file.write(str(os.getpid()))
            with open(self.marker, 'w', encoding='ascii'):
                pass
            os.set_blocking(self.typing, False)

            def over():
                try:
                    if os.read(self.typing, 1):
                        os.write(caller.kept_open, pin + b'\n')
                except BlockingIOError:
                    pass
                return call.done or not caller.bus.get_is_connected()
            caller.until(over, 'the job is over', 50)
            return call.name() if call.done else 'bus lost'
        try:
            self.result = scenario.in_person('signer', sign)
        except Failure as error:  # it was ended
            self.result = str(error)

    def type_pin(self):
        os.write(self.typed, b'x')

    def wait(self):
        """How it ended: "" for success, or the error's name."""
        self.thread.join()
        os.close(self.typing)
        os.close(self.typed)
        for path in self.marker, scenario.on_desk('who'):
            if os.path.exists(path):
                os.unlink(path)
        return self.result

    def end(self):
        try:
            with open(scenario.on_desk('who'), encoding='ascii') as file:
                os.kill(int(file.read()), signal.SIGKILL)
        except (OSError, ValueError):
            pass  # it has ended
        return self.wait()
