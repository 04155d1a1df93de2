"""Proofs for source/pools/limits.md."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from proven.proofs import needs
from proven.stage import perform_script, play

from tests.ways import ways
from tests.ways_processes import POOLS, Pool, filled


@pytest.mark.always("lim-at-most-workers")
@ways(pool=POOLS, workers={"1": 1, "2": 2, "3": 3})
def test_at_most_max_workers_at_once(pool: Pool, workers: int) -> None:
    assert play("pools/limits_workers").peak("in", "out") == 3
    # Each task leaves a file while it is inside, which all kinds of workers see.
    trace = pool.perform(
        filled(
            """
        import pathlib, time

        def work(number):
            inside = pathlib.Path(f"inside {number}")
            inside.touch()
            time.sleep(0.02)
            seen = len(list(pathlib.Path().glob("inside *")))
            inside.unlink()
            return seen

        if __name__ == "__main__":
            with Pool(WORKERS) as pool:
                print(max(pool.map(work, range(8))) <= WORKERS)
    """,
            WORKERS=workers,
        )
    )
    assert trace.lines == ["True"]


@ways(workers={"1": 1, "2": 2, "5": 5})
def test_max_workers_are_really_at_work(workers: int) -> None:
    full = threading.Barrier(workers)
    with ThreadPoolExecutor(max_workers=workers) as pool:
        # A barrier lets nobody through until all of them have come.
        assert len(list(pool.map(lambda _: full.wait(), range(workers * 4)))) == workers * 4


@pytest.mark.always("lim-defaults")
def test_default_numbers_of_workers() -> None:
    # one way: the numbers of cores are tried one after the other
    needs("os.sched_setaffinity")
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


@pytest.mark.sometimes("lim-nested-waits-forever")
def test_a_pool_that_waits_for_itself() -> None:
    assert play("pools/limits_nested").lines == [
        "nobody is free to sum, cancelled: True",
        "workers: 1, result: -1",
        "workers: 2, result: 42",
    ]
