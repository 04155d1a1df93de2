"""Proofs for source/processes/nested-pools.md."""

import pytest
from proven.stage import load, play

from tests.ways import ways
from tests.ways_processes import METHODS, filled, perform_by, run_by

REFUSED = "daemonic processes are not allowed to have children"
PROGRAM = """
    import multiprocessing, subprocess, sys
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

    def one(number):
        return number * 10

    def by_process():
        process = multiprocessing.Process(target=one, args=(1,))
        process.start()
        process.join()
        return process.exitcode

    def by_pool():
        with multiprocessing.Pool(1) as pool:
            return pool.map(one, [1, 2])

    def by_executor():
        with ProcessPoolExecutor(1) as pool:
            return list(pool.map(one, [1, 2]))

    def by_manager():
        with multiprocessing.Manager() as manager:
            return list(manager.list([10, 20]))

    def by_threads():
        with ThreadPoolExecutor(1) as pool:
            return list(pool.map(one, [1, 2]))

    def by_subprocess():
        return subprocess.run([sys.executable, "-c", ""]).returncode

    def job(makers):
        told = []
        for make in makers:
            try:
                told.append(f"{make.__name__}: {make()}")
            except AssertionError as error:
                told.append(f"{make.__name__}: {error}")
        return told

    def send(pipe, makers):
        pipe.send(job(makers))

    def in_pool(makers):
        with multiprocessing.Pool(1) as pool:
            return pool.map(job, [makers])[0]

    def in_executor(makers):
        with ProcessPoolExecutor(1) as pool:
            return pool.submit(job, makers).result()

    def in_daemon(makers):
        ours, theirs = multiprocessing.Pipe()
        multiprocessing.Process(target=send, args=(theirs, makers), daemon=True).start()
        return ours.recv()

    PROCESSES = [by_process, by_pool, by_executor, by_manager]

    if __name__ == "__main__":
        for line in WITHIN(MAKERS):
            print(line)
"""
DAEMONS = {"Pool": "in_pool", "daemon=True": "in_daemon"}


def _told(method: str, within: str, makers: str) -> list[str]:
    return perform_by(method, filled(PROGRAM, WITHIN=within, MAKERS=makers)).lines


@pytest.mark.always("nested-daemon-refused")
@ways(method=METHODS, within=DAEMONS)
def test_a_daemon_starts_no_process(method: str, within: str) -> None:
    assert play("processes/nested_pools_broken").lines == [REFUSED]
    broken = load("processes/nested_pools_broken")
    totals = {sheet: sum(map(broken.cell, cells)) for sheet, cells in broken.SHEETS.items()}
    assert totals == {"north": 30, "south": 70}
    assert play("processes/nested_pools_fixed").lines == ["{'north': 30, 'south': 70}"]
    makers = ("by_process", "by_pool", "by_executor", "by_manager")
    assert _told(method, within, "PROCESSES") == [f"{name}: {REFUSED}" for name in makers]


@pytest.mark.always("nested-executor-allowed")
@ways(method=METHODS)
def test_a_process_of_an_executor_starts_others(method: str) -> None:
    assert play("processes/nested_pools_executor").lines == [
        "north: 30, 2 processes more",
        "south: 70, 2 processes more",
    ]
    assert _told(method, "in_executor", "PROCESSES") == [
        "by_process: 0",
        "by_pool: [10, 20]",
        "by_executor: [10, 20]",
        "by_manager: [10, 20]",
    ]


@pytest.mark.always("nested-others-allowed")
@ways(within=DAEMONS)
def test_a_daemon_has_threads_and_other_programs(within: str) -> None:
    # no mutant: в примерах нет ни потоков, ни чужих программ
    told = _told("spawn", within, "[by_threads, by_subprocess]")
    assert told == ["by_threads: [10, 20]", "by_subprocess: 0"]


@pytest.mark.sometimes("nested-optimized-allowed")
def test_without_assertions_nothing_is_refused() -> None:
    # no mutant: пример играют без -O
    code = filled(PROGRAM, WITHIN="in_pool", MAKERS="[by_pool]")
    for options, expected in (((), f"by_pool: {REFUSED}"), (("-O",), "by_pool: [10, 20]")):
        assert run_by("spawn", code, *options).stdout.splitlines() == [expected]
