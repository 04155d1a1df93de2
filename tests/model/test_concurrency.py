"""Proofs for source/model/concurrency.md."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest
from proven.proofs import needs
from proven.stage import load, perform, perform_script, play
from proven.stage.explore import interleavings
from proven.stage.player import path_of

from tests.ways import AWAITED, Awaited, End, ways
from tests.ways_processes import METHODS, perform_by


@pytest.mark.always("conc-both-unfinished")
@ways(left=AWAITED, right=AWAITED)
def test_both_are_begun_and_neither_is_finished(left: Awaited, right: Awaited) -> None:
    trace = play("model/concurrency_interleaved")
    assert trace.peak("chapter 1", "finished") == 2
    assert trace.at("novel: chapter 1") == trace.at("manual: chapter 1") == 0
    assert min(trace.at("novel: finished"), trace.at("manual: finished")) == 2

    async def in_a_row() -> None:
        for book in ("novel", "manual"):
            await load("model/concurrency_interleaved").read(book, 1)

    async def waits(book: str, awaited: Awaited) -> None:
        print(f"{book}: chapter 1")
        await awaited(1, End())
        print(f"{book}: finished")

    async def both() -> None:
        await asyncio.gather(waits("novel", left), waits("manual", right))

    assert perform(both).peak("chapter 1", "finished") == 2

    async def waits_for_nothing(book: str) -> None:
        print(f"{book}: chapter 1")
        print(f"{book}: finished")

    async def one() -> None:
        await asyncio.gather(waits_for_nothing("novel"), waits("manual", right))

    assert perform(one).peak("chapter 1", "finished") == 1

    # It is gather that begins both: awaited one after another they never overlap.
    assert perform(in_a_row).peak("chapter 1", "finished") == 1


@pytest.mark.always("conc-one-step-at-a-time")
def test_code_of_one_task_at_a_time_in_every_order() -> None:
    # one way: every order of the tasks is explored
    async def read(book: str) -> None:
        for _ in range(2):
            print(f"{book} in")
            sorted(range(100))
            print(f"{book} out")
            await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(read("novel"), read("manual"))

    traces = list(interleavings(main))
    assert len({tuple(trace.lines) for trace in traces}) > 1
    assert {trace.peak("in", "out") for trace in traces} == {1}


@pytest.mark.always("conc-one-core")
def test_two_busy_processes_share_one_core() -> None:
    # one way: it is the system that switches, however they were started
    needs("os.sched_setaffinity")
    trace = perform_script("""
        import multiprocessing, os

        def take_turns(turn, mine, rounds):
            assert len(os.sched_getaffinity(0)) == 1
            for _ in range(rounds):
                while turn.value != mine:
                    pass
                turn.value = 1 - mine

        if __name__ == "__main__":
            os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
            fork = multiprocessing.get_context("fork")
            turn = fork.RawValue("i", 0)
            pair = [fork.Process(target=take_turns, args=(turn, n, 3)) for n in (0, 1)]
            for process in pair:
                process.start()
            for process in pair:
                process.join()
            print([process.exitcode for process in pair])
    """)
    assert trace.lines == ["[0, 0]"]


@asynccontextmanager
async def pause() -> AsyncIterator[None]:
    await asyncio.sleep(0)
    yield


async def numbers() -> AsyncIterator[int]:
    await asyncio.sleep(0)
    yield 1


async def awaits() -> None:
    await asyncio.sleep(0)


async def enters() -> None:
    async with pause():
        pass


async def iterates() -> None:
    async for _ in numbers():
        pass


@pytest.mark.always("conc-compute-in-a-row")
@ways(suspend={"await": awaits, "async with": enters, "async for": iterates})
def test_without_a_suspension_the_second_begins_when_the_first_is_done(
    suspend: Callable[[], Coroutine[None, None, None]],
) -> None:
    trace = play("model/concurrency_compute_broken")
    assert trace.peak("start", "done") == 1
    assert trace.ordered("left: done", "right: start")

    async def suspended(name: str) -> None:
        print(f"{name}: start")
        await suspend()
        print(f"{name}: done")

    async def twin() -> None:
        await asyncio.gather(suspended("left"), suspended("right"))

    assert perform(twin).peak("start", "done") == 2


@pytest.mark.always("conc-compute-elsewhere")
@ways(method=METHODS)
def test_both_results_come_from_other_processes(method: str) -> None:
    code = path_of("model/concurrency_compute_fixed").read_text(encoding="utf-8")
    trace = perform_by(method, code)
    total = sum(range(1_000_000))
    assert trace.lines == [f"{total}, in another process: True"] * 2
