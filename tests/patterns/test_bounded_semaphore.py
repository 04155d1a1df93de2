"""Proofs for source/patterns/bounded-semaphore.md."""

import asyncio
from collections.abc import Callable
from itertools import product

import pytest
from proven.stage import load, perform, play

from tests.ways import ACTORS, ENDED, Actor, End, but, ways

Explored = Callable[..., None]
KINDS = (asyncio.Semaphore, asyncio.BoundedSemaphore)
SEMAPHORES = {kind.__name__: kind for kind in KINDS}


async def places(limit: asyncio.Semaphore) -> int:
    """Return how many can enter now, by entering."""
    return await load("patterns/bounded_extra_release").places(limit)


@pytest.mark.always("bounded-plain-raises-limit")
# one way: a fact about one class, with each number
def test_a_plain_semaphore_takes_any_release() -> None:
    trace = play("patterns/bounded_extra_release")
    assert trace.lines[0] == "Semaphore: places = 3"
    assert not trace.stderr

    async def main() -> None:
        for permits, extra in product(range(4), range(3)):
            limit = asyncio.Semaphore(permits)
            for _ in range(extra):
                limit.release()
            assert await places(limit) == permits + extra

    perform(main)


@pytest.mark.always("bounded-extra-release-error")
# one way: a fact about one class, with each number
def test_a_bounded_semaphore_refuses_an_extra_release() -> None:
    trace = play("patterns/bounded_extra_release")
    assert trace.ordered("BoundedSemaphore: ValueError", "BoundedSemaphore: places = 2")

    async def main() -> None:
        for permits in range(4):
            limit = asyncio.BoundedSemaphore(permits)
            with pytest.raises(ValueError, match="released too many times"):
                limit.release()
            assert await places(limit) == permits
            for _ in range(permits):  # extra as well, but the counter isn't full
                limit.release()
            with pytest.raises(ValueError, match="released too many times"):
                limit.release()

    perform(main)


@pytest.mark.always("semaphore-no-owner")
@ways(kind=SEMAPHORES, act=ACTORS, taker={"has ended": False, "is still alive": True})
def test_any_task_may_release(kind: type[asyncio.Semaphore], act: Actor, taker: bool) -> None:
    async def main() -> None:
        limit = kind(1)

        async def take() -> None:
            await limit.acquire()
            await asyncio.sleep(10 if taker else 0)

        taking = asyncio.create_task(take())
        await asyncio.sleep(1)
        assert taking.done() != taker
        assert limit.locked()
        await act(limit.release)
        assert not limit.locked()

    perform(main)


async def _most(kind: type[asyncio.Semaphore], permits: int, steps: tuple[str, ...]) -> int:
    """Return the places after these steps; "cancel" is of the last that began to wait."""
    limit = kind(permits)
    waiting: list[asyncio.Task[bool]] = []
    for step in steps:
        if step == "acquire" and not limit.locked():
            await limit.acquire()
        elif step == "acquire":
            waiting.append(asyncio.create_task(limit.acquire()))
            await asyncio.sleep(0)
        elif step == "pass":
            await asyncio.sleep(0)
        elif step == "cancel" and waiting:
            waiting[-1].cancel()
        elif step == "release":
            try:
                limit.release()
            except ValueError:
                assert issubclass(kind, asyncio.BoundedSemaphore)
    for _ in range(2):  # whoever is let in, enters
        await asyncio.sleep(0)
    free = await places(limit)
    for task in waiting:
        task.cancel()
    return free


class CountsFirst(asyncio.BoundedSemaphore):
    """The broken twin: complains of a place too many when it is already there."""

    def release(self) -> None:
        asyncio.Semaphore.release(self)
        if self._value > self._bound_value:
            raise ValueError


@pytest.mark.never("bounded-never-above")
def test_the_counter_never_exceeds_its_first_value(explored: Explored) -> None:
    inputs = [
        (permits, steps)
        for permits in range(3)
        for length in range(6)
        for steps in product(("acquire", "release"), repeat=length)
    ]
    twins = (asyncio.Semaphore, CountsFirst)
    exceeded = dict.fromkeys((asyncio.BoundedSemaphore, *twins), 0)

    async def main() -> None:
        for kind in exceeded:
            for permits, steps in inputs:
                exceeded[kind] += await _most(kind, permits, steps) > permits

    perform(main)
    assert exceeded[asyncio.BoundedSemaphore] == 0
    explored(len(inputs), twin_fails=[exceeded[twin] > 0 for twin in twins])


@pytest.mark.sometimes("bounded-cancelled-adds-a-place")
def test_a_waiter_cancelled_with_a_permit_adds_a_place() -> None:
    async def main() -> None:
        begin = ("acquire", "acquire", "release", "release")
        found = {
            steps: await _most(asyncio.BoundedSemaphore, 1, (*begin, *steps))
            for steps in ((), ("cancel",), ("pass", "cancel"))
        }
        # Without the second release the permit of the cancelled one only comes back.
        found["one release",] = await _most(asyncio.BoundedSemaphore, 1, (*begin[:3], "cancel"))
        assert found == {
            (): 1,
            ("cancel",): 2,
            ("pass", "cancel"): 1,
            ("one release",): 1,
        }

    perform(main)


@pytest.mark.sometimes("bounded-alarm-late")
def test_the_error_may_reach_another_task() -> None:
    trace = play("patterns/bounded_late_alarm")
    assert trace.at("hasty: gave back what it never had") == 1
    assert trace.at("careful: ValueError") == 3
    assert trace.ordered("hasty: gave back what it never had", "careful: ValueError")


@pytest.mark.sometimes("bounded-one-too-many")
def test_meanwhile_one_too_many_may_enter() -> None:
    snippet = load("patterns/bounded_late_alarm")

    async def main() -> None:
        limit = asyncio.BoundedSemaphore(1)
        careful = asyncio.create_task(snippet.careful(limit))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await snippet.hasty(limit)
        async with asyncio.timeout(0.5):
            await limit.acquire()
        assert not careful.done(), "two are inside, and one permit was all there was"
        careful.cancel()

    perform(main)


@pytest.mark.always("semaphore-leak-without-finally")
# one way: a permit is lost in one way, of both kinds of semaphore
def test_without_finally_an_exception_keeps_the_permit() -> None:
    broken = play("patterns/bounded_leak_broken")
    assert broken.at("page 1: ConnectionError") == 0.1
    assert broken.at("page 2: TimeoutError") == 0.1 + 1, "it waited as long as it was let"
    fixed = play("patterns/bounded_leak_fixed")
    assert fixed.ordered("page 1: ConnectionError", "page 2: loaded")

    async def main(name: str, kind: type[asyncio.Semaphore], left: int) -> None:
        fetch = load(name).fetch
        limit = kind(1)
        await fetch(2, limit)
        assert not limit.locked(), "without an exception it comes back"
        failing = asyncio.create_task(fetch(1, limit))
        await asyncio.sleep(0)
        assert limit.locked()
        with pytest.raises(ConnectionError):
            await failing
        await asyncio.sleep(1_000_000)
        assert await places(limit) == left

    for kind in KINDS:
        perform(lambda kind=kind: main("patterns/bounded_leak_broken", kind, 0))
        perform(lambda kind=kind: main("patterns/bounded_leak_fixed", kind, 1))


@pytest.mark.always("bounded-alarm-replaces")
@ways(error=but(ENDED, "value"), extra={"an extra release": 1, "none": 0})
def test_the_alarm_replaces_the_error_of_the_block(error: End, extra: int) -> None:
    # no mutant: в примерах страницы блок с лишним release() ошибки не бросает
    async def main() -> None:
        limit = asyncio.BoundedSemaphore(1)

        async def block() -> None:
            async with limit:
                for _ in range(extra):
                    limit.release()
                error.reach()

        (raised,) = await asyncio.gather(block(), return_exceptions=True)
        assert isinstance(raised, ValueError if extra else error.error or ())
        assert type(raised.__context__ if extra else raised) is error.error

    perform(main)


@pytest.mark.always("bounded-leak-unnoticed")
# one way: a fact about one class
def test_a_bounded_semaphore_does_not_notice_a_leak() -> None:
    fetch = load("patterns/bounded_leak_broken").fetch

    async def main() -> None:
        limit = asyncio.BoundedSemaphore(3)
        for left in (2, 1):
            with pytest.raises(ConnectionError):
                await fetch(1, limit)
            for _ in range(left):
                await limit.acquire()
            assert limit.locked(), "a permit is missing"
            for _ in range(left):
                limit.release()

    assert perform(main).stderr == ""


@pytest.mark.always("semaphore-default-one")
# one way: a fact about two classes
def test_one_permit_by_default() -> None:
    async def main() -> None:
        for kind in KINDS:
            assert await places(kind()) == 1

    perform(main)


@pytest.mark.always("lock-extra-release-error")
@ways(act=ACTORS)
def test_a_free_lock_refuses_a_release_and_a_taken_one_takes_any(act: Actor) -> None:
    async def main() -> None:
        lock = asyncio.Lock()
        async with lock:
            pass
        with pytest.raises(RuntimeError):
            lock.release()
        await lock.acquire()
        await act(lock.release)
        assert not lock.locked()

    perform(main)


@pytest.mark.always("semaphore-negative")
# one way: a fact about two classes
def test_a_negative_number_is_a_value_error() -> None:
    for kind, permits in product(KINDS, (-1, -2, -100)):
        with pytest.raises(ValueError, match=">= 0"):
            kind(permits)
    for kind in KINDS:
        assert kind(0).locked()


@pytest.mark.sometimes("semaphore-stray-release")
def test_a_release_without_a_permit_lets_one_more_in() -> None:
    snippets = {"patterns/bounded_stray_broken": 2, "patterns/bounded_stray_fixed": 1}
    for snippet, most in snippets.items():
        assert play(snippet).lines == [f"at most inside: {most}"]
        # The first is inside when it is cancelled: what it gives back is its own.
        assert [after_cancelling(snippet, who) for who in range(4)] == [(1, 0)] + [(most, 0)] * 3


def after_cancelling(snippet: str, who: int) -> tuple[int, int]:
    """Return how many of four visitors were inside at most, one cancelled, and in the end."""
    room = load(snippet).Room()

    async def main() -> None:
        visits = [asyncio.create_task(room.visit()) for _ in range(4)]
        await asyncio.sleep(0.5)
        visits[who].cancel()
        await asyncio.wait(visits)

    perform(main)
    return room.most, room.inside
