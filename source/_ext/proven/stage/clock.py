"""The virtual clock: asyncio code that sleeps takes no time and is exact.

looptime moves an event loop's clock.  Two things are added here: the time that
synchronous code spends (``time.sleep`` blocks the loop for virtual seconds) and
threads of ``asyncio.to_thread``, whose ``time.sleep`` lasts virtual seconds too.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import looptime


class _Threads(concurrent.futures.Executor):
    """A daemon thread for each call: a snippet that hangs in one can't hold up the build."""

    def __init__(self) -> None:
        self._threads: list[threading.Thread] = []

    def submit(
        self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> concurrent.futures.Future[Any]:
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()

        def work() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        name = f"asyncio_{len(self._threads)}"
        self._threads.append(threading.Thread(target=work, name=name, daemon=True))
        self._threads[-1].start()
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if wait:
            for thread in self._threads:
                thread.join()


class VirtualLoop(looptime.LoopTimeEventLoop, asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer as soon as nothing is left to run.

    The clock stands still while a thread of `run_in_executor` works, so that
    real milliseconds never leak into virtual seconds.
    """

    def __init__(self, start: float) -> None:
        super().__init__()
        self._working = self._sleeping = 0
        self._joining = False
        poll = self._selector.select
        self.setup_looptime(start=start, noop_cycles=0)
        jump = self._selector.select

        def select(timeout: float | None = None) -> Any:
            if timeout == 0 or not self._held():
                return jump(timeout)
            return poll(None)

        self._selector.select = select  # type: ignore[method-assign]
        self._numbers = itertools.count(1)

    def create_task(
        self, coro: Any, *, name: str | None = None, **options: Any
    ) -> asyncio.Task[Any]:
        """Name tasks from Task-1 on: a trace must not depend on what was played before."""
        return super().create_task(coro, name=name or f"Task-{next(self._numbers)}", **options)

    def advance(self, seconds: float) -> None:
        """Move the clock forward while the loop is blocked by synchronous code."""
        self.setup_looptime(start=self.time() + seconds, noop_cycles=0)

    def sleep_in_thread(self, seconds: float) -> None:
        """Block the calling worker thread for virtual seconds."""
        woken = threading.Event()
        self.call_soon_threadsafe(self._park, seconds, woken)
        woken.wait()

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
        """Run `func` in a thread and hold the clock until it is done or asleep."""
        # Not looptime's own: it lets real time pass while a thread is at work.
        if executor is None:
            if self._default_executor is None:
                self._default_executor = _Threads()
            executor = self._default_executor
        self._working += 1
        future = executor.submit(func, *args)
        wrapped = asyncio.wrap_future(future, loop=self)
        # Added after wrap_future's callback: the result is on its way before the clock is let go.
        future.add_done_callback(lambda _: self._call_if_open(self._finish))
        return wrapped

    async def shutdown_default_executor(self, *args: Any) -> None:
        """Join the threads, but in a daemon thread and with no time limit.

        asyncio's own waits in a thread that would hold up the end of the build
        when a snippet hangs, and its limit (3.12+) fires at once on this clock.
        """
        if self._default_executor is None:
            return
        self._joining = True
        try:
            joined = _Threads().submit(self._default_executor.shutdown)
            await asyncio.wrap_future(joined, loop=self)
        finally:
            self._joining = False

    def _held(self) -> bool:
        return self._working > 0 or (self._joining and not self._sleeping)

    def _park(self, seconds: float, woken: threading.Event) -> None:
        self._working -= 1
        self._sleeping += 1
        self.call_later(seconds, self._wake, woken)

    def _wake(self, woken: threading.Event) -> None:
        self._working += 1
        self._sleeping -= 1
        woken.set()

    def _finish(self) -> None:
        self._working -= 1

    def _call_if_open(self, callback: Callable[[], None]) -> None:
        if not self.is_closed():
            self.call_soon_threadsafe(callback)


class Clock:
    """Virtual seconds since the play began, across all loops that the snippet opens."""

    def __init__(self, make_loop: Callable[[float], VirtualLoop]) -> None:
        self.loop: VirtualLoop | None = None
        self.make_loop = make_loop
        self._before = 0.0
        self._owner = threading.get_ident()

    def time(self) -> float:
        """Return the current virtual second."""
        return self.loop.time() if self.loop else self._before

    def sleep(self, seconds: float) -> None:
        """Stand in for `time.sleep`: in the main thread it blocks the loop, too."""
        if self.loop is None:
            self._before += seconds
        elif threading.get_ident() == self._owner:
            self.loop.advance(seconds)
        else:
            self.loop.sleep_in_thread(seconds)

    def new_loop(self) -> VirtualLoop:
        """Stand in for `asyncio.new_event_loop`."""
        self.loop = self.make_loop(self.time())
        return self.loop

    @contextmanager
    def installed(self) -> Iterator[Clock]:
        """Put the virtual clock in the place of the real one for the whole process."""
        with (
            mock.patch.object(asyncio.events, "new_event_loop", self.new_loop),
            mock.patch.object(asyncio, "new_event_loop", self.new_loop),
            mock.patch.object(time, "sleep", self.sleep),
            mock.patch.object(time, "monotonic", self.time),
            mock.patch.object(time, "perf_counter", self.time),
        ):
            yield self
