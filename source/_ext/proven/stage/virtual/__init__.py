"""Plays in this process, on the virtual clock."""

from __future__ import annotations

import asyncio
import logging
import os
import runpy
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from functools import partial
from io import StringIO, TextIOBase
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from proven.stage.trace import Event, SnippetError, Trace
from proven.stage.watch import Journal

if TYPE_CHECKING:
    from proven.stage.clock import Clock, VirtualLoop

DEADLINE = 20.0
"""Real seconds after which a play counts as hanging, if PROVEN_DEADLINE doesn't say another."""

MOST_STACKS = 10
"""Tasks whose stacks are told when a play hangs."""


class _Deadline(KeyboardInterrupt):
    """Ends a play that hangs; asyncio lets only KeyboardInterrupt and SystemExit through."""


def deadline() -> float:
    """Return the real seconds after which a play counts as hanging."""
    return float(os.environ.get("PROVEN_DEADLINE", DEADLINE))


def play_virtually(name: str, path: Path) -> Trace:
    """Play the snippet `name` at `path` on the virtual clock; NotVirtual if it needs the real."""
    run = partial(runpy.run_path, str(path), run_name="__main__")
    return _record(name, run, watch=True, path=path)


def perform(
    main: Callable[[], Coroutine[Any, Any, object]],
    make_loop: Callable[[float], VirtualLoop] | None = None,
    *,
    watch: bool = False,
) -> Trace:
    """Run the coroutine function `main` by asyncio.run on a virtual clock.

    What `main` raises comes out as it is.  watch: record the moments, too, on a
    loop that does it; then `make_loop` isn't used.
    """
    return _record(None, lambda: asyncio.run(main()), make_loop, watch=watch)


class _Recorder(TextIOBase):
    """A text stream that turns each line printed by a task into an event."""

    def __init__(self, clock: Clock, journal: Journal | None) -> None:
        self.events: list[Event] = []
        self._clock = clock
        self._journal = journal
        self._parts: dict[int, str] = {}

    def write(self, text: str) -> int:
        thread = threading.get_ident()
        *lines, rest = (self._parts.get(thread, "") + text).split("\n")
        self._parts[thread] = rest
        for line in lines:
            self._add(line)
        return len(text)

    def finish(self) -> None:
        """Turn unfinished lines into events: nothing printed gets lost."""
        for thread, rest in self._parts.items():
            if rest:
                self._parts[thread] = ""
                self._add(rest)

    def _add(self, line: str) -> None:
        self.events.append(Event(round(self._clock.time(), 6), _actor(), line))
        if self._journal:
            self._journal.note(self._journal.who(), "prints", line)


def _actor() -> str:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return task.get_name() if task else threading.current_thread().name


def _record(
    name: str | None,
    run: Callable[[], object],
    make_loop: Callable[[float], VirtualLoop] | None = None,
    *,
    watch: bool = False,
    path: Path | None = None,
) -> Trace:
    # looptime imports pytest: only a play should wait for that.
    from proven.stage.clock import Clock, VirtualLoop

    clock = Clock(make_loop or VirtualLoop)
    journal = Journal(clock) if watch else None
    out, err = _Recorder(clock, journal), StringIO()
    hung = ""
    try:
        with (
            _deadline(clock) as dump,
            clock.installed(),
            journal.watching_locks() if journal else nullcontext(),
            redirect_stdout(out),
            redirect_stderr(err),
            _complaints_to(err),
        ):
            run()
    except _Deadline:
        hung = dump[0]
    except (Exception, SystemExit):
        if name is None:
            raise
        raise SnippetError(
            f"snippets/{name}.py: the snippet raised\n{_own_traceback(name, path)}{err.getvalue()}"
        ) from None
    if hung:
        place = f"snippets/{name}.py" if name else "the performed coroutine"
        raise SnippetError(f"{place}: still running after {deadline():g} s\n{hung}{err.getvalue()}")
    out.finish()
    elapsed, stderr = round(clock.time(), 6), err.getvalue()
    if journal is None:
        return Trace(tuple(out.events), elapsed, timed=True, stderr=stderr)
    return Trace(tuple(out.events), elapsed, True, stderr, *journal.known())


@contextmanager
def _complaints_to(err: StringIO) -> Iterator[None]:
    """Send warnings and asyncio's log to `err`, whatever the test runner does with them."""

    def show(message: Any, category: Any, filename: str, lineno: int, *_: Any) -> None:
        err.write(warnings.formatwarning(message, category, Path(filename).name, lineno, ""))

    handler = logging.StreamHandler(err)
    logger = logging.getLogger("asyncio")
    before = [(log, log.level, log.handlers[:]) for log in (logger, logging.getLogger())]
    logger.addHandler(handler)
    # Nobody else listens, but what the snippet itself sets up.
    logging.getLogger().handlers.clear()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            warnings.showwarning = show
            yield
    finally:
        # A snippet may have set up logging: the next one starts without that.
        for log, level, handlers in before:
            log.setLevel(level)
            log.handlers[:] = handlers


def _own_traceback(name: str, path: Path | None) -> str:
    """Format the current exception from the snippet's first frame on."""
    lines = traceback.format_exc().splitlines(keepends=True)
    file = str(path)
    first = next((i for i, line in enumerate(lines) if file in line), 1)
    return "".join([lines[0], *lines[first:]]).replace(file, f"snippets/{name}.py")


@contextmanager
def _deadline(clock: Clock) -> Iterator[list[str]]:
    """Interrupt the block after the deadline; the list then holds the stacks."""
    dump: list[str] = []

    def expire(_signal: int, frame: FrameType | None) -> None:
        if not dump:
            dump.append("".join(_stacks(clock, frame)))
        raise _Deadline

    before = signal.signal(signal.SIGALRM, expire)
    # It fires again and again: clean-up code that hangs too must not hold up the build.
    signal.setitimer(signal.ITIMER_REAL, deadline(), 1.0)
    try:
        yield dump
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _stacks(clock: Clock, frame: FrameType | None) -> Iterator[str]:
    yield "Stack of the main thread:\n"
    yield from traceback.format_stack(frame)[-8:]
    if clock.loop is None:
        return
    tasks = list(asyncio.all_tasks(clock.loop))
    if len(tasks) > MOST_STACKS:
        yield f"{len(tasks)} tasks, {MOST_STACKS} of them:\n"
    for task in tasks[:MOST_STACKS]:
        yield f"Stack of {task.get_name()}:\n"
        for held in task.get_stack():
            yield from traceback.format_stack(held, limit=1)
