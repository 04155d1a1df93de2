"""Proofs for source/patterns/semaphore-promises.md."""

import asyncio
import multiprocessing
import pickle
import threading
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from itertools import permutations
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings
from proven.stage.trace import Trace

from tests.ways import LEAVES, Leave, ways

Explored = Callable[..., None]


@pytest.mark.always("semaphore-fifo")
# one way: a fact about one class, in every order
def test_waiters_enter_in_the_order_in_which_they_came() -> None:
    async def fetch(page: int, limit: asyncio.Semaphore) -> None:
        print(f"page {page}: in line")
        async with limit:
            print(f"page {page}: loading")
            await asyncio.sleep(1)

    for arrival in permutations(range(4)):

        async def main(arrival: tuple[int, ...] = arrival) -> None:
            limit = asyncio.Semaphore(1)

            async def come(page: int) -> None:
                await asyncio.sleep(arrival.index(page) / 10)
                await fetch(page, limit)

            await asyncio.gather(*(come(page) for page in range(4)))

        lines = perform(main).lines
        entered = [line for line in lines if line.endswith("loading")]
        assert entered == [f"page {page}: loading" for page in arrival]

    async def together() -> None:
        limit = asyncio.Semaphore(1)
        await asyncio.gather(*(fetch(page, limit) for page in range(3)))

    for trace in interleavings(together):
        came, entered = (
            [line.partition(":")[0] for line in trace.lines if line.endswith(step)]
            for step in ("in line", "loading")
        )
        assert came == entered


@pytest.mark.always("semaphore-handed-over")
# one way: a fact about one class, in every order
def test_a_released_permit_belongs_to_the_first_in_line() -> None:
    trace = play("patterns/semaphore_handed_over")
    assert trace.ordered("released: locked = True", "first in line: inside", "latecomer: inside")
    asked = [moment.time for moment in trace.moments if moment.what == "queues"]
    assert asked == [0, 0, 0, 1], "the latecomer asks as soon as the permit is given back"
    visit = load("patterns/semaphore_handed_over").visit

    async def main() -> None:
        limit = asyncio.Semaphore(1)
        await limit.acquire()
        waiter = asyncio.create_task(visit("waiter", limit))
        await asyncio.sleep(1)
        limit.release()
        assert limit.locked()
        await visit("latecomer", limit)
        await waiter

    for trace in interleavings(main):
        assert trace.ordered("waiter: inside", "latecomer: inside")


@pytest.mark.always("semaphore-no-rate")
# one way: a fact about one class, with several numbers
def test_the_number_at_once_is_not_the_number_a_second() -> None:
    trace = play("patterns/semaphore_rate")
    assert sum(event.time < 1 for event in trace.events) == 2 * 4
    for permits, per_second in ((1, 8), (2, 4), (3, 16)):

        async def main(permits: int = permits, per_second: int = per_second) -> None:
            limit = asyncio.Semaphore(permits)

            async def request() -> None:
                async with limit:
                    print("request")
                    await asyncio.sleep(1 / per_second)

            await asyncio.gather(*(request() for _ in range(60)))

        assert sum(event.time < 1 for event in perform(main).events) == permits * per_second

    async def uneven() -> None:
        limit = asyncio.Semaphore(2)

        async def request() -> None:
            async with limit:
                print("request")
                await asyncio.sleep(0.06)

        await asyncio.gather(*(request() for _ in range(400)))

    started = [event.time for event in perform(uneven).events]
    assert [sum(second <= time < second + 1 for time in started) for second in range(6)] != [33] * 6
    assert abs(sum(time < 6 for time in started) - 6 * 2 / 0.06) <= 2


def _either_created_first(module: str, shared: type[Any], *args: int) -> Iterator[Trace]:
    """Run both tasks of the snippet, either one created first, in every order of steps."""
    snippet = load(module)
    for first, second in permutations((snippet.prepare, snippet.publish)):

        async def main(first: Any = first, second: Any = second) -> None:
            common = shared(*args)
            await asyncio.gather(first(common), second(common))

        yield from interleavings(main)


@pytest.mark.sometimes("semaphore-no-order")
def test_the_task_that_is_ready_first_enters_first() -> None:
    assert play("patterns/semaphore_order_broken").ordered("published", "prepared")


class SetTooEarly(asyncio.Event):
    """The broken twin: was set before anything was prepared."""

    def __init__(self) -> None:
        super().__init__()
        self.set()


@pytest.mark.never("event-keeps-order")
def test_with_an_event_the_second_never_comes_first(explored: Explored) -> None:
    traces = list(_either_created_first("patterns/semaphore_order_fixed", asyncio.Event))
    assert all(trace.ordered("prepared", "published") for trace in traces)
    twins = [
        _either_created_first("patterns/semaphore_order_broken", asyncio.Semaphore, 1),
        _either_created_first("patterns/semaphore_order_fixed", SetTooEarly),
    ]
    explored(
        len(traces),
        twin_fails=[
            not all(trace.ordered("prepared", "published") for trace in twin) for twin in twins
        ],
    )


Release = Callable[[asyncio.AbstractEventLoop, asyncio.Semaphore], object]


def _in_thread(call: Callable[[], object]) -> list[Exception]:
    errors: list[Exception] = []

    def work() -> None:
        try:
            call()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return errors


def _wakes(release: Release) -> bool:
    """Tell whether a loop that sleeps with nothing to do wakes when a thread releases."""
    limit = asyncio.Semaphore(0)
    woken: list[bool] = []
    loop = asyncio.SelectorEventLoop()
    loop.set_debug(False)  # it would refuse the plain call
    select = loop._selector.select

    def asleep(timeout: float | None = None) -> Any:
        if timeout is not None:
            return select(timeout)
        # Nothing ready and no timer: the real select would now block until it is woken.
        if not woken:
            assert not _in_thread(lambda: release(loop, limit))
            woken.append(bool(select(0)))
        return select(0)

    loop._selector.select = asleep
    try:
        loop.run_until_complete(limit.acquire())
    finally:
        loop.close()
    return woken[0]


@pytest.mark.always("semaphore-foreign-release-sleeps")
# one way: a fact about one method
def test_a_release_from_another_thread_does_not_wake_the_loop() -> None:
    assert not _wakes(lambda _loop, limit: limit.release())
    assert _wakes(lambda loop, limit: loop.call_soon_threadsafe(limit.release))
    assert play("patterns/semaphore_from_thread").ordered("thread: finished", "task: woken")


@pytest.mark.always("semaphore-foreign-release-debug")
# one way: a fact about one method
def test_debug_mode_reports_a_release_from_another_thread() -> None:
    async def errors() -> list[Exception]:
        limit = asyncio.Semaphore(0)
        # Debug mode loses the waiter's wake-up, so the waiting coroutine is stepped by hand.
        waiter = limit.acquire()
        waiter.send(None).add_done_callback(lambda _: None)
        try:
            return [*_in_thread(limit.release), *_in_thread(limit.release)]
        finally:
            waiter.close()

    # The second release finds nobody whom the first has not begun to wake.
    assert [type(error) for error in asyncio.run(errors(), debug=True)] == [RuntimeError]
    assert asyncio.run(errors(), debug=False) == []


@pytest.mark.always("semaphore-one-loop")
# one way: a fact about one class
def test_waiting_in_a_second_loop_is_a_runtime_error() -> None:
    lines = play("patterns/semaphore_two_loops").lines
    border = lines.index("second asyncio.run")
    assert "RuntimeError" not in lines[:border]
    assert lines[border + 1 :].count("RuntimeError") == 1
    limit = asyncio.Semaphore(1)

    async def visit() -> None:
        async with limit:
            await asyncio.sleep(1)

    async def together() -> None:
        await asyncio.gather(visit(), visit())

    perform(visit)
    perform(together)  # bound here, where the first queue arose
    with pytest.raises(RuntimeError):
        perform(together)


@pytest.mark.sometimes("semaphore-other-loop-unnoticed")
def test_without_a_queue_the_second_loop_goes_unnoticed() -> None:
    limit = asyncio.Semaphore(1)
    loops = []

    async def wait_in_line() -> None:
        await limit.acquire()
        asyncio.get_running_loop().call_soon(limit.release)
        await limit.acquire()
        limit.release()

    async def alone() -> None:
        loops.append(asyncio.get_running_loop())
        async with limit:
            await asyncio.sleep(1)

    perform(wait_in_line)
    for _ in range(2):
        perform(alone)
    assert loops[0] is not loops[1]
    with pytest.raises(RuntimeError):
        perform(wait_in_line)


def _in_child(process: Any, limit: asyncio.Semaphore) -> None:
    """Let a child release the semaphore; it must get there."""
    child = process(target=limit.release)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a fork beside threads
        child.start()
    child.join()
    assert child.exitcode == 0


@pytest.mark.always("semaphore-of-threads-blocks-loop")
# one way: a fact about one class
def test_a_semaphore_of_threads_stops_the_loop() -> None:
    # no mutant: примера с threading.Semaphore на странице нет
    async def taken(in_thread: bool) -> bool:
        """Tell whether a permit is got that another task of the loop gives back."""
        limit = threading.Semaphore(0)
        asyncio.get_running_loop().call_soon(limit.release)
        if in_thread:
            return await asyncio.to_thread(limit.acquire, timeout=20)
        # In vain: the loop that would give it back stands still.
        return limit.acquire(timeout=0.05)

    assert not asyncio.run(taken(in_thread=False))
    assert asyncio.run(taken(in_thread=True))


@pytest.mark.always("semaphore-of-threads-cancelled")
@ways(leave=LEAVES, returns={"nobody": False, "the thread": True})
def test_a_cancelled_wait_in_a_thread_takes_a_permit(leave: Leave, returns: bool) -> None:
    # no mutant: примера с threading.Semaphore на странице нет
    async def main() -> bool:
        limit, began, took = threading.Semaphore(0), threading.Event(), threading.Event()

        def work() -> None:
            began.set()
            limit.acquire()
            if returns:
                limit.release()
            took.set()

        waiting = asyncio.create_task(asyncio.to_thread(work))
        assert await asyncio.to_thread(began.wait, 20)
        with suppress(TimeoutError, asyncio.CancelledError, ExceptionGroup):
            await leave(waiting, 0)
        assert waiting.cancelled()
        limit.release()
        assert await asyncio.to_thread(took.wait, 20)
        return limit.acquire(blocking=False)

    assert asyncio.run(main()) == returns


@pytest.mark.always("semaphore-of-threads-fills-pool")
@ways(threads={"1": 1, "3": 3}, free={"none is free": 0, "one is free": 1})
def test_those_who_wait_in_threads_leave_none_to_the_holder(threads: int, free: int) -> None:
    # no mutant: примера с threading.Semaphore на странице нет
    async def main() -> bool:
        limit = threading.Semaphore(1)
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads))
        await asyncio.to_thread(limit.acquire)
        waiting = [
            asyncio.create_task(asyncio.to_thread(limit.acquire)) for _ in range(threads - free)
        ]
        work = asyncio.create_task(asyncio.to_thread(int))
        # What never comes doesn't come later either; what comes may be slow.
        done, _ = await asyncio.wait([work], timeout=60 if free else 0.1)
        for _ in waiting:
            limit.release()
        await asyncio.gather(work, *waiting)
        return bool(done)

    assert asyncio.run(main()) == bool(free)


@pytest.mark.always("semaphore-of-threads-holds-pool")
@ways(threads={"1": 1, "3": 3}, free={"none is free": 0, "one is free": 1})
def test_who_waits_in_a_thread_holds_it(threads: int, free: int) -> None:
    # no mutant: примера с threading.Semaphore на странице нет
    limit, finished = threading.Semaphore(0), []

    def work() -> None:
        with limit:
            finished.append(True)

    async def main() -> None:
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads))
        waiting = [asyncio.create_task(asyncio.to_thread(work)) for _ in range(threads - free)]
        await asyncio.sleep(0)
        another = asyncio.create_task(asyncio.to_thread(finished.copy))
        if free:
            assert await another == []
        else:
            await asyncio.wait([another], timeout=0.05)
            assert not another.done()
        limit.release()
        await asyncio.gather(*waiting)
        # A thread was free for it only when one of the functions had ended.
        assert bool(await another) == (not free)

    asyncio.run(main())


@pytest.mark.always("semaphore-process-copy")
# one way: a fact about one class, by fork and by spawn
def test_another_process_gets_a_copy() -> None:
    limit = asyncio.Semaphore(0)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        pool.submit(asyncio.Semaphore.release, limit).result()
    assert limit.locked(), "the release of the other process is not seen here"
    in_fork = multiprocessing.get_context("fork").Process
    _in_child(in_fork, limit)
    assert limit.locked(), "a fork has a copy as well"
    limit.release()
    assert not limit.locked()
    pickle.dumps(limit)

    async def main() -> None:
        waiter = asyncio.create_task(limit.acquire())
        assert await limit.acquire()
        await asyncio.sleep(0)
        limit.release()
        await waiter

    perform(main)
    with pytest.raises((AttributeError, TypeError, pickle.PicklingError)):
        pickle.dumps(limit)
    free = limit._value
    _in_child(in_fork, limit)
    assert limit._value == free, "still a copy"
