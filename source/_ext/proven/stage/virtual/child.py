"""The zygote and its children: each plays one program as `python file.py` does."""

from __future__ import annotations

import _thread
import asyncio
import atexit
import gc
import logging
import os
import pickle
import signal
import socket
import struct
import sys
import threading
import time
from contextlib import suppress
from types import FrameType
from typing import Any, NoReturn

from proven.stage.clock import Clock, hand_over, installed
from proven.stage.process.shared import addresses, deadlock, errors, frames, outside
from proven.stage.trace import TOO_MUCH, Trace, Wait
from proven.stage.virtual import audit, program, stacks
from proven.stage.virtual.recorder import Recorder, high, in_memory
from proven.stage.virtual.zygote import Order, Outcome
from proven.stage.watch import Journal, prepare_threads, watch_threads, watching

loaded: set[str] = set()
"""Names of the modules that the zygote has, and so every child."""
_own: dict[str, Any] = {}
"""Those of them that the program must not see."""


def serve() -> None:
    """Take orders from the socket on descriptor 0 until it is closed."""
    clock = Clock()
    journal = Journal(clock)
    with installed(clock), watching(journal):
        _serve(journal)


def _serve(journal: Journal) -> None:
    orders = socket.socket(fileno=os.dup(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.putenv("TZ", "UTC")
    time.tzset()
    _rehearse(journal)
    prepare_threads()
    audit.prepare()
    frames.hide()
    # Loaded by now, with care: its library keeps a descriptor.
    outside.buffer_by_lines(sys.modules["ctypes"])
    errors.hide()
    loaded.update(sys.modules)
    own = ("proven", "_proven_")
    _own.update((name, sys.modules[name]) for name in sys.modules if name.startswith(own))
    sys.path_importer_cache.clear()
    gc.collect()
    gc.freeze()
    while True:
        head, rights, _, _ = orders.recvmsg(8, socket.CMSG_SPACE(4), socket.MSG_WAITALL)
        _reap(0 if len(head) < 8 else os.WNOHANG)
        if len(head) < 8:
            return
        (channel,) = struct.unpack("i", rights[0][2])
        left, request = int.from_bytes(head, "big"), b""
        while len(request) < left:
            request += orders.recv(left - len(request))
        # What is done here a fork needn't do in memory that it would have to copy first.
        order = pickle.loads(request)
        _surround_by(order.environment)
        os.putenv("TZ", "UTC")
        if os.fork() == 0:
            orders.close()
            _Child(order, socket.socket(fileno=channel)).play()
        os.close(channel)


def _surround_by(environment: dict[str, str]) -> None:
    """Let the environment be this one: nearly all of it is so already."""
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    for name, value in environment.items() - os.environ.items():
        os.environ[name] = value


def _reap(options: int) -> None:
    """Let the children that are over go; what they took then counts as the zygote's."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, options)[0]:
            pass


def _rehearse(journal: Journal) -> None:
    """Play something once: what that loads and makes, each fork then has already."""

    async def wait() -> None:
        await asyncio.sleep(1)

    async def main() -> None:
        # Without a name they would be counted: the first one of a program is Task-1.
        await asyncio.gather(*(loop.create_task(wait(), name="one") for _ in range(2)))
        print("over", file=stream)

    stream = Recorder(journal.clock, journal).stream()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(loop.create_task(main(), name="main"))
    loop.close()


class _Child:
    """Plays one program, tells what happened and ends the process."""

    def __init__(self, order: Order, channel: socket.socket) -> None:
        os.setsid()
        # The program's own files begin at 3, as always.
        self.order, self._channel = order, socket.socket(fileno=high(channel.detach()))
        self._channel.sendall(os.getpid().to_bytes(8, "big"))
        self._told = _thread.allocate_lock()
        self.clock = Clock(reverse=order.reverse, charging=order.charging)
        self.journal = Journal(self.clock)
        self._err, self._out = (high(in_memory(name)) for name in ("stderr", "stdout"))
        self.recorder = Recorder(self.clock, self.journal, 1)
        self.code, self.raised = 0, ""

    def play(self) -> NoReturn:
        """Do all of it."""
        self._surround()
        signal.signal(signal.SIGALRM, self._expire)
        audit.setitimer(signal.ITIMER_REAL, self.order.deadline)
        hand_over(self.clock)
        Journal.running = self.journal
        # 3.13 counts in nanoseconds.
        kept: Any = logging
        kept._startTime = time.time() if kept._startTime < 1e12 else time.time_ns()
        watch_threads(self.journal, self.order.path, self.tell)
        audit.install(self.refuse)
        addresses.shift()
        self._run()
        program.end(self.order.path, loaded)
        self.tell()

    def tell(self, rows: Any = ()) -> NoReturn:
        """Send the trace; the process is over."""
        for stream in (sys.stdout, sys.stderr):
            # The program may have closed it, or put something else in its place.
            with suppress(ValueError, OSError, AttributeError):
                stream.flush()
        outside.flush()
        self.recorder.finish()
        os.lseek(self._err, 0, os.SEEK_SET)
        err = b"".join(iter(lambda: os.read(self._err, 1 << 20), b""))
        trace = Trace(
            tuple(self.recorder.events),
            round(self.clock.time(), 6),
            True,
            err.decode("utf-8", "backslashreplace"),
            *self.journal.known(),
            0 if rows else self.code,
            "" if rows else self.raised,
            tuple(Wait(*row) for row in rows),
        )
        self._send(Outcome(trace, tied=self.clock.tied, computed=self.clock.meter.longest))

    def refuse(self, why: str) -> NoReturn:
        """Tell that the program needs the real clock, and end: nothing has happened yet."""
        self._send(Outcome(not_virtual=why))

    def _send(self, outcome: Outcome) -> NoReturn:
        # The first one counts: another thread may be about to tell, too.
        self._told.acquire()
        sys.modules.update(_own)
        self._channel.sendall(pickle.dumps(outcome))
        self._channel.close()
        audit.rest()
        _save_coverage()
        os._exit(0)

    def _expire(self, _: int, frame: FrameType | None) -> None:
        self._send(Outcome(hung="".join(stacks.stacks(self.clock, frame))))

    def _surround(self) -> None:
        """Give the program what it would find by `python file.py`."""
        order = self.order
        signal.signal(signal.SIGINT, signal.default_int_handler)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(self._out, 1)
        os.dup2(self._err, 2)
        # Final in typeshed, not in Python.
        sys.stdout = sys.__stdout__ = self.recorder.stream()  # type: ignore[misc]
        os.chdir(order.work)
        sys.argv, sys.orig_argv = [order.path], [sys.executable, order.path]
        sys._xoptions.clear()
        for name in _own:
            del sys.modules[name]
        sys.path[0] = os.path.dirname(order.path)
        # Private, so typeshed lacks it.
        threading.main_thread()._native_id = threading.get_native_id()  # type: ignore[attr-defined]
        self.recorder.refuse = lambda: self._send(Outcome(refused=TOO_MUCH))
        self.clock.on_jump = self.recorder.catch_up
        self.clock.refuse = self.refuse
        self.clock.meter.where = audit.line
        self.clock.on_deadlock = self._tell_deadlock
        _start_coverage()

    def _tell_deadlock(self) -> None:
        self.tell(deadlock.stuck() or stacks.waits(self.clock, self.order.path))

    def _run(self) -> None:
        try:
            program.run(self.order.path, self.clock)
        except SystemExit as stop:
            stop.__traceback__ = program.kept(frames.beyond(stop.__traceback__))
            self.code = program.exit_code(stop)
        except BaseException as error:
            self.code, self.raised = 1, type(error).__name__
            if isinstance(error, KeyboardInterrupt):
                self.code = -signal.SIGINT
            self.code = program.told(error, self.code)


def _start_coverage() -> None:
    if "COVERAGE_PROCESS_START" in os.environ:
        import coverage

        if started := coverage.process_startup():
            # It would open its database while the program is still watched.
            atexit.unregister(started._atexit)


def _save_coverage() -> None:
    if "COVERAGE_PROCESS_START" in os.environ:
        import coverage

        if current := coverage.Coverage.current():
            current.stop()
            current.save()
