"""Performs a coroutine in this process, for a proof that wants to see inside."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, nullcontext, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from types import FrameType
from typing import Any

from proven.stage.clock import Clock, Deadlock, VirtualLoop, installed
from proven.stage.trace import LONGER, SnippetError, Trace
from proven.stage.virtual.recorder import Recorder
from proven.stage.virtual.stacks import stacks, waits
from proven.stage.watch import Journal, watching

DEADLINE = 20.0
"""Real seconds after which a play counts as hanging, if PROVEN_DEADLINE doesn't say another."""


class _Deadline(KeyboardInterrupt):
    """Ends a play that hangs; asyncio lets only KeyboardInterrupt and SystemExit through."""


def deadline() -> float:
    """Return the real seconds after which a play counts as hanging."""
    return float(os.environ.get("PROVEN_DEADLINE", DEADLINE))


def perform(
    main: Callable[[], Coroutine[Any, Any, object]],
    make_loop: Callable[[float], asyncio.AbstractEventLoop] = VirtualLoop,
    *,
    watch: bool = False,
) -> Trace:
    """Run the coroutine function `main` by asyncio.run on a virtual clock, in this process.

    What `main` raises comes out as it is.  make_loop: makes the loop; it is given the
    virtual second; watch: record the moments, too.
    Raises SnippetError if it hangs, or waits for what nobody can bring.
    """
    clock = Clock()
    journal = Journal(clock) if watch else None
    out, err = Recorder(clock, journal), StringIO()
    hung = ""
    try:
        with (
            _deadline(clock) as dump,
            installed(clock, make_loop),
            watching(journal) if journal else nullcontext(),
            redirect_stdout(out.stream()) as stream,
            redirect_stderr(err),
            _complaints_to(err),
        ):
            clock.on_deadlock = lambda: dump.__setitem__(0, dump[0] or _deadlock(clock))
            try:
                asyncio.run(main())
            finally:
                clock.close()
    except (_Deadline, Deadlock):
        hung = dump[0]
    if hung:
        raise SnippetError(f"the performed coroutine: {hung}{err.getvalue()}")
    stream.flush()
    out.finish()
    elapsed, stderr = round(clock.time(), 6), err.getvalue()
    if journal is None:
        return Trace(tuple(out.events), elapsed, timed=True, stderr=stderr)
    return Trace(tuple(out.events), elapsed, True, stderr, *journal.known())


def _deadlock(clock: Clock) -> str:
    return "\n".join(["a deadlock, nobody can go on", *map(str, waits(clock)), ""])


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
            warnings.showwarning = show  # type: ignore[assignment]  # Python lets it be replaced
            yield
    finally:
        # A snippet may have set up logging: the next one starts without that.
        for log, level, handlers in before:
            log.setLevel(level)
            log.handlers[:] = handlers


@contextmanager
def _deadline(clock: Clock) -> Iterator[list[str]]:
    """Interrupt the block after the deadline; the list then holds why, and the stacks.

    Only the main thread can be interrupted: in another one nothing ends it.
    """
    dump = [""]
    if threading.current_thread() is not threading.main_thread():
        yield dump
        return

    def expire(_signal: int, frame: FrameType | None) -> None:
        if not dump[0]:
            dump[0] = (
                f"still running after {deadline():g} s\n{''.join(stacks(clock, frame))}{LONGER}"
            )
        raise _Deadline

    before = signal.signal(signal.SIGALRM, expire)
    # It fires again and again: clean-up code that hangs too must not hold up the build.
    signal.setitimer(signal.ITIMER_REAL, deadline(), 1.0)
    try:
        yield dump
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
