"""Proofs for source/pools/executors.md."""

import multiprocessing
import os
import sys
import threading
from concurrent import futures
from multiprocessing.pool import ThreadPool

import pytest
from proven.stage import load, play

from tests.ways import ways
from tests.ways_processes import (
    CRASHES,
    INTERPRETER_POOLS,
    METHODS,
    NOT_FORK,
    POOLS,
    PROCESS_POOLS,
    THREAD_POOLS,
    Pool,
    filled,
    perform_by,
    run_by,
)

CLASSES = {pool.name: getattr(futures, pool.name) for pool in POOLS.values()}


@pytest.mark.always("pool-one-interface")
@ways(kind=CLASSES)
def test_all_pools_have_the_same_interface(kind: type) -> None:
    assert issubclass(kind, futures.Executor)
    for name in ("submit", "map", "shutdown", "__enter__", "__exit__"):
        assert callable(getattr(kind, name))
    lines = play("pools/executors_same_interface").lines
    assert {line.partition("]")[0] for line in lines} == {"[1, 4, 9"}


@pytest.mark.always("pool-threads-same-process")
@ways(workers={"1": 1, "2": 2, "5": 5})
def test_a_thread_pool_works_in_other_threads_of_this_process(workers: int) -> None:
    assert play("pools/executors_same_interface").lines[0].endswith("in this process: 3 of 3")
    with futures.ThreadPoolExecutor(workers) as pool:
        places = [pool.submit(lambda: (os.getpid(), threading.get_ident())) for _ in range(9)]
    assert {place.result()[0] for place in places} == {os.getpid()}
    assert threading.get_ident() not in {place.result()[1] for place in places}


@pytest.mark.always("pool-processes-elsewhere")
@ways(pool=PROCESS_POOLS, workers={"1": 1, "2": 2})
def test_a_process_pool_works_in_other_processes(pool: Pool, workers: int) -> None:
    assert play("pools/executors_same_interface").lines[1].endswith("in this process: 0 of 3")
    trace = pool.perform(
        filled(
            """
        import os

        def place(_):
            return os.getpid()

        if __name__ == "__main__":
            with Pool(WORKERS) as pool:
                print(os.getpid() in set(pool.map(place, range(9))))
    """,
            WORKERS=workers,
        )
    )
    assert trace.lines == ["False"]


@pytest.mark.always("pool-multiprocessing-has-threads")
def test_multiprocessing_has_a_pool_of_threads() -> None:
    # no mutant: что такой класс есть и где он работает, решает сам Python
    # one way: a fact about a class
    with ThreadPool(2) as threads:
        assert threads.apply(os.getpid) == os.getpid()
        assert threads.apply(threading.get_ident) != threading.get_ident()
    with multiprocessing.get_context("spawn").Pool(1) as processes:
        assert processes.apply(os.getpid) != os.getpid()


@pytest.mark.always("pool-interpreters-since-314")
def test_the_pool_of_interpreters() -> None:
    # no mutant: класс появился в Python 3.14, а доказательства ломают на 3.11
    # one way: a fact about a class
    if sys.version_info < (3, 14):
        assert not hasattr(futures, "InterpreterPoolExecutor")
        return
    assert issubclass(futures.InterpreterPoolExecutor, futures.ThreadPoolExecutor)
    trace = INTERPRETER_POOLS["interpreters"].perform("""
        import os
        from concurrent import interpreters

        def change(prices):
            prices.append(0)
            return os.getpid(), prices

        def fill(cents):
            cents[:] = b"7"

        def sell(sold):
            sold.put("tea")

        if __name__ == "__main__":
            prices, cents = [20, 22], bytearray(b"0")
            sold = interpreters.create_queue()
            with Pool(max_workers=1) as pool:
                pid, changed = pool.submit(change, prices).result()
                pool.submit(fill, memoryview(cents)).result()
                pool.submit(sell, sold).result()
                print(pid == os.getpid(), changed, prices, cents.decode(), sold.get())
    """)
    assert trace.lines == ["True [20, 22, 0] [20, 22] 7 tea"]


@pytest.mark.always("pool-reuses-workers")
@ways(pool=POOLS)
def test_twenty_tasks_in_two_workers(pool: Pool) -> None:
    assert play("pools/executors_reuse").lines == [
        "tasks: 20",
        "no more than two processes: True",
    ]
    trace = pool.perform("""
        import os, threading

        def place(_):
            return os.getpid(), threading.get_native_id()

        if __name__ == "__main__":
            with Pool(max_workers=2) as pool:
                print(len(set(pool.map(place, range(20)))) <= 2)
    """)
    assert trace.lines == ["True"]


@pytest.mark.always("pool-max-tasks-per-child")
@ways(
    pool={name: pool for name, pool in PROCESS_POOLS.items() if pool.method != "fork"},
    limit={"1": 1, "2": 2},
    sent={
        "one": "[pool.submit(place, 0).result()]",
        "portion": "pool.map(place, range(3), chunksize=3)",
    },
)
def test_a_worker_is_replaced_after_so_many_tasks(pool: Pool, limit: int, sent: str) -> None:
    trace = pool.perform(
        filled(
            """
        import os

        def place(_):
            return os.getpid()

        if __name__ == "__main__":
            with Pool(max_workers=1, max_tasks_per_child=LIMIT) as pool:
                print(len({where for _ in range(4) for where in SENT}))
    """,
            LIMIT=limit,
            SENT=sent,
        )
    )
    assert trace.lines == [str(4 // limit)]


@pytest.mark.always("pool-max-tasks-by-spawn")
@ways(limit={"1": 1, "2": 2}, method=METHODS)
def test_a_pool_that_replaces_workers_does_not_fork(limit: int, method: str) -> None:
    # no mutant: как запускать процессы, решает сам Python
    trace = perform_by(
        method,
        filled(
            """
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import current_process, get_context

        def kind():
            return type(current_process()).__name__

        if __name__ == "__main__":
            for options in ({}, {"max_tasks_per_child": LIMIT}):
                with ProcessPoolExecutor(1, **options) as pool:
                    print(pool.submit(kind).result())
            try:
                ProcessPoolExecutor(1, get_context("fork"), max_tasks_per_child=LIMIT)
            except ValueError:
                print("not by fork")
    """,
            LIMIT=limit,
        ),
    )
    by_default = {"fork": "ForkProcess", "spawn": "SpawnProcess", "forkserver": "ForkServerProcess"}
    assert trace.lines == [by_default[method], "SpawnProcess", "not by fork"]


@pytest.mark.sometimes("pool-max-tasks-may-hang")
@ways(method=NOT_FORK)
def test_a_worker_may_get_no_successor(method: str) -> None:
    # no mutant: заводить ли нового рабочего, решает сам Python
    version = sys.version_info[:3]
    mended = version >= (3, 14, 7) or (3, 13, 15) <= version < (3, 14)
    run = run_by(
        method,
        filled(
            """
        import multiprocessing, os
        from concurrent.futures import ProcessPoolExecutor, wait

        if __name__ == "__main__":
            pool = ProcessPoolExecutor(1, multiprocessing.get_context(), max_tasks_per_child=2)
            jobs = [pool.submit(abs, -number) for number in range(6)]
            workers = multiprocessing.active_children()
            print(jobs[1].result())
            for worker in workers:
                worker.join()
            done, waiting = wait(jobs, timeout=LONGEST)
            # The end of the program would wait for ever, too.
            print(len(done), len(waiting), flush=True)
            os._exit(0)
    """,
            LONGEST=None if mended else 1,
        ),
    )
    assert run.stdout.splitlines() == ["1", "6 0" if mended else "2 4"]


@pytest.mark.sometimes("pool-max-tasks-closed-early")
@ways(
    method=NOT_FORK,
    limit={"1": 1, "2": 2},
    close={"shutdown": "pool.shutdown(wait=False)", "last reference": "del pool"},
)
def test_nobody_replaces_a_worker_of_a_pool_that_is_left(
    method: str, limit: int, close: str
) -> None:
    # no mutant: заводить ли нового рабочего, решает сам Python
    mended = sys.version_info[:3] >= (3, 14, 7)
    run = run_by(
        method,
        filled(
            """
        import gc, multiprocessing, os, time
        from concurrent.futures import ProcessPoolExecutor, wait
        from pathlib import Path

        def work(number):
            while not Path("go on").exists():
                time.sleep(0.001)
            return number

        if __name__ == "__main__":
            context = multiprocessing.get_context()
            pool = ProcessPoolExecutor(1, context, max_tasks_per_child=LIMIT)
            jobs = [pool.submit(work, number) for number in range(6)]
            workers = multiprocessing.active_children()
            CLOSE
            gc.collect()
            Path("go on").touch()
            print(jobs[LIMIT - 1].result())
            for worker in workers:
                worker.join()
            done, waiting = wait(jobs, timeout=LONGEST)
            broken = sum(job.exception() is not None for job in done)
            # The end of the program would wait for ever, too.
            print(len(done), len(waiting), broken, flush=True)
            os._exit(0)
    """,
            LIMIT=limit,
            CLOSE=close,
            LONGEST=None if mended else 1,
        ),
    )
    broken = 6 - limit if close == "del pool" else 0
    outcome = f"6 0 {broken}" if mended else f"{limit} {6 - limit} 0"
    assert run.stdout.splitlines() == [str(limit - 1), outcome], run.stderr


@pytest.mark.sometimes("pool-worker-keeps-state")
@ways(pool=THREAD_POOLS | PROCESS_POOLS)
def test_a_task_sees_what_an_earlier_one_left(pool: Pool) -> None:
    # no mutant: рабочий у пула один, и что он помнит, решает сам Python
    trace = pool.perform("""
        import threading

        seen, own = [], threading.local()

        def work(user):
            seen.append(user)
            if user:
                own.user = user
            return len(seen), getattr(own, "user", "nobody")

        if __name__ == "__main__":
            with Pool(max_workers=1) as pool:
                print([pool.submit(work, user).result() for user in ("Ann", "")])
    """)
    assert trace.lines == ["[(1, 'Ann'), (2, 'Ann')]"]


@pytest.mark.always("pool-lambda-only-in-threads")
@ways(pool=POOLS)
def test_a_lambda_works_in_threads_only(pool: Pool) -> None:
    trace = pool.perform("""
        def answer():
            return 42

        if __name__ == "__main__":
            with Pool(max_workers=1) as pool:
                for task in (answer, lambda: 42):
                    try:
                        future = pool.submit(task)
                    except Exception:
                        print("refused at once")
                    else:
                        print("refused" if future.exception() else future.result())
    """)
    assert trace.lines[0] == "42"
    if pool.name != "InterpreterPoolExecutor":  # the sentence is about the other two
        assert trace.lines[1] == ("42" if "Thread" in pool.name else "refused")


@pytest.mark.always("pool-broken-by-a-crash")
@ways(pool=PROCESS_POOLS, crash=CRASHES)
def test_a_crash_of_a_worker_breaks_the_pool_for_all(pool: Pool, crash: str) -> None:
    trace = pool.perform(
        filled(
            """
        import multiprocessing, os, threading
        from concurrent.futures.process import BrokenProcessPool

        def start(event):
            global all_are_sent
            all_are_sent = event

        def wait(seconds):
            threading.Event().wait(seconds)

        def crash():
            all_are_sent.wait()
            CRASH

        if __name__ == "__main__":
            sent = multiprocessing.Event()
            with Pool(2, initializer=start, initargs=(sent,)) as pool:
                done = pool.submit(abs, -1)
                print(done.result())
                jobs = [pool.submit(wait, None), pool.submit(crash)]
                jobs += [pool.submit(wait, 0) for _ in range(4)]
                sent.set()
                print({type(job.exception()).__name__ for job in jobs}, done.result())
                try:
                    pool.submit(abs, -1)
                except BrokenProcessPool:
                    print("no more tasks")
    """,
            CRASH=crash,
        )
    )
    assert trace.lines == ["1", "{'BrokenProcessPool'} 1", "no more tasks"]


@pytest.mark.sometimes("pool-broken-beside-a-cancelled", before="3.12")
@ways(pool=PROCESS_POOLS, cancelled={"one": 1, "three": 3})
def test_a_cancelled_task_hides_the_crash_from_later_ones(pool: Pool, cancelled: int) -> None:
    # no mutant: кому сказать о гибели процесса, решает сам Python
    trace = pool.perform(
        filled(
            """
        import multiprocessing, os
        from concurrent.futures import wait

        def start(event):
            global all_are_sent
            all_are_sent = event

        def crash():
            all_are_sent.wait()
            os._exit(1)

        if __name__ == "__main__":
            sent = multiprocessing.Event()
            with Pool(1, initializer=start, initargs=(sent,)) as pool:
                jobs = [pool.submit(crash), *(pool.submit(abs, -1) for _ in range(9))]
                print([job.cancel() for job in jobs[4:][:CANCELLED]])
                sent.set()
                print({type(job.exception()).__name__ for job in jobs[:4]})
                print(len(wait(jobs[4:][CANCELLED:], timeout=0.3).not_done))
    """,
            CANCELLED=cancelled,
        )
    )
    assert trace.lines == [str([True] * cancelled), "{'BrokenProcessPool'}", str(6 - cancelled)]


@pytest.mark.sometimes("pool-hangs-on-half-a-result")
@ways(pool=PROCESS_POOLS)
def test_a_pool_may_wait_for_the_rest_of_a_result(pool: Pool) -> None:
    # no mutant: дождётся ли пул конца результата, решает сам Python
    run = pool.run(
        """
        import multiprocessing.connection as connection, os, time
        from concurrent.futures import wait

        def half(self, data):
            # The schedule that is forced: killed when a part has been sent.
            os.write(self.fileno(), bytes(data[: len(data) // 2]))
            os.kill(os.getpid(), 9)

        def crash():
            connection.Connection._send = half
            return b"x" * 100

        if __name__ == "__main__":
            pool = Pool(1)
            jobs = [pool.submit(crash), pool.submit(abs, -1)]
            (worker,) = pool._processes.values()
            worker.join()
            done, waiting = wait(jobs, timeout=0.3)
            # The end of the program would wait for ever, too.
            print(len(done), len(waiting), flush=True)
            os._exit(0)
    """
    )
    assert run.stdout.splitlines() == ["0 2"], run.stderr


@pytest.mark.always("pool-old-one-loses-the-task")
@ways(method=METHODS, crash=CRASHES | {"sys.exit": "sys.exit(3)"}, workers={"1": 1, "2": 2})
def test_the_old_pool_replaces_the_worker_and_loses_its_task(
    method: str, crash: str, workers: int
) -> None:
    # no mutant: что станет с заданием погибшего процесса, решает сам Python
    trace = perform_by(
        method,
        filled(
            """
        import multiprocessing, os, sys

        def crash():
            CRASH

        if __name__ == "__main__":
            with multiprocessing.Pool(WORKERS) as pool:
                before = set(multiprocessing.active_children())
                lost = pool.apply_async(crash)
                while all(each.is_alive() for each in before):
                    lost.wait(0.01)
                print(pool.apply(abs, (-1,)), pool.map(abs, [-2] * 5))
                lost.wait(0.2)
                print("the task is done:", lost.ready())
    """,
            CRASH=crash,
            WORKERS=workers,
        ),
    )
    assert trace.lines == ["1 [2, 2, 2, 2, 2]", "the task is done: False"]


@pytest.mark.always("pool-argument-is-a-copy")
@ways(pool=POOLS)
def test_a_process_changes_a_copy_and_a_thread_the_object(pool: Pool) -> None:
    assert play("pools/executors_argument_broken").lines == ["[20, 22]"]
    assert play("pools/executors_argument_fixed").lines == ["[20, 22, 42]"]
    trace = pool.perform("""
        def add_total(prices):
            prices.append(sum(prices))

        if __name__ == "__main__":
            prices = [20, 22]
            with Pool() as pool:
                pool.submit(add_total, prices).result()
            print(prices)
    """)
    assert trace.lines == ["[20, 22, 42]" if "Thread" in pool.name else "[20, 22]"]
    add_total = load("pools/executors_argument_broken").add_total
    prices = [20, 22]
    with futures.ThreadPoolExecutor() as threads:
        threads.submit(add_total, prices).result()
    assert prices == [20, 22, 42]
