"""Proofs for source/threads/priority.md."""

from __future__ import annotations

import asyncio
import itertools
import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from math import inf
from threading import Event, Thread
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import ways

KINDS = {"queue": queue.PriorityQueue, "asyncio": asyncio.PriorityQueue}
Entry = load("threads/priority_fixed").Entry
ENTRIES: dict[str, Callable[[int], Any]] = {
    "number": lambda priority: priority,
    "tuple": lambda priority: (priority, "job"),
    "list": lambda priority: [priority, "job"],
    "dataclass": lambda priority: Entry(priority, {}, 0),
}
MOMENT = 0.05
"""Time enough for a call to return, if it could; seconds."""


def out_of(jobs: Any) -> list[Any]:
    """Take all that a queue of either kind holds."""
    return [jobs.get_nowait() for _ in range(jobs.qsize())]


@pytest.mark.always("priority-smallest-first")
@ways(kind=KINDS, entry=ENTRIES)
def test_the_smallest_entry_comes_first(kind: type[Any], entry: Callable[[int], Any]) -> None:
    assert play("threads/priority_fixed").lines[0] == "worker: password reset"
    for order in itertools.permutations(range(5)):
        jobs = kind()
        for priority in order:
            jobs.put_nowait(entry(priority))
        first = jobs.get_nowait()
        jobs.put_nowait(entry(-1))  # a late one overtakes those that wait
        assert [first, *out_of(jobs)] == [entry(it) for it in (0, -1, 1, 2, 3, 4)]


@pytest.mark.always("priority-equal-in-order")
@ways(kind=KINDS, count={"2": 2, "4": 4, "30": 30})
def test_equal_entries_come_in_the_order_of_their_numbers(kind: type[Any], count: int) -> None:
    entry = load("threads/priority_fixed").Entry
    jobs, pairs = kind(), kind()
    for number in range(count):
        jobs.put_nowait(entry(2, {"name": str(number)}))
        jobs.put_nowait(entry(1, {"name": str(count + number)}))
        pairs.put_nowait((1, number, {}))
    names = [it.job["name"] for it in out_of(jobs)]
    assert names == [str(it) for it in (*range(count, 2 * count), *range(count))]
    assert out_of(pairs) == [(1, number, {}) for number in range(count)]


@pytest.mark.sometimes("priority-equal-shuffled")
@ways(kind=KINDS)
def test_equal_entries_without_a_number_change_places(kind: type[Any]) -> None:
    # no mutant: утверждение о самой очереди, программа к нему не нужна
    class Bare:
        def __init__(self, priority: int, job: str) -> None:
            self.priority, self.job = priority, job

        def __lt__(self, other: Bare) -> bool:
            return self.priority < other.priority

    jobs = kind()
    for job in "abcd":
        jobs.put_nowait(Bare(1, job))
    jobs = [it.job for it in out_of(jobs)]
    assert sorted(jobs) == list("abcd")
    assert jobs != list("abcd")


@pytest.mark.always("priority-stop-last")
@ways(kind=KINDS, is_tuple={"tuple": True, "dataclass": False})
def test_an_infinite_priority_comes_last(kind: type[Any], is_tuple: bool) -> None:
    assert play("threads/priority_fixed").lines == [
        "worker: password reset",
        "worker: report",
        "worker: newsletter",
    ]
    entry = load("threads/priority_fixed").Entry
    for place in range(4):
        priorities: list[float] = [10**9, 0, 2.5]
        priorities.insert(place, inf)
        jobs = kind()
        for number, priority in enumerate(priorities):
            job = None if priority == inf else {}
            jobs.put_nowait((priority, number, job) if is_tuple else entry(priority, job))
        last = out_of(jobs)[-1]
        assert (last[2] if is_tuple else last.job) is None


def spoilt(jobs: Any) -> None:
    """Put three jobs, of which get() compares two that can't be compared."""
    jobs.put_nowait((1, {"name": "urgent"}))
    jobs.put_nowait((2, {"name": "one"}))
    jobs.put_nowait((2, {"name": "two"}))


@pytest.mark.always("priority-get-loses")
@ways(kind=KINDS)
def test_the_entry_that_get_failed_to_give_is_lost(kind: type[Any]) -> None:
    trace = play("threads/priority_broken")
    assert trace.lines[0].startswith("'<' not supported")
    assert trace.lines[1:] == ["worker: report", "worker: newsletter"]
    jobs = kind()
    spoilt(jobs)
    with pytest.raises(TypeError):
        jobs.get_nowait()
    assert [job["name"] for _, job in out_of(jobs)] == ["one", "two"]
    for number, priority in enumerate((1, 2, 2, 5)):
        jobs.put_nowait((priority, {"name": number}))
    for left in ([1, 2, 3], [1, 2]):  # the next one loses a job that isn't urgent
        with pytest.raises(TypeError):
            jobs.get_nowait()
        assert jobs.qsize() == len(left)
    assert [job["name"] for _, job in out_of(jobs)] == left


@pytest.mark.sometimes("priority-get-breaks-order")
@ways(kind=KINDS, later={"two": (10, 11), "three": (10, 11, 12)})
def test_after_a_failed_get_the_smallest_may_come_later(
    kind: type[Any], later: tuple[int, ...]
) -> None:
    # no mutant: утверждение о самой очереди, программа к нему не нужна
    jobs = kind()
    for number, priority in enumerate((1, 2, 9, 3, 3, *later)):
        jobs.put_nowait((priority, {"name": number}))
    with pytest.raises(TypeError):
        jobs.get_nowait()
    taken = [jobs.get_nowait()[0] for _ in range(2)]
    assert taken == [2, 9], "3 is still there"


@pytest.mark.always("priority-lost-join-waits")
def test_join_waits_for_the_lost_entry() -> None:
    # one way: the asyncio queue is tried below
    # no mutant: утверждение о самой очереди, программа к нему не нужна
    jobs: Any = queue.PriorityQueue()
    spoilt(jobs)
    with pytest.raises(TypeError):
        jobs.get()
    for _ in out_of(jobs):
        jobs.task_done()
    thread = Thread(target=jobs.join, daemon=True)
    thread.start()
    thread.join(MOMENT)
    assert thread.is_alive()
    jobs.task_done()
    thread.join()

    async def main() -> None:
        jobs: Any = asyncio.PriorityQueue()
        spoilt(jobs)
        with pytest.raises(TypeError):
            await jobs.get()
        for _ in out_of(jobs):
            jobs.task_done()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(jobs.join(), 3600)
        jobs.task_done()
        await jobs.join()

    perform(main)


@pytest.mark.always("priority-failed-get-wakes-nobody")
def test_a_failed_get_wakes_nobody_who_waits_for_room() -> None:
    # one way: the asyncio queue is tried below
    # no mutant: утверждение о самой очереди, программа к нему не нужна
    jobs: Any = queue.PriorityQueue(3)
    spoilt(jobs)
    thread = Thread(target=jobs.put, args=((3, {}),), daemon=True)
    thread.start()
    thread.join(MOMENT)
    with pytest.raises(TypeError):
        jobs.get()
    thread.join(MOMENT)
    assert (thread.is_alive(), jobs.qsize()) == (True, 2)
    jobs.get()  # one that succeeds wakes it
    thread.join()

    async def main() -> None:
        jobs: Any = asyncio.PriorityQueue(3)
        spoilt(jobs)
        putting = asyncio.create_task(jobs.put((3, {})))
        await asyncio.sleep(1)
        with pytest.raises(TypeError):
            await jobs.get()
        await asyncio.sleep(1)
        assert (putting.done(), jobs.qsize()) == (False, 2)
        await jobs.get()
        await putting

    perform(main)


@pytest.mark.always("priority-no-subclass")
@ways(kind=KINDS, first={"of the class": 0, "of its subclass": 1})
def test_entries_of_a_subclass_cannot_be_compared(kind: type[Any], first: int) -> None:
    # no mutant: с чем сравнивать, решает сам dataclass
    entry = load("threads/priority_fixed").Entry
    makers = [entry, type("Urgent", (entry,), {})]
    jobs = kind()
    for make in makers:
        jobs.put_nowait(make(2, {}))  # the first alone
        jobs.get_nowait()
    jobs.put_nowait(makers[first](2, {}))
    with pytest.raises(TypeError, match="not supported between instances"):
        jobs.put_nowait(makers[1 - first](1, {}))


@pytest.mark.always("priority-put-keeps")
@ways(kind=KINDS)
def test_the_refused_entry_is_in_the_queue(kind: type[Any]) -> None:
    assert play("threads/priority_put_broken").lines == [
        "put: newsletter was refused",
        "worker: report",
        "worker: newsletter",
        "task_done() called too many times",
    ]
    jobs = kind()
    jobs.put_nowait((1, {"name": "one"}))
    with pytest.raises(TypeError):
        jobs.put_nowait((1, {"name": "two"}))
    assert sorted(job["name"] for _, job in out_of(jobs)) == ["one", "two"]
    jobs.task_done()
    with pytest.raises(ValueError, match="too many times"):
        jobs.task_done()


@pytest.mark.always("priority-starves")
@ways(kind=KINDS, arriving={"as many": 1, "more": 2})
def test_urgent_jobs_keep_the_others_waiting(kind: type[Any], arriving: int) -> None:
    assert play("threads/priority_starving_broken").lines == ["urgent"] * 5 + ["report"]
    jobs, number = kind(), itertools.count()
    jobs.put_nowait((2, next(number), "report"))
    for _ in range(1000):
        for _ in range(arriving):
            jobs.put_nowait((1, next(number), "urgent"))
        assert jobs.get_nowait()[2] == "urgent"


@pytest.mark.always("priority-deadline")
@ways(kind=KINDS, arriving={"as many": 1, "more": 5})
def test_with_a_deadline_a_job_comes_before_all_later_ones(kind: type[Any], arriving: int) -> None:
    trace = play("threads/priority_starving_fixed")
    assert trace.lines == ["urgent"] * 3 + ["report"] + ["urgent"] * 2
    assert trace.at("report") == 3
    jobs, number = kind(), itertools.count()
    jobs.put_nowait((10, next(number), "report"))
    taken = []
    for now in range(100):
        for _ in range(arriving):
            jobs.put_nowait((now + 1, next(number), "urgent"))
        taken.append(jobs.get_nowait())
    before = taken[: [name for *_, name in taken].index("report")]
    assert len(before) <= 10 * arriving
    assert all(deadline <= 10 for deadline, *_ in before)


@pytest.mark.always("priority-no-preemption")
@ways(workers={"1": 1, "3": 3})
def test_an_urgent_job_waits_for_a_free_worker(workers: int) -> None:
    # no mutant: утверждение о рабочих потоках, срочных заданий посреди работы программа не кладёт
    jobs: queue.PriorityQueue[tuple[float, int]] = queue.PriorityQueue()
    begun: queue.Queue[int] = queue.Queue()
    gates = [Event() for _ in range(workers + 2)]

    def work() -> None:
        while (entry := jobs.get())[0] != inf:
            begun.put(entry[1])
            gates[entry[1]].wait()

    threads = [Thread(target=work, daemon=True) for _ in range(workers)]
    for number in range(workers):
        jobs.put((2, number))
    for thread in threads:
        thread.start()
    assert {begun.get() for _ in threads} == set(range(workers))
    jobs.put((2, workers))
    jobs.put((1, workers + 1))
    with pytest.raises(queue.Empty):
        begun.get(timeout=MOMENT)
    gates[workers - 1].set()  # this worker is free first
    assert begun.get() == workers + 1
    for gate in gates:
        gate.set()
    for number, _ in enumerate(threads):
        jobs.put((inf, number))
    for thread in threads:
        thread.join()


@pytest.mark.always("priority-full-waits")
@ways(size={"1": 1, "3": 3})
def test_an_urgent_put_waits_for_room(size: int) -> None:
    # no mutant: утверждение о самой очереди, программа к нему не нужна
    jobs: queue.PriorityQueue[int] = queue.PriorityQueue(size)
    for _ in range(size):
        jobs.put(2)
    with pytest.raises(queue.Full):
        jobs.put_nowait(1)
    thread = Thread(target=jobs.put, args=(1,), daemon=True)
    thread.start()
    thread.join(MOMENT)
    assert thread.is_alive()
    assert jobs.get() == 2
    thread.join()
    assert jobs.get() == 1

    async def main() -> None:
        jobs: asyncio.PriorityQueue[int] = asyncio.PriorityQueue(size)
        for _ in range(size):
            jobs.put_nowait(2)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(jobs.put(1), 3600)
        putting = asyncio.create_task(jobs.put(1))
        await asyncio.sleep(1)
        assert jobs.get_nowait() == 2
        await putting
        assert jobs.get_nowait() == 1

    perform(main)


@pytest.mark.always("priority-pool-has-none")
@ways(workers={"1": 1, "4": 4})
def test_a_pool_of_threads_begins_jobs_as_they_were_submitted(workers: int) -> None:
    # no mutant: утверждение о пуле, программа к нему не нужна
    begun: queue.Queue[int] = queue.Queue()
    gates = [Event() for _ in range(20)]

    def work(number: int) -> None:
        begun.put(number)
        gates[number].wait()

    with ThreadPoolExecutor(workers) as pool:
        for number in range(20):
            pool.submit(work, number)
        assert {begun.get() for _ in range(workers)} == set(range(workers))
        for number in range(workers, 20):  # one worker is free at a time
            gates[number - workers].set()
            assert begun.get() == number
        for gate in gates:
            gate.set()
