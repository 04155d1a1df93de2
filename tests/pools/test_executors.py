"""Proofs for source/pools/executors.md."""

import multiprocessing
import os
import sys
import threading
from concurrent import futures
from multiprocessing.pool import ThreadPool

import pytest
from proven.stage import load, perform_script, play

POOLS = [futures.ThreadPoolExecutor, futures.ProcessPoolExecutor]
if sys.version_info >= (3, 14):
    POOLS.append(futures.InterpreterPoolExecutor)


@pytest.mark.always("pool-one-interface")
def test_all_pools_have_the_same_interface() -> None:
    for pool in POOLS:
        assert issubclass(pool, futures.Executor)
        for name in ("submit", "map", "shutdown", "__enter__", "__exit__"):
            assert callable(getattr(pool, name))
    lines = play("pools/executors_same_interface").lines
    assert {line.partition("]")[0] for line in lines} == {"[1, 4, 9"}


@pytest.mark.always("pool-threads-same-process")
def test_a_thread_pool_works_in_other_threads_of_this_process() -> None:
    assert play("pools/executors_same_interface").lines[0].endswith("this process: True")
    with futures.ThreadPoolExecutor() as pool:
        assert pool.submit(os.getpid).result() == os.getpid()
        assert pool.submit(threading.get_ident).result() != threading.get_ident()


@pytest.mark.always("pool-processes-elsewhere")
def test_a_process_pool_works_in_other_processes() -> None:
    assert play("pools/executors_same_interface").lines[1].endswith("this process: False")


@pytest.mark.always("pool-multiprocessing-has-threads")
def test_multiprocessing_has_a_pool_of_threads() -> None:
    # no mutant: что такой класс есть и где он работает, решает сам Python
    with ThreadPool(2) as threads:
        assert threads.apply(os.getpid) == os.getpid()
        assert threads.apply(threading.get_ident) != threading.get_ident()
    with multiprocessing.get_context("spawn").Pool(1) as processes:
        assert processes.apply(os.getpid) != os.getpid()


@pytest.mark.always("pool-interpreters-since-314")
def test_the_pool_of_interpreters() -> None:
    # no mutant: класс появился в Python 3.14, а доказательства ломают на 3.11
    if sys.version_info < (3, 14):
        assert not hasattr(futures, "InterpreterPoolExecutor")
        return
    assert issubclass(futures.InterpreterPoolExecutor, futures.ThreadPoolExecutor)
    trace = perform_script("""
        import os
        from concurrent.futures import InterpreterPoolExecutor

        def change(prices):
            prices.append(0)
            return os.getpid(), prices

        if __name__ == "__main__":
            prices = [20, 22]
            with InterpreterPoolExecutor(max_workers=1) as pool:
                pid, changed = pool.submit(change, prices).result()
            print(pid == os.getpid(), changed, prices)
    """)
    assert trace.lines == ["True [20, 22, 0] [20, 22]"]


@pytest.mark.always("pool-reuses-workers")
def test_twenty_tasks_in_two_processes() -> None:
    assert play("pools/executors_reuse").lines == [
        "tasks: 20",
        "no more than two processes: True",
    ]
    with futures.ThreadPoolExecutor(max_workers=2) as pool:
        threads = set(pool.map(lambda _: threading.get_ident(), range(20)))
    assert len(threads) <= 2


@pytest.mark.sometimes("pool-worker-keeps-state")
def test_a_task_sees_what_an_earlier_one_left() -> None:
    trace = perform_script("""
        from concurrent.futures import ProcessPoolExecutor

        seen = []

        def work(number):
            seen.append(number)
            return seen

        if __name__ == "__main__":
            with ProcessPoolExecutor(max_workers=1) as pool:
                print([pool.submit(work, number).result() for number in (1, 2)])
            print(seen)
    """)
    assert trace.lines == ["[[1], [1, 2]]", "[]"]


@pytest.mark.always("pool-lambda-only-in-threads")
def test_a_lambda_works_in_threads_only() -> None:
    trace = perform_script("""
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

        def answer():
            return 42

        if __name__ == "__main__":
            for kind in (ThreadPoolExecutor, ProcessPoolExecutor):
                with kind(max_workers=1) as pool:
                    for task in (answer, lambda: 42):
                        future = pool.submit(task)
                        print("refused" if future.exception() else future.result())
    """)
    assert trace.lines == ["42", "42", "42", "refused"]


@pytest.mark.always("pool-broken-by-a-crash")
def test_a_crash_of_a_worker_breaks_the_pool() -> None:
    trace = perform_script("""
        import os
        from concurrent.futures import ProcessPoolExecutor
        from concurrent.futures.process import BrokenProcessPool

        if __name__ == "__main__":
            with ProcessPoolExecutor(max_workers=1) as pool:
                print(type(pool.submit(os._exit, 1).exception()).__name__)
                try:
                    pool.submit(abs, -1)
                except BrokenProcessPool:
                    print("no more tasks")
    """)
    assert trace.lines == ["BrokenProcessPool", "no more tasks"]


@pytest.mark.always("pool-argument-is-a-copy")
def test_a_process_changes_a_copy_and_a_thread_the_object() -> None:
    assert play("pools/executors_argument_broken").lines == ["[20, 22]"]
    assert play("pools/executors_argument_fixed").lines == ["[20, 22, 42]"]
    add_total = load("pools/executors_argument_broken").add_total
    prices = [20, 22]
    with futures.ThreadPoolExecutor() as pool:
        pool.submit(add_total, prices).result()
    assert prices == [20, 22, 42]
