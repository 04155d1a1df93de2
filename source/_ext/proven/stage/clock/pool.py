"""Pools of threads on the virtual clock."""

from __future__ import annotations

import concurrent.futures
import concurrent.futures.thread
import functools
import sys
import threading
from collections.abc import Callable
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from proven.stage.clock import names
from proven.stage.clock.cost import first_line
from proven.stage.clock.line import Clock

CPUS = 4
"""Processors that the program is shown: so the pool of to_thread, which has min(32, CPUS + 4)
threads, is everywhere the same."""


def cpu_count() -> int:
    """Stand in for os.cpu_count and os.process_cpu_count."""
    return CPUS


_submit: Any = concurrent.futures.ThreadPoolExecutor.submit


@functools.wraps(_submit)
def submit(pool: Any, fn: Callable[..., Any], /, *args: Any, **options: Any) -> Any:
    """Stand in for ThreadPoolExecutor.submit: the clock stands still while a thread works."""
    clock = names.running()
    # Of what a loop submits the clock knows.
    if clock is None or getattr(fn, "__module__", "") == __name__:
        return _submit(pool, fn, *args, **options)
    refuse_other(pool, clock)
    works = Works.of(pool, clock)
    clock.meter.pause()
    work = works.submitted()
    try:
        future = _submit(pool, works.watched(work, fn), *args, **options)
    except BaseException:
        works.done(work)
        raise
    finally:
        clock.meter.begin()
    # Who waits for it is told before that.
    future.add_done_callback(lambda _: works.done(work))
    return future


def refuse_other(pool: Any, clock: Clock) -> None:
    """Refuse a pool whose workers are no threads of this interpreter."""
    # To ask for the class would load multiprocessing: who has none has no such pool either.
    for kind in ("process", "interpreter"):
        module = sys.modules.get(f"concurrent.futures.{kind}")
        if module and isinstance(pool, getattr(module, f"{kind.title()}PoolExecutor")):
            clock.refuse(f"it uses a pool, each of whose workers is another {kind}")


class Pool(concurrent.futures.ThreadPoolExecutor):
    """asyncio's default pool, of daemon threads: one that hangs can't hold up the build."""

    def __init__(self) -> None:
        super().__init__(min(32, CPUS + 4), thread_name_prefix="asyncio")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """As ThreadPoolExecutor.submit."""
        me: Any = threading.current_thread()
        before, me._daemonic = me._daemonic, True
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            me._daemonic = before
            for thread in self._threads:
                joined: Any = concurrent.futures.thread._threads_queues
                joined.pop(thread, None)


class Works:
    """What one pool has to do: the clock stands still while a thread of it has work.

    Work that waits for a free thread keeps the clock only if there is one.
    """

    _of_pool: ClassVar[WeakKeyDictionary[Any, Works]] = WeakKeyDictionary()

    def __init__(self, limit: int, clock: Clock) -> None:
        self._limit, self._clock = limit, clock
        self._threads: dict[object, int] = {}
        self._running: list[object] = []
        self._queued: list[object] = []
        self._lock = threading.Lock()

    @classmethod
    def of(cls, pool: Any, clock: Clock) -> Works:
        """Return those of `pool`."""
        if pool not in cls._of_pool:
            cls._of_pool[pool] = cls(getattr(pool, "_max_workers", 1_000_000), clock)
        return cls._of_pool[pool]

    def submitted(self) -> object:
        """Return a new work."""
        work = object()
        with self._lock:
            self._queued.append(work)
            self._start_next()
        return work

    def watched(self, work: object, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return `func` as one that lets the clock know in which thread it runs."""

        def run(*args: Any, **options: Any) -> Any:
            me = threading.get_ident()
            self._threads[work] = me
            self._clock.begin(me, threading.get_native_id(), work)
            self._clock.meter.begin()
            try:
                return func(*args, **options)
            finally:
                self._clock.meter.charge(first_line(func))

        return run

    def done(self, work: object) -> None:
        """Take note that `work` is through, or was cancelled before it began."""
        with self._lock:
            for works in (self._running, self._queued):
                if work in works:
                    works.remove(work)
            self._start_next()
        self._clock.end(self._threads.pop(work, work))

    def _start_next(self) -> None:
        while self._queued and len(self._running) < self._limit:
            self._running.append(self._queued.pop(0))
            self._clock.begin(self._running[-1])
