"""Proofs for source/model/gil-asyncio.md."""

import asyncio
import gc
import hashlib
import itertools
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress

import pytest
from proven.claims import has_gil
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

from tests.model.measuring import nobody_asks_for_the_gil
from tests.ways import ways

Looks = Callable[[list[None]], list[int]]


@pytest.mark.always("ga-one-thread")
@ways(count={"1": 1, "10": 10})
def test_tasks_callbacks_and_the_loop_share_one_thread(count: int) -> None:
    threads: list[int] = []

    async def work() -> None:
        for _ in range(3):
            threads.append(threading.get_ident())
            await asyncio.sleep(0.1)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(lambda: threads.append(threading.get_ident()))
        loop.call_later(0.15, lambda: threads.append(threading.get_ident()))
        await asyncio.gather(*(work() for _ in range(count)))

    perform(main)
    assert len(threads) == 3 * count + 2
    assert set(threads) == {threading.get_ident()}
    # Another loop has a thread of its own.
    beside = threading.Thread(target=lambda: asyncio.run(main()))
    beside.start()
    beside.join(60)
    assert len(threads) == 2 * (3 * count + 2)
    assert len(set(threads)) == 2


@pytest.mark.never("ga-nobody-between-awaits")
def test_nobody_comes_between_two_awaits(explored: Callable[..., None]) -> None:
    def losses(count: Callable[[dict[str, int]], Coroutine[None, None, None]]) -> list[int]:
        async def main() -> None:
            stock = {"tea": 0}
            await asyncio.gather(count(stock), count(stock))
            print(4 - stock["tea"])

        return [int(trace.lines[0]) for trace in interleavings(main)]

    async def deliver(stock: dict[str, int]) -> None:
        for _ in range(2):
            before = stock["tea"]
            stock["tea"] = before + 1
            await asyncio.sleep(0)

    async def twin(stock: dict[str, int]) -> None:
        for _ in range(2):
            before = stock["tea"]
            await asyncio.sleep(0)
            stock["tea"] = before + 1

    async def twin_with_locks(stock: dict[str, int]) -> None:
        for _ in range(2):
            async with asyncio.Lock():
                before = stock["tea"]
                await asyncio.sleep(0)
                stock["tea"] = before + 1

    async def steps(stock: dict[str, int]) -> AsyncIterator[str]:
        before = stock["tea"]
        yield "has read"
        stock["tea"] = before + 1

    async def twin_that_yields(stock: dict[str, int]) -> None:
        for _ in range(2):
            async for _ in steps(stock):
                await asyncio.sleep(0)

    lost = losses(deliver)
    assert set(lost) == {0}
    assert play("model/gil_asyncio_between_awaits").lines == ["boxes: 1000"]
    twins = (twin, twin_with_locks, twin_that_yields)
    explored(len(lost), twin_fails=[any(losses(each)) for each in twins])


@pytest.mark.sometimes("ga-collected-task-comes-between")
@ways(held={"by nobody": False, "by a list": True})
def test_a_task_that_is_collected_comes_between(held: bool) -> None:
    # no mutant: сборки мусора в примерах страницы нет
    stock = {"tea": 0}
    kept: list[asyncio.Task[None]] = []

    async def lost() -> None:
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            stock["tea"] += 1

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)
        kept.append(asyncio.create_task(lost()))
        await asyncio.sleep(0)
        if not held:
            kept.clear()
        before = stock["tea"]
        gc.collect()
        assert stock["tea"] - before == (not held)

    asyncio.run(main())


@pytest.mark.sometimes("ga-await-in-the-middle-loses")
def test_an_await_between_reading_and_writing_loses_updates() -> None:
    stock = {"tea": 0}

    async def deliver() -> None:
        before = stock["tea"]
        await asyncio.sleep(0)
        stock["tea"] = before + 1

    async def main() -> None:
        await asyncio.gather(deliver(), deliver())

    perform(main)
    assert stock["tea"] == 1


@pytest.mark.always("ga-compute-silences-the-loop")
def test_no_beat_while_the_computing_goes_on() -> None:
    # one way: to the loop it makes no difference what keeps its thread busy
    trace = play("model/gil_asyncio_compute_broken")
    assert trace.at("beat 0") == 0
    assert trace.at("beat 1") == trace.at("crunched") == 1.2
    assert trace.ordered("beat 0", "crunched", "beat 1")


Wait = Callable[[float], Coroutine[None, None, None]]


async def sleeps(seconds: float) -> None:
    await asyncio.sleep(seconds)


async def times_out(seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.sleep(100)


async def through_a_task(seconds: float) -> None:
    await asyncio.create_task(sleeps(seconds))


async def through_gather(seconds: float) -> None:
    await asyncio.gather(sleeps(seconds))


def lateness(wait: Wait, seconds: float, computing: int) -> float:
    """Return by how many seconds `wait` is late beside so many tasks that compute and yield."""
    crunch = load("model/gil_asyncio_compute_fixed").crunch

    async def beat() -> None:
        await wait(seconds)
        print("beat")

    async def main() -> None:
        beating = asyncio.create_task(beat())
        # Whatever it waits for has begun before the computing does.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await asyncio.gather(beating, *(crunch() for _ in range(computing)))

    return perform(main).at("beat") - seconds


@pytest.mark.always("ga-yielding-bounds-the-delay")
@ways(wait={"sleep": sleeps, "timeout": times_out}, computing={"1": 1, "2": 2, "3": 3})
def test_beats_are_late_by_three_portions_of_each_at_most(wait: Wait, computing: int) -> None:
    trace = play("model/gil_asyncio_compute_fixed")
    beats = [trace.at(f"beat {number}") for number in range(3)]
    assert trace.ordered("beat 1", "crunched")
    assert all(0.5 <= after - before <= 0.5 + 0.3 for before, after in itertools.pairwise(beats))
    for hundredths in range(40, 51):
        late = lateness(wait, hundredths / 100, computing)
        # The later the portion ends after the beat was due, the closer it comes to three.
        assert 0.1 * computing - 1e-9 <= late <= 0.3 * computing + 1e-9
        assert computing > 1 or late >= 0.2 - 1e-9


@pytest.mark.sometimes("ga-links-add-to-the-delay")
@ways(wait={"task": through_a_task, "gather": through_gather}, computing={"1": 1, "3": 3})
def test_each_link_adds_to_the_delay(wait: Wait, computing: int) -> None:
    late = [lateness(wait, hundredths / 100, computing) for hundredths in range(41, 50, 2)]
    assert max(late) > 0.3 * computing + 1e-9
    trace = play("model/gil_asyncio_compute_fixed")
    assert trace.ordered("beat 1", "crunched")


@pytest.mark.always("ga-loop-lives-beside-a-thread")
def test_the_loop_answers_beside_an_endless_loop_in_a_thread() -> None:
    # one way: the sentence names the call and what it runs
    turns = 0
    enough = False

    def spin() -> None:
        nonlocal turns
        while not enough:
            turns += 1

    async def main() -> set[int]:
        nonlocal enough
        spinning = asyncio.create_task(asyncio.to_thread(spin))
        seen: set[int] = set()
        while len(seen) < 5 and not spinning.done():
            await asyncio.sleep(0)
            seen.add(turns)
        enough = True
        await spinning
        return seen

    assert len(asyncio.run(main())) == 5, "the loop and the thread went on side by side"


COMPUTES = "print(flush=True)\nwhile True: pass"


@pytest.mark.always("ga-tick-waits-for-the-interval", gil="on")
def test_the_loop_waits_for_the_gil_of_a_thread_but_not_of_a_process(
    usual_switching: None,
) -> None:
    # one way: a process is another interpreter, however it was started
    async def ticks_beside_a_thread() -> int:
        ticks: list[None] = []

        def compute() -> int:
            before = len(ticks)
            for _ in range(300_000):
                pass
            return len(ticks) - before

        computing = asyncio.create_task(asyncio.to_thread(compute))
        while not computing.done():
            ticks.append(None)
            await asyncio.sleep(0)
        return await computing

    async def ticks_beside_a_process() -> None:
        for _ in range(50):
            await asyncio.sleep(0.0001)

    # The interval is now longer than any test: who waits for it, waits for the end of the work.
    with (
        subprocess.Popen([sys.executable, "-c", COMPUTES], stdout=subprocess.PIPE) as process,
        nobody_asks_for_the_gil(),
    ):
        try:
            assert process.stdout
            assert process.stdout.readline(), "it has begun"
            asyncio.run(ticks_beside_a_process())
            assert process.poll() is None, "it still computes"
            assert asyncio.run(ticks_beside_a_thread()) == 0
        finally:
            process.kill()
    # With a short interval the loop does come to run beside a thread.
    sys.setswitchinterval(1e-6)
    assert any(asyncio.run(ticks_beside_a_thread()) for _ in range(20))


@pytest.mark.always("ga-c-call-stops-the-loop", gil="on")
def test_a_c_call_that_keeps_the_gil_stops_the_loop(in_one_c_call: Looks, in_python: Looks) -> None:
    # one way: one call of C and one loop of Python, its opposite
    async def steps_during(work: Looks) -> int:
        loop = asyncio.get_running_loop()
        ticks: list[None] = []
        computing = asyncio.create_task(asyncio.to_thread(work, ticks))

        def step() -> None:
            ticks.append(None)
            if not computing.done():
                loop.call_soon(step)

        step()
        before, after = await computing
        return after - before

    # Any of several tries: a busy machine may not let the loop run meanwhile.
    assert any(asyncio.run(steps_during(in_python)) for _ in range(20))
    assert asyncio.run(steps_during(in_one_c_call)) == 0


@pytest.mark.skipif(has_gil(), reason="there is a GIL to keep")
def test_without_the_gil_a_c_call_keeps_nothing(in_one_c_call: Looks) -> None:
    async def steps() -> int:
        ticks: list[None] = []
        computing = asyncio.create_task(asyncio.to_thread(in_one_c_call, ticks))
        while not computing.done():
            ticks.append(None)
            await asyncio.sleep(0)
        before, after = await computing
        return after - before

    assert any(asyncio.run(steps()) for _ in range(20))


Log = dict[object, object]
"""What happened: keys in their order.  C code alone can add to it, and gives nobody the GIL."""


def collect(log: Log) -> None:
    """Collect among many objects."""
    kept = [[number] for number in range(300_000)]
    gc.collect()
    assert kept


def allocate(log: Log) -> None:
    """Make many objects, and more until Python collects of itself."""
    kept = [[number] for number in range(300_000)]
    gc.enable()
    for number in range(1_000_000):
        kept.append([number])
        if "stop" in log:
            break


def compute(log: Log) -> None:
    """Take as long without a collection."""
    log.setdefault("start")
    for _ in range(3_000_000):
        pass
    log.setdefault("stop")


@pytest.mark.always("ga-collection-holds-the-gil", gil="on")
@ways(work={"gc.collect": collect, "by itself": allocate})
def test_the_loop_does_nothing_while_a_thread_collects(
    usual_switching: None, work: Callable[[Log], None]
) -> None:
    # no mutant: сборки мусора в примерах страницы нет
    async def steps_during(work: Callable[[Log], None]) -> int:
        log: Log = {}
        note = log.setdefault
        gc.callbacks.append(note)
        try:
            computing = asyncio.create_task(asyncio.to_thread(work, log))
            while not computing.done():
                log[len(log)] = None
                await asyncio.sleep(0)
            await computing
        finally:
            gc.callbacks.remove(note)
        happened = list(log)
        return happened.index("stop") - happened.index("start") - 1

    gc.freeze()  # nothing that other tests have left has a finalizer to run
    gc.disable()
    try:
        assert asyncio.run(steps_during(work)) == 0
        gc.disable()
        assert any(asyncio.run(steps_during(compute)) for _ in range(20))
    finally:
        gc.enable()
        gc.unfreeze()


def grow() -> None:
    """Make containers until Python collects of itself."""
    kept: list[list[int]] = []
    collected: list[str] = []

    def note(phase: str, _: object) -> None:
        collected.append(phase)

    gc.callbacks.append(note)
    while "stop" not in collected:
        kept.append([len(kept)])
    gc.callbacks.remove(note)


@pytest.mark.always("ga-collection-waits-for-the-c-call", gil="off")
@ways(collect={"gc.collect": gc.collect, "by itself": grow})
def test_a_collection_stops_the_loop_beside_a_c_call(
    in_one_c_call: Looks, in_python: Looks, collect: Callable[[], object]
) -> None:
    # no mutant: сборки мусора в примерах страницы нет
    async def steps_during(work: Looks) -> int:
        ticks: list[None] = []
        computing = asyncio.create_task(asyncio.to_thread(work, ticks))
        while not computing.done():
            collect()
            ticks.append(None)
            await asyncio.sleep(0)
        before, after = await computing
        return after - before

    gc.freeze()  # the heap of a run of proofs is large, and each collection would be long
    try:
        assert asyncio.run(steps_during(in_one_c_call)) <= 1
        for goes_on in (in_python, in_a_call_that_lets_the_gil_go):
            assert any(asyncio.run(steps_during(goes_on)) > 1 for _ in range(50))
    finally:
        gc.unfreeze()


def in_a_call_that_lets_the_gil_go(ticks: list[None]) -> list[int]:
    before = len(ticks)
    hashlib.pbkdf2_hmac("sha256", b"", b"", 60_000)
    return [before, len(ticks)]
