"""Proofs for source/model/concurrency.md."""

import asyncio
import os

import pytest
from proven.stage import load, perform, perform_script, play
from proven.stage.explore import interleavings


@pytest.mark.always("conc-both-unfinished")
def test_both_are_begun_and_neither_is_finished() -> None:
    trace = play("model/concurrency_interleaved")
    assert trace.peak("chapter 1", "finished") == 2
    assert trace.at("novel: chapter 1") == trace.at("manual: chapter 1") == 0
    assert min(trace.at("novel: finished"), trace.at("manual: finished")) == 2


@pytest.mark.always("conc-one-step-at-a-time")
def test_code_of_one_task_at_a_time_in_every_order() -> None:
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
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system can't tie a process to one core")
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


@pytest.mark.always("conc-waits-need-no-cores")
def test_a_thousand_seconds_of_waiting_in_one() -> None:
    fetch = load("model/choose_waits").fetch

    async def main() -> None:
        assert len(await asyncio.gather(*(fetch(page) for page in range(1000)))) == 1000

    assert perform(main).elapsed == 1


@pytest.mark.always("conc-compute-in-a-row")
def test_without_await_the_second_begins_when_the_first_is_done() -> None:
    trace = play("model/concurrency_compute_broken")
    assert trace.peak("start", "done") == 1
    assert trace.ordered("left: done", "right: start")

    async def with_await(name: str) -> None:
        print(f"{name}: start")
        await asyncio.sleep(0)
        print(f"{name}: done")

    async def twin() -> None:
        await asyncio.gather(with_await("left"), with_await("right"))

    assert perform(twin).peak("start", "done") == 2


@pytest.mark.always("conc-compute-elsewhere")
def test_both_results_come_from_other_processes() -> None:
    trace = play("model/concurrency_compute_fixed")
    total = sum(range(1_000_000))
    assert trace.lines == [f"{total}, in another process: True"] * 2
