"""What a random program does, as the laws look at it: notes in order, tasks, pieces of work, acts.

Each task runs inside a `Spy`, which sees every step of it and every exception thrown into
it, and is of a class that sees every request to cancel it.  Nothing else of asyncio is changed.
"""

from __future__ import annotations

import asyncio
import threading
from bisect import bisect
from collections.abc import Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

NEVER = 1 << 60
"""The place in the notes of what has not happened."""


class Note(NamedTuple):
    """One thing that happened: at which virtual second, in whose step, what, and to which object.

    who: the task's name, "loop" in a callback, "thread" in a thread without a loop.
    """

    at: float
    who: str
    what: str
    subject: Any = None


@dataclass(eq=False)
class Span:
    """What begins and ends: places in the notes and seconds; error, value: how it ended."""

    who: str = ""
    begun: int = NEVER
    ended: int = NEVER
    at: float = 0.0
    until: float = 0.0
    value: Any = None
    error: BaseException | None = None

    @property
    def is_over(self) -> bool:
        return self.ended != NEVER

    @property
    def is_cancelled(self) -> bool:
        return isinstance(self.error, asyncio.CancelledError)

    @property
    def has_failed(self) -> bool:
        return isinstance(self.error, Exception)

    def holds(self, other: Span | Step | Ask) -> bool:
        """Tell whether the other one began while this one was going on."""
        return self.begun < other.begun < self.ended

    @property
    def outcome(self) -> Any:
        return self.value if self.error is None else self.error


@dataclass(eq=False)
class Act(Span):
    """An operation of asyncio that a program carries out; subject: its arguments.

    inner: what was raised inside of it; place: of the note that its law asks for.
    """

    kind: str = ""
    subject: Any = None
    inner: BaseException | None = None
    place: int = NEVER


@dataclass(eq=False)
class Work(Span):
    """The call of a coroutine function of the program; who: the task in which it ran."""

    name: str = ""
    tidies: bool = False
    tidied: int = NEVER


@dataclass(eq=False)
class Step(Span):
    """One step of a task: from its awakening to its next wait; thrown: what awoke it, if an error.

    waits: what the step ended with: the future it waits for, None for sleep(0).
    """

    thrown: BaseException | None = None
    waits: Any = None
    thread: int = 0


@dataclass(eq=False)
class Ask:
    """A request to cancel a task: what it returned, and the task before and after.

    waits: the future for which the task waited then, if it was still pending.
    """

    begun: int
    at: float
    by: str
    was_done: bool
    counted: int
    ended: int = NEVER
    taken: bool = False
    is_done: bool = False
    counts: int = 0
    waits: Any = None


@dataclass(eq=False)
class Life(Span):
    """A task's; begun: where it was created; made: where the call that created it returned."""

    name: str = ""
    made: int = NEVER
    task: Any = None
    spy: Any = None
    steps: list[Step] = field(default_factory=list)
    asks: list[Ask] = field(default_factory=list)

    @property
    def first(self) -> int:
        return self.steps[0].begun if self.steps else NEVER

    def asked_within(self, first: int, last: int, by: str = "") -> bool:
        """Tell whether it was asked to stop between these places; by: by whom, if not by anyone."""
        return any(first < ask.begun < last and by in ("", ask.by) for ask in self.asks)


class Spy(Coroutine[Any, Any, Any]):
    """A coroutine whose steps are taken note of."""

    def __init__(self, coroutine: Any, record: Record, life: Life) -> None:
        self._coroutine, self._record, self._life = coroutine, record, life

    def send(self, value: Any) -> Any:
        return self._step(None, self._coroutine.send, value)

    def throw(self, *error: Any) -> Any:
        first = error[0] if isinstance(error[0], BaseException) else error[0]()
        return self._step(first, self._coroutine.throw, *error)

    def close(self) -> None:
        self._coroutine.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self

    def _step(self, thrown: BaseException | None, go: Callable[..., Any], *arguments: Any) -> Any:
        record, life = self._record, self._life
        # Not get_ident(): a thread may have that of one that has ended.
        here = threading.get_native_id()
        step = Step(life.name, at=record.now(), thrown=thrown, thread=here)
        life.steps.append(step)
        step.begun = record.note("steps", step)
        record.steps.append(step)
        try:
            step.waits = go(*arguments)
        except BaseException as error:
            life.ended, life.until = record.note("ends", life), record.now()
            if isinstance(error, StopIteration):
                life.value = error.value
            else:
                life.error = error
            raise
        else:
            return step.waits
        finally:
            step.ended, step.until = record.note("rests", step), record.now()


class Plain(asyncio.Task[Any]):
    """A task as it is: the place where a planted break stands in for its methods."""

    life: Life
    record: Record

    def __init__(self, coroutine: Any, **options: Any) -> None:
        super().__init__(coroutine, **options)

    def cancel(self, msg: Any = None) -> bool:
        return super().cancel(msg)


class Watched(Plain):
    """A task that takes note of each request to cancel it."""

    def cancel(self, msg: Any = None) -> bool:
        record = self.record
        ask = Ask(len(record.notes), record.now(), record.who(), self.done(), self.cancelling())
        record.note("asks", ask)
        last = self.life.steps[-1] if self.life.steps else None
        if last and last.is_over and last.waits is not None and not last.waits.done():
            ask.waits = last.waits
        self.life.asks.append(ask)
        ask.taken = super().cancel(msg)
        ask.is_done, ask.counts = self.done(), self.cancelling()
        ask.ended = record.note("asked", ask)
        return ask.taken


class Record:
    """All that one play of a program brings; a law is a function of it."""

    def __init__(self) -> None:
        self.notes: list[Note] = []
        self.lives: dict[str, Life] = {}
        self.works: dict[str, Work] = {}
        self.acts: list[Act] = []
        self.steps: list[Step] = []
        self.named: dict[int, str] = {}
        self.started: list[Any] = []
        self.kept: set[Any] = set()
        self.shared: dict[str, Any] = {}
        self._kept: list[Any] = []
        self.loop: Any = None
        self.broke: BaseException | None = None

    def now(self) -> float:
        return round(self.loop.time(), 6)

    def who(self) -> str:
        try:
            task = asyncio.current_task()
        except RuntimeError:
            return "thread"
        if isinstance(task, Watched):
            return task.life.name
        return "main" if task else "loop"

    def note(self, what: str, subject: Any = None) -> int:
        """Take note; return the note's place."""
        self.notes.append(Note(self.now(), self.who(), what, subject))
        return len(self.notes) - 1

    def of(self, *kinds: str) -> list[Act]:
        """Return the acts of these kinds that are over, in the order of their beginnings."""
        return [act for act in self.acts if act.kind in kinds and act.is_over]

    def lives_of(self, names: Any) -> list[Life]:
        return [self.lives[name] for name in names if name in self.lives]

    def step_at(self, place: int) -> Step | None:
        """Return the step in which something happened, None if a callback did it."""
        before = bisect(self.steps, place, key=lambda step: step.begun)
        return next(
            (step for step in self.steps[max(0, before - 2) : before][::-1] if step.ended > place),
            None,
        )

    def begin(self, loop: Any) -> None:
        self.loop = loop
        loop.set_task_factory(self.make)
        # Errors that nobody reads are usual here.
        loop.set_exception_handler(lambda *_: None)

    def make(self, loop: Any, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        """Make a task, as the loop's task factory."""
        name = self.named.get(id(coroutine)) or f"inner {len(self.lives)}"
        life = self.lives[name] = Life(self.who(), at=self.now(), name=name)
        life.begun = self.note("creates", life)
        task = Watched.__new__(Watched)
        task.life, task.record, life.task = life, self, task
        life.spy = Spy(coroutine, self, life)
        task.__init__(life.spy, loop=loop, **options)
        life.made = self.note("has created", life)
        return task

    @contextmanager
    def act(self, kind: str, subject: Any = None) -> Iterator[Act]:
        """Take note of an operation from its call to its end."""
        act = Act(self.who(), at=self.now(), kind=kind, subject=subject)
        self.acts.append(act)
        act.begun = self.note("calls", act)
        try:
            yield act
        except BaseException as error:
            act.error = error
            raise
        finally:
            act.ended, act.until = self.note("is over", act), self.now()

    def work(self, function: Callable[[], Coroutine[Any, Any, Any]]) -> Coroutine[Any, Any, Any]:
        """Return the coroutine of a function of the program; its task gets the function's name."""
        coroutine = self._body(function)
        self.named[id(coroutine)] = function.__name__
        self._kept.append(coroutine)
        return coroutine

    async def _body(self, function: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        name = function.__name__
        work = self.works[name] = Work(self.who(), at=self.now(), name=name)
        work.begun = self.note("begins", work)
        try:
            work.value = await function()
            return work.value
        except BaseException as error:
            work.error = error
            raise
        finally:
            work.ended, work.until = self.note("has ended", work), self.now()
