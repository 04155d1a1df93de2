"""Other usual ways of the same thing: a proof runs through those that its sentence covers.

A proof that tries one construction only proves a sentence about one construction.
So a claim about «a task» is tried on tasks started in each usual way, and so on::

    @pytest.mark.always("cancel-done-false")
    @ways(started=STARTED, ended=ENDED)
    def test_a_done_task_cannot_be_cancelled(started: Start, ended: End) -> None: ...

Each axis is a mapping: the way's name, as it appears in the proof's id, and the
construction.  Ways that an interpreter doesn't have are left out of its axes.
Seconds are those of the virtual clock.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from proven.stage import explore

T = TypeVar("T")
Proof = TypeVar("Proof", bound=Callable[..., None])


def ways(**axes: Mapping[str, Any]) -> Callable[[Proof], Proof]:
    """Run a proof once for each combination; an argument of the axis' name gets the construction.

    How many there are is how many ways the claim was tried in.
    """

    def decorate(proof: Proof) -> Proof:
        for name, axis in axes.items():
            assert len(axis) > 1, f"{name}: one way is no axis"
            proof = pytest.mark.parametrize(name, axis.values(), ids=axis.keys())(proof)
        return proof

    return decorate


def only(axis: Mapping[str, T], *names: str) -> dict[str, T]:
    """Return the ways of these names that this interpreter has."""
    return {name: way for name, way in axis.items() if name in names}


def but(axis: Mapping[str, T], *names: str) -> dict[str, T]:
    """Return the ways except those of these names: the sentence makes an exception of them."""
    return {name: way for name, way in axis.items() if name not in names}


# How it ends.


class Abort(BaseException):
    """Neither an Exception nor a cancellation, nor one of the two that leave the loop at once."""


@dataclass(frozen=True)
class End:
    """How a piece of work ends: with the value "result", or with an error of this type."""

    error: type[BaseException] | None = None

    @property
    def outcome(self) -> object:
        """What `outcome_of` gives for it."""
        return self.error or "result"

    def reach(self) -> str:
        """Return the value or raise the error."""
        if self.error:
            raise self.error
        return "result"

    async def after(self, seconds: float) -> str:
        """Wait, then end."""
        await asyncio.sleep(seconds)
        return self.reach()

    def put_into(self, future: asyncio.Future[str] | concurrent.futures.Future[str]) -> None:
        """End a future of either kind, if nobody has."""
        if future.done():
            return
        if self.error is asyncio.CancelledError:
            future.cancel()
        elif self.error:
            future.set_exception(self.error())
        else:
            future.set_result(self.reach())


async def outcome_of(awaitable: Awaitable[Any]) -> object:
    """Return what `await` gives: the value (of gather's list its member) or the error's type."""
    try:
        value = await awaitable
    except BaseException as error:
        return type(error)
    return value[0] if isinstance(value, list) else value


ENDED = {
    "value": End(),
    "exception": End(OSError),
    "cancelled": End(asyncio.CancelledError),
    "base exception": End(Abort),
}
FAILED = only(ENDED, "exception", "base exception")
EXITS = {"SystemExit": End(SystemExit), "KeyboardInterrupt": End(KeyboardInterrupt)}
"""The two errors that leave the loop at once, whichever task raises them."""

# What is awaited, and ends so after that many seconds.

Awaited = Callable[[float, End], Awaitable[Any]]


class _Own:
    """An awaitable of a class of one's own."""

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, None, Any]:
        return self._coroutine.__await__()


def _task(seconds: float, end: End) -> asyncio.Task[str]:
    return asyncio.create_task(end.after(seconds))


def _future(seconds: float, end: End) -> asyncio.Future[str]:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[str] = loop.create_future()
    loop.call_later(seconds, end.put_into, future)
    return future


def _thread(seconds: float, end: End) -> Coroutine[Any, Any, str]:
    def work() -> str:
        time.sleep(seconds)
        return end.reach()

    return asyncio.to_thread(work)


AWAITED: dict[str, Awaited] = {
    "coroutine": lambda seconds, end: end.after(seconds),
    "task": _task,
    "future": _future,
    "gather": lambda seconds, end: asyncio.gather(end.after(seconds)),
    "shield": lambda seconds, end: asyncio.shield(_task(seconds, end)),
    "to_thread": _thread,
    "own": lambda seconds, end: _Own(end.after(seconds)),
}
"""Each gives the value itself, but for gather, which gives a list of it."""

FUTURES = only(AWAITED, "task", "future", "gather", "shield")
"""Those that go on without being awaited and can be awaited twice."""

# How a task is started.

Start = Callable[[Coroutine[Any, Any, Any]], "asyncio.Task[Any]"]
Started = Callable[[], AbstractAsyncContextManager[Start]]


@asynccontextmanager
async def _create_task() -> AsyncIterator[Start]:
    yield asyncio.create_task


@asynccontextmanager
async def _ensure_future() -> AsyncIterator[Start]:
    yield asyncio.ensure_future


@asynccontextmanager
async def _of_the_loop() -> AsyncIterator[Start]:
    yield asyncio.get_running_loop().create_task


@asynccontextmanager
async def _group() -> AsyncIterator[Start]:
    async with asyncio.TaskGroup() as group:
        yield group.create_task


@asynccontextmanager
async def _eager() -> AsyncIterator[Start]:
    loop = asyncio.get_running_loop()
    # Ruff reads for 3.11, which lacks it.
    loop.set_task_factory(getattr(asyncio, "eager_task_factory"))  # noqa: B009
    try:
        yield asyncio.create_task
    finally:
        loop.set_task_factory(None)


STARTED: dict[str, Started] = {
    "create_task": _create_task,
    "ensure_future": _ensure_future,
    "loop.create_task": _of_the_loop,
    "TaskGroup": _group,
}
"""A block each that gives a function: coroutine to task.  In them the first step is queued."""

STARTED_EAGERLY: dict[str, Started] = STARTED | (
    {"eager": _eager} if sys.version_info >= (3, 12) else {}
)
"""The same and, where there is one, the factory under which the call runs the first step."""

# How many, and when.

COUNTS = {str(count): count for count in (0, 1, 2, 20)}
SOME = but(COUNTS, "0")


async def _no_wait() -> None:
    pass


async def _one_pass() -> None:
    await asyncio.sleep(0)


async def _a_second() -> None:
    await asyncio.sleep(1)


Moment = Callable[[], Coroutine[Any, Any, None]]
MOMENTS: dict[str, Moment] = {
    "before the first step": _no_wait,
    "a pass later": _one_pass,
    "a second later": _a_second,
}
"""What the one who has just created a task waits for before acting on it."""

# Who does it.

Actor = Callable[[Callable[[], object]], Coroutine[Any, Any, None]]


async def _same_task(action: Callable[[], object]) -> None:
    action()


async def _other_task(action: Callable[[], object]) -> None:
    async def act() -> None:
        action()

    await asyncio.create_task(act())


async def _callback(action: Callable[[], object]) -> None:
    asyncio.get_running_loop().call_soon(action)
    await asyncio.sleep(0)


async def _other_thread(action: Callable[[], object]) -> None:
    await asyncio.to_thread(asyncio.get_running_loop().call_soon_threadsafe, action)
    # A thread that is quick enough has ended before it is waited for.
    await asyncio.sleep(0)


ACTORS: dict[str, Actor] = {
    "the same task": _same_task,
    "another task": _other_task,
    "a callback": _callback,
    "another thread": _other_thread,
}
"""Who acts on the loop's objects; the thread by call_soon_threadsafe, the one way allowed."""

# How somebody stops waiting, after that many seconds.

Leave = Callable[[Awaitable[Any], float], Coroutine[Any, Any, Any]]


async def _by_timeout(waited: Awaitable[Any], seconds: float) -> Any:
    async with asyncio.timeout(seconds):
        return await waited


async def _by_wait_for(waited: Awaitable[Any], seconds: float) -> Any:
    return await asyncio.wait_for(waited, seconds)


async def _by_cancel(waited: Awaitable[Any], seconds: float) -> Any:
    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().call_later(seconds, task.cancel)
    return await waited


async def _by_sibling(waited: Awaitable[Any], seconds: float) -> Any:
    async def fail() -> None:
        await asyncio.sleep(seconds)
        raise OSError

    async with asyncio.TaskGroup() as group:
        group.create_task(fail())
        return await waited


LEAVES: dict[str, Leave] = {
    "timeout": _by_timeout,
    "wait_for": _by_wait_for,
    "cancel": _by_cancel,
    "sibling": _by_sibling,
}
"""What makes a task leave what it waits for: TimeoutError, CancelledError or a group comes out."""


def _by_runner(main: Coroutine[Any, Any, Any]) -> None:
    with asyncio.Runner() as runner:
        runner.run(main)


Run = Callable[[Coroutine[Any, Any, Any]], None]

RUNS: dict[str, Run] = {"asyncio.run": asyncio.run, "Runner": _by_runner}
"""What runs a program of asyncio in a loop of its own."""


def printed_in_any_order(name: str) -> set[tuple[str, ...]]:
    """Return what each order of its threads lets the whole snippet `name` print."""
    printed: set[tuple[str, ...]] = set()

    def start() -> tuple[Callable[[], None], list[str]]:
        main, lines = explore.load(name).main, []
        main.__globals__["print"] = lines.append
        return main, lines

    def note(program: tuple[Callable[[], None], list[str]]) -> bool:
        printed.add(tuple(program[1]))
        return True

    runs = explore.Threads(start, [lambda program: program[0]()], note, snippets=[name]).explore()
    assert runs.holds, runs.failure
    return printed
