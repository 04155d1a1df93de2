"""Proofs for source/pools/limits.md."""

import os
import sys
import threading
from concurrent.futures import CancelledError, ProcessPoolExecutor, ThreadPoolExecutor

import pytest
from proven.stage import perform_script, play


@pytest.mark.always("lim-at-most-workers")
def test_at_most_max_workers_at_once() -> None:
    assert play("pools/limits_workers").peak("in", "out") == 3
    for workers in (1, 2, 5):
        lock, inside, highest = threading.Lock(), 0, 0
        full = threading.Barrier(workers)

        def work(_: int, lock: threading.Lock = lock, full: threading.Barrier = full) -> None:
            nonlocal inside, highest
            with lock:
                inside += 1
                highest = max(highest, inside)
            full.wait()
            with lock:
                inside -= 1

        with ThreadPoolExecutor(max_workers=workers) as pool:
            list(pool.map(work, range(workers * 4)))
        assert highest == workers


@pytest.mark.always("lim-defaults")
def test_default_numbers_of_workers() -> None:
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("this system can't tie a process to one core")
    trace = perform_script("""
        import os, sys
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
        from unittest import mock

        def defaults():
            return ThreadPoolExecutor()._max_workers, ProcessPoolExecutor()._max_workers

        print(defaults())
        counter = "process_cpu_count" if sys.version_info >= (3, 13) else "cpu_count"
        for cores in (1, 8, 28, 60):
            with mock.patch.object(os, counter, lambda: cores):
                print(defaults())
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        print(defaults())
    """)
    cores = os.cpu_count() or 1
    own = len(os.sched_getaffinity(0)) if sys.version_info >= (3, 13) else cores
    tied = 1 if sys.version_info >= (3, 13) else cores
    expected = [(min(32, count + 4), count) for count in (own, 1, 8, 28, 60, tied)]
    assert trace.lines == [str(pair) for pair in expected]


@pytest.mark.always("lim-timeout-leaves-the-task")
def test_a_timeout_leaves_the_task_at_work() -> None:
    trace = play("pools/limits_timeout_broken")
    assert trace.ordered("main: timeout", "job: finished all the same")


@pytest.mark.always("lim-running-is-not-cancelled")
def test_a_running_task_is_not_cancelled() -> None:
    assert "main: cancelled: False" in play("pools/limits_timeout_broken").lines
    begun, go_on = threading.Event(), threading.Event()

    def work() -> str:
        begun.set()
        go_on.wait()
        return "done"

    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(work)
        begun.wait()
        cancelled = future.cancel()
        go_on.set()
    assert not cancelled
    assert future.result() == "done"
    assert not future.cancelled()


@pytest.mark.always("lim-exit-waits")
def test_leaving_the_pool_waits_for_all_tasks() -> None:
    trace = play("pools/limits_timeout_broken")
    assert trace.ordered("job: finished all the same", "main: left the pool")
    go_on = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as pool:
        queued = [pool.submit(go_on.wait) for _ in range(5)]
        go_on.set()
    assert all(future.done() for future in queued)


@pytest.mark.always("lim-event-stops-the-task")
def test_an_event_ends_the_task() -> None:
    trace = play("pools/limits_timeout_fixed")
    assert trace.ordered(
        "main: timeout", "job: told to stop", "main: left the pool with a partial result"
    )


@pytest.mark.always("lim-queued-is-cancelled")
def test_a_queued_task_is_cancelled_and_never_run() -> None:
    begun, go_on, ran = threading.Event(), threading.Event(), []

    def work() -> None:
        begun.set()
        go_on.wait()

    with ThreadPoolExecutor(max_workers=1) as pool:
        pool.submit(work)
        begun.wait()
        queued = pool.submit(ran.append, "ran")
        cancelled = queued.cancel()
        go_on.set()
    assert cancelled
    assert queued.cancelled()
    assert ran == []
    with pytest.raises(CancelledError):
        queued.result()


@pytest.mark.always("lim-cancel-futures")
def test_shutdown_cancels_what_is_queued_and_lets_the_rest_finish() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work() -> str:
        begun.set()
        go_on.wait()
        return "done"

    pool = ThreadPoolExecutor(max_workers=1)
    running = pool.submit(work)
    begun.wait()
    queued = [pool.submit(work) for _ in range(3)]
    pool.shutdown(wait=False, cancel_futures=True)
    cancelled = [future.cancelled() for future in queued]
    go_on.set()
    pool.shutdown()
    assert cancelled == [True] * 3
    assert running.result() == "done"


@pytest.mark.always("lim-terminate-workers-since-314")
def test_workers_can_be_killed_since_314() -> None:
    # no mutant: методы появились в Python 3.14, а доказательства ломают на 3.11
    is_new = sys.version_info >= (3, 14)
    for method in ("terminate_workers", "kill_workers"):
        assert hasattr(ProcessPoolExecutor, method) is is_new
    if is_new:
        trace = perform_script("""
            import multiprocessing
            from concurrent.futures import ProcessPoolExecutor

            def work(begun):
                begun.set()
                multiprocessing.Event().wait()

            if __name__ == "__main__":
                for method in ("terminate_workers", "kill_workers"):
                    with multiprocessing.Manager() as manager:
                        begun = manager.Event()
                        pool = ProcessPoolExecutor(max_workers=1)
                        future = pool.submit(work, begun)
                        begun.wait()
                        getattr(pool, method)()
                        print(type(future.exception()).__name__)
        """)
        assert trace.lines == ["BrokenProcessPool"] * 2


@pytest.mark.sometimes("lim-nested-waits-forever")
def test_a_pool_that_waits_for_itself() -> None:
    assert play("pools/limits_nested").lines == [
        "nobody is free to sum, cancelled: True",
        "workers: 1, result: -1",
        "workers: 2, result: 42",
    ]
