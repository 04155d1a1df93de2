"""Proofs for source/patterns/queue.md."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

from tests.ways import SOME, ways


class Leaky(asyncio.Queue[int]):
    """The broken twin: takes what is there in two steps with a wait in between."""

    async def get(self) -> int:
        if self.empty():
            return await super().get()
        item = self._queue[0]
        await asyncio.sleep(0)
        with suppress(ValueError):
            self._queue.remove(item)
        return item


class Forgetful(asyncio.Queue[int]):
    """Another broken twin: gives the latest away twice if two ask at once."""

    async def get(self) -> int:
        item = await super().get()
        await asyncio.sleep(0)
        if self._unfinished_tasks > 1:
            self._queue.append(item)
        return item


def _deliveries(queue: type[asyncio.Queue[int]], maxsize: int = 0) -> Iterator[list[str]]:
    """Yield for each interleaving which pages the snippet's two consumers finished."""
    consume = load("patterns/queue_workers").consume

    async def main() -> None:
        pages = queue(maxsize)
        consumers = [asyncio.create_task(consume("", pages)) for _ in range(2)]
        for page in (1, 2):
            await asyncio.sleep(0)
            await pages.put(page)
        await asyncio.wait(consumers, timeout=5)
        for consumer in consumers:
            consumer.cancel()
        await asyncio.gather(*consumers, return_exceptions=True)

    for trace in interleavings(main):
        yield sorted(trace.lines)


@pytest.mark.never("queue-exactly-once")
def test_no_item_is_lost_or_taken_twice(explored: Callable[..., None]) -> None:
    both = [": page 1", ": page 2"]
    taken = [*_deliveries(asyncio.Queue), *_deliveries(asyncio.Queue, maxsize=1)]
    assert all(pages == both for pages in taken)
    explored(
        len(taken),
        twin_fails=[
            any(pages != both for pages in _deliveries(twin)) for twin in (Leaky, Forgetful)
        ],
    )


@pytest.mark.always("queue-fifo")
@ways(maxsize={"no limit": 0, "1": 1, "3": 3}, nowait={"put": False, "put_nowait": True})
def test_items_leave_in_the_order_of_entering(maxsize: int, nowait: bool) -> None:
    async def main() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize)

        async def produce() -> None:
            for number in range(10):
                if nowait and not queue.full():
                    queue.put_nowait(number)
                else:
                    await queue.put(number)

        producing = asyncio.create_task(produce())
        assert [await queue.get() for _ in range(10)] == list(range(10))
        await producing

    perform(main)


@pytest.mark.always("queue-join")
@ways(count={"0": 0, **SOME})
def test_join_waits_for_as_many_task_done_as_puts(count: int) -> None:
    trace = play("patterns/queue_workers")
    assert trace.at("main: all pages are done") == trace.at("a: page 5") == 9
    assert trace.ordered("a: page 5", "main: all pages are done")

    async def main() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue()
        for number in range(count):
            queue.put_nowait(number)
            queue.get_nowait()
        joining = asyncio.create_task(queue.join())
        for _ in range(count):
            await asyncio.sleep(1)
            assert queue.empty()
            assert not joining.done()
            queue.task_done()
        await joining
        print("joined")

    assert perform(main).at("joined") == count


@pytest.mark.always("queue-join-too-early")
@ways(
    done={"a new queue": 0, "one is done": 1, "two are done": 2},
    maxsize={"no limit": 0, "1": 1},
    waits={"the producer works on": False, "the producer has ended": True},
)
def test_join_knows_nothing_of_what_is_still_to_come(done: int, maxsize: int, waits: bool) -> None:
    async def main() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue(maxsize)
        taken: list[int] = []

        async def produce() -> None:
            for number in range(5):
                await asyncio.sleep(1)
                await queue.put(number)

        async def consume() -> None:
            while True:
                taken.append(await queue.get())
                queue.task_done()

        producing, consuming = asyncio.create_task(produce()), asyncio.create_task(consume())
        await asyncio.sleep(done + 0.5)
        if waits:
            await producing
        await queue.join()
        print(f"taken: {len(taken)}")
        producing.cancel()
        consuming.cancel()

    trace = perform(main)
    assert trace.at(f"taken: {5 if waits else done}") == (5 if waits else done + 0.5)


@pytest.mark.always("queue-task-done-extra")
# one way: a fact about one method
def test_one_task_done_too_many() -> None:
    async def main() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue()
        with pytest.raises(ValueError, match="too many times"):
            queue.task_done()
        queue.put_nowait(1)
        queue.task_done()
        with pytest.raises(ValueError, match="too many times"):
            queue.task_done()

    perform(main)


@pytest.mark.always("queue-unbounded")
# one way: a fact about one method
def test_put_without_a_limit_never_waits() -> None:
    async def main() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue()
        asyncio.get_running_loop().call_soon(print, "the loop passed")
        for number in range(1000):
            await queue.put(number)
        print(f"waiting: {queue.qsize()}")
        await asyncio.sleep(0)

    assert perform(main).ordered("waiting: 1000", "the loop passed")
    lines = play("patterns/queue_backpressure").lines
    assert lines[1:5] == [f"put {number}, waiting: {number}" for number in range(1, 5)]


@pytest.mark.always("queue-unbounded-starves")
# one way: a fact about one method
def test_a_producer_that_only_puts_starves_the_others() -> None:
    def run(waits: bool) -> list[str]:
        async def main() -> None:
            queue: asyncio.Queue[int] = asyncio.Queue()

            async def produce() -> None:
                for number in range(3):
                    if waits:
                        await asyncio.sleep(0.1)
                    await queue.put(number)
                    print("put")

            async def consume() -> None:
                for _ in range(3):
                    await queue.get()
                    print("got")

            await asyncio.gather(consume(), produce())

        return perform(main).lines

    assert run(waits=False) == ["put"] * 3 + ["got"] * 3
    assert run(waits=True) == ["put", "got"] * 3


@pytest.mark.always("queue-put-waits")
# one way: a fact about one method, with three sizes
def test_put_waits_for_a_free_place() -> None:
    for maxsize in (1, 2, 5):

        async def main(maxsize: int = maxsize) -> None:
            queue: asyncio.Queue[int] = asyncio.Queue(maxsize)

            async def produce() -> None:
                for number in range(10):
                    await queue.put(number)
                    assert queue.qsize() <= maxsize
                    print(f"put {number}")

            producing = asyncio.create_task(produce())
            for _ in range(10):
                await asyncio.sleep(1)
                await queue.get()
            await producing

        trace = perform(main)
        for number in range(10):
            assert trace.at(f"put {number}") == max(0, number - maxsize + 1)


@pytest.mark.always("queue-shutdown")
# one way: a fact about one method, with each kind of waiting
def test_shutdown_lets_the_queue_run_dry() -> None:
    # no mutant: метод появился в Python 3.13, а доказательства ломают на 3.11
    if sys.version_info < (3, 13):
        assert not hasattr(asyncio.Queue, "shutdown")
        return

    async def main() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue()
        queue.put_nowait(1)
        queue.put_nowait(2)
        queue.shutdown()
        with pytest.raises(asyncio.QueueShutDown):
            await queue.put(3)
        assert [await queue.get(), await queue.get()] == [1, 2]
        with pytest.raises(asyncio.QueueShutDown):
            await queue.get()

        queue = asyncio.Queue()
        queue.put_nowait(1)
        queue.shutdown(immediate=True)
        with pytest.raises(asyncio.QueueShutDown):
            await queue.get()

        empty: asyncio.Queue[int] = asyncio.Queue()
        waiting = [asyncio.create_task(empty.get()) for _ in range(3)]
        await asyncio.sleep(1_000_000)
        assert not any(task.done() for task in waiting)
        empty.shutdown()
        await asyncio.wait(waiting)
        assert all(isinstance(task.exception(), asyncio.QueueShutDown) for task in waiting)

        full: asyncio.Queue[int] = asyncio.Queue(maxsize=1)
        full.put_nowait(1)
        putting = asyncio.create_task(full.put(2))
        await asyncio.sleep(1)
        assert not putting.done()
        full.shutdown()
        await asyncio.wait([putting])
        assert isinstance(putting.exception(), asyncio.QueueShutDown)

        dropping: asyncio.Queue[int] = asyncio.Queue()
        dropping.put_nowait(1)
        dropping.shutdown(immediate=True)
        await dropping.join()

    perform(main)


@pytest.mark.always("queue-one-sentinel")
# one way: a fact about one class, with each number
def test_one_sentinel_stops_one_consumer() -> None:
    broken = play("patterns/queue_sentinel_broken")
    assert sum(line.endswith("stops") for line in broken.lines) == 1
    assert broken.at("main: somebody still waits") == 5
    fixed = play("patterns/queue_sentinel_fixed")
    assert sum(line.endswith("stops") for line in fixed.lines) == 2
    assert fixed.at("main: everybody has stopped") == 2
    for consumers in (2, 3, 7):
        for sentinels in range(consumers + 1):

            async def main(consumers: int = consumers, sentinels: int = sentinels) -> None:
                queue: asyncio.Queue[None] = asyncio.Queue()
                waiting = [asyncio.create_task(queue.get()) for _ in range(consumers)]
                for _ in range(sentinels):
                    queue.put_nowait(None)
                await asyncio.sleep(1000)
                assert sum(task.done() for task in waiting) == sentinels

            perform(main)

    async def put_back() -> None:
        queue: asyncio.Queue[None] = asyncio.Queue()

        async def consume() -> None:
            queue.put_nowait(await queue.get())

        waiting = [asyncio.create_task(consume()) for _ in range(3)]
        queue.put_nowait(None)
        await asyncio.sleep(1000)
        assert all(task.done() for task in waiting)

    perform(put_back)


@pytest.mark.always("queue-early-sentinels")
@ways(
    maxsize={"no limit": 0, "1": 1},
    consumers={"one": 1, "two": 2},
    waits={"as soon as one has ended": False, "after all": True},
)
def test_sentinels_come_after_all_producers(maxsize: int, consumers: int, waits: bool) -> None:
    # no mutant: в примере очередь наполняет один производитель
    async def main() -> None:
        queue: asyncio.Queue[int | None] = asyncio.Queue(maxsize)
        taken: list[int] = []

        async def produce(pause: float) -> None:
            for number in range(3):
                await asyncio.sleep(pause)
                await queue.put(number)

        async def consume() -> None:
            while (item := await queue.get()) is not None:
                taken.append(item)

        consuming = [asyncio.create_task(consume()) for _ in range(consumers)]
        quick, slow = (asyncio.create_task(produce(pause)) for pause in (1, 10))
        await (asyncio.wait([quick, slow]) if waits else quick)
        for _ in range(consumers):
            await queue.put(None)
        await asyncio.wait(consuming)
        await asyncio.sleep(1_000_000)
        assert slow.done() is (waits or not maxsize)
        slow.cancel()
        left = 0 if waits else maxsize or 3
        assert (len(taken), queue.qsize()) == (6 if waits else 3, left)

    perform(main)
