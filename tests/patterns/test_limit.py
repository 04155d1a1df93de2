"""Proofs for source/patterns/limit.md."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import nullcontext, suppress
from functools import partial
from math import ceil
from random import Random
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.clock import VirtualLoop
from proven.stage.explore import interleavings
from proven.stage.trace import Trace

from tests.ways import Abort, ways

Explored = Callable[..., None]
WORKERS = 10


def most_tasks(way: str | Callable[[int], Any], pages: int) -> int:
    """Return how many tasks at most were alive at once while a snippet, or main, loaded pages."""
    most = 0

    class Counting(VirtualLoop):
        def create_task(self, *args: Any, **options: Any) -> asyncio.Task[Any]:
            nonlocal most
            task = super().create_task(*args, **options)
            most = max(most, len(asyncio.all_tasks(self)))
            return task

    main = load(way).main if isinstance(way, str) else way
    assert perform(lambda: main(pages), Counting).lines[-1] == "all pages are loaded"
    return most


@pytest.mark.always("limit-semaphore-all-tasks")
# one way: its page's program, with several numbers
def test_behind_a_semaphore_all_tasks_exist_at_once() -> None:
    assert "tasks alive: 1001" in play("patterns/limit_semaphore").lines
    for pages in (1, 10, 100, 500):
        assert most_tasks("patterns/limit_semaphore", pages) == pages + 1

    async def from_a_slow_source(pages: int) -> None:
        limit = asyncio.Semaphore(WORKERS)
        async with asyncio.TaskGroup() as group:
            for page in range(pages):
                group.create_task(load("patterns/limit_semaphore").fetch(page, limit))
                await asyncio.sleep(1)
        print("all pages are loaded")

    assert most_tasks(from_a_slow_source, 100) == 2, "who awaits the next page is the exception"


@pytest.mark.never("limit-permit-before-task")
def test_a_permit_taken_before_the_task_limits_the_tasks(explored: Explored) -> None:
    # no mutant: на странице об этом фрагмент, а не пример
    def most(
        permits: int, pages: int, *, before: bool, at_once: bool = False, handing_on: bool = False
    ) -> int:
        seen = []

        async def fetch(page: int, limit: asyncio.Semaphore) -> None:
            seen.append(len(asyncio.all_tasks()))
            if not before:
                await limit.acquire()
            if handing_on:
                asyncio.create_task(asyncio.sleep(100))  # noqa: RUF006 - a job's own, unlimited
            await asyncio.sleep(1 + page % 3)
            if not before:
                limit.release()

        async def main() -> None:
            limit = asyncio.Semaphore(permits)
            async with asyncio.TaskGroup() as group:
                for page in range(pages):
                    if before:
                        await limit.acquire()
                    task = group.create_task(fetch(page, limit))
                    if before:
                        task.add_done_callback(lambda _: at_once or limit.release())
                    seen.append(len(asyncio.all_tasks()))
                    if at_once:
                        limit.release()

        perform(main)
        return max(seen)

    inputs = [(permits, pages) for permits in (1, 2, 10) for pages in (1, 2, 11, 100)]
    for permits, pages in inputs:
        assert most(permits, pages, before=True) <= min(permits, pages) + 1
    # Who takes the permit in the task, and who gives it back before the task is done.
    twins = [most(2, 100, before=False), most(2, 100, before=True, at_once=True)]
    explored(len(inputs), twin_fails=[twin == 101 for twin in twins])
    assert most(2, 100, before=True, handing_on=True) > 3, "a job that makes tasks is the exception"


@pytest.mark.never("limit-workers-few-tasks")
def test_the_number_of_pages_never_adds_tasks(explored: Explored) -> None:
    numbers = (0, 1, 9, 10, 11, 100, 500)
    for name in ("patterns/limit_queue", "patterns/limit_iterator"):
        assert {most_tasks(name, pages) for pages in numbers} == {WORKERS + 1}

    async def handing_on(pages: int) -> None:
        jobs = iter(range(pages))

        async def work(group: asyncio.TaskGroup) -> None:
            for _ in jobs:
                # A worker that doesn't do the job itself.
                group.create_task(asyncio.sleep(1))

        async with asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(work(group))
        print("all pages are loaded")

    twins = [
        max(most_tasks(twin, pages) for pages in numbers) > WORKERS + 1
        for twin in ("patterns/limit_semaphore", handing_on)
    ]
    explored(2 * len(numbers), twin_fails=twins)


@pytest.mark.always("limit-same-time")
# one way: the two ways are the claim, with durations of every kind
def test_all_three_take_the_same_time() -> None:
    for pages in (1, 10, 11, 95, 100):
        for name in ("patterns/limit_semaphore", "patterns/limit_queue", "patterns/limit_iterator"):
            main = load(name).main
            trace = perform(lambda main=main, pages=pages: main(pages))
            assert trace.elapsed == pytest.approx(0.01 * ceil(pages / WORKERS))

    async def by_semaphore(seconds: Iterable[float], at_once: int) -> None:
        limit = asyncio.Semaphore(at_once)

        async def work(each: float) -> None:
            async with limit:
                await asyncio.sleep(each)

        await asyncio.gather(*map(work, seconds))

    async def by_workers(seconds: Iterable[float], at_once: int) -> None:
        jobs = iter(seconds)

        async def work() -> None:
            for each in jobs:
                await asyncio.sleep(each)

        await asyncio.gather(*(work() for _ in range(at_once)))

    for seed in range(30):
        random = Random(seed)
        seconds = [random.choice((0, 1, 2, 5)) for _ in range(random.randrange(30))]
        at_once = random.randrange(1, 5)
        took = [
            # Called before the next round.
            perform(lambda way=way: way(seconds, at_once)).elapsed  # noqa: B023
            for way in (by_semaphore, by_workers)
        ]
        assert took[0] == took[1], f"seed {seed}"

    def read(seconds: list[float], each: float) -> Iterator[float]:
        for job in seconds:
            time.sleep(each)
            yield job

    for each, is_sooner in ((0, False), (1, True)):
        at_once = perform(partial(by_semaphore, read([2] * 8, each), 4)).elapsed
        in_turn = perform(partial(by_workers, read([2] * 8, each), 4)).elapsed
        assert (in_turn < at_once) == is_sooner


def _fullest(maxsize: int) -> Iterator[int]:
    """Yield the fullest that a queue was, for each order of a producer's and a worker's steps."""
    work = load("patterns/limit_queue").work

    async def main() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize)
        worker = asyncio.create_task(work(queue))
        for page in range(4):
            await queue.put(page)
            print(queue.qsize())
        await queue.join()
        worker.cancel()

    for trace in interleavings(main):
        yield max(map(int, trace.lines))


@pytest.mark.never("limit-queue-full")
def test_never_more_in_the_queue_than_maxsize(explored: Explored) -> None:
    fullest = {maxsize: list(_fullest(maxsize)) for maxsize in (1, 2, 3)}
    for maxsize, found in fullest.items():
        assert max(found) == maxsize
    # A queue without a limit, and one whose limit is one higher than it should be.
    twins = [max(_fullest(0)) > 3, max(_fullest(3)) > 2]
    explored(sum(map(len, fullest.values())), twin_fails=twins)


@pytest.mark.always("limit-shutdown-uncaught", since="3.13")
@ways(
    caught={"not caught": False, "caught": True},
    immediate={"all is done": False, "immediate": True},
    workers={"1": 1, "3": 3},
)
def test_a_shutdown_that_no_worker_catches_fails_the_group(
    caught: bool, immediate: bool, workers: int
) -> None:
    # no mutant: мутантов делают на Python 3.11, там очередь ещё не закрыть
    work = load("patterns/limit_queue").work
    shut_down: type[BaseException] = getattr(asyncio, "QueueShutDown", Abort)

    async def work_on(queue: asyncio.Queue[int]) -> None:
        with suppress(shut_down) if caught else nullcontext():
            await work(queue)

    async def main() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(work_on(queue))
                for page in range(5):
                    queue.put_nowait(page)
                if not immediate:
                    await queue.join()
                # Ruff reads for 3.11, which lacks it.
                getattr(queue, "shutdown")(immediate)  # noqa: B009
        except ExceptionGroup as group_error:
            print({type(each) for each in group_error.exceptions} == {shut_down})
        else:
            print("no error")

    assert perform(main).lines == ["no error" if caught else "True"]


async def _peek_then_take(pages: list[int]) -> None:
    """The broken twin: lets the others run between looking and taking."""
    while pages:
        page = pages[0]
        await asyncio.sleep(0)
        print(f"page {page}")
        with suppress(ValueError):
            pages.remove(page)


async def _take_and_drop(pages: list[int]) -> None:
    """Another broken twin: drops the first page, which need not be the one it took."""
    while pages:
        page = pages[0]
        print(f"page {page}")
        await asyncio.sleep(0)
        del pages[:1]


def _shared_by_two(work: Callable[[Any], Any], make: Callable[[], Any]) -> Iterator[Trace]:
    async def main() -> None:
        pages = make()
        await asyncio.gather(work(pages), work(pages))

    return interleavings(main)


@pytest.mark.never("limit-iterator-each-once")
def test_no_page_goes_to_two_workers(explored: Explored) -> None:
    work = load("patterns/limit_iterator").work

    async def fetch(page: int) -> None:
        print(f"page {page}")
        await asyncio.sleep(0)

    work.__globals__["fetch"] = fetch
    every = [f"page {page}" for page in range(4)]
    traces = list(_shared_by_two(work, lambda: iter(range(4))))
    assert all(sorted(trace.lines) == every for trace in traces)
    twins = [
        any(
            len(set(trace.lines)) < len(trace.lines)
            for trace in _shared_by_two(twin, lambda: list(range(3)))
        )
        for twin in (_peek_then_take, _take_and_drop)
    ]
    explored(len(traces), twin_fails=twins)


NO_ITERATORS: dict[str, Callable[[int], Iterable[int]]] = {
    "list": lambda count: [*range(count)],
    "tuple": lambda count: (*range(count),),
    "range": range,
}


@pytest.mark.always("limit-list-repeats")
@ways(make=NO_ITERATORS, workers={"1": 1, "2": 2, "3": 3})
def test_a_list_gives_every_job_to_every_worker(
    make: Callable[[int], Iterable[int]], workers: int
) -> None:
    # no mutant: программа страницы передаёт итератор, так и надо
    def times(shared: Iterable[int]) -> list[int]:
        work, done = load("patterns/limit_iterator").work, list[int]()

        async def fetch(page: int) -> None:
            done.append(page)
            await asyncio.sleep(1)

        work.__globals__["fetch"] = fetch

        async def main() -> None:
            await asyncio.gather(*(work(shared) for _ in range(workers)))

        perform(main)
        return [done.count(page) for page in range(5)]

    assert times(make(5)) == [workers] * 5
    assert times(iter(make(5))) == [1] * 5


@pytest.mark.sometimes("limit-own-queue-fills")
@ways(workers={"1": 1, "2": 2, "10": 10}, maxsize={"1": 1, "10": 10, "no limit": 0})
def test_workers_that_fill_their_own_queue_can_all_stand_in_put(workers: int, maxsize: int) -> None:
    # no mutant: рабочие задачи в примерах страницы ничего в очередь не кладут
    async def work(queue: asyncio.Queue[int]) -> None:
        while True:
            depth = await queue.get()
            try:
                await asyncio.sleep(1)
                for _ in range(3 * (depth < 4)):
                    await queue.put(depth + 1)
            finally:
                queue.task_done()

    async def main() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work(queue)) for _ in range(workers)]
            await queue.put(0)
            with suppress(TimeoutError):
                async with asyncio.timeout(1_000_000):
                    await queue.join()
                    print("all is done")
            assert queue.full() == bool(maxsize)
            for task in tasks:
                task.cancel()

    assert perform(main).lines == ([] if maxsize else ["all is done"])


@pytest.mark.sometimes("limit-task-done-before-put")
@ways(workers={"1": 1, "3": 3}, early={"task_done first": True, "put first": False})
def test_join_does_not_wait_for_what_is_put_after_task_done(workers: int, early: bool) -> None:
    # no mutant: рабочие задачи в примерах страницы ничего в очередь не кладут
    links = {1: [2, 3], 2: [4], 3: [5], 4: [], 5: []}

    async def work(queue: asyncio.Queue[int]) -> None:
        while True:
            page = await queue.get()
            found: list[int] = []
            try:
                await asyncio.sleep(1)
                print(page)
                found = links[page]
                for link in found if not early else ():
                    queue.put_nowait(link)
            finally:
                queue.task_done()
            for link in found if early else ():
                queue.put_nowait(link)

    async def main() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue()
        queue.put_nowait(1)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work(queue)) for _ in range(workers)]
            await queue.join()
            for task in tasks:
                task.cancel()

    assert perform(main).lines == (["1"] if early else ["1", "2", "3", "4", "5"])


@pytest.mark.always("limit-async-generator-error")
# one way: a fact about one type, in every order
def test_an_async_generator_can_not_be_shared() -> None:
    async def pages() -> AsyncIterator[int]:
        for page in range(4):
            await asyncio.sleep(1)
            yield page

    async def work(shared: AsyncIterator[int]) -> None:
        async for _ in shared:
            pass

    async def main() -> None:
        shared = pages()
        results = await asyncio.gather(work(shared), work(shared), return_exceptions=True)
        assert [type(result) for result in results].count(RuntimeError) == 1

    for _ in interleavings(main):
        pass


@pytest.mark.always("limit-async-generator-lock")
@ways(workers={"2": 2, "3": 3}, error={"one lock": False, "a lock each": True})
def test_a_lock_around_anext_makes_it_shareable(workers: int, error: bool) -> None:
    # no mutant: примера с общим асинхронным генератором на странице нет
    async def main() -> None:
        async def pages() -> AsyncIterator[int]:
            for page in range(4):
                await asyncio.sleep(0)
                yield page

        async def work(lock: asyncio.Lock) -> None:
            while True:
                async with lock:
                    page = await anext(shared, None)
                if page is None:
                    return
                print(page)
                await asyncio.sleep(0)

        shared, one = pages(), asyncio.Lock()
        locks = [asyncio.Lock() if error else one for _ in range(workers)]
        results = await asyncio.gather(*map(work, locks), return_exceptions=True)
        assert (RuntimeError in map(type, results)) == error
        await shared.aclose()

    lines = perform(main).lines
    assert error or sorted(lines) == ["0", "1", "2", "3"]


async def _one_is_cancelled(task: asyncio.Task[int]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def _one_runs_out_of_time(task: asyncio.Task[int]) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(task, 0.1)


async def _nobody_is(task: asyncio.Task[int]) -> None:
    assert await task == 0


Fates = Callable[["asyncio.Task[int]"], Coroutine[Any, Any, None]]
FATES: dict[str, Fates] = {
    "cancelled": _one_is_cancelled,
    "out of time": _one_runs_out_of_time,
    "left alone": _nobody_is,
}


@pytest.mark.always("limit-async-generator-cancelled")
@ways(fate=FATES)
def test_a_cancelled_step_ends_the_generator_for_all(fate: Fates) -> None:
    # no mutant: примера с общим асинхронным генератором на странице нет
    async def pages() -> AsyncIterator[int]:
        for page in range(4):
            await asyncio.sleep(1)
            yield page

    async def main() -> None:
        shared = pages()

        async def first() -> int:
            return await anext(shared)

        task = asyncio.create_task(first())
        await asyncio.sleep(0.5)
        await fate(task)
        rest = [page async for page in shared]
        assert rest == ([1, 2, 3] if fate is _nobody_is else [])

    perform(main)


@pytest.mark.always("limit-join-hangs")
# one way: a fact about one method
def test_without_task_done_join_waits_for_ever() -> None:
    broken = play("patterns/limit_join_broken")
    assert broken.elapsed == 1, "as long as it was let"
    assert broken.ordered("still waiting, in the queue: 0", "workers left: 1")
    fixed = play("patterns/limit_join_fixed")
    assert fixed.ordered("page 2: failed", "done, in the queue: 0", "workers left: 2")
    assert fixed.elapsed == 0.2

    async def main(missed: int) -> None:
        queue: asyncio.Queue[int] = asyncio.Queue()
        for page in range(3):
            queue.put_nowait(page)
        for _ in range(3 - missed):
            await queue.get()
            queue.task_done()
        async with asyncio.timeout(1_000_000):
            await queue.join()

    perform(lambda: main(0))
    for missed in (1, 2):
        with pytest.raises(TimeoutError):
            perform(lambda missed=missed: main(missed))
    work = load("patterns/limit_join_broken").work

    async def load_all(pages: tuple[int, ...]) -> None:
        queue: asyncio.Queue[int] = asyncio.Queue()
        workers = [asyncio.create_task(work(queue)) for _ in range(2)]
        for page in pages:
            queue.put_nowait(page)
        try:
            async with asyncio.timeout(1_000_000):
                await queue.join()
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    perform(lambda: load_all((1, 3, 4)))
    with pytest.raises(TimeoutError):
        perform(lambda: load_all((1, 2, 3, 4)))


@pytest.mark.always("limit-join-no-workers")
@ways(workers={"1": 1, "2": 2, "3": 3}, error={"ValueError": ValueError, "exit": Abort})
def test_without_a_group_join_outlives_its_workers(
    workers: int, error: type[BaseException]
) -> None:
    async def fetch(page: int) -> None:
        await asyncio.sleep(0.1)
        raise error

    module = load("patterns/limit_join_fixed")
    module.work.__globals__["fetch"] = fetch

    async def without_a_group(pages: int) -> None:
        queue: asyncio.Queue[int] = asyncio.Queue()
        for page in range(pages):
            queue.put_nowait(page)
        tasks = [asyncio.create_task(module.work(queue)) for _ in range(workers)]
        try:
            async with asyncio.timeout(1_000_000):
                await queue.join()
        finally:
            assert [type(task.exception()) for task in tasks] == [error] * workers

    perform(lambda: without_a_group(workers))
    with pytest.raises(TimeoutError):
        perform(lambda: without_a_group(workers + 1))
    with pytest.raises(BaseExceptionGroup) as raised:
        perform(module.main)
    assert {type(each) for each in raised.value.exceptions} == {error}
