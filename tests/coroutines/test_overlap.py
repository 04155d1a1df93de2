"""Proofs for source/coroutines/overlap.md."""

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from itertools import permutations
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

from tests.ways import AWAITED, COUNTS, STARTED_EAGERLY, Awaited, End, Started, but, ways


@pytest.mark.always("overlap-answers-apart")
@ways(started=STARTED_EAGERLY, awaited=AWAITED)
def test_asked_at_once_and_answered_each_at_its_own_second(
    started: Started, awaited: Awaited
) -> None:
    trace = play("coroutines/overlap_together")
    assert trace.at("near: asked") == trace.at("far: asked") == 0
    assert (trace.at("near: answered"), trace.at("far: answered")) == (1, 2)

    async def ask(seconds: int) -> None:
        print(f"{seconds} asked")
        await awaited(seconds, End())
        print(f"{seconds} answered")

    async def main() -> None:
        async with started() as start:
            tasks = [start(ask(seconds)) for seconds in (2, 1, 3)]
            await asyncio.wait(tasks)

    trace = perform(main)
    for seconds in (1, 2, 3):
        assert (trace.at(f"{seconds} asked"), trace.at(f"{seconds} answered")) == (0, seconds)


@pytest.mark.always("overlap-longest-wait")
@ways(started=STARTED_EAGERLY, awaited=AWAITED, count=but(COUNTS, "0"))
def test_together_as_long_as_the_longest(started: Started, awaited: Awaited, count: int) -> None:
    trace = play("coroutines/overlap_together")
    assert trace.elapsed == trace.at("both answered") == 2

    async def wait(seconds: int) -> None:
        await awaited(seconds, End())

    async def main() -> None:
        threads = min(32, (os.cpu_count() or 1) + 4)
        calls = min(count, threads) if awaited is AWAITED["to_thread"] else count
        async with started() as start:
            await asyncio.wait([start(wait(seconds % 5 + 1)) for seconds in range(calls)])

    assert perform(main).elapsed == min(count, 5)


@ways(call={"to_thread": "to_thread", "look-up of a name": "getaddrinfo"})
def test_one_call_too_many_waits_for_a_thread_first(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: time.sleep(1))

    async def main(more: int) -> None:
        loop = asyncio.get_running_loop()
        calls = range(min(32, (os.cpu_count() or 1) + 4) + more)
        if call == "to_thread":
            await asyncio.gather(*(asyncio.to_thread(time.sleep, 1) for _ in calls))
        else:
            await asyncio.gather(*(loop.getaddrinfo("example.org", 80) for _ in calls))

    assert perform(lambda: main(0)).elapsed == 1
    assert perform(lambda: main(1)).elapsed == 2


@ways(why={"semaphore": "semaphore", "blocked loop": "blocked"})
def test_tasks_that_hinder_each_other_take_longer_than_the_longest(why: str) -> None:
    def compute() -> None:
        time.sleep(1)

    async def main() -> None:
        one_at_a_time = asyncio.Semaphore(1)

        async def wait() -> None:
            if why == "semaphore":
                async with one_at_a_time:
                    await asyncio.sleep(1)
            else:
                await asyncio.sleep(1)
                compute()

        await asyncio.gather(wait(), wait())

    assert perform(main).elapsed == {"semaphore": 2, "blocked": 3}[why]


@pytest.mark.always("overlap-awaits-in-a-row")
@ways(awaited=AWAITED)
def test_awaits_in_a_row_add_up(awaited: Awaited) -> None:
    trace = play("coroutines/overlap_in_a_row")
    assert trace.ordered("near: answered", "far: asked")
    assert trace.at("far: asked") == trace.at("near: answered") == 1
    assert trace.elapsed == 1 + 2

    async def ask(seconds: int) -> None:
        await awaited(seconds, End())

    for times in permutations((1, 2, 5)):

        async def main(times: tuple[int, ...] = times) -> None:
            for seconds in times:
                await ask(seconds)

        assert perform(main).elapsed == sum(times)

    async def ready_made() -> None:
        tasks = [asyncio.create_task(ask(seconds)) for seconds in (1, 2, 5)]
        for task in tasks:
            await task

    assert perform(ready_made).elapsed == 5, "tasks are not the sentence's coroutines"


@pytest.mark.never("overlap-one-at-a-time")
def test_no_code_of_another_task_before_a_suspension(explored: Callable[..., None]) -> None:
    async def whole(name: str) -> None:
        print(f"{name} enters")
        print(f"{name} leaves")

    async def suspended(name: str) -> None:
        print(f"{name} enters")
        await asyncio.sleep(0)
        print(f"{name} leaves")

    def blocking(name: str) -> None:
        print(f"{name} enters")
        time.sleep(1)
        print(f"{name} leaves")

    async def in_thread(name: str) -> None:
        await asyncio.to_thread(blocking, name)

    def peaks(step: Callable[[str], Coroutine[Any, Any, None]]) -> Iterator[int]:
        async def twice(name: str) -> None:
            for _ in range(2):
                await step(name)
                await asyncio.sleep(0)

        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(twice("a"))
                group.create_task(twice("b"))

        return (trace.peak("enters", "leaves") for trace in interleavings(main))

    found = list(peaks(whole))
    assert set(found) == {1}
    explored(len(found), twin_fails=[2 in peaks(twin) for twin in (suspended, in_thread)])


@pytest.mark.sometimes("overlap-collection-intrudes")
def test_a_collection_may_run_the_clean_up_of_another_task() -> None:
    async def orphan() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            print("orphan: finally")

    async def main() -> None:
        task = asyncio.create_task(orphan())
        await asyncio.sleep(0)
        del task
        print("main: step begins")
        gc.collect()
        print("main: step ends")

    assert perform(main).lines == ["main: step begins", "orphan: finally", "main: step ends"]


@pytest.mark.always("overlap-ten-thousand")
# one way: it is the number that counts
def test_ten_thousand_waits_take_a_second_and_no_thread() -> None:
    # One that another test left may end meanwhile.
    before = set(threading.enumerate())
    threads: set[threading.Thread] = set()

    async def wait() -> None:
        await asyncio.sleep(1)
        threads.update(threading.enumerate())

    async def main() -> None:
        # In debug mode each timer would record a stack.
        asyncio.get_running_loop().set_debug(False)
        async with asyncio.TaskGroup() as group:
            for _ in range(10_000):
                group.create_task(wait())

    assert perform(main).elapsed == 1
    assert threads
    assert threads <= before


@pytest.mark.always("overlap-computing-adds-up")
# one way: computing is computing
def test_computing_tasks_run_one_after_another() -> None:
    trace = play("coroutines/overlap_computing")
    assert trace.peak("begins", ": ready") == 1
    assert trace.elapsed == 1 + 2
    report = load("coroutines/overlap_computing").report
    for times in permutations((1, 2, 5)):

        async def main(times: tuple[int, ...] = times) -> None:
            await asyncio.gather(*(report("report", time) for time in times))

        assert perform(main).elapsed == sum(times)


TURNS: dict[str, Callable[[], Any]] = {
    "Lock": asyncio.Lock,
    "Condition": asyncio.Condition,
    "Semaphore": lambda: asyncio.Semaphore(1),
}


@pytest.mark.always("overlap-two-tell")
@ways(awaited=AWAITED, turns=TURNS)
def test_two_requests_tell_whether_waits_overlap(
    awaited: Awaited, turns: Callable[[], Any]
) -> None:
    assert [line[-1] for line in play("coroutines/overlap_probe").lines] == ["1", "2", "2"]

    async def waits(_: Any) -> None:
        await awaited(3, End())

    def compute() -> None:
        time.sleep(3)

    async def blocks(_: Any) -> None:
        compute()

    async def takes_turns(shared: Any) -> None:
        async with shared:
            await awaited(3, End())

    async def main(request: Callable[[Any], Coroutine[Any, Any, None]], count: int) -> None:
        shared = turns()
        await asyncio.gather(*(request(shared) for _ in range(count)))

    class Client:
        """One connection, made by whoever asks first."""

        def __init__(self) -> None:
            self.shared, self.is_connected = turns(), False

        async def get(self) -> None:
            async with self.shared:
                if not self.is_connected:
                    await awaited(3, End())
                    self.is_connected = True
                await awaited(3, End())

    class Pool:
        """A connection for each of those who ask at once, kept for later ones."""

        def __init__(self) -> None:
            self.free = 0

        async def get(self) -> None:
            if self.free:
                self.free -= 1
            else:
                await awaited(3, End())
            await awaited(3, End())
            self.free += 1

    async def probed(client: Any) -> None:
        await load("coroutines/overlap_probe").probe(client.get)

    assert perform(lambda: probed(Client())).lines == ["get: two take as long as 2"]
    assert perform(lambda: probed(Pool())).lines == ["get: two take as long as 1"]
    for request, times in ((waits, 1), (blocks, 2), (takes_turns, 2)):
        one, two = (perform(lambda r=request, c=count: main(r, c)).elapsed for count in (1, 2))
        assert (one, two) == (3, 3 * times)


@pytest.mark.always("overlap-loop-waits-each-time")
@ways(awaited=AWAITED)
def test_await_in_a_loop_takes_as_long_as_there_are_steps(awaited: Awaited) -> None:
    assert play("coroutines/overlap_loop_broken").elapsed == 3
    assert play("coroutines/overlap_loop_fixed").elapsed == 1

    async def fetch(number: int) -> int:
        await awaited(1, End())
        return number

    for steps in (1, 4, 7):

        async def loop(steps: int = steps) -> None:
            for number in range(steps):
                await fetch(number)

        async def comprehension(steps: int = steps) -> None:
            assert len([await fetch(number) for number in range(steps)]) == steps

        assert perform(loop).elapsed == perform(comprehension).elapsed == steps

    async def of_tasks() -> None:
        tasks = [asyncio.create_task(fetch(number)) for number in range(7)]
        assert [await task for task in tasks] == list(range(7))

    assert perform(of_tasks).elapsed == 1, "tasks are not the sentence's coroutines"
