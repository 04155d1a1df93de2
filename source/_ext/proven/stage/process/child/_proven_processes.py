"""Records the processes of a play: multiprocessing's, plain forks, and how the program ends."""

from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found]  # built in: typeshed lacks it
import atexit
import faulthandler
import functools
import itertools
import os
import sys
from _weakref import ref

from _proven_deadlock import might_last
from _proven_record import Here, actor_id, by_program, process_id, record, when_imported
from _proven_servers import watch_forkserver
from _proven_sleeps import watch_timers, watch_work
from _proven_threads import ended, run_watched, watch_start, watch_wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_forks = itertools.count(1)
_creators: list[str] = []


def install() -> None:
    """Watch forks, the end and, as soon as it is imported, multiprocessing."""
    when_imported("multiprocessing.process", _watch_multiprocessing)
    when_imported("multiprocessing.synchronize", _watch_semaphores)
    when_imported("multiprocessing.connection", _watch_pipes)
    when_imported("multiprocessing.forkserver", lambda module: watch_forkserver(module, might_last))
    when_imported("asyncio.base_events", last_from_now_on)
    when_imported("asyncio.events", watch_timers)
    when_imported("concurrent.futures.thread", watch_work)
    when_imported("subprocess", _watch_popen)
    os.register_at_fork(
        before=_before_fork, after_in_parent=last_from_now_on, after_in_child=_after_fork
    )
    if Here.id == "main":
        atexit.register(_tell_exception)
    # The stage asks for the stacks of a play that hangs, and then ends it.
    faulthandler.register(getattr(signal, "SIGRTMAX", signal.SIGUSR2))
    # A shell's background jobs inherit an ignored Ctrl+C; a snippet must see the usual one.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if "HANDBOOK_SWITCH" in os.environ:  # seconds, from proven.checks.stress
        sys.setswitchinterval(float(os.environ["HANDBOOK_SWITCH"]))


def _watch_multiprocessing(module: Any) -> None:
    owner = module.BaseProcess
    watch_start(owner, "process")
    watch_wait(owner, "join", ended)
    bootstrap = owner._bootstrap

    @functools.wraps(bootstrap)
    def watched(self: Any, *arguments: Any, **options: Any) -> Any:
        # Here, in the new process: what crosses to it has to be pickled.
        if hasattr(self, "handbook_id"):
            self.run = functools.partial(run_watched, self.run, self)
        return bootstrap(self, *arguments, **options)

    owner._bootstrap = watched


def _watch_semaphores(module: Any) -> None:
    """Take note of who waits for a lock or semaphore of multiprocessing, perhaps for ever."""
    owner = module.SemLock
    make = owner._make_methods

    @functools.wraps(make)
    def made(self: Any) -> None:
        make(self)
        self.acquire = _lasting(ref(self), self.acquire)

    owner._make_methods = made
    owner.__enter__ = lambda self: self.acquire()


def _lasting(owner: Any, take: Any) -> Any:
    @functools.wraps(take, assigned=("__name__", "__qualname__", "__doc__"), updated=())
    def acquire(block: bool = True, timeout: float | None = None) -> Any:
        if not block or owner() is None:
            return take(block, timeout)
        with might_last():
            return take(block, timeout)

    return acquire


def _watch_pipes(module: Any) -> None:
    for method in ("_recv", "_send"):
        _watch_lasting(module.Connection, method)


def last_from_now_on(_: Any = None) -> None:
    """Take note that any wait may last: those of C have no frame, a loop's shows in each stack."""
    might_last().__enter__()


def _watch_popen(module: Any) -> None:
    _watch_lasting(module.Popen, "_wait")
    last_from_now_on()


def _watch_lasting(owner: Any, method: str) -> None:
    original = getattr(owner, method)

    @functools.wraps(original)
    def lasting(*arguments: Any, **options: Any) -> Any:
        with might_last():
            return original(*arguments, **options)

    setattr(owner, method, lasting)


def _before_fork() -> None:
    _creators[:] = [actor_id(), process_id(), str(next(_forks))]
    if by_program():
        # Not one of multiprocessing's, which records its own.
        creator, parent, number = _creators
        new = {"who": f"{parent}.fork{number}", "actor": f"Fork-{number}", "kind": "process"}
        record("created", by=creator, **new)


def _after_fork() -> None:
    module = sys.modules.get("multiprocessing.process")
    Here.until = getattr(module, "_current_process", None)
    _, parent, number = _creators
    Here.id, Here.name = f"{parent}.fork{number}", f"Fork-{number}"
    atexit.unregister(_tell_exception)


def _tell_exception() -> None:
    """Record which exception ends the program: Python has just told it on stderr."""
    raised = getattr(sys, "last_type", None)
    if raised is not None:
        record("raised", text=raised.__name__)
