"""Proofs for source/patterns/polling.md."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import LEAVES as TIMES
from tests.ways import SOME, Leave, only, ways

PAUSES = {"0.125": 0.125, "0.5": 0.5, "1": 1.0}
READY = {"0.3": 0.3, "1.25": 1.25, "7.1": 7.1}


@pytest.mark.always("polling-event-at-once")
@ways(count=SOME, seconds=READY)
def test_an_event_ends_the_wait_at_once(count: int, seconds: float) -> None:
    shown = play("patterns/polling_fixed")
    assert shown.at("ready") == shown.at("seen at once") == 1.25
    woken: list[float] = []

    async def main() -> None:
        event, loop = asyncio.Event(), asyncio.get_running_loop()
        start = loop.time()

        async def wait() -> None:
            await event.wait()
            woken.append(loop.time() - start)

        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(wait())
            await asyncio.sleep(seconds)
            event.set()

    perform(main)
    assert woken == [pytest.approx(seconds)] * count


@pytest.mark.always("polling-event-set-before")
@ways(waits={"once": 1, "again and again": 3})
def test_an_event_set_before(waits: int) -> None:
    service = load("patterns/polling_fixed").Service

    async def main() -> None:
        started = service()
        await started.start()
        for _ in range(waits):
            await started.ready.wait()

    trace = perform(main)
    assert trace.elapsed == trace.at("ready") == 1.25


@pytest.mark.always("polling-event-cleared")
@ways(count=SOME)
def test_a_cleared_event_wakes_who_waited_only(count: int) -> None:
    # no mutant: в примере события не сбрасывают
    async def main() -> None:
        event, loop = asyncio.Event(), asyncio.get_running_loop()
        start = loop.time()
        early = [asyncio.create_task(event.wait()) for _ in range(count)]
        await asyncio.sleep(1)
        event.set()
        event.clear()
        late = [asyncio.create_task(event.wait()) for _ in range(count)]
        await asyncio.wait(early)
        assert loop.time() - start == 1
        done, _ = await asyncio.wait(late, timeout=1)
        assert not done
        event.set()
        await asyncio.wait(late)
        assert loop.time() - start == 2

    perform(main)


def poll(
    pause: float, seconds: float, lasts: float = math.inf, busy: float = 0
) -> tuple[int, float | None]:
    """Return how many checks were made, and when the flag was seen, raised after `seconds`.

    busy: seconds for which the loop does something else before each pause.
    """
    checks, seen = 0, None

    async def main() -> None:
        nonlocal checks, seen
        loop = asyncio.get_running_loop()
        start = loop.time()
        while loop.time() - start < 20:
            if seconds <= loop.time() - start < seconds + lasts:
                seen = loop.time() - start
                return
            checks += 1
            if busy:
                time.sleep(busy)  # noqa: ASYNC251 - the loop is busy
            await asyncio.sleep(pause)

    perform(main)
    return checks, seen


@pytest.mark.always("polling-late")
@ways(pause=PAUSES, seconds=READY)
def test_a_poll_is_late(pause: float, seconds: float) -> None:
    shown = play("patterns/polling_broken")
    assert shown.at("ready") == 1.25
    assert shown.at("seen after 3 checks") == 1.5
    assert poll(pause, seconds)[1] == pytest.approx(math.ceil(seconds / pause) * pause)


@pytest.mark.always("polling-wakes")
@ways(pause=PAUSES, seconds=READY)
def test_a_poll_checks_in_vain(pause: float, seconds: float) -> None:
    assert play("patterns/polling_broken").find("seen after 3 checks")
    assert poll(pause, seconds)[0] == math.ceil(seconds / pause)
    late, _ = poll(pause, seconds, busy=pause)
    assert late == math.ceil(seconds / (2 * pause)), "each pause begins later"


@pytest.mark.always("polling-misses-a-blink")
@ways(pause={"0.5": 0.5, "1": 1.0}, lasts={"0.1": 0.1, "0.2": 0.2})
def test_a_blink_is_missed(pause: float, lasts: float) -> None:
    assert play("patterns/polling_broken").at("seen after 3 checks") == 1.5
    assert poll(pause, 1.25, lasts)[1] is None


@pytest.mark.always("polling-wait-for-rechecks")
@ways(count={"1": 1, "2": 2, "3": 3})
def test_wait_for_checks_again(count: int) -> None:
    shown = play("patterns/polling_condition")
    assert shown.at("['tea', 'milk']") == 3
    taken: list[float] = []
    store_of = load("patterns/polling_condition").Store

    async def main() -> None:
        store, loop = store_of(), asyncio.get_running_loop()
        start = loop.time()

        async def take() -> None:
            assert len(await store.take(count)) == count
            taken.append(loop.time() - start)

        async with asyncio.TaskGroup() as group:
            group.create_task(take())
            for number in range(5):
                await asyncio.sleep(1)
                await store.add(str(number))

    perform(main)
    assert taken == [count]


@pytest.mark.always("polling-notify-needed")
@ways(later={"soon": 1.0, "an hour": 3600.0})
def test_nobody_looks_without_notify(later: float) -> None:
    assert play("patterns/polling_condition").find("added milk, taken: False")
    store_of = load("patterns/polling_condition").Store

    async def main() -> None:
        store = store_of()
        take = asyncio.create_task(store.take(1))
        await asyncio.sleep(0)
        async with store.changed:
            store.items.append("tea")
        await asyncio.sleep(later)
        assert not take.done()
        async with store.changed:
            store.changed.notify_all()
        assert await take == ["tea"]

    perform(main)


@pytest.mark.always("polling-async-condition")
@ways(truth={"would be false": False, "would be true": True})
def test_a_coroutine_function_is_no_condition(truth: bool) -> None:
    # no mutant: в примере условие — обычная функция
    asked: list[Coroutine[Any, Any, bool]] = []

    async def check() -> bool:
        return truth

    def call() -> Coroutine[Any, Any, bool]:
        asked.append(check())
        return asked[-1]

    async def main() -> None:
        condition = asyncio.Condition()
        async with condition:
            assert await condition.wait_for(call) is asked[0]
        assert len(asked) == 1

    assert perform(main).elapsed == 0
    asked[0].close()


@pytest.mark.sometimes("polling-notify-wrong-one")
@ways(wake={"notify": False, "notify_all": True}, counts={"2, 1": (2, 1), "3, 2, 1": (3, 2, 1)})
def test_notify_may_wake_who_needs_more(wake: bool, counts: tuple[int, ...]) -> None:
    store_of = load("patterns/polling_condition").Store

    async def main() -> None:
        store = store_of()
        takers = [asyncio.create_task(store.take(count)) for count in counts]
        await asyncio.sleep(1)
        async with store.changed:
            store.items.append("tea")
            if wake:
                store.changed.notify_all()
            else:
                store.changed.notify()
        await asyncio.sleep(1_000_000)
        # There is one item, as the last taker needs.
        assert [taker.done() for taker in takers] == [False] * (len(counts) - 1) + [wake]
        assert store.items == ([] if wake else ["tea"])
        for taker in takers:
            taker.cancel()

    perform(main)


WAITS: dict[str, Callable[[asyncio.Condition], Coroutine[Any, Any, Any]]] = {
    "wait": lambda condition: condition.wait(),
    "wait_for": lambda condition: condition.wait_for(lambda: False),
}
LIMITS = only(TIMES, "timeout", "wait_for")


@pytest.mark.always("polling-condition-timeout-late")
@ways(wait=WAITS, limit=LIMITS, held={"not held": 0, "briefly": 3, "long": 100})
def test_a_deadline_waits_for_the_lock(
    wait: Callable[[asyncio.Condition], Coroutine[Any, Any, Any]], limit: Leave, held: float
) -> None:
    async def main() -> None:
        condition = asyncio.Condition()

        async def hold() -> None:
            await asyncio.sleep(1)
            async with condition:
                await asyncio.sleep(held)

        holding = asyncio.create_task(hold())
        async with condition:
            with pytest.raises(TimeoutError):
                await limit(wait(condition), 2)
            print("out of time")
        await holding

    assert perform(main).at("out of time") == max(2, 1 + held)


async def woken(condition: asyncio.Condition, limit: float | None, name: str) -> None:
    """Print the name once woken; by a limit of seconds the wait is cancelled."""
    async with asyncio.timeout(limit), condition:
        await condition.wait()
        print(name)


LEAVES = {
    "cancelled in the pass of the signal": (None, 0),
    "cancelled while it waits for the lock": (None, 1),
    "its time is up while it waits for the lock": (2, 3),
}
"""The limit of the first one's wait, and how long whoever gave the signal still holds the lock."""
WAITERS = {"one more": 1, "three more": 3}


@pytest.mark.always("polling-notify-lost", before="3.13")
@ways(leave=LEAVES, waiters=WAITERS)
def test_the_signal_of_a_cancelled_waiter_is_lost(
    leave: tuple[float | None, float], waiters: int
) -> None:
    limit, hold = leave

    async def main() -> None:
        condition = asyncio.Condition()
        tasks = [asyncio.create_task(woken(condition, limit, "first"))]
        tasks += [asyncio.create_task(woken(condition, None, "next")) for _ in range(waiters)]
        await asyncio.sleep(1)
        async with condition:
            condition.notify()
            if hold:
                await asyncio.sleep(hold)
            tasks[0].cancel()
        await asyncio.sleep(100)
        assert [task.done() for task in tasks] == [True] + [False] * waiters
        for task in tasks:
            task.cancel()

    assert perform(main).lines == []


@pytest.mark.always("polling-notify-passed-on", since="3.13")
@ways(leave=LEAVES, waiters=WAITERS)
def test_the_signal_of_a_cancelled_waiter_wakes_another(
    leave: tuple[float | None, float], waiters: int
) -> None:
    # no mutant: так лишь с 3.13, а правки пробуют на самой старой версии
    limit, hold = leave

    async def main() -> None:
        condition = asyncio.Condition()
        tasks = [asyncio.create_task(woken(condition, limit, "first"))]
        tasks += [asyncio.create_task(woken(condition, None, "next")) for _ in range(waiters)]
        await asyncio.sleep(1)
        async with condition:
            condition.notify()
            if hold:
                await asyncio.sleep(hold)
            tasks[0].cancel()
        await asyncio.sleep(100)
        assert tasks[0].done()
        for task in tasks:
            task.cancel()

    assert perform(main).lines == ["next"]
