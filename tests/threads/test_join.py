"""Proofs for source/threads/join.md."""

import sys
from threading import Barrier, Event, Thread, Timer, current_thread
from time import sleep

import pytest
from proven.stage import load, play

from tests.ways import ways
from tests.ways_processes import (
    MAIN_ENDS,
    STARTERS,
    THREAD_ENDS,
    Starter,
    filled,
    quiet_threads,
    run_by,
)


@pytest.mark.always("join-waits-for-end")
@ways(joiner=STARTERS, end=THREAD_ENDS)
def test_join_returns_after_the_thread_has_ended(
    joiner: Starter, end: BaseException | None
) -> None:
    begin, ended = Event(), []

    def work() -> None:
        begin.wait()
        ended.append("worker")
        if end:
            raise end

    with quiet_threads():
        thread = Thread(target=work)
        thread.start()
        Timer(0.01, begin.set).start()  # most likely somebody stands in join by then
        joiner(lambda: (thread.join(), ended.append("join returned")))
    assert ended == ["worker", "join returned"]
    assert not thread.is_alive()


def test_in_a_forked_child_join_does_not_wait_for_a_thread_of_the_parent() -> None:
    run = run_by(
        "fork",
        """
        import os, threading

        if __name__ == "__main__":
            end = threading.Event()
            thread = threading.Thread(target=end.wait)
            thread.start()
            child = os.fork()
            if not child:
                thread.join()
                print("join returned", flush=True)
                os._exit(0)
            os.waitpid(child, 0)
            print("still runs:", thread.is_alive())
            end.set()
        """,
    )
    assert run.stdout.splitlines() == ["join returned", "still runs: True"]


def test_the_page_shows_what_comes_after_join() -> None:
    trace = play("threads/join_order")
    assert trace.ordered("main: sets out the cups", "water: boils", "main: pours the tea")
    assert trace.find("water: boils").actor != trace.find("main: pours the tea").actor


@pytest.mark.always("join-shows-all-written")
@ways(length={"1": 1, "100": 100, "10 000": 10_000}, threads={"1": 1, "5": 5})
def test_after_join_all_that_the_threads_wrote_is_there(length: int, threads: int) -> None:
    numbers: list[int] = []
    begin = Event()
    workers = [
        Thread(target=lambda: begin.wait() and numbers.extend(range(length)))
        for _ in range(threads)
    ]
    for thread in workers:
        thread.start()
    Timer(0.01, begin.set).start()  # most likely the main thread stands in join by then
    for thread in workers:
        thread.join()
    assert len(numbers) == length * threads


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
@ways(end=MAIN_ENDS, interrupted={"nobody joins": False, "its join was interrupted": True})
def test_the_program_waits_for_its_threads_at_exit(end: tuple[str, int], interrupted: bool) -> None:
    ending, code = end
    run = run_by(
        "spawn",
        filled(
            """
        import linecache, os, signal, sys, threading, time

        def interrupt(*_):
            if not caught:
                caught.append("SIGINT")
                raise KeyboardInterrupt

        def main_waits(function, newer):
            frame = sys._current_frames().get(threading.main_thread().ident)
            if not frame:
                return False  # between its last line and the exit
            if sys.version_info >= (3, 13):
                return frame.f_code.co_name == newer
            # Before 3.13 both take a lock, and pass through other lines if there is none.
            line = linecache.getline(frame.f_code.co_filename, frame.f_lineno or 0)
            return frame.f_code.co_name == function and "lock.acquire(" in line

        def work():
            while INTERRUPTED and not caught:
                if main_waits("_wait_for_tstate_lock", "join"):
                    os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.001)
            while not main_waits("_shutdown", "_shutdown"):
                time.sleep(0.001)
            print("worker")

        if __name__ == "__main__":
            caught = []
            signal.signal(signal.SIGINT, interrupt)
            thread = threading.Thread(target=work)
            thread.start()
            try:
                INTERRUPTED and thread.join()
            except KeyboardInterrupt:
                print("interrupted")
            print("main")
            ENDING
        """,
            ENDING=ending,
            INTERRUPTED=interrupted,
        ),
    )
    waits = not interrupted or sys.version_info >= (3, 13)
    expected = ["interrupted"] * interrupted + ["main"] + ["worker"] * waits
    assert (run.stdout.splitlines(), run.returncode) == (expected, code), run.stderr
    trace = play("threads/join_at_exit")
    assert trace.ordered("main: ends without join", "worker: goes on after main")


@ways(ending={"exec": "os.execvp('true', ['true'])", "_exit": "os._exit(0)"})
def test_what_does_not_wait_for_threads(ending: str) -> None:
    run = run_by(
        "spawn",
        filled(
            """
        import os, threading

        if __name__ == "__main__":
            threading.Thread(target=threading.Event().wait).start()
            print("main", flush=True)
            ENDING
        """,
            ENDING=ending,
        ),
    )
    assert (run.stdout.splitlines(), run.returncode) == (["main"], 0)


@pytest.mark.always("thread-exit-wait-is-interrupted")
@ways(
    start={
        "Thread": "threading.Thread(target=work).start()",
        "pool": "concurrent.futures.ThreadPoolExecutor().submit(work)",
    },
    end=MAIN_ENDS,
)
def test_ctrl_c_at_exit_ends_the_waiting(start: str, end: tuple[str, int]) -> None:
    # no mutant: без Ctrl+C программа ждала бы вечно, и всякая правка оставляет её висеть
    ending, _ = end
    run = run_by(
        "spawn",
        filled(
            """
        import concurrent.futures, os, signal, sys, threading, time

        def interrupt():
            while True:
                time.sleep(0.05)
                os.kill(os.getpid(), signal.SIGINT)

        def work():
            at_the_end.wait()
            # A first one may still hit the main part.
            threading.Thread(target=interrupt, daemon=True).start()
            threading.Event().wait()

        if __name__ == "__main__":
            at_the_end = threading.Event()
            START
            print("main", flush=True)
            at_the_end.set()
            ENDING
        """,
            START=start,
            ENDING=ending,
        ),
    )
    assert run.stdout.splitlines() == ["main"]


def test_after_ctrl_c_a_slow_exit_may_let_the_thread_finish() -> None:
    run = run_by(
        "spawn",
        """
        import atexit, os, signal, threading

        def interrupt(*_):
            if not caught:
                caught.append("SIGINT")
                raise KeyboardInterrupt

        def work():
            threading.main_thread().join()
            while not leaving.wait(0.01):  # one may come too early for the wait
                os.kill(os.getpid(), signal.SIGINT)
            print("worker", flush=True)
            finished.set()

        def leave():
            leaving.set()
            finished.wait()

        if __name__ == "__main__":
            caught, leaving, finished = [], threading.Event(), threading.Event()
            signal.signal(signal.SIGINT, interrupt)
            atexit.register(leave)
            threading.Thread(target=work).start()
        """,
    )
    assert run.stdout.splitlines() == ["worker"]
    assert "KeyboardInterrupt" in run.stderr


@pytest.mark.always("join-returns-none")
@ways(raised=THREAD_ENDS)
def test_join_returns_none_whether_the_thread_has_ended_or_not(
    raised: BaseException | None,
) -> None:
    end = Event()

    def work() -> str:
        end.wait()
        if raised:
            raise raised
        return "value"

    thread = Thread(target=work)
    thread.start()
    assert thread.join(timeout=0) is None
    assert thread.is_alive()
    with quiet_threads():
        end.set()
        assert thread.join() is None
    assert not thread.is_alive()
    assert thread.join() is None, "joining again is allowed"


@pytest.mark.always("join-timeout-stops-nothing")
@ways(timeout={"0": 0, "negative": -1, "0.01": 0.01})
def test_a_join_that_timed_out_stops_nothing(timeout: float) -> None:
    go_on, done = Event(), []
    thread = Thread(target=lambda: go_on.wait() and done.append("all"))
    thread.start()
    thread.join(timeout=timeout)
    assert thread.is_alive()
    go_on.set()
    thread.join()
    assert done == ["all"]
    trace = play("threads/join_timeout")
    assert trace.lines.count("join returned None") == 2
    assert trace.ordered("still runs: True", "still runs: False")


@pytest.mark.always("join-misuse-runtime-error")
def test_joining_oneself_or_a_thread_not_started_is_an_error() -> None:
    # one way: both misuses of the sentence, from the main thread, a thread and a daemon
    with pytest.raises(RuntimeError):
        Thread().join()
    with pytest.raises(RuntimeError):
        current_thread().join()
    refused: list[type[BaseException]] = []

    def join_oneself() -> None:
        try:
            current_thread().join()
        except RuntimeError as error:
            refused.append(type(error))

    for daemon in (False, True):
        thread = Thread(target=join_oneself, daemon=daemon)
        thread.start()
        thread.join()
    assert refused == [RuntimeError] * 2


@pytest.mark.always("join-in-loop-one-by-one")
def test_start_and_join_in_one_loop_run_one_by_one() -> None:
    # one way: it follows from join-waits-for-end, which has its ways
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
    # With a timeout they may be at work together.
    together = Barrier(2)
    threads = [Thread(target=together.wait) for _ in range(2)]
    for thread in threads:
        thread.start()
        thread.join(timeout=0)
    for thread in threads:
        thread.join()


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
