"""Event loops on the virtual clock, however the program makes them.

Nothing but the selector and the time of asyncio's own loops is changed: their classes,
and those that a program derives from them, stay what they are.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
import os
import threading
from asyncio import base_events, events, selector_events
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from proven.stage.clock import names, real, sets
from proven.stage.clock.blocked import Due, Signal
from proven.stage.clock.cost import first_line
from proven.stage.clock.line import Clock, Over
from proven.stage.clock.pool import Pool, Works, cpu_count, refuse_other, submit
from proven.stage.process.shared import frames

STAGE = str(Path(__file__).parents[1])
_Base: Any = base_events.BaseEventLoop
_begin = selector_events.BaseSelectorEventLoop.__init__
_time, _executor = _Base.time, _Base.run_in_executor
_COUNTS = ("cpu_count", "process_cpu_count")
_start, _wait_really = threading.Thread.start, threading.Condition.wait


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop for `perform`: its tasks are named from Task-1 on, whatever ran before."""

    def __init__(self, start: float = 0.0) -> None:
        super().__init__()
        self._numbers = itertools.count(1)

    def create_task(self, coro: Any, *, name: Any = None, **options: Any) -> asyncio.Task[Any]:
        return super().create_task(coro, name=name or f"Task-{next(self._numbers)}", **options)


def _clock_of(loop: Any) -> Clock | None:
    return vars(loop).get("_proven_clock")


def _init(loop: Any, selector: Any = None) -> None:
    _begin(loop, selector)
    clock = names.running()
    if clock is None:
        return
    loop._proven_clock = clock
    loop._clock_resolution = 1e-9
    clock.loops.add(loop)
    # What is loaded before the first loop keeps nobody.
    clock.meter.joins()
    poll = loop._selector.select

    def select(timeout: float | None = None) -> Any:
        clock.meter.charge()
        if timeout is not None and timeout <= 0:
            clock.step(bool(loop._scheduled))
            return poll(0)
        due = loop._scheduled[0]._when if loop._scheduled else None
        if timeout is not None and getattr(loop.time, "__func__", None) is not _read:
            # By a clock of the program's own.
            due = Due(clock.time() + timeout, clock)
        elif due is not None and type(due) is not Due:
            due = Due(due, clock)
        return clock.wait(due, poll, loop._write_to_self) or []

    loop._selector.select = select


def _read(loop: Any) -> float:
    clock = _clock_of(loop)
    if clock is None:
        return _time(loop)
    caller = real.getframe(1).f_globals.get("__name__", "")
    if not caller.startswith("asyncio."):
        return clock.read()
    # asyncio's own readings aren't the program's.
    clock.meter.charge()
    return clock.time()


def run_in_executor(loop: Any, executor: Any, func: Any, *args: Any) -> Any:
    """Stand in for the loop's run_in_executor: the clock stands still while a thread works."""
    clock = _clock_of(loop)
    if clock is None or loop.is_closed():
        return _executor(loop, executor, func, *args)
    if executor is None and loop._default_executor is None:
        loop._check_default_executor()
        loop._default_executor = Pool()
    used = executor or loop._default_executor
    refuse_other(used, clock)
    if loop.get_debug():
        loop._check_callback(func, "run_in_executor")
    works = Works.of(used, clock)
    clock.meter.pause()
    work = works.submitted()
    try:
        future = used.submit(works.watched(work, func), *args)
    except BaseException:
        works.done(work)
        raise
    finally:
        clock.meter.begin()
    wrapped = asyncio.wrap_future(future, loop=loop)
    # Added after wrap_future's: the result is on its way before the clock is let go.
    future.add_done_callback(lambda _: works.done(work))
    return wrapped


def _outside(what: str) -> Callable[..., Any]:
    async def refuse(loop: Any, *_: Any, **__: Any) -> Any:
        clock = names.running()
        assert clock is not None
        clock.refuse(f"it uses {what}")

    return refuse


def hide(handle: Any) -> None:
    """Leave the stage's own frame out of where debug mode says that `handle` was created."""
    created = handle._source_traceback
    if created and created[-1].filename.startswith(STAGE):
        del created[-1]


class Timer(events.TimerHandle):
    """A timer that knows when it was asked for."""

    __slots__ = ()

    def __init__(
        self, when: float, callback: Any, args: Any, loop: Any, context: Any = None
    ) -> None:
        clock = _clock_of(loop)
        super().__init__(Due(when, clock) if clock else when, callback, args, loop, context)
        hide(self)


Timer.__name__ = Timer.__qualname__ = "TimerHandle"


def _start_thread(thread: threading.Thread) -> None:
    """Let the clock stand still while a thread that the program starts is busy."""
    clock = names.running()
    target = getattr(thread, "_target", None)
    if clock is None or getattr(target, "__module__", "") == "concurrent.futures.thread":
        _start(thread)
        return
    run, token = thread.run, object()

    def watched() -> None:
        me = threading.get_ident()
        # It may come at any step, also while the thread ends by itself.
        with suppress(Over):
            clock.begin(me, threading.get_native_id(), token)
            clock.meter.begin()
            try:
                run()
            finally:
                clock.meter.charge(first_line(target))
                clock.end(me)

    thread.run = watched  # type: ignore[method-assign]  # of this one thread only
    clock.meter.pause()
    clock.begin(token)
    try:
        _start(thread)
    finally:
        clock.meter.begin()


def _wait(condition: Any, timeout: float | None = None) -> bool:
    """Stand in for threading.Condition.wait, on which Event, Queue and Future.result rest."""
    clock = names.running()
    if clock is not None:
        clock.meter.charge()
    if clock is None or timeout is None or timeout <= 0 or not condition._is_owned():
        return _wait_really(condition, timeout)
    signal = Signal()
    condition._waiters.append(signal)
    state = condition._release_save()
    notified = False
    try:
        notified = clock.wait_for(signal, timeout)
        return notified
    finally:
        condition._acquire_restore(state)
        if not notified:
            with suppress(ValueError):
                condition._waiters.remove(signal)


@contextmanager
def installed(clock: Clock, make_loop: Callable[[float], Any] | None = None) -> Iterator[Clock]:
    """Put `clock` in the place of the real one, for all loops that are made meanwhile."""
    patches: list[tuple[Any, str, Any]] = [
        (selector_events.BaseSelectorEventLoop, "__init__", _init),
        (_Base, "time", _read),
        (_Base, "run_in_executor", run_in_executor),
        (_Base, "subprocess_exec", _outside("a subprocess")),
        (_Base, "subprocess_shell", _outside("a subprocess")),
        (_Base, "connect_read_pipe", _outside("a pipe")),
        (_Base, "connect_write_pipe", _outside("a pipe")),
        (events, "TimerHandle", Timer),
        (threading.Thread, "start", _start_thread),
        (concurrent.futures.ThreadPoolExecutor, "submit", submit),
        (threading.Condition, "wait", _wait),
    ]
    for name in filter(partial(hasattr, os), _COUNTS):
        patches.append((os, name, frames.InC("posix", cpu_count)))
    if make_loop:

        def new_loop() -> Any:
            return make_loop(clock.time())

        patches += [(events, "new_event_loop", new_loop), (asyncio, "new_event_loop", new_loop)]
    with ExitStack() as stack:
        stack.enter_context(names.shown(clock))
        stack.enter_context(sets.in_order())
        stack.enter_context(real.patched(patches))
        yield clock
