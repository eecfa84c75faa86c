# SPDX-License-Identifier: LGPL-2.1-or-later
"""A scripted stand-in for kysod, for tests of the client side only. It decides nothing: the scenario,
a JSON object in argv[1], says what each call answers. What it saw goes to argv[2], one JSON line each.
"""

import fcntl
import json
import os
import sys

import dbus
import dbus.lowlevel
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = 'org.kyso.Kyso1'
ROOT = '/org/kyso/Kyso1'
ALL_SEALS = 0x1 | 0x2 | 0x4 | 0x8

dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
scenario = json.loads(sys.argv[1])
seen = open(sys.argv[2], 'a', encoding='utf-8', buffering=1)
loop = GLib.MainLoop()


def note(**what):
    seen.write(json.dumps(what, ensure_ascii=False) + '\n')


class Error(dbus.DBusException):
    def __init__(self, name, message):
        super().__init__(message)
        self._dbus_error_name = name if '.' in name else f'{NAME}.Error.{name}'


def typed(value):
    """JSON to D-Bus, with a type in front where JSON has none: ["u", 3]."""
    makers = {'u': dbus.UInt32, 't': dbus.UInt64, 'i': dbus.Int32, 'o': dbus.ObjectPath}
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and value[0] in makers:
        return makers[value[0]](value[1])
    if isinstance(value, list) and value and value[0] == 'at':
        return dbus.Array([dbus.UInt64(v) for v in value[1:]], signature='t')
    if isinstance(value, list) and value and value[0] == 'ao':
        return dbus.Array([dbus.ObjectPath(v) for v in value[1:]], signature='o')
    if isinstance(value, list) and value and value[0] == 'ay':
        return dbus.Array(bytes.fromhex(value[1]), signature='y')
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return dbus.Array([typed(v) for v in value], signature='a{sv}')
    if isinstance(value, list):
        return dbus.Array(value, signature='s')
    if isinstance(value, dict):
        return dbus.Dictionary({k: typed(v) for k, v in value.items()}, signature='sv')
    return value


def managed():
    return {ROOT + '/' + path: {NAME + '.' + interface: typed(properties)
                                for interface, properties in interfaces.items()}
            for path, interfaces in scenario.get('objects', {}).items()}


def sealed(fd):
    return fcntl.fcntl(fd, 1034) & ALL_SEALS == ALL_SEALS  # F_GET_SEALS


def make_document(content):
    fd = os.memfd_create('result', os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.write(fd, content)
    fcntl.fcntl(fd, 1033, ALL_SEALS)  # F_ADD_SEALS
    return fd


class Job:
    """One Sign or Seal: asks for the PIN when the scenario has one, then answers."""

    def __init__(self, service, act, arguments, sender, reply, fail):
        document, certificate, job, options = arguments
        fd = document.take()
        self.service, self.act, self.sender, self.reply, self.fail = service, act, sender, reply, fail
        self.content = os.pread(fd, 1 << 24, 0)
        picture = options.pop('picture', None)
        note(call=act, sealed=sealed(fd), bytes=len(self.content), certificate=str(certificate),
             job=str(job), options=json.loads(json.dumps(options)),
             picture=picture is not None and sealed(picture.take()))
        os.close(fd)
        self.path = f"{ROOT}/jobs/{sender[1:].replace('.', '_')}_{job}"
        self.script = scenario.get(act.lower(), {})
        if isinstance(self.script, list):
            self.script = self.script.pop(0)
        service.jobs[self.path] = self
        self.run()

    def run(self):
        if 'die' in self.script:
            os._exit(1)
        if 'pin' in self.script or 'show-pinpad' in self.script:
            self.ask()
        elif 'wait' not in self.script:
            self.finish()

    def ask(self):
        agent = self.service.agents.get(self.sender)
        if agent is None:
            self.error('NoAgent', {})
            return
        details = typed({'operation': self.act.lower(), 'job': ['o', self.path],
                         **self.script.get('details', {})})
        proxy = dbus.Interface(bus.get_object(self.sender, agent, introspect=False),
                               NAME + '.PinAgent')
        if 'show-pinpad' in self.script:
            proxy.ShowPinPad(details, reply_handler=self.finish,
                             error_handler=lambda e: self.error('Failed', {'detail': str(e)}))
        else:
            proxy.RequestPin(details, reply_handler=self.got_pipe,
                             error_handler=lambda e: self.error('Failed', {'detail': str(e)}))

    def got_pipe(self, pipe):
        self.pipe, self.pin = pipe.take(), b''
        if 'retract' in self.script:
            proxy = dbus.Interface(bus.get_object(self.sender, self.service.agents[self.sender],
                                                  introspect=False), NAME + '.PinAgent')
            proxy.Cancel(self.script['retract'], reply_handler=lambda: None, error_handler=note)
            self.error('PromptTimeout', {})
            return
        GLib.io_add_watch(self.pipe, GLib.IO_IN | GLib.IO_HUP, self.readable)

    def readable(self, _fd, _condition):
        piece = os.read(self.pipe, 256)
        self.pin += piece
        if piece and not piece.endswith(b'\n'):
            return True
        os.close(self.pipe)
        note(pin=self.pin.decode())
        if not self.pin:
            self.error('Cancelled', {})
        elif self.pin.decode().rstrip('\n') != self.script['pin']:
            self.error('PinWrong', self.script.get('wrong', {}))
        else:
            self.finish()
        return False

    def error(self, name, message):
        self.service.jobs.pop(self.path, None)
        self.fail(Error(name, json.dumps(message)))

    def finish(self):
        if 'error' in self.script:
            message = self.script.get('message', {})
            self.error(self.script['error'], message)
            return
        self.service.jobs.pop(self.path, None)
        fd = make_document(self.content + b'%' + self.act.lower().encode() + b'\n')
        self.reply(dbus.types.UnixFd(fd), typed(self.script.get('report', {'warnings': []})))
        os.close(fd)


class Service(dbus.service.FallbackObject):
    def __init__(self):
        super().__init__(bus, ROOT)
        self.agents, self.jobs = {}, {}

    @dbus.service.method(dbus.PROPERTIES_IFACE, in_signature='s', out_signature='a{sv}')
    def GetAll(self, interface):
        if 'service-error' in scenario:
            raise Error(scenario['service-error'], '{}')
        return typed(scenario.get('service', {}))

    @dbus.service.method('org.freedesktop.DBus.ObjectManager', out_signature='a{oa{sa{sv}}}',
                         sender_keyword='sender')
    def GetManagedObjects(self, sender=None):
        if 'objects-error' in scenario:
            raise Error(*scenario['objects-error'])
        GLib.idle_add(self.send_signals, sender)
        return dbus.Dictionary(managed(), signature='oa{sa{sv}}')

    def send_signals(self, to):
        for path, interface, member, signature, arguments in scenario.get('signals', []):
            message = dbus.lowlevel.SignalMessage(ROOT + path, interface, member)
            message.append(*[typed(a) for a in arguments], signature=signature)
            message.set_destination(to)
            bus.send_message(message)
        bus.flush()
        return False

    @dbus.service.method(NAME + '.Manager', in_signature='oa{sv}', sender_keyword='sender')
    def RegisterPinAgent(self, agent, options, sender=None):
        self.agents[sender] = agent

    @dbus.service.method(NAME + '.Job', path_keyword='path')
    def Cancel(self, path=None):
        note(cancel=True)
        job = self.jobs.get(str(path))
        if job is not None and 'deaf' not in job.script:
            job.error('Cancelled', {})

    @dbus.service.method(NAME + '.Signer', in_signature='hssa{sv}', out_signature='ha{sv}',
                         sender_keyword='sender', async_callbacks=('reply', 'fail'))
    def Sign(self, document, certificate, job, options, sender, reply, fail):
        Job(self, 'Sign', (document, certificate, job, options), sender, reply, fail)

    @dbus.service.method(NAME + '.Signer', in_signature='hssa{sv}', out_signature='ha{sv}',
                         sender_keyword='sender', async_callbacks=('reply', 'fail'))
    def Seal(self, document, certificate, job, options, sender, reply, fail):
        Job(self, 'Seal', (document, certificate, job, options), sender, reply, fail)

    @dbus.service.method(NAME + '.Verifier', in_signature='hsa{sv}', out_signature='sa{sv}')
    def Verify(self, document, job, options):
        fd = document.take()
        note(call='Verify', sealed=sealed(fd), options=json.loads(json.dumps(options)))
        os.close(fd)
        answer = scenario['verify']
        if isinstance(answer, list):
            answer = answer.pop(0)
        if 'error' in answer:
            raise Error(answer['error'], json.dumps(answer.get('message', {})))
        return answer['verdict'], typed(answer['report'])


    def answer(self, name):
        answer = scenario[name]
        if 'error' in answer:
            raise Error(answer['error'], json.dumps(answer.get('message', {})))
        return answer

    @dbus.service.method(NAME + '.Release', in_signature='hssssa{sv}', out_signature='a{sv}')
    def Release(self, document, number, date, channel, job, options):
        fd = document.take()
        note(call='Release', sealed=sealed(fd), number=str(number), date=str(date),
             channel=str(channel), options=json.loads(json.dumps(options)))
        os.close(fd)
        return typed(self.answer('release')['report'])

    @dbus.service.method(NAME + '.Release', in_signature='hsa{sv}', out_signature='aa{sv}')
    def Find(self, document, job, options):
        fd = document.take()
        note(call='Find', sealed=sealed(fd))
        os.close(fd)
        return dbus.Array([typed(r) for r in self.answer('find')['releases']], signature='a{sv}')

    @dbus.service.method(NAME + '.Release', in_signature='ttsa{sv}', out_signature='aa{sv}')
    def List(self, since, until, number, options):
        note(call='List', since=int(since), until=int(until), number=str(number))
        return dbus.Array([typed(r) for r in self.answer('list')['releases']], signature='a{sv}')


bus = dbus.SystemBus()
service = Service()
claimed = dbus.service.BusName(NAME, bus, do_not_queue=True)
print('ready', flush=True)
loop.run()
