"""Proofs for source/pools/progress.md."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait

import pytest
from proven.stage import play

from tests.ways import COUNTS, ENDED, End, but, ways
from tests.ways_processes import METHODS, POOLS, PROCESS_POOLS, Pool, filled, perform_by


@pytest.mark.always("progress-no-length")
@ways(pool=POOLS)
def test_the_results_have_no_length(pool: Pool) -> None:
    # no mutant: есть ли у перебора длина, решает сам Python
    trace = pool.perform("""
        from concurrent.futures import as_completed

        if __name__ == "__main__":
            with Pool(1) as pool:
                for results in as_completed([pool.submit(abs, -1)]), pool.map(abs, [-1]):
                    try:
                        len(results)
                    except TypeError as error:
                        print(error)
    """)
    assert trace.lines == ["object of type 'generator' has no len()"] * 2


def finish(future: Future[str], end: End) -> None:
    """End a future as its pool does: tell of a cancellation, too."""
    end.put_into(future)
    if future.cancelled():
        future.set_running_or_notify_cancel()


@pytest.mark.always("progress-every-future-once")
@ways(end=ENDED, count=COUNTS)
def test_each_future_comes_once_however_it_ends(end: End, count: int) -> None:
    trace = play("pools/progress_errors")
    assert trace.lines == [
        *(f"{number} of 5" for number in range(1, 6)),
        "[0, 1, 2] ValueError('1 is odd') ValueError('3 is odd')",
    ]
    before: list[Future[str]] = [Future() for _ in range(count)]
    after: list[Future[str]] = [Future() for _ in range(count)]
    for future in before:
        finish(future, end)
    coming = as_completed([*before, *after, *before])
    seen = [next(coming) for _ in before]
    for future in after:
        finish(future, end)
    seen += coming
    assert sorted(map(id, seen)) == sorted(map(id, before + after))


@pytest.mark.always("progress-cancelled-comes-in-its-turn")
@ways(count={"1": 1, "20": 20})
def test_a_cancelled_task_comes_when_it_is_its_turn(count: int) -> None:
    # no mutant: когда сказать об отмене, решает сам Python
    go_on = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(go_on.wait)
        queued = [pool.submit(abs, -1) for _ in range(count)]
        assert all(each.cancel() and each.done() for each in queued)
        assert not wait(queued, timeout=0).done
        with pytest.raises(TimeoutError):
            next(as_completed(queued, timeout=0))
        go_on.set()
        assert set(as_completed(queued)) == set(queued) == wait(queued).done


@pytest.mark.always("progress-cancel-futures-never-come")
@ways(pool=POOLS)
def test_what_shutdown_cancelled_never_comes(pool: Pool) -> None:
    # no mutant: скажет ли пул об отмене, решает сам Python
    trace = pool.perform("""
        import time
        from concurrent.futures import as_completed, wait

        if __name__ == "__main__":
            with Pool(1) as pool:
                jobs = [pool.submit(time.sleep, 0.2) for _ in range(9)]
                pool.shutdown(cancel_futures=True)
            # The pool has ended: nobody is left who could tell later.
            cancelled = {job for job in jobs if job.cancelled()}
            print(all(job.done() for job in jobs), len(cancelled) > 0)
            print(wait(jobs, timeout=0.05).not_done == cancelled)
            came = set()
            try:
                for job in as_completed(jobs, timeout=0.05):
                    came.add(job)
            except TimeoutError:
                print(came == set(jobs) - cancelled)
    """)
    assert trace.lines == ["True True", "True", "True"]


@pytest.mark.always("progress-cancelled-in-a-broken-pool")
@ways(pool=POOLS, cancelled={"one": 1, "last": 3})
def test_what_was_cancelled_in_a_broken_pool_never_comes(pool: Pool, cancelled: int) -> None:
    # no mutant: скажет ли пул об отмене, решает сам Python
    run = pool.run(
        filled(
            """
        import pathlib, time
        from concurrent.futures import as_completed, wait

        def prepare():
            while not pathlib.Path("go on").exists():
                time.sleep(0.01)
            raise ValueError("breaks the pool")

        if __name__ == "__main__":
            pool = Pool(1, initializer=prepare)
            jobs = [pool.submit(abs, -1) for _ in range(6)]
            cancelled = jobs[-CANCELLED:]
            print(all(job.cancel() for job in cancelled))
            pathlib.Path("go on").touch()
            print(type(jobs[0].exception()).__name__[:6])
            pool.shutdown()
            # The pool has ended: nobody is left who could tell later.
            print(all(job.done() for job in cancelled))
            print(wait(jobs, timeout=0.05).not_done == {*cancelled})
            came = set()
            try:
                for job in as_completed(jobs, timeout=0.05):
                    came.add(job)
            except TimeoutError:
                print(came.isdisjoint(cancelled))
    """,
            CANCELLED=cancelled,
        )
    )
    assert run.stdout.splitlines() == ["True", "Broken", "True", "True", "True"], run.stderr


@pytest.mark.sometimes("progress-behind-the-cancelled")
@ways(pool=POOLS, cancelled={"one": 1, "two": 2})
def test_what_waits_behind_the_cancelled_in_a_broken_pool_never_ends(
    pool: Pool, cancelled: int
) -> None:
    # no mutant: что станет с остальными заданиями, решает сам Python
    run = pool.run(
        filled(
            """
        import os, pathlib, time

        def prepare():
            while not pathlib.Path("go on").exists():
                time.sleep(0.01)
            raise ValueError("breaks the pool")

        if __name__ == "__main__":
            pool = Pool(1, initializer=prepare)
            jobs = [pool.submit(abs, -1) for _ in range(8)]
            print([job.cancel() for job in jobs[3 : 3 + CANCELLED]].count(True))
            pathlib.Path("go on").touch()
            print(all(type(job.exception()).__name__[:6] == "Broken" for job in jobs[:3]))
            pool.shutdown()
            # The pool has ended: nobody is left who could end them later.
            print([job.done() for job in jobs[3 + CANCELLED :]].count(True), flush=True)
            os._exit(0)
    """,
            CANCELLED=cancelled,
        )
    )
    ends = pool in PROCESS_POOLS.values() and sys.version_info >= (3, 12)
    behind = 5 - cancelled if ends else 0
    assert run.stdout.splitlines() == [str(cancelled), "True", str(behind)], run.stderr


@pytest.mark.always("progress-error-leaves-the-rest")
@ways(pool=POOLS, count={"2": 2, "20": 20})
def test_an_error_ends_the_loop_and_not_the_tasks(pool: Pool, count: int) -> None:
    # no mutant: что станет с остальными заданиями, решает сам Python
    trace = pool.perform(
        filled(
            """
        import pathlib, time
        from concurrent.futures import as_completed

        def save(number):
            if number == 0:
                raise OSError("no room")
            while not pathlib.Path("seen").exists():
                time.sleep(0.005)
            pathlib.Path(f"saved {number}").touch()

        if __name__ == "__main__":
            try:
                with Pool(1) as pool:
                    jobs = [pool.submit(save, number) for number in range(COUNT)]
                    for count, job in enumerate(as_completed(jobs), 1):
                        pathlib.Path("seen").touch()
                        job.result()
            except OSError:
                print(count, len(list(pathlib.Path().glob("saved *"))))
    """,
            COUNT=count,
        )
    )
    assert trace.lines == [f"1 {count - 1}"]


@pytest.mark.always("progress-map-waits-for-the-first")
@ways(pool=POOLS)
def test_map_gives_nothing_before_the_first_is_done(pool: Pool) -> None:
    broken, fixed = play("pools/progress_broken"), play("pools/progress_fixed")
    assert {str(line).partition(",")[0] for line in broken.lines if "main" in line} == {
        str(line).partition(",")[0] for line in fixed.lines if "main" in line
    }
    assert broken.ordered("quick: ready", "usual: ready", "slow: ready", "main: 1 of 3, SLOW")
    assert fixed.ordered("main: 1 of 3, QUICK", "usual: ready", "main: 2 of 3, USUAL")
    assert fixed.ordered("main: 2 of 3, USUAL", "slow: ready", "main: 3 of 3, SLOW")
    run = pool.perform("""
        import pathlib, threading, time

        def work(number):
            if number == 0:
                while not pathlib.Path("go on").exists():
                    time.sleep(0.005)
            else:
                pathlib.Path(f"{number} is done").touch()
            return number

        def wait_for_others():
            while len(list(pathlib.Path().glob("* is done"))) < 4:
                time.sleep(0.005)
            print("others are done:", got)
            pathlib.Path("go on").touch()

        got = []
        if __name__ == "__main__":
            with Pool(2) as pool:
                results = pool.map(work, range(5))
                other = threading.Thread(target=wait_for_others)
                other.start()
                for each in results:
                    got.append(each)
                other.join()
            print(got)
    """)
    assert run.lines == ["others are done: []", "[0, 1, 2, 3, 4]"]


@pytest.mark.always("progress-callback-in-the-worker")
@ways(end=but(ENDED, "cancelled"), workers={"1": 1, "3": 3})
def test_a_thread_pool_calls_where_the_task_ran(end: End, workers: int) -> None:
    assert play("pools/progress_callback").lines == [
        "callback in pool_0",
        "main: the job is done",
        "callback in MainThread",
    ]
    go_on = threading.Event()
    worked: list[threading.Thread] = []
    called: list[threading.Thread] = []

    def work() -> str:
        go_on.wait()
        worked.append(threading.current_thread())
        return end.reach()

    with ThreadPoolExecutor(workers) as pool:
        job = pool.submit(work)
        job.add_done_callback(lambda _: called.append(threading.current_thread()))
        go_on.set()
    assert called == worked
    assert worked[0] is not threading.current_thread()


@pytest.mark.always("progress-callback-in-the-parent")
@ways(pool=PROCESS_POOLS, end={"value": "pass", "exception": "1 / 0", "crash": "os._exit(1)"})
def test_a_process_pool_calls_in_the_parent(pool: Pool, end: str) -> None:
    # no mutant: где вызвать функцию, решает сам Python
    trace = pool.perform(
        filled(
            """
        import multiprocessing, os, threading, time

        def start(event):
            global callback_is_added
            callback_is_added = event

        def work():
            callback_is_added.wait()
            END

        def called(job):
            main = threading.current_thread() is threading.main_thread()
            print("in parent:", os.getpid() == parent, "in main:", main)

        def release(job):
            while not job.cancelled():
                time.sleep(0.01)
            added.set()

        if __name__ == "__main__":
            parent, added = os.getpid(), multiprocessing.Event()
            with Pool(1, initializer=start, initargs=(added,)) as pool:
                pool.submit(work).add_done_callback(called)
                if LATER:
                    jobs = [pool.submit(abs, -1) for _ in range(5)]
                    jobs[-1].add_done_callback(called)
                    threading.Thread(target=release, args=(jobs[-1],)).start()
                    pool.shutdown(cancel_futures=True)
                added.set()
    """,
            END=end,
            LATER=end == "pass",
        )
    )
    assert trace.lines == ["in parent: True in main: False"] * (2 if end == "pass" else 1)


@pytest.mark.always("progress-callback-in-the-canceller")
@ways(
    who={"main thread": False, "another thread": True},
    cancel={
        "cancel": lambda pool, job: job.cancel(),
        "shutdown": lambda pool, job: pool.shutdown(wait=False, cancel_futures=True),
    },
)
def test_the_one_who_cancels_calls(
    who: bool, cancel: Callable[[ThreadPoolExecutor, Future[int]], object]
) -> None:
    # no mutant: кто вызовет функцию, решает сам Python
    go_on = threading.Event()
    called: list[threading.Thread] = []
    with ThreadPoolExecutor(1) as pool:
        pool.submit(go_on.wait)
        job = pool.submit(abs, -1)
        job.add_done_callback(lambda _: called.append(threading.current_thread()))
        canceller = threading.Thread(target=cancel, args=(pool, job)) if who else None
        if canceller:
            canceller.start()
            canceller.join()
        else:
            cancel(pool, job)
        go_on.set()
    assert called == [canceller or threading.current_thread()]


@pytest.mark.always("progress-callback-at-once")
@ways(end=ENDED, other={"main thread": False, "another thread": True})
def test_a_late_callback_is_called_at_once(end: End, other: bool) -> None:
    assert play("pools/progress_callback").lines[-1] == "callback in MainThread"
    future: Future[str] = Future()
    end.put_into(future)
    called: list[threading.Thread] = []

    def add() -> None:
        future.add_done_callback(lambda _: called.append(threading.current_thread()))
        assert called == [threading.current_thread()]

    if other:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(add).result()
    else:
        add()
    assert len(called) == 1


@pytest.mark.sometimes("progress-callbacks-overlap")
def test_two_callbacks_meet() -> None:
    # no mutant: в каких потоках вызвать функции, решает сам Python
    both, added, met = threading.Barrier(2), threading.Event(), []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(2):
            job = pool.submit(added.wait)
            job.add_done_callback(lambda _: met.append(both.wait(20)))
        added.set()
    assert sorted(met) == [0, 1], "each waited inside its callback for the other"


@pytest.mark.always("progress-callback-error-is-logged")
@ways(
    error={"ValueError": ValueError, "OSError": OSError},
    late={"before the end": False, "after it": True},
    end=ENDED,
)
def test_an_error_of_a_callback_is_only_logged(
    error: type[Exception], late: bool, end: End, caplog: pytest.LogCaptureFixture
) -> None:
    # no mutant: что станет с ошибкой функции, решает сам Python
    future: Future[str] = Future()

    def fail(_: Future[str]) -> None:
        raise error("own")

    with caplog.at_level(logging.ERROR, logger="concurrent.futures"):
        if late:
            end.put_into(future)
        future.add_done_callback(fail)
        end.put_into(future)
    (record,) = caplog.records
    assert record.name == "concurrent.futures"
    assert record.getMessage().startswith("exception calling callback")
    assert record.exc_info is not None
    assert record.exc_info[0] is error
    if end.error is None:
        assert future.result() == "result"
    elif future.cancelled():
        assert end is ENDED["cancelled"]
    else:
        assert isinstance(future.exception(), end.error)


@pytest.mark.always("progress-callback-exit-ends-the-thread")
@ways(pool=POOLS)
def test_an_exit_in_a_callback_ends_the_thread_of_the_pool(pool: Pool) -> None:
    # no mutant: чем кончится поток пула, решает сам Python
    # The exit's traceback is in the way of perform, which takes it for the program's.
    run = pool.run("""
        import multiprocessing, os, pathlib, sys, threading, time
        from concurrent.futures import wait

        callers = []

        def work():
            while not pathlib.Path("go on").exists():
                time.sleep(0.01)

        def leave(job):
            callers.append(threading.current_thread())
            sys.exit()

        if __name__ == "__main__":
            pool = Pool(1)
            job = pool.submit(work)
            job.add_done_callback(leave)
            pathlib.Path("go on").touch()
            job.result()
            while not callers:
                time.sleep(0.01)
            callers[0].join(10)
            late = pool.submit(abs, -1)
            wait([late], timeout=0.1)
            print(callers[0].is_alive(), late.done(), flush=True)
            for process in multiprocessing.active_children():
                process.kill()
            os._exit(0)
    """)
    assert run.stdout.splitlines() == ["False False"]


@pytest.mark.always("progress-callback-exit-leaves-processes")
@ways(pool=PROCESS_POOLS, leaves={"sys.exit": True, "an ordinary callback": False})
def test_the_processes_of_such_a_pool_outlive_its_shutdown(pool: Pool, leaves: bool) -> None:
    # no mutant: чем кончатся процессы пула, решает сам Python
    run = pool.run(
        filled(
            """
        import multiprocessing, os, pathlib, sys, time

        def work():
            while not pathlib.Path("go on").exists():
                time.sleep(0.01)

        def called(job):
            if LEAVES:
                sys.exit()

        if __name__ == "__main__":
            with Pool(1) as pool:
                job = pool.submit(work)
                job.add_done_callback(called)
                pathlib.Path("go on").touch()
            (process,) = multiprocessing.active_children() or [None]
            if process:
                process.join(0.5)
            print(process is not None and process.is_alive(), flush=True)
            if process:
                process.kill()
            os._exit(0)
    """,
            LEAVES=leaves,
        )
    )
    assert run.stdout.splitlines() == [str(leaves)], run.stderr


@pytest.mark.always("progress-parts-before-the-end")
@ways(method=METHODS, end={"value": "return number", "exception": "raise OSError(number)"})
def test_the_parts_come_before_the_end(method: str, end: str) -> None:
    trace = play("pools/progress_inside")
    assert trace.lines[:-1] == [f"part {number} of 6" for number in range(1, 7)]
    assert trace.lines[-1] == "['a.mp4', 'b.mp4', 'c.mp4']"
    lines = perform_by(
        method,
        filled(
            """
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import Manager

        def work(number, reports):
            for _ in range(3):
                reports.put((number, "part"))
            END

        if __name__ == "__main__":
            with Manager() as manager, ProcessPoolExecutor(2) as pool:
                reports = manager.Queue()
                for number in range(4):
                    job = pool.submit(work, number, reports)
                    job.add_done_callback(lambda _, number=number: reports.put((number, "end")))
                came = [reports.get() for _ in range(16)]
            for number in range(4):
                print([what for who, what in came if who == number])
    """,
            END=end,
        ),
    ).lines
    assert lines == [str(["part"] * 3 + ["end"])] * 4
