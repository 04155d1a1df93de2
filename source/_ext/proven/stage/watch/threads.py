"""Watches the threads that an asyncio program starts, by the recorder of plays in processes."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from proven.stage.clock.blocked import PAUSE, Due
from proven.stage.process.shared import deadlock, locks, queues, record, threads
from proven.stage.trace import Actor
from proven.stage.watch.journal import MAIN, Journal


def prepare_threads() -> None:
    """Put stand-ins in the place of threads, locks, semaphores, conditions, events and queues.

    Nobody is watched yet: no file is the program's.
    """
    record.Here.snippets = os.devnull
    threads.install()
    queues.install()


def watch_threads(journal: Journal, path: str, tell: Callable[[Any], object]) -> None:
    """Let them take note of what the program does with them, from now on.

    path: of the program: what libraries do isn't shown; tell: called with the rows of a deadlock.
    """
    clock = journal.clock

    def wait(lock: Any, timeout: float) -> bool:
        """Stand in for how a lock is waited for: its limit is one of virtual seconds."""
        if timeout < 0:
            return bool(lock._lock.acquire(True, timeout))
        taken: list[bool] = []

        def poll(limit: float | None) -> bool:
            # Who waits for a moment is waked by nobody, so it looks.
            if lock._lock.acquire(True, PAUSE if limit is None else min(limit, PAUSE)):
                taken.append(True)
            return bool(taken)

        due = Due(clock.time() + timeout, clock)
        clock.wait(due, poll, lambda: None, lambda: lock.holder is None)
        return bool(taken)

    record.Here.snippets = os.path.join(os.path.dirname(path), "")

    def ran_out(seconds: float) -> None:
        where = f"line {clock.meter.where()}" if clock.meter.where() else "it"
        clock.refuse(f"{where} has waited in vain for {seconds:g} s, which are real")

    record.Here.sink = _Sink(journal)
    # In its place for this play only.
    record.Here.ran_out = staticmethod(ran_out)  # type: ignore[method-assign]
    deadlock.Look.end = tell
    deadlock.Look.pulse = lambda: (clock.now, len(journal.moments))
    # In its place for this play only.
    locks.WatchedLock.wait = wait  # type: ignore[method-assign, assignment]


class _Sink:
    """Puts the recorder's records into a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._places: dict[str, int] = {}

    def __call__(self, what: str, more: dict[str, Any]) -> dict[str, Any]:
        """Take note of `what` the caller does; return what makes another record come after it."""
        journal = self._journal
        if what == "created":
            # Those of a pool have a lane for each work that they do.
            if more["code"] != "_worker":
                actor = Actor(more["actor"], "thread", more["code"], tuple(more["arguments"]))
                self._places[more["who"]] = journal.enter(actor, journal.who())
            return {}
        me = threading.get_ident()
        own = getattr(record.thread_now(), "handbook_id", None)
        if own in self._places:
            journal.here(self._places[own])
        elif "id" in more:
            # A thread of a pool ends; another one may get its number.
            journal.here(None)
        place = journal.who()
        if place == MAIN and me != threading.main_thread().ident:
            return {}
        if what == "sets":
            return {"by": place, "sent": journal.clock.time()}
        by = more.get("by")
        journal.note(
            place,
            what,
            more.get("text", ""),
            by=self._places.get(by) if isinstance(by, str) else by,
            sent=more.get("sent", -1),
        )
        if "id" in more:
            journal.here(None)
        return {"by": place, "sent": journal.clock.time()}
