"""Proofs for source/pools/limits.md."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from proven.proofs import needs
from proven.stage import load, perform, perform_script, play

from tests.ways import ways
from tests.ways_processes import METHODS, POOLS, Pool, filled, perform_by, run_by


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


@pytest.mark.always("lim-windows")
@ways(asked={"61": 61, "62": 62, "default of 100 cores": None})
def test_windows_knows_at_most_61_processes(asked: int | None) -> None:
    # The class asks for the system's name when it is made, and starts no process yet.
    trace = perform_script(
        filled(
            """
        import os, sys
        from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

        os.cpu_count = os.process_cpu_count = lambda: 100
        for sys.platform in ("linux", "win32"):
            try:
                print(ProcessPoolExecutor(ASKED)._max_workers)
            except ValueError as error:
                print(error)
    """,
            ASKED=asked,
        )
    )
    everywhere = asked or 100
    refused = "max_workers must be <= 61" if asked else 61
    assert trace.lines == [str(everywhere), str(refused if everywhere > 61 else everywhere)]


@pytest.mark.always("lim-beyond-capacity")
@ways(places={"1": 1, "2": 2, "8": 8})
def test_workers_beyond_the_places_add_nothing(places: int) -> None:
    program = load("pools/limits_search")

    async def main() -> None:
        for workers in (places, places * 2, places * 4):
            rate, longest = await program.measure(program.Server(places), workers)
            print(f"{rate:g} {longest:g}")

    assert perform(main).lines == [f"{places} 1", f"{places} 2", f"{places} 4"]


@pytest.mark.sometimes("lim-nested-waits-forever")
def test_a_pool_that_waits_for_itself() -> None:
    assert play("pools/limits_nested").lines == [
        "nobody is free to sum, cancelled: True",
        "workers: 1, result: -1",
        "workers: 2, result: 42",
    ]


WAITS = {
    "map": "list(pool.map(abs, [-5], timeout=0.1))",
    "wait": "take(wait([pool.submit(abs, -5)], timeout=0.1).done)",
    "as_completed": "list(as_completed([pool.submit(abs, -5)], timeout=0.1))",
}


@pytest.mark.sometimes("lim-nested-any-wait")
@ways(wait=WAITS, workers={"1": 1, "2": 2})
def test_any_wait_for_the_own_pool_hangs(wait: str, workers: int) -> None:
    trace = perform_script(
        filled(
            """
        import threading
        from concurrent.futures import ThreadPoolExecutor, as_completed, wait

        def take(done):
            return next(iter(done))

        def work():
            all_busy.wait()
            try:
                WAIT
            except (TimeoutError, StopIteration):
                outcome = "nobody did it"
            else:
                outcome = "done"
            all_busy.wait()
            return outcome

        for own in (True, False):
            all_busy = threading.Barrier(WORKERS)
            with ThreadPoolExecutor(WORKERS) as outer, ThreadPoolExecutor(WORKERS) as other:
                pool = outer if own else other
                jobs = [outer.submit(work) for _ in range(WORKERS)]
                print({job.result() for job in jobs})
    """,
            WAIT=wait,
            WORKERS=workers,
        )
    )
    assert trace.lines == ["{'nobody did it'}", "{'done'}"]


@pytest.mark.always("lim-wait-outside")
@ways(pool=POOLS, workers={"1": 1, "2": 2})
def test_a_caller_that_waits_outside_needs_one_worker(pool: Pool, workers: int) -> None:
    assert play("pools/limits_nested_fixed").lines[0] == "waiting outside: [42, 8]"
    trace = pool.perform(
        filled(
            """
        def parts(numbers):
            return [numbers[:2], numbers[2:]]

        if __name__ == "__main__":
            with Pool(WORKERS) as pool:
                jobs = [pool.submit(parts, [number, 1, 2]) for number in range(4)]
                totals = [list(pool.map(sum, job.result())) for job in jobs]
            print(totals == [[number + 1, 2] for number in range(4)])
    """,
            WORKERS=workers,
        )
    )
    assert trace.lines == ["True"]


@pytest.mark.always("lim-second-pool")
@ways(pool=POOLS, workers={"1": 1, "2": 2})
def test_tasks_that_wait_for_a_second_pool_end(pool: Pool, workers: int) -> None:
    assert play("pools/limits_nested_fixed").lines[1] == "a second pool: [3, 7]"
    trace = pool.perform(
        filled(
            """
        from concurrent.futures import ThreadPoolExecutor

        def total(inner, numbers):
            return inner.submit(sum, numbers).result() + sum(inner.map(abs, numbers))

        if __name__ == "__main__":
            with Pool(1) as inner, ThreadPoolExecutor(WORKERS) as outer:
                jobs = [outer.submit(total, inner, [number, 1]) for number in range(4)]
                print([job.result() for job in jobs])
    """,
            WORKERS=workers,
        )
    )
    assert trace.lines == ["[2, 4, 6, 8]"]


PROCESS_POOL_KINDS = {
    "ProcessPoolExecutor": (
        "ProcessPoolExecutor(1)",
        "pool.submit(id, pool).result()",
        "TypeError cannot pickle",
        "pool.submit(abs, -5).result()",
    ),
    "multiprocessing.Pool": (
        "Pool(1)",
        "pool.apply(id, (pool,))",
        "NotImplementedError pool objects cannot be passed between processes or pickled",
        "pool.apply(abs, (-5,))",
    ),
}


@pytest.mark.always("lim-process-pool-not-passed")
@ways(method=METHODS, kind=PROCESS_POOL_KINDS)
def test_a_pool_of_processes_is_no_argument(method: str, kind: tuple[str, str, str, str]) -> None:
    pool, passing, error, alive = kind
    trace = perform_by(
        method,
        filled(
            """
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import Pool

        if __name__ == "__main__":
            with POOL as pool:
                try:
                    PASSING
                except Exception as error:
                    print(type(error).__name__, error)
                print(ALIVE)
    """,
            POOL=pool,
            PASSING=passing,
            ALIVE=alive,
        ),
    )
    assert trace.lines[0].startswith(error)
    assert trace.lines[1] == "5"


@pytest.mark.sometimes("lim-forked-pool-hangs")
def test_a_forked_copy_of_a_pool_gives_no_answer() -> None:
    needs("POSIX exit codes")
    end = run_by(
        "fork",
        """
        import os, signal
        from concurrent.futures import ProcessPoolExecutor

        def use_global():
            pool.submit(abs, -5)
            return "submitted"

        if __name__ == "__main__":
            with ProcessPoolExecutor(1) as pool:
                job = pool.submit(use_global)
                try:
                    answer = job.result(timeout=1)
                except TimeoutError:
                    answer = "no answer"
                print(answer, flush=True)
                # What hangs would keep the program from ending.
                os.killpg(0, signal.SIGKILL)
        """,
    )
    assert end.stdout == "no answer\n"
