"""Proofs for source/patterns/semaphore.md."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from contextlib import aclosing, nullcontext
from math import ceil
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings
from proven.stage.trace import Trace

from tests.ways import LEAVES, STARTED_EAGERLY, Leave, Started, ways

Explored = Callable[..., None]
Limit = Callable[[int], asyncio.Semaphore]
Use = Callable[[int, asyncio.Semaphore], Awaitable[None]]
BOTH = {"as it is": False, "under aclosing": True}


class Unlimited(asyncio.Semaphore):
    """The broken twin: looks like a semaphore and limits nothing."""

    async def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


class OneTooMany(asyncio.Semaphore):
    """Another broken twin: counts, but from one more."""

    def __init__(self, permits: int) -> None:
        super().__init__(permits + 1)


class Announcing(asyncio.Semaphore):
    """Prints when a permit is given back."""

    def release(self) -> None:
        print("released")
        super().release()


def count(trace: Trace, what: str) -> int:
    """Return how many times the semaphore was taken or given back."""
    return sum(moment.what == what for moment in trace.moments)


def orders(tasks: int, permits: int, kind: Limit = asyncio.Semaphore) -> Iterator[Trace]:
    """Yield the snippet's tasks at one semaphore in every order of steps."""
    fetch = load("patterns/semaphore_waves").fetch

    async def main() -> None:
        limit = kind(permits)
        await asyncio.gather(*(fetch(page, limit) for page in range(tasks)))

    return interleavings(main)


@pytest.mark.always("semaphore-all-start")
# one way: a fact about one class, in every order
def test_a_semaphore_delays_no_start() -> None:
    trace = play("patterns/semaphore_waves")
    assert {trace.at(f"page {page}: in line") for page in range(1, 6)} == {0}
    for trace in orders(3, 1):
        starts = [trace.at(f"page {page}: in line") for page in range(3)]
        loads = [trace.at(f"page {page}: loading") for page in range(3)]
        assert starts == [0, 0, 0]
        assert max(loads) == 2


@pytest.mark.never("semaphore-never-more-inside")
def test_never_more_inside_than_permits(explored: Explored) -> None:
    explorations = 0
    for permits in (1, 2):
        for trace in orders(3, permits):
            assert trace.peak("loading", "loaded") == permits
            explorations += 1
    twins = [
        max(trace.peak("loading", "loaded") for trace in orders(2, 1, twin)) > 1
        for twin in (Unlimited, OneTooMany)
    ]
    explored(explorations, twin_fails=twins)


@pytest.mark.always("semaphore-waves")
# one way: a fact about one class, with each number
def test_as_many_waves_as_permits_ask_for() -> None:
    assert play("patterns/semaphore_waves").elapsed == 3
    fetch = load("patterns/semaphore_waves").fetch
    for tasks in range(1, 8):
        for permits in range(1, 5):

            async def main(tasks: int = tasks, permits: int = permits) -> None:
                limit = asyncio.Semaphore(permits)
                await asyncio.gather(*(fetch(page, limit) for page in range(tasks)))

            trace = perform(main)
            assert trace.elapsed == ceil(tasks / permits)
            waves = {event.time for event in trace.events if event.text.endswith("loading")}
            assert waves == set(range(ceil(tasks / permits)))

    async def apart() -> None:
        limit = asyncio.Semaphore(2)

        async def come(page: int) -> None:
            await asyncio.sleep(page)
            await fetch(page, limit)

        await asyncio.gather(*map(come, range(4)))

    assert perform(apart).elapsed > ceil(4 / 2), "those who come one by one need more"


@pytest.mark.always("semaphore-line-before-release")
# one way: a fact about one class, in every order
def test_the_last_line_of_the_block_comes_before_the_release() -> None:
    for trace in orders(3, 1, Announcing):
        inside = [line for line in trace.lines if "in line" not in line]
        assert len(inside) == 9
        for loading, loaded, released in zip(*[iter(inside)] * 3, strict=True):
            assert loading.endswith(": loading")
            assert loaded == loading.replace("loading", "loaded")
            assert released == "released"


@pytest.mark.always("semaphore-until-block-end")
# one way: a fact about one class
def test_the_permit_returns_at_the_end_of_the_block() -> None:
    trace = play("patterns/semaphore_block_end")
    assert trace.at("page 2: loading") == trace.at("page 1: loading") + 1
    assert trace.at("page 1: parsed") == trace.at("page 1: loading") + 1 + 2
    # What stands behind the block is not limited: both parse at the same time.
    assert trace.at("page 2: parsed") - trace.at("page 1: parsed") == 1


@pytest.mark.always("semaphore-nested-deadlock")
@ways(
    permits={"1": 1, "3": 3},
    nested={"itself": False, "a task": True},
    inside={"inside": True, "after the block": False},
)
def test_who_takes_it_inside_once_more_waits_for_ever(
    permits: int, nested: bool, inside: bool
) -> None:
    async def crawl(depth: int, limit: asyncio.Semaphore) -> None:
        async with limit:
            await asyncio.sleep(1)
            if inside:
                await deeper(depth, limit)
        if not inside:
            await deeper(depth, limit)

    async def deeper(depth: int, limit: asyncio.Semaphore) -> None:
        if depth:
            next_one = crawl(depth - 1, limit)
            await (asyncio.create_task(next_one) if nested else next_one)

    async def main() -> None:
        limit = asyncio.Semaphore(permits)
        async with asyncio.timeout(1_000_000):
            await asyncio.gather(*(crawl(1, limit) for _ in range(permits)))

    if inside:
        with pytest.raises(TimeoutError):
            perform(main)
    else:
        assert perform(main).elapsed == 2


async def _without_finally(page: int, limit: asyncio.Semaphore) -> None:
    await limit.acquire()
    await asyncio.sleep(1)
    limit.release()


async def _except_error(page: int, limit: asyncio.Semaphore) -> None:
    await limit.acquire()
    try:
        await asyncio.sleep(1)
    except Exception:
        limit.release()
        raise
    limit.release()


def _cancelled(use: Use) -> Iterator[Trace]:
    """Cancel the first or the second of two tasks at each moment, in every order of steps."""
    for victim in (0, 1):
        for moment in (None, 0, 0.5, 1, 1.5):

            async def main(victim: int = victim, moment: float | None = moment) -> None:
                limit = asyncio.Semaphore(1)
                tasks = [asyncio.create_task(use(page, limit)) for page in range(2)]
                if moment is not None:
                    await asyncio.sleep(moment)
                tasks[victim].cancel()
                await asyncio.wait(tasks, timeout=5)
                print("lost" if limit.locked() else "free")

            yield from interleavings(main)


@pytest.mark.never("semaphore-block-never-leaks")
def test_no_exception_and_no_cancellation_keeps_a_permit(explored: Explored) -> None:
    trace = play("patterns/semaphore_failure")
    assert trace.at("linger: inside") == 1, "the exception gave the permit back"
    assert trace.at("main: inside") == 3, "the cancellation gave the permit back"
    assert (count(trace, "takes"), count(trace, "gives")) == (3, 3)
    ends = [trace.lines[-1] for trace in _cancelled(load("patterns/semaphore_waves").fetch)]
    assert set(ends) == {"free"}
    twins = [
        any(trace.lines[-1] == "lost" for trace in _cancelled(twin))
        for twin in (_without_finally, _except_error)
    ]
    explored(len(ends), twin_fails=twins)


def _break(task: asyncio.Task[Any]) -> bool:
    return True


def _raise(task: asyncio.Task[Any]) -> bool:
    raise LookupError


def _cancel(task: asyncio.Task[Any]) -> bool:
    return not task.cancel()


@pytest.mark.always("semaphore-held-by-generator")
@ways(leave={"break": _break, "exception": _raise, "cancelled": _cancel}, aclosed=BOTH)
def test_a_generator_that_is_not_closed_keeps_the_permit(
    leave: Callable[[asyncio.Task[Any]], bool], aclosed: bool
) -> None:
    # no mutant: асинхронных генераторов в примерах страницы нет
    async def pages(limit: asyncio.Semaphore) -> AsyncGenerator[int, None]:
        async with limit:
            for page in range(3):
                await asyncio.sleep(1)
                yield page

    async def read(stream: AsyncGenerator[int, None], task: list[asyncio.Task[Any]]) -> None:
        async for _ in stream:
            if leave(task[0]):
                break
            await asyncio.sleep(1)

    async def main() -> None:
        limit, tasks = asyncio.Semaphore(1), list[asyncio.Task[Any]]()
        stream = pages(limit)
        async with aclosing(stream) if aclosed else nullcontext():
            tasks.append(asyncio.create_task(read(stream, tasks)))
            await asyncio.wait(tasks)
            await asyncio.sleep(1_000)
            assert limit.locked(), "nobody has closed it yet"
        assert limit.locked() != aclosed
        await stream.aclose()
        assert not limit.locked()

    perform(main)


@pytest.mark.always("semaphore-locked-at-zero")
# one way: a fact about one class, with each number
def test_locked_as_soon_as_no_permit_is_left() -> None:
    trace = play("patterns/semaphore_by_hand")
    told = dict(line.split(": locked = ") for line in trace.lines)
    assert [moment for moment, locked in told.items() if locked == "True"] == ["no permit"]
    assert (count(trace, "takes"), count(trace, "gives")) == (2, 2)

    async def main() -> None:
        for permits in range(1, 5):
            limit = asyncio.Semaphore(permits)
            for _ in range(permits):
                assert not limit.locked()
                assert await limit.acquire()
            assert limit.locked()
            limit.release()
            assert not limit.locked()
        print("counted")

    perform(main)


@pytest.mark.always("semaphore-own-limits-nothing")
# one way: its page's program
def test_a_semaphore_of_its_own_limits_nothing() -> None:
    broken = play("patterns/semaphore_own_broken")
    assert [event.time for event in broken.events] == [0, 0, 0, 0]
    fixed = play("patterns/semaphore_own_fixed")
    assert [event.time for event in fixed.events] == [0, 0, 1, 1]
    assert (broken.elapsed, fixed.elapsed) == (1, 2)
    assert sorted(fixed.lines) == sorted(broken.lines)


@pytest.mark.always("semaphore-created-inside")
@ways(started=STARTED_EAGERLY)
def test_a_task_created_inside_the_block_has_no_permit(started: Started) -> None:
    # no mutant: примера с create_task внутри блока на странице нет
    async def fetch(page: int) -> None:
        print(f"page {page}: loading")
        await asyncio.sleep(1)
        print(f"page {page}: loaded")

    async def main(waits: bool) -> None:
        limit = asyncio.Semaphore(1)
        async with started() as start:
            tasks = list[asyncio.Task[None]]()
            for page in range(20):
                async with limit:
                    tasks.append(start(fetch(page)))
                    if waits:
                        await tasks[-1]
            await asyncio.wait(tasks)

    assert perform(lambda: main(waits=False)).peak("loading", "loaded") == 20
    assert perform(lambda: main(waits=True)).peak("loading", "loaded") == 1


async def _by_to_thread(work: Callable[[str], None], name: str) -> None:
    await asyncio.to_thread(work, name)


async def _by_executor(work: Callable[[str], None], name: str) -> None:
    await asyncio.get_running_loop().run_in_executor(None, work, name)


IN_THREAD = {"to_thread": _by_to_thread, "run_in_executor": _by_executor}


@pytest.mark.always("semaphore-thread-without-permit")
@ways(leave=LEAVES, call=IN_THREAD)
def test_a_thread_goes_on_without_the_permit(
    leave: Leave, call: Callable[[Callable[[str], None], str], Awaitable[None]]
) -> None:
    # no mutant: примера с потоком на странице нет
    def work(name: str) -> None:
        print(f"{name}: starts")
        time.sleep(3)
        print(f"{name}: ends")

    async def main() -> None:
        limit = asyncio.Semaphore(1)

        async def use(name: str) -> None:
            async with limit:
                await call(work, name)

        leaving = asyncio.create_task(leave(use("first"), 1))
        await asyncio.sleep(0.5)
        await asyncio.wait([leaving, asyncio.create_task(use("second"))])
        assert leaving.cancelled() or leaving.exception()

    trace = perform(main)
    assert trace.ordered("first: starts", "second: starts", "first: ends", "second: ends")
    assert (trace.at("second: starts"), trace.at("first: ends")) == (1, 3)
