# SPDX-License-Identifier: LGPL-2.1-or-later
"""A wall clock that a test moves, for a program that runs: see moved-clock.c. Terms of a day, or of
months, pass without waiting.

    clock = MovedClock(FOLDER)          # whoever runs the program must be able to read FOLDER
    Popen(..., env=clock.environment())
    clock.move(86400)                   # from now on the program's time is a day ahead

In a world, `with clock.of_kysod():` gives it to kysod.
"""

import contextlib
import ctypes
import glob
import os
import shutil
import struct

import scenario

KYSOD = '/usr/libexec/kyso/kysod'
SYS_PIDFD_GETFD = 438
TFD_TIMER_ABSTIME = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def _alarms(pid):
    """The descriptors of a process that are timers on the wall clock."""
    found = []
    for path in glob.glob(f'/proc/{pid}/fdinfo/*'):
        try:
            with open(path, encoding='ascii') as file:
                if 'clockid: 0\n' in file.read():
                    found.append(int(os.path.basename(path)))
        except OSError:
            continue  # closed meanwhile
    return found


def _fire(pid, number):
    """Makes the process' timer come now, as the kernel does when the clock is set."""
    soon = (ctypes.c_long * 4)(0, 0, 0, 1)
    process = os.pidfd_open(pid)
    try:
        timer = _checked(_libc.syscall(SYS_PIDFD_GETFD, process, number, 0))
        try:
            _checked(_libc.timerfd_settime(timer, TFD_TIMER_ABSTIME, ctypes.byref(soon), None))
        finally:
            os.close(timer)
    finally:
        os.close(process)


def _sanitizer(library):
    """The sanitizer's own library, which has to come before all others, where the build has one."""
    lines = scenario.must('ldd', library).splitlines()
    return [line.split()[2] for line in lines if line.split()[0].startswith('libasan.')]


class MovedClock:
    def __init__(self, folder):
        self.folder = folder
        self.path = os.path.join(folder, 'clock')
        self.library = os.path.join(folder, 'moved-clock.so')
        shutil.copy(scenario.tool('moved-clock.so'), self.library)
        with open(self.path, 'wb') as file:
            file.write(struct.pack('=q', 0))
        os.chmod(self.path, 0o644)

    def environment(self):
        return {'LD_PRELOAD': ':'.join([*_sanitizer(self.library), self.library]),
                'KYSO_MOVED_CLOCK': self.path}

    def users(self):
        """The processes that go by this clock."""
        for path in glob.glob('/proc/[0-9]*/maps'):
            try:
                with open(path, encoding='utf-8') as file:
                    if self.path in (line.rsplit(maxsplit=1)[-1] for line in file):
                        yield int(path.split('/')[2])
            except OSError:
                continue  # it ended meanwhile

    def move(self, seconds):
        """Sets the clock to SECONDS from the machine's; returns how many alarms were told."""
        with open(self.path, 'r+b') as file:
            file.write(struct.pack('=q', int(seconds * 1000000)))
        told = 0
        for pid in self.users():
            for number in _alarms(pid):
                _fire(pid, number)
                told += 1
        return told

    @contextlib.contextmanager
    def of_kysod(self):
        """Meanwhile kysod goes by this clock. It is ended before and after, and started by the next
        call. The program is the installed one: a script in its place preloads the clock."""
        program = os.path.join(self.folder, 'kysod')
        script = os.path.join(self.folder, 'start')
        scenario.end_kysod()
        shutil.copy(KYSOD, program)
        with open(script, 'w', encoding='utf-8') as file:
            words = ' '.join(f"{name}='{value}'" for name, value in self.environment().items())
            file.write(f'#!/bin/sh\nexec env {words} {program} "$@"\n')
        os.chmod(script, 0o755)
        scenario.must('mount', '--bind', script, KYSOD)
        try:
            yield self
        finally:
            scenario.end_kysod()
            scenario.must('umount', KYSOD)
