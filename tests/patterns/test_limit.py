"""Proofs for source/patterns/limit.md."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from math import ceil
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.clock import VirtualLoop
from proven.stage.explore import interleavings
from proven.stage.trace import Trace

Explored = Callable[..., None]
WORKERS = 10


def most_tasks(name: str, pages: int) -> int:
    """Return how many tasks at most were alive at once while the snippet loaded the pages."""
    most = 0

    class Counting(VirtualLoop):
        def create_task(self, *args: Any, **options: Any) -> asyncio.Task[Any]:
            nonlocal most
            task = super().create_task(*args, **options)
            most = max(most, len(asyncio.all_tasks(self)))
            return task

    main = load(name).main
    assert perform(lambda: main(pages), Counting).lines[-1] == "all pages are loaded"
    return most


@pytest.mark.always("limit-semaphore-all-tasks")
def test_behind_a_semaphore_all_tasks_exist_at_once() -> None:
    assert "tasks alive: 1001" in play("patterns/limit_semaphore").lines
    for pages in (1, 10, 100, 500):
        assert most_tasks("patterns/limit_semaphore", pages) == pages + 1


@pytest.mark.never("limit-workers-few-tasks")
def test_the_number_of_pages_never_adds_tasks(explored: Explored) -> None:
    numbers = (0, 1, 9, 10, 11, 100, 500)
    for name in ("patterns/limit_queue", "patterns/limit_iterator"):
        assert {most_tasks(name, pages) for pages in numbers} == {WORKERS + 1}
    twin = max(most_tasks("patterns/limit_semaphore", pages) for pages in numbers)
    explored(2 * len(numbers), twin_fails=twin > WORKERS + 1)


@pytest.mark.always("limit-same-time")
def test_all_three_take_the_same_time() -> None:
    for pages in (1, 10, 11, 95, 100):
        for name in ("patterns/limit_semaphore", "patterns/limit_queue", "patterns/limit_iterator"):
            main = load(name).main
            trace = perform(lambda main=main, pages=pages: main(pages))
            assert trace.elapsed == pytest.approx(0.01 * ceil(pages / WORKERS))


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
    explored(sum(map(len, fullest.values())), twin_fails=max(_fullest(0)) > 3)


@pytest.mark.always("limit-join-waits-for-all")
def test_join_waits_until_each_item_is_done() -> None:
    work = load("patterns/limit_queue").work

    class Telling(asyncio.Queue[int]):
        def task_done(self) -> None:
            print("done")
            super().task_done()

    async def main() -> None:
        queue = Telling()
        for page in range(3):
            queue.put_nowait(page)
        workers = [asyncio.create_task(work(queue)) for _ in range(2)]
        await asyncio.sleep(0.005)
        await queue.join()
        print("joined")
        for worker in workers:
            worker.cancel()

    for trace in interleavings(main):
        assert trace.lines == ["done"] * 3 + ["joined"]
        assert trace.at("joined") == 0.02, "the queue was empty after 0.01 s"


async def _peek_then_take(pages: list[int]) -> None:
    """The broken twin: lets the others run between looking and taking."""
    while pages:
        page = pages[0]
        await asyncio.sleep(0)
        print(f"page {page}")
        with suppress(ValueError):
            pages.remove(page)


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
    twin = _shared_by_two(_peek_then_take, lambda: list(range(3)))
    explored(
        len(traces), twin_fails=any(len(set(trace.lines)) < len(trace.lines) for trace in twin)
    )


@pytest.mark.always("limit-async-generator-error")
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


@pytest.mark.always("limit-join-hangs")
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


@pytest.mark.always("limit-queue-shutdown")
def test_shutdown_lets_the_workers_go_since_3_13() -> None:
    work = load("patterns/limit_queue").work

    async def main() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue()
        queue.put_nowait(1)
        workers = [asyncio.create_task(work(queue)) for _ in range(2)]
        async with asyncio.timeout(1):
            await queue.join()
        await asyncio.wait(workers, timeout=1_000_000)
        assert not any(worker.done() for worker in workers), "nobody has let them go yet"
        if sys.version_info < (3, 13):
            assert not hasattr(queue, "shutdown")
            return
        queue.shutdown()
        ends = await asyncio.gather(*workers, return_exceptions=True)
        assert [type(end) for end in ends] == [asyncio.QueueShutDown] * 2

    perform(main)
