"""Proofs for source/threads/join.md."""

from threading import Barrier, Event, Thread, Timer, current_thread
from time import sleep

import pytest
from proven.stage import load, play


@pytest.mark.always("join-waits-for-end")
def test_join_returns_after_the_thread_has_ended() -> None:
    trace = play("threads/join_order")
    assert trace.ordered("main: sets out the cups", "water: boils", "main: pours the tea")
    assert trace.find("water: boils").actor != trace.find("main: pours the tea").actor


@pytest.mark.always("join-shows-all-written")
def test_after_join_all_that_the_thread_wrote_is_there() -> None:
    for length in (1, 100, 10_000):
        numbers: list[int] = []
        begin = Event()
        thread = Thread(target=lambda n=numbers, b=begin, s=length: b.wait() and n.extend(range(s)))
        thread.start()
        Timer(0.01, begin.set).start()  # most likely the main thread stands in join by then
        thread.join()
        assert len(numbers) == length


@pytest.mark.sometimes("join-missing-result-not-ready")
def test_without_join_the_result_may_not_be_there() -> None:
    written: list[str] = []
    delayed = Event()
    thread = Thread(target=lambda: delayed.wait() and written.append("tea"))
    thread.start()
    assert written == []
    delayed.set()
    thread.join()
    assert written == ["tea"]


@pytest.mark.always("thread-exit-waits")
def test_the_program_waits_for_its_threads_at_exit() -> None:
    trace = play("threads/join_at_exit")
    assert trace.ordered("main: ends without join", "worker: goes on after main")


@pytest.mark.always("join-returns-none")
def test_join_returns_none_whether_the_thread_has_ended_or_not() -> None:
    end = Event()
    thread = Thread(target=end.wait)
    thread.start()
    assert thread.join(timeout=0) is None
    assert thread.is_alive()
    end.set()
    assert thread.join() is None
    assert not thread.is_alive()
    assert thread.join() is None, "joining again is allowed"


@pytest.mark.always("join-timeout-stops-nothing")
def test_a_join_that_timed_out_stops_nothing() -> None:
    trace = play("threads/join_timeout")
    assert trace.lines.count("join returned None") == 2
    assert trace.ordered("still runs: True", "still runs: False")


@pytest.mark.always("join-misuse-runtime-error")
def test_joining_oneself_or_a_thread_not_started_is_an_error() -> None:
    with pytest.raises(RuntimeError):
        Thread().join()
    with pytest.raises(RuntimeError):
        current_thread().join()


@pytest.mark.always("join-in-loop-one-by-one")
def test_start_and_join_in_one_loop_run_one_by_one() -> None:
    trace = play("threads/join_in_loop_broken")
    assert trace.peak("begins", "ends") == 1
    assert len({event.actor for event in trace.events}) == 3
    broken = load("threads/join_in_loop_broken")
    lines: list[str] = []

    def slow_print(line: str) -> None:
        lines.append(line)
        sleep(0.01)  # time enough for others to come in between, if they could

    broken.load.__globals__["print"] = slow_print
    broken.main()
    assert [line.partition(": ")[2] for line in lines] == ["begins", "ends"] * 3


@pytest.mark.sometimes("join-second-loop-overlaps")
def test_with_join_in_a_second_loop_all_may_be_at_work_at_once() -> None:
    fixed = load("threads/join_in_loop_fixed")
    lines: list[str] = []
    all_begun = Barrier(3)

    def slow_print(line: str) -> None:
        lines.append(line)
        if line.endswith("begins"):
            all_begun.wait()

    fixed.load.__globals__["print"] = slow_print
    fixed.main()
    assert all(line.endswith("begins") for line in lines[:3])
    assert all(line.endswith("ends") for line in lines[3:])
    assert len(lines) == 6
