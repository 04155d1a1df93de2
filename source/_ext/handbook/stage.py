"""The stage plays a snippet and records what happened.

Snippets of asyncio are played in this process on a virtual clock; snippets that
use threads, processes or the operating system are played in a process of their
own with a deadline.  Which way it goes is read off the snippet's imports.
"""

from __future__ import annotations

import ast
import asyncio
import json
import logging
import os
import runpy
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout, suppress
from functools import partial
from io import StringIO, TextIOBase
from pathlib import Path
from time import monotonic
from types import FrameType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from handbook.journal import Journal, in_order
from handbook.trace import Event, Trace

if TYPE_CHECKING:
    from handbook.clock import Clock, VirtualLoop

ROOT = Path(__file__).resolve().parents[3]
SNIPPETS = ROOT / "snippets"
DEADLINE = 20.0
"""Real seconds after which a play counts as hanging."""

MOST_STACKS = 10
"""Tasks whose stacks are told when a play hangs."""

_REAL = frozenset(
    {"concurrent", "multiprocessing", "os", "queue", "signal", "socket", "subprocess", "threading"}
)


class SnippetError(Exception):
    """A snippet is missing, raised, hung or printed nothing; the text names it and shows why."""


class _Deadline(KeyboardInterrupt):
    """Ends a play that hangs; asyncio lets only KeyboardInterrupt and SystemExit through."""


def path_of(name: str) -> Path:
    """Return the file of snippet `name` ("tasks/gather_order"); SnippetError if there is none."""
    path = SNIPPETS / f"{name}.py"
    if not path.is_file():
        raise SnippetError(f"snippets/{name}.py: there is no such snippet")
    return path


def names() -> list[str]:
    """Return the names of all snippets."""
    files = sorted(SNIPPETS.rglob("*.py"))
    return [file.relative_to(SNIPPETS).with_suffix("").as_posix() for file in files]


def is_virtual(name: str) -> bool:
    """Tell whether snippet `name` is pure asyncio, hence played on the virtual clock."""
    tree = ast.parse(path_of(name).read_text(encoding="utf-8"))
    modules: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            modules.add((node.module or "").partition(".")[0])
    return "asyncio" in modules and not modules & _REAL


def play(name: str, *, real: bool = False, ordered: bool = True) -> Trace:
    """Play snippet `name` to its end and return its trace.

    real: use the real clock even for asyncio, as `python file.py` would;
    ordered: whether moments of different threads and processes follow the order
    of their lines, or only what had to come before what.
    Raises SnippetError if the snippet is missing, raises, hangs or prints nothing.
    """
    path = path_of(name)
    if real or not is_virtual(name):
        trace = _play_in_process(name, path, ordered)
    else:
        run = partial(runpy.run_path, str(path), run_name="__main__")
        trace = _record(name, run, watch=True)
    if not trace.events:
        raise SnippetError(f"snippets/{name}.py: the snippet printed nothing")
    return trace


def load(name: str) -> SimpleNamespace:
    """Return what snippet `name` defines, without running its `main`."""
    return SimpleNamespace(**runpy.run_path(str(path_of(name)), run_name="snippet"))


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
) -> Trace:
    # looptime imports pytest: only a play should wait for that.
    from handbook.clock import Clock, VirtualLoop

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
            f"snippets/{name}.py: the snippet raised\n{_own_traceback(name)}{err.getvalue()}"
        ) from None
    if hung:
        place = f"snippets/{name}.py" if name else "the performed coroutine"
        raise SnippetError(f"{place}: still running after {DEADLINE:g} s\n{hung}{err.getvalue()}")
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


def _own_traceback(name: str) -> str:
    """Format the current exception from the snippet's first frame on."""
    lines = traceback.format_exc().splitlines(keepends=True)
    file = str(path_of(name))
    first = next((i for i, line in enumerate(lines) if file in line), 1)
    return "".join([lines[0], *lines[first:]]).replace(file, f"snippets/{name}.py")


@contextmanager
def _deadline(clock: Clock) -> Iterator[list[str]]:
    """Interrupt the block after DEADLINE real seconds; the list then holds the stacks."""
    dump: list[str] = []

    def expire(_signal: int, frame: FrameType | None) -> None:
        if not dump:
            dump.append("".join(_stacks(clock, frame)))
        raise _Deadline

    before = signal.signal(signal.SIGALRM, expire)
    # It fires again and again: clean-up code that hangs too must not hold up the build.
    signal.setitimer(signal.ITIMER_REAL, DEADLINE, 1.0)
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


def _play_in_process(name: str, path: Path, ordered: bool) -> Trace:
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder, "events")
        events.touch()
        environment = os.environ | {
            "HANDBOOK_EVENTS": str(events),
            "HANDBOOK_DEADLINE": str(DEADLINE),
            "HANDBOOK_SNIPPET": str(path),
            "PYTHONPATH": str(Path(__file__).with_name("child")),
            "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        began = monotonic()
        with subprocess.Popen(
            [sys.executable, str(path)],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            start_new_session=True,
        ) as process:
            try:
                # The child's own alarm comes first: it knows the stacks.
                _, err = process.communicate(timeout=DEADLINE + 5)
            except subprocess.TimeoutExpired:
                err = ""
            finally:
                _kill_group(process.pid)
        elapsed = monotonic() - began
        lines = events.read_text(encoding="utf-8").splitlines()
    err = err.replace(str(path), f"snippets/{name}.py")
    if elapsed >= DEADLINE:
        raise SnippetError(f"snippets/{name}.py: still running after {DEADLINE:g} s\n{err}")
    if process.returncode:
        raise SnippetError(
            f"snippets/{name}.py: the snippet ended with exit code {process.returncode}\n{err}"
        )
    records = [json.loads(line) for line in lines]
    recorded = tuple(
        Event(record["time"] - began, record["actor"], record["text"])
        for record in records
        if record["what"] == "prints"
    )
    return Trace(recorded, elapsed, False, err, *in_order(records, ordered))


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)
