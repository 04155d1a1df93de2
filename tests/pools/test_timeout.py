"""Proofs for source/pools/timeout.md."""

import sys
import time
from collections.abc import Iterator
from concurrent import futures
from concurrent.futures import ProcessPoolExecutor
from textwrap import dedent
from unittest.mock import MagicMock

import pytest
from proven import stage
from proven.stage import load, play

from tests.ways import ways
from tests.ways_processes import POOLS, PROCESS_POOLS, THREAD_POOLS, Pool, filled

WORK = """
    import pathlib, time

    def work(name):
        pathlib.Path(f"{name} began").touch()
        while not pathlib.Path("go on").exists():
            time.sleep(0.01)
        pathlib.Path(f"{name} ended").touch()
        return "done"

    def wait_for(name):
        while not pathlib.Path(name).exists():
            time.sleep(0.01)

    def is_there(name):
        return pathlib.Path(name).exists()
"""
"""Tasks that leave files behind, which all kinds of workers and the program see."""


def perform(pool: Pool, main: str) -> list[str]:
    """Return what `main` prints, a program of tasks as in WORK."""
    return pool.perform(dedent(WORK) + dedent(main)).lines


@pytest.mark.always("lim-timeout-leaves-the-task")
@ways(pool=POOLS, timeout={"0": 0, "0.05": 0.05})
def test_a_timeout_leaves_the_task_at_work(pool: Pool, timeout: float) -> None:
    trace = play("pools/timeout_broken")
    assert trace.ordered("main: timeout", "job: finished all the same")
    lines = perform(
        pool,
        filled(
            """
        if __name__ == "__main__":
            with Pool(1) as pool:
                future = pool.submit(work, "job")
                wait_for("job began")
                try:
                    future.result(timeout=TIMEOUT)
                except TimeoutError:
                    print("TimeoutError", is_there("job ended"))
                pathlib.Path("go on").touch()
                print(future.result(), is_there("job ended"))
        """,
            TIMEOUT=timeout,
        ),
    )
    assert lines == ["TimeoutError False", "done True"]


@pytest.mark.always("lim-one-timeout-for-all")
@ways(
    late={"at once": 0, "later": 1},
    workers={"1": 1, "2": 2},
    by={"map": True, "as_completed": False},
)
def test_one_timeout_holds_for_all_results(late: float, workers: int, by: bool) -> None:
    def work(_: int) -> None:
        time.sleep(1)

    def use() -> None:
        with futures.ThreadPoolExecutor(workers) as pool:
            results: Iterator[object]
            if by:
                results = pool.map(work, range(9), timeout=2.5)
            else:
                jobs = [pool.submit(work, number) for number in range(9)]
                results = futures.as_completed(jobs, timeout=2.5)
            time.sleep(late)
            try:
                for _ in results:
                    print("result")
            except TimeoutError:
                print("TimeoutError")

    async def main() -> None:
        use()

    trace = stage.perform(main)
    # The generator of as_completed looks at the clock when it is first asked.
    end = 2.5 if by else late + 2.5
    assert trace.lines == ["result"] * (int(end) * workers) + ["TimeoutError"]
    assert trace.at("TimeoutError") == end


@pytest.mark.always("lim-timeout-of-the-task")
@ways(pool=POOLS)
def test_a_timeout_error_of_the_task_looks_like_an_expired_one(pool: Pool) -> None:
    # no mutant: программа здесь только спрашивает пул: как он себя ведёт, решает сам Python
    lines = perform(
        pool,
        """
        import socket
        from concurrent import futures

        def ask(server):
            raise socket.timeout("no answer from the server")

        if __name__ == "__main__":
            with Pool(1) as pool:
                late, failed = pool.submit(work, "job"), pool.submit(ask, 1)
                for future in (late, failed):
                    try:
                        future.result(timeout=0 if future is late else None)
                    except TimeoutError as error:
                        print(str(error), future.done())
                        pathlib.Path("go on").touch()
                        futures.wait([future])
                        # `done()` of the late one would answer the same by now.
                        print(future.done(), future.exception() is error)
        """,
    )
    assert lines == [" False", "True False", "no answer from the server True", "True True"]


@pytest.mark.always("lim-running-is-not-cancelled")
@ways(pool=POOLS)
def test_a_running_task_is_not_cancelled(pool: Pool) -> None:
    assert "main: cancelled: False" in play("pools/timeout_broken").lines
    lines = perform(
        pool,
        """
        if __name__ == "__main__":
            with Pool(1) as pool:
                future = pool.submit(work, "job")
                wait_for("job began")
                print(future.cancel())
                pathlib.Path("go on").touch()
            print(future.result(), future.cancelled(), future.cancel())
        """,
    )
    assert lines == ["False", "done False False"]


@pytest.mark.always("lim-exit-waits")
@ways(pool=POOLS, left={"at its end": "pass", "by an exception": "raise KeyError"})
def test_leaving_the_pool_waits_for_all_tasks(pool: Pool, left: str) -> None:
    trace = play("pools/timeout_broken")
    assert trace.ordered("job: finished all the same", "main: left the pool")
    lines = perform(
        pool,
        filled(
            """
        if __name__ == "__main__":
            try:
                with Pool(1) as pool:
                    jobs = [pool.submit(work, str(number)) for number in range(4)]
                    print([job.done() for job in jobs])
                    pathlib.Path("go on").touch()
                    LEFT
            except KeyError:
                pass
            print([job.done() for job in jobs], is_there("3 ended"))
        """,
            LEFT=left,
        ),
    )
    assert lines == [str([False] * 4), f"{[True] * 4} True"]


@pytest.mark.always("lim-exit-after-nowait")
@ways(pool=POOLS)
def test_a_pool_told_not_to_wait(pool: Pool) -> None:
    # no mutant: ждать ли, решает сам Python
    lines = perform(
        pool,
        """
        import threading

        def end_the_job():
            # Who waits for the job inside is let go, but late.
            left.wait(timeout=2)
            pathlib.Path("go on").touch()

        if __name__ == "__main__":
            left = threading.Event()
            with Pool(1) as pool:
                job = pool.submit(work, "job")
                wait_for("job began")
                pool.shutdown(wait=False)
                threading.Thread(target=end_the_job).start()
            print("left, the job is done:", job.done())
            left.set()
        """,
    )
    waits = pool not in PROCESS_POOLS.values()
    assert lines == [f"left, the job is done: {waits}"]


@pytest.mark.always("lim-event-stops-the-task")
@ways(event={"Event": "threading.Event", "Manager": "multiprocessing.Manager().Event"})
def test_an_event_ends_the_task(event: str) -> None:
    trace = play("pools/timeout_fixed")
    assert trace.ordered(
        "main: timeout", "job: told to stop", "main: left the pool with a partial result"
    )
    pools = THREAD_POOLS if event == "threading.Event" else THREAD_POOLS | PROCESS_POOLS
    for pool in pools.values():
        trace = pool.perform(
            filled(
                """
            import multiprocessing, threading

            def work(stop):
                portions = 1
                while not stop.wait(0.01):
                    portions += 1
                return portions

            if __name__ == "__main__":
                stop = EVENT()
                with Pool(1) as pool:
                    job = pool.submit(work, stop)
                    try:
                        job.result(timeout=0.05)
                    except TimeoutError:
                        stop.set()
                    print(job.result() > 0)
        """,
                EVENT=event,
            )
        )
        assert trace.lines == ["True"], pool


@pytest.mark.parametrize("error", [TimeoutError, KeyboardInterrupt, OSError])
def test_the_page_sets_the_event_whatever_happens(error: type[BaseException]) -> None:
    main = load("pools/timeout_fixed").main
    stop, set_at_exit = main.__globals__["stop"], list[bool]()
    pool = MagicMock()
    pool.submit.return_value.result.side_effect = error
    pool.__enter__.return_value = pool
    pool.__exit__.side_effect = lambda *_: set_at_exit.append(stop.is_set())
    main.__globals__["ThreadPoolExecutor"] = lambda: pool
    with pytest.raises(error):
        main()
    assert set_at_exit == [True]


@pytest.mark.always("lim-program-end-waits")
@ways(
    pool=POOLS,
    how={"leaves the queue": "wait=False", "cancels it": "wait=False, cancel_futures=True"},
)
def test_the_end_of_the_program_waits_for_what_has_begun(pool: Pool, how: str) -> None:
    # no mutant: ждать ли заданий в конце, решает сам Python
    lines = perform(
        pool,
        filled(
            """
        import atexit

        def outlive(name):
            pathlib.Path(f"{name} began").touch()
            while not pathlib.Path("main is done").exists():
                time.sleep(0.01)
            time.sleep(0.1)  # the program has all the time to leave, if it may
            pathlib.Path(f"{name} ended").touch()

        if __name__ == "__main__":
            atexit.register(lambda: print(is_there("job ended")))
            pool = Pool(1)
            pool.submit(outlive, "job")
            wait_for("job began")
            pool.shutdown(HOW)
            pathlib.Path("main is done").touch()
        """,
            HOW=how,
        ),
    )
    assert lines == ["True"]


@pytest.mark.always("lim-event-for-processes")
@ways(pool=PROCESS_POOLS)
def test_which_events_reach_a_pool_of_processes(pool: Pool) -> None:
    trace = pool.perform("""
        import multiprocessing, threading

        def start(event):
            global given
            given = event

        def work(stop=None):
            return (stop or given).wait(5)

        if __name__ == "__main__":
            given = multiprocessing.Event()
            with multiprocessing.Manager() as manager:
                with Pool(1, initializer=start, initargs=(given,)) as pool:
                    for made in (threading.Event, multiprocessing.Event, manager.Event, None):
                        stop = made and made()
                        try:
                            job = pool.submit(work, stop)
                            (stop or given).set()
                            print(job.result())
                        except (TypeError, RuntimeError) as error:
                            print(type(error).__name__)
            of_fork = multiprocessing.get_context("fork").Event()
            spawn = multiprocessing.get_context("spawn")
            for event in (of_fork, spawn.Event()):
                event.set()
                pool = Pool(1, spawn, initializer=start, initargs=(event,))
                try:
                    print(pool.submit(work).result())
                except RuntimeError as error:
                    print("of another context:", type(error).__name__)
    """)
    assert trace.lines[:4] == ["TypeError", "RuntimeError", "True", "True"]
    assert trace.lines[4:] == ["of another context: RuntimeError", "True"]


@pytest.mark.always("lim-queued-is-cancelled")
@ways(pool=POOLS)
def test_a_queued_task_is_cancelled_and_never_run(pool: Pool) -> None:
    lines = perform(
        pool,
        """
        from concurrent.futures import CancelledError

        if __name__ == "__main__":
            with Pool(1) as pool:
                jobs = [pool.submit(work, str(number)) for number in range(9)]
                wait_for("0 began")
                last = jobs[-1]
                print(last.cancel(), last.cancelled())
                pathlib.Path("go on").touch()
            print(is_there("7 began"), is_there("8 began"))
            try:
                last.result()
            except CancelledError:
                print("CancelledError")
        """,
    )
    assert lines == ["True True", "True False", "CancelledError"]


@pytest.mark.always("lim-cancel-futures")
@ways(pool=POOLS, wait={"wait": True, "don't wait": False})
def test_shutdown_cancels_what_is_queued_and_lets_the_rest_finish(pool: Pool, wait: bool) -> None:
    lines = perform(
        pool,
        filled(
            """
        import threading

        if __name__ == "__main__":
            pool = Pool(1)
            jobs = [pool.submit(work, str(number)) for number in range(9)]
            wait_for("0 began")
            threading.Timer(0.05, pathlib.Path("go on").touch).start()
            pool.shutdown(wait=WAIT, cancel_futures=True)
            while not all(job.done() for job in jobs):
                time.sleep(0.01)
            print(jobs[0].result(), all(job.cancelled() for job in jobs[4:]))
            print(is_there("8 began"), sum(job.cancelled() for job in jobs) >= 5)
        """,
            WAIT=wait,
        ),
    )
    assert lines == ["done True", "False True"]


@pytest.mark.always("lim-cancelled-unnoticed")
@ways(pool=POOLS, begun={"before": True, "after": False})
def test_nobody_who_waits_is_told_of_what_shutdown_cancelled(pool: Pool, begun: bool) -> None:
    # no mutant: программа здесь только спрашивает пул: как он себя ведёт, решает сам Python
    lines = perform(
        pool,
        filled(
            """
        import threading
        from concurrent.futures import as_completed, wait

        def go_on_after(last):
            while not last.cancelled():
                time.sleep(0.01)
            pathlib.Path("go on").touch()

        def rest(iterator):
            try:
                yield from iterator
            except TimeoutError:
                print("TimeoutError")

        if __name__ == "__main__":
            pool = Pool(1)
            first = pool.submit(is_there, "nothing")
            jobs = [first, *(pool.submit(work, str(number)) for number in range(9))]
            wait_for("0 began")
            iterator = as_completed(jobs, timeout=0.2)
            if BEGUN:
                print(next(iterator) is first)
            threading.Thread(target=go_on_after, args=(jobs[-1],)).start()
            # After it nobody is left who could tell of anything.
            pool.shutdown(cancel_futures=True)
            done = set(rest(iterator))
            print(all(job.done() for job in jobs), any(job.cancelled() for job in done))
            cancelled = {job for job in jobs if job.cancelled()}
            print(len(cancelled) > 4, wait(jobs, timeout=0).not_done == cancelled)
        """,
            BEGUN=begun,
        ),
    )
    assert lines == ["True"] * begun + ["TimeoutError", "True False", "True True"]


@pytest.mark.sometimes("lim-second-shutdown-forgets")
@ways(pool=PROCESS_POOLS)
def test_a_second_shutdown_can_undo_the_cancelling(pool: Pool) -> None:
    lines = perform(
        pool,
        """
        if __name__ == "__main__":
            with Pool(1) as pool:
                jobs = [pool.submit(work, str(number)) for number in range(9)]
                wait_for("0 began")
                # The schedule that is forced: the pool's own thread has not woken up yet.
                wakeup = pool._executor_manager_thread_wakeup
                wake, wakeup.wakeup = wakeup.wakeup, lambda: None
                pool.shutdown(wait=False, cancel_futures=True)
            wake()
            pathlib.Path("go on").touch()
            while not all(job.done() for job in jobs):
                time.sleep(0.01)
            print(is_there("8 ended"), any(job.cancelled() for job in jobs))
        """,
    )
    assert lines == ["True False"]


@pytest.mark.always("lim-terminate-workers-since-314")
@ways(
    pool=PROCESS_POOLS,
    method={each: each for each in ("terminate_workers", "kill_workers")},
    left={"no with": None, "with, noticed before": False, "with, noticed after": True},
)
def test_workers_can_be_killed_since_314(pool: Pool, method: str, left: bool | None) -> None:
    # no mutant: методы появились в Python 3.14, а доказательства ломают на 3.11
    is_new = sys.version_info >= (3, 14)
    assert hasattr(ProcessPoolExecutor, method) is is_new
    if is_new:
        assert not hasattr(futures.InterpreterPoolExecutor, method)
        lines = perform(
            pool,
            filled(
                """
            import contextlib, threading
            from concurrent.futures import CancelledError
            from concurrent.futures.process import BrokenProcessPool

            if __name__ == "__main__":
                pool = Pool(1)
                jobs = [pool.submit(work, str(number)) for number in range(8)]
                wait_for("0 began")
                # The schedule that is forced: when the pool's own thread notices.
                manager, may_notice = pool._executor_manager_thread, threading.Event()
                notice = manager.is_shutting_down
                manager.is_shutting_down = lambda: may_notice.wait(60) and notice()
                with contextlib.nullcontext() if LEFT is None else pool:
                    pool.METHOD()
                    if not LEFT:
                        may_notice.set()
                        while not jobs[-1].done():
                            time.sleep(0.01)
                may_notice.set()
                ends = []
                for job in jobs:
                    try:
                        job.result(timeout=60)
                    except (BrokenProcessPool, CancelledError) as error:
                        ends.append(type(error).__name__)
                print(len(ends), ends == sorted(ends), ends[0], ends[-1])
            """,
                METHOD=method,
                LEFT=left,
            ),
        )
        last = "BrokenProcessPool" if left else "CancelledError"
        assert lines == [f"8 True BrokenProcessPool {last}"]


@pytest.mark.always("lim-terminated-unnoticed", since="3.14")
@ways(pool=PROCESS_POOLS, method={each: each for each in ("terminate_workers", "kill_workers")})
def test_nobody_who_waits_is_told_of_what_the_killing_cancelled(pool: Pool, method: str) -> None:
    # no mutant: методы появились в Python 3.14, а доказательства ломают на 3.11
    lines = perform(
        pool,
        filled(
            """
        from concurrent.futures import as_completed, wait

        if __name__ == "__main__":
            pool = Pool(1)
            jobs = [pool.submit(work, str(number)) for number in range(8)]
            wait_for("0 began")
            manager = pool._executor_manager_thread
            pool.METHOD()
            # After it nobody is left who could tell of anything.
            manager.join(timeout=60)
            print(manager.is_alive(), all(job.done() for job in jobs))
            cancelled = {job for job in jobs if job.cancelled()}
            print(len(cancelled) > 4, wait(jobs, timeout=0).not_done == cancelled)
            came = set()
            try:
                came.update(as_completed(jobs, timeout=0.05))
            except TimeoutError:
                print(cancelled.isdisjoint(came))
        """,
            METHOD=method,
        ),
    )
    assert lines == ["False True", "True True", "True"]


@pytest.mark.sometimes("lim-terminate-workers-may-hang", since="3.14")
@ways(pool=PROCESS_POOLS, method={each: each for each in ("terminate_workers", "kill_workers")})
def test_who_kills_amid_a_result_may_wait_for_ever(pool: Pool, method: str) -> None:
    # no mutant: методы появились в Python 3.14, а доказательства ломают на 3.11
    code = """
        import multiprocessing.connection as connection, os, pathlib, threading, time
        from concurrent.futures import wait

        def half(self, data):
            # The schedule that is forced: killed when a part has been sent.
            os.write(self.fileno(), bytes(data[: len(data) // 2]))
            pathlib.Path("half").touch()
            time.sleep(60)

        def give():
            connection.Connection._send = half
            return b"x" * 100

        if __name__ == "__main__":
            pool = Pool(1)
            job = pool.submit(give)
            (worker,) = pool._processes.values()
            while not pathlib.Path("half").exists():
                time.sleep(0.01)
            pool.METHOD()
            worker.join()
            wait([job], timeout=0.3)
            print(job.done(), worker.exitcode < 0)
            # The end of the program would wait for this thread, too.
            kinds = [type(thread).__name__ for thread in threading.enumerate()]
            print("_ExecutorManagerThread" in kinds, flush=True)
            os._exit(0)
    """
    run = pool.run(filled(code, METHOD=method))
    assert run.stdout.splitlines() == ["False True", "True"], run.stderr


@pytest.mark.always("lim-terminate-workers-handled", since="3.14")
@ways(
    pool=PROCESS_POOLS,
    handler={
        "handler": "lambda *_: None",
        "ignored": "signal.SIG_IGN",
        "raises": "lambda *_: sys.exit()",
    },
)
def test_who_survives_sigterm_is_not_terminated(pool: Pool, handler: str) -> None:
    # no mutant: метод появился в Python 3.14, а доказательства ломают на 3.11
    code = """
        import os, pathlib, signal, sys, time

        def work(name):
            pathlib.Path(f"{name} began").touch()
            while not pathlib.Path("go on").exists():
                time.sleep(0.01)
            return name

        def outcome(job):
            try:
                return job.result(timeout=60)
            except SystemExit:
                return "SystemExit"

        def prepare():
            signal.signal(signal.SIGTERM, HANDLER)

        if __name__ == "__main__":
            if BY_FORK:
                prepare()
            pool = Pool(1, initializer=None if BY_FORK else prepare)
            begun, ahead = (pool.submit(work, name) for name in ("tea", "milk"))
            while not (pathlib.Path("tea began").exists() and ahead.running()):
                time.sleep(0.01)
            pool.terminate_workers()
            while RAISES and not begun.done():
                time.sleep(0.01)
            print(begun.done())
            pathlib.Path("go on").touch()
            print(outcome(begun), outcome(ahead), flush=True)
            # Nothing gentler ends a worker that waits for jobs of a pool that is gone.
            os.killpg(0, signal.SIGKILL)
    """
    raises = "exit" in handler
    run = pool.run(filled(code, HANDLER=handler, BY_FORK=pool.method == "fork", RAISES=raises))
    ends = ["True", "SystemExit milk"] if raises else ["False", "tea milk"]
    assert run.stdout.splitlines() == ends, run.stderr
