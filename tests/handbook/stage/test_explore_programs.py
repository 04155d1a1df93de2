"""Small programs whose outcomes are known: the explorer finds each of them, and no other."""

import asyncio
from collections.abc import Callable
from itertools import accumulate
from types import SimpleNamespace as Shared
from typing import Any

import pytest
from proven.stage.explore import Threads, interleavings, queues, threading

Worker = Callable[[Any], object]
OF_THREADS: dict[str, tuple[list[Worker], Callable[[Any], object], set[object]]] = {}
OF_TASKS: dict[str, tuple[Callable[[], Any], set[str]]] = {}


def shared() -> Shared:
    """Return what all programs of threads share: each takes of it what it needs."""
    return Shared(
        x=0,
        y=0,
        seen=[],
        lock=threading.Lock(),
        rlock=threading.RLock(),
        event=threading.Event(),
        barrier=threading.Barrier(2),
        room=threading.Semaphore(2),
        changed=threading.Condition(),
        queue=queues.Queue(),
        local=threading.local(),
    )


def outcomes(*workers: Worker, told: Callable[[Any], object]) -> set[object]:
    """Return what `told` tells at the end of each order, or what broke."""
    found: set[object] = set()
    # A generator never says that something is wrong: all orders are seen.
    explored = Threads(shared, workers, lambda s: [found.add(told(s))]).explore(seen=(runs := []))
    assert explored.orders == len(runs)
    return found | {f"{failure.kind}: {failure.text}" for _, failure, _ in runs if failure}


def of_threads(*outcomes: object, told: Callable[[Any], object] = lambda s: tuple(s.seen)) -> Any:
    """Register a function that returns the workers of a program."""

    def register(make: Callable[[], list[Worker]]) -> None:
        OF_THREADS[make.__name__] = make(), told, set(outcomes)

    return register


def of_tasks(*outcomes: str) -> Any:
    """Register a main whose printed lines, joined, are the outcome."""

    def register(main: Callable[[], Any]) -> None:
        OF_TASKS[main.__name__] = main, set(outcomes)

    return register


# Threads.


@of_threads((1,))
def an_event_set_after_the_write() -> list[Worker]:
    def write(s: Any) -> None:
        s.x = 1
        s.event.set()

    def read(s: Any) -> None:
        s.event.wait()
        s.seen.append(s.x)

    return [read, write]


@of_threads((0,), (1,))
def an_event_set_before_the_write() -> list[Worker]:
    def write(s: Any) -> None:
        s.event.set()
        s.x = 1

    def read(s: Any) -> None:
        s.event.wait()
        s.seen.append(s.x)

    return [read, write]


@of_threads((True,), (False,))
def a_wait_with_a_timeout() -> list[Worker]:
    def wait(s: Any) -> None:
        s.seen.append(s.event.wait(timeout=1))

    return [wait, lambda s: s.event.set()]


@of_threads((1, 1))
def a_barrier_between_writes_and_reads() -> list[Worker]:
    def first(s: Any) -> None:
        s.x = 1
        s.barrier.wait()
        with s.lock:
            s.seen.append(s.y)

    def second(s: Any) -> None:
        s.y = 1
        s.barrier.wait()
        with s.lock:
            s.seen.append(s.x)

    return [first, second]


@of_threads((0, 1), (1, 0), (1, 1), told=lambda s: (s.r1, s.r2))
def each_writes_then_looks_at_the_other() -> list[Worker]:
    def first(s: Any) -> None:
        s.x = 1
        s.r1 = s.y

    def second(s: Any) -> None:
        s.y = 1
        s.r2 = s.x

    return [first, second]


@of_threads(1, 2, told=lambda s: max(accumulate(s.seen)))
def a_semaphore_of_two() -> list[Worker]:
    def visit(s: Any) -> None:
        with s.room:
            s.seen.append(1)
            s.seen.append(-1)

    return [visit] * 3


@of_threads((1,))
def wait_for_a_condition() -> list[Worker]:
    def tell(s: Any) -> None:
        with s.changed:
            s.x = 1
            s.changed.notify()

    def wait(s: Any) -> None:
        with s.changed:
            s.changed.wait_for(lambda: s.x)
        s.seen.append(s.x)

    return [wait, tell]


@of_threads(("a", "b", "joined"))
def a_join_of_a_queue() -> list[Worker]:
    def put(s: Any) -> None:
        s.queue.put("a")
        s.queue.put("b")
        s.queue.join()
        s.seen.append("joined")

    def work(s: Any) -> None:
        for _ in range(2):
            s.seen.append(s.queue.get())
            s.queue.task_done()

    return [put, work]


@of_threads(("a", "b", "joined"), ("a", "joined", "b"))
def done_before_the_work_is_noted() -> list[Worker]:
    def put(s: Any) -> None:
        s.queue.put("a")
        s.queue.put("b")
        s.queue.join()
        s.seen.append("joined")

    def work(s: Any) -> None:
        s.seen.append(s.queue.get())
        s.queue.task_done()
        item = s.queue.get()
        s.queue.task_done()
        s.seen.append(item)

    return [put, work]


@of_threads((), ("rings",))
def a_timer_that_is_cancelled() -> list[Worker]:
    def set_and_cancel(s: Any) -> None:
        timer = threading.Timer(1, s.seen.append, ["rings"])
        timer.start()
        timer.cancel()
        timer.join()

    return [set_and_cancel]


@of_threads((1, 2), (2, 1))
def a_local_of_each_thread() -> list[Worker]:
    def keep(number: int) -> Worker:
        def work(s: Any) -> None:
            s.local.own = number
            with s.lock:
                s.seen.append(s.local.own)

        return work

    return [keep(1), keep(2)]


@of_threads((), told=lambda s: tuple(s.seen) if s.x == 2 else s.x)
def an_rlock_taken_twice() -> list[Worker]:
    def add(s: Any) -> None:
        with s.rlock, s.rlock:
            s.x += 1

    return [add, add]


@of_threads(
    "deadlock: A waits for Lock 1, held by A; B waits for Lock 1, held by A",
    "deadlock: A waits for Lock 1, held by B; B waits for Lock 1, held by B",
)
def a_lock_taken_twice() -> list[Worker]:
    def add(s: Any) -> None:
        with s.lock, s.lock:
            s.x += 1

    return [add, add]


@of_threads("error: A: ValueError: 0", (1,))
def an_exception_in_a_worker() -> list[Worker]:
    def check(s: Any) -> None:
        with s.lock:
            if not s.x:
                raise ValueError(s.x)
            s.seen.append(s.x)

    def write(s: Any) -> None:
        with s.lock:
            s.x = 1

    return [check, write]


@of_threads((), ("daemon",))
def a_daemon_that_nobody_waits_for() -> list[Worker]:
    def start(s: Any) -> None:
        threading.Thread(target=s.seen.append, args=("daemon",), daemon=True).start()

    return [start]


# Tasks.


@of_tasks("a b ['a', 'b']", "b a ['a', 'b']")
async def results_of_gather() -> None:
    async def work(name: str) -> str:
        await asyncio.sleep(0)
        print(name)
        return name

    print(await asyncio.gather(work("a"), work("b")))


@of_tasks("fails cancelled group", "done fails group", "fails done group", "fails group")
async def a_group_of_which_one_fails() -> None:
    async def fail() -> None:
        print("fails")
        raise ValueError

    async def work() -> None:
        try:
            await asyncio.sleep(0)
            print("done")
        except asyncio.CancelledError:
            print("cancelled")
            raise

    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(work())
            group.create_task(fail())
    except* ValueError:
        print("group")


@of_tasks("in time", "too late")
async def wait_for_as_long_as_it_takes() -> None:
    try:
        await asyncio.wait_for(asyncio.sleep(1), 1)
        print("in time")
    except TimeoutError:
        print("too late")


@of_tasks("in time too late")
async def wait_for_longer_and_for_less() -> None:
    await asyncio.wait_for(asyncio.sleep(1), 2)
    print("in time")
    try:
        await asyncio.wait_for(asyncio.sleep(2), 1)
    except TimeoutError:
        print("too late")


@of_tasks("cancelled saved", "saved cancelled", "saved")
async def a_shield_around_what_must_be_saved() -> None:
    async def save() -> None:
        await asyncio.sleep(0)
        print("saved")

    inner = asyncio.create_task(save())

    async def wait() -> None:
        try:
            await asyncio.shield(inner)
        except asyncio.CancelledError:
            print("cancelled")

    outer = asyncio.create_task(wait())
    await asyncio.sleep(0)
    outer.cancel()
    await asyncio.gather(outer, inner, return_exceptions=True)


@of_tasks("0 1 done", "0 1 cancelled", "0 cancelled", "cancelled")
async def a_cancellation_at_any_wait() -> None:
    async def work() -> None:
        for number in range(2):
            print(number)
            await asyncio.sleep(0)

    task = asyncio.create_task(work())

    async def stop() -> None:
        task.cancel()

    await asyncio.gather(asyncio.create_task(stop()), task, return_exceptions=True)
    print("cancelled" if task.cancelled() else "done")


@of_tasks("woken", "Deadlock")
async def a_signal_that_nobody_waits_for_yet() -> None:
    changed = asyncio.Condition()

    async def wait() -> None:
        async with changed:
            await changed.wait()
        print("woken")

    async def tell() -> None:
        async with changed:
            changed.notify()

    await asyncio.gather(wait(), tell())


@of_tasks("woken")
async def a_condition_that_is_remembered() -> None:
    changed, ready = asyncio.Condition(), []

    async def wait() -> None:
        async with changed:
            await changed.wait_for(lambda: ready)
        print("woken")

    async def tell() -> None:
        async with changed:
            ready.append(1)
            changed.notify()

    await asyncio.gather(wait(), tell())


@of_tasks("1 2 joined")
async def a_queue_that_is_joined() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue()
    for item in (1, 2):
        queue.put_nowait(item)

    async def work() -> None:
        while True:
            print(await queue.get())
            queue.task_done()

    worker = asyncio.create_task(work())
    await queue.join()
    print("joined")
    worker.cancel()
    await asyncio.wait([worker])


@of_tasks("inner", "outer")
async def a_timeout_within_a_timeout() -> None:
    try:
        async with asyncio.timeout(1):
            try:
                async with asyncio.timeout(1):
                    await asyncio.sleep(2)
            except TimeoutError:
                print("inner")
    except TimeoutError:
        print("outer")


@of_tasks("woken")
async def an_event_that_is_cleared_at_once() -> None:
    event = asyncio.Event()

    async def wait() -> None:
        await event.wait()
        print("woken")

    task = asyncio.create_task(wait())
    await asyncio.sleep(1)
    event.set()
    event.clear()
    await task


@of_tasks("a b c", "a c b", "b a c", "b c a", "c a b", "c b a")
async def a_semaphore_lets_in_as_they_came() -> None:
    limit, came, entered = asyncio.Semaphore(1), [], []

    async def visit(name: str) -> None:
        came.append(name)
        async with limit:
            entered.append(name)
            await asyncio.sleep(1)

    await asyncio.gather(*map(visit, "abc"))
    assert came == entered
    print(*came)


@pytest.mark.parametrize("name", OF_THREADS)
def test_threads_come_to_each_outcome_and_to_no_other(name: str) -> None:
    workers, told, expected = OF_THREADS[name]
    assert outcomes(*workers, told=told) == expected


@pytest.mark.parametrize("name", OF_TASKS)
def test_tasks_come_to_each_outcome_and_to_no_other(name: str) -> None:
    main, expected = OF_TASKS[name]
    found = set()
    # A deadlock ends the exploration at the first order that has one.
    try:
        for trace in interleavings(main):
            assert not trace.stderr
            found.add(" ".join(trace.lines))
    except Exception as error:
        found.add(type(error).__name__)
    assert found == expected
