"""The stage plays a snippet and records what happened.

Snippets of asyncio are played in this process on a virtual clock; snippets that
use threads, processes or the operating system are played in a process of their
own with a deadline.  Which way it goes is read off what the snippet uses.
"""

from __future__ import annotations

import asyncio
import logging
import os
import runpy
import signal
import tempfile
import threading
import traceback
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from dataclasses import replace
from functools import partial
from io import StringIO, TextIOBase
from pathlib import Path
from textwrap import dedent
from types import FrameType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Literal

from proven.stage.choice import why_real
from proven.stage.process import play_in_process
from proven.stage.trace import Event, NotVirtual, SnippetError, Trace
from proven.stage.watch import Journal

if TYPE_CHECKING:
    from proven.stage.clock import Clock, VirtualLoop

DEADLINE = 20.0
"""Real seconds after which a play counts as hanging, if PROVEN_DEADLINE doesn't say another."""

MOST_STACKS = 10
"""Tasks whose stacks are told when a play hangs."""


class _Deadline(KeyboardInterrupt):
    """Ends a play that hangs; asyncio lets only KeyboardInterrupt and SystemExit through."""


def folder() -> Path:
    """Return the folder of the snippets: `snippets` in the working directory or above it."""
    here = Path.cwd()
    return next(
        (up / "snippets" for up in (here, *here.parents) if (up / "snippets").is_dir()),
        here / "snippets",
    )


def deadline() -> float:
    """Return the real seconds after which a play counts as hanging."""
    return float(os.environ.get("PROVEN_DEADLINE", DEADLINE))


def path_of(name: str, snippets: Path | None = None) -> Path:
    """Return the file of snippet `name` ("tasks/gather_order"); SnippetError if there is none."""
    path = (snippets or folder()) / f"{name}.py"
    if not path.is_file():
        raise SnippetError(f"snippets/{name}.py: there is no such snippet")
    return path


def names(snippets: Path | None = None) -> list[str]:
    """Return the names of all snippets."""
    within = snippets or folder()
    files = sorted(within.rglob("*.py"))
    return [file.relative_to(within).with_suffix("").as_posix() for file in files]


def is_virtual(path: Path) -> bool:
    """Tell whether the snippet at `path` is pure asyncio, hence played on the virtual clock."""
    return not why_real(path)


def play(
    name: str,
    *,
    snippets: Path | None = None,
    clock: Literal["auto", "virtual", "real"] = "auto",
    ordered: bool = True,
    may_fail: bool = False,
    beside: str = "",
) -> Trace:
    """Play snippet `name` to its end and return its trace.

    snippets: their folder, if it isn't the one of the working directory;
    clock: virtual or real; auto takes the virtual one if the program uses nothing
    outside asyncio, and the real one if it then turns out that it does;
    ordered: whether moments of different threads and processes follow the order
    of their lines, or only what had to come before what;
    may_fail: return the trace of a program that fails or is stuck in a deadlock, too;
    beside: a second snippet, played in the same working folder: it starts first, and
    as soon as it has printed a line, `name` does; both have the real clock.
    Raises SnippetError if a snippet is missing, prints nothing or doesn't end, and
    if it fails, unless it may.
    """
    path = path_of(name, snippets)
    other = path_of(beside, snippets) if beside else None
    trace, why = None, "clock: real" if clock == "real" else ""
    if other:
        why = f"it is played beside {beside}"
    elif clock == "auto":
        why = why_real(path)
    if not why:
        try:
            trace = _virtually(name, path)
        except NotVirtual as error:
            if clock == "virtual":
                raise
            why = str(error)
    if trace is None:
        trace = replace(play_in_process(name, path, ordered, deadline(), other), why=why)
    if not may_fail:
        _refuse_failure(name, trace)
    if not trace.events and not (may_fail and (trace.exit or trace.deadlock)):
        raise SnippetError(f"snippets/{name}.py: the snippet printed nothing")
    return trace


def _virtually(name: str, path: Path) -> Trace:
    run = partial(runpy.run_path, str(path), run_name="__main__")
    return _record(name, run, watch=True, path=path)


def _refuse_failure(name: str, trace: Trace) -> None:
    if trace.deadlock:
        waits = "\n".join(
            f'  File "snippets/{name}.py", line {wait.line}: {wait}' for wait in trace.deadlock
        )
        raise SnippetError(
            f"snippets/{name}.py: a deadlock, nobody can go on; if that is the point, "
            f"show it by :deadlock:\n{waits}"
        )
    if trace.exit:
        raise SnippetError(
            f"snippets/{name}.py: the snippet ended with exit code {trace.exit}; if that is "
            f"the point, say :exit: {trace.exit}\n{trace.stderr}"
        )


def load(name: str) -> SimpleNamespace:
    """Return what snippet `name` defines, without running its `main`."""
    return SimpleNamespace(**runpy.run_path(str(path_of(name)), run_name="snippet"))


def perform_script(code: str) -> Trace:
    """Run `code` as a program of its own and return its trace.

    It is a file of its own: processes that it starts may import it anew.
    Raises SnippetError if it hangs, ends with an exit code or prints nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "script.py").write_text(dedent(code), encoding="utf-8")
        return play("script", snippets=Path(folder))


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
