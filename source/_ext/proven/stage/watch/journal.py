"""The journal of a play: who was created, ran, waited, held a lock and ended, who woke whom."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar
from weakref import WeakKeyDictionary, ref

from proven.stage.clock import Clock
from proven.stage.trace import Actor, Moment
from proven.stage.watch import depth
from proven.stage.watch.actors import TASKS, actor_of, has_begun

MAIN = 0
"""The place of the main thread among the actors."""


class Journal:
    """Collects actors and moments while a play runs on `clock`.

    It holds no task: a snippet may show how the collector takes one away.
    """

    def __init__(self, clock: Clock) -> None:
        self.actors = [Actor(threading.main_thread().name, "main")]
        self.moments: list[Moment] = []
        self.clock = clock
        self._causes: dict[int, tuple[int | None, float]] = {}
        self._creating = 0
        self._eager: set[int] = set()
        self._tasks: WeakKeyDictionary[asyncio.Task[Any], int] = WeakKeyDictionary()
        self._unfinished: dict[int, ref[asyncio.Task[Any]]] = {}
        self._threads: dict[int, int] = {}

    running: ClassVar[Journal | None] = None
    """That of the play that runs now."""

    def cause(self) -> int | None:
        """Return who causes what is asked for now: by the running handle, or a worker thread."""
        me = threading.get_ident()
        if me in self._threads and me not in self._causes:
            return self._threads[me]
        return self._causes.get(me, (None, -1.0))[0]

    def due(self) -> float:
        """Return when the timer that runs now was due; -1 if none does."""
        return self._causes.get(threading.get_ident(), (None, -1.0))[1]

    @contextmanager
    def causing(self, place: int | None, due: float = -1.0) -> Iterator[None]:
        """Let what the block asks for be caused by the actor at `place`."""
        me = threading.get_ident()
        before = self._causes.get(me)
        self._causes[me] = (place, due)
        depth.allow(1)  # for the frame of the stage's own handle, which calls what runs here
        try:
            yield
        finally:
            depth.allow(-1)
            del self._causes[me]
            if before is not None:
                self._causes[me] = before

    @contextmanager
    def creating(self) -> Iterator[None]:
        """Take tasks that are seen first while they run for eager ones."""
        self._creating += 1
        try:
            yield
        finally:
            self._creating -= 1

    def created(self, task: asyncio.Task[Any]) -> None:
        """Take note of a task that a loop has just made; an eager one has run already."""
        if not isinstance(task, TASKS):
            return
        if task.done() and task not in self._tasks:
            with self.creating():
                self.place_of(task, self.cause())
        place = self._tasks.get(task)
        if place is not None and place in self._eager:
            self._eager.discard(place)
            self.left(task, place)

    def note(
        self, actor: int, what: str, text: str = "", *, by: int | None = None, sent: float = -1
    ) -> None:
        """Add a moment that happens now; it could have happened at `sent`, if that is given."""
        now = round(self.clock.time(), 6)
        self.moments.append(
            Moment(now, actor, what, text, by, now if sent < 0 else min(now, round(sent, 6)))
        )

    def who(self) -> int:
        """Return the place of the actor whose code runs now."""
        try:
            task = asyncio.current_task()
        except RuntimeError:
            task = None
        if task:
            return self.place_of(task)
        return self._threads.get(threading.get_ident(), MAIN)

    def place_of(self, task: asyncio.Task[Any], by: int | None = None) -> int:
        """Return the place of `task`; one that is seen for the first time has just been created."""
        if task not in self._tasks:
            eager = self._creating > 0 and has_begun(task)
            by = self.cause() if eager else by
            place = self._tasks[task] = self.enter(actor_of(task, eager), by)
            self._unfinished[place] = ref(task, lambda _: self._collected(place))
            if eager:
                self._eager.add(place)
                self.note(place, "runs", by=by)
        return self._tasks[task]

    def enter(self, actor: Actor, by: int | None) -> int:
        """Add an actor that `by` has just created and return its place."""
        self.actors.append(actor)
        self.note(len(self.actors) - 1, "created", by=by)
        return len(self.actors) - 1

    def left(self, task: asyncio.Task[Any], place: int) -> None:
        """Take note that a step of `task` is over."""
        if task.get_name() != self.actors[place].name:
            self.actors[place] = replace(self.actors[place], name=task.get_name())
        if not task.done():
            self.note(place, "waits")
            return
        self._unfinished.pop(place, None)
        if task.cancelled():
            self.note(place, "ends", "cancel")
        else:
            # Asking by exception() would count as retrieving it.
            error = task._exception  # type: ignore[attr-defined]  # private, so typeshed lacks it
            self.note(place, "ends", type(error).__name__ if error else "")

    def _collected(self, place: int) -> None:
        if self._unfinished.pop(place, None):
            self.note(place, "ends", "collected")

    def here(self, place: int | None) -> None:
        """Take note that the calling thread is the actor at `place`, if not nobody any more."""
        self._threads[threading.get_ident()] = MAIN if place is None else place

    @contextmanager
    def thread(self, place: int) -> Iterator[None]:
        """Take note of what the calling worker thread does."""
        self.actors[place] = replace(self.actors[place], name=threading.current_thread().name)
        # Kept when it is over: the result is handed over after that.
        self._threads[threading.get_ident()] = place
        self.note(place, "runs")
        try:
            yield
        except BaseException as error:
            self.note(place, "ends", type(error).__name__)
            raise
        self.note(place, "ends")

    def known(self) -> tuple[tuple[Actor, ...], tuple[Moment, ...]]:
        """Return actors and moments; of the tasks that end the loop only what they printed."""
        own = {place for place, actor in enumerate(self.actors) if actor.kind == "loop"}
        shown = (
            moment._replace(actor=MAIN) if moment.actor in own else moment
            for moment in self.moments
            if moment.actor not in own or moment.what == "prints"
        )
        return tuple(self.actors), tuple(shown)
