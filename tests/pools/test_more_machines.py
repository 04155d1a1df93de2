"""Proofs for source/pools/more-machines.md."""

from __future__ import annotations

import asyncio
import functools
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import suppress
from pathlib import Path
from typing import Any

import distributed
import pytest
from dask.system import CPU_COUNT
from proven.stage import play

from tests.ways import ways
from tests.ways_processes import CRASHES, filled, run_by


@pytest.fixture(scope="module")
def cluster() -> Iterator[distributed.LocalCluster]:
    """A cluster whose workers are threads of this process: for what no process's end changes."""
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        dashboard_address=":0",
        silence_logs=50,
    ) as cluster:
        yield cluster


@pytest.fixture
def client(cluster: distributed.LocalCluster) -> Iterator[distributed.Client]:
    with distributed.Client(cluster) as client:
        yield client


def waited(jobs: list[futures.Future[int]]) -> set[int]:
    return {job.result() for job in futures.wait(jobs).done}


def as_completed(jobs: list[futures.Future[int]]) -> set[int]:
    return {job.result() for job in futures.as_completed(jobs)}


@pytest.mark.always("more-machines-executor")
@ways(collect={"wait": waited, "as_completed": as_completed}, count={"1": 1, "5": 5})
def test_it_is_an_executor(
    client: distributed.Client,
    collect: Callable[[list[futures.Future[int]]], set[int]],
    count: int,
) -> None:
    assert play("pools/more_machines_same").lines == ["pool: [12, 2]", "cluster: [12, 2]"]
    pool = client.get_executor()
    assert isinstance(pool, futures.Executor)
    jobs = [pool.submit(abs, -number) for number in range(count)]
    assert {type(job) for job in jobs} == {futures.Future}
    assert collect(jobs) == set(range(count))
    with pytest.raises(ZeroDivisionError):
        pool.submit(divmod, 1, 0).result()


def draw(_: int) -> float:
    return random.random()


Draws = Callable[[futures.Executor, int], int]


def by_submit(pool: futures.Executor, count: int) -> int:
    jobs = [pool.submit(draw, 6) for _ in range(count)]
    return len({job.result() for job in jobs})


def by_map(pool: futures.Executor, count: int) -> int:
    return len(set(pool.map(draw, [6] * count)))


def one_after_another(pool: futures.Executor, count: int) -> int:
    jobs = []
    for _ in range(count):
        jobs.append(pool.submit(draw, 6))
        jobs[-1].result()
    return len({job.result() for job in jobs})


@pytest.mark.always("more-machines-equal")
@ways(
    draws={"submit": by_submit, "map": by_map, "one after another": one_after_another},
    count={"2": 2, "5": 5},
)
def test_equal_calls_are_one_job(client: distributed.Client, draws: Draws, count: int) -> None:
    assert play("pools/more_machines_equal").lines == [
        "default: 1 of 5 differ",
        "pure=False: 5 of 5 differ",
    ]
    assert draws(client.get_executor(), count) == 1
    assert draws(client.get_executor(pure=False), count) == count


begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()


def work() -> None:
    # A module of the tests is not sent with its code: these are the events of this process.
    begun.set()
    go_on.wait()
    ended.set()


@pytest.mark.always("more-machines-cancel")
def test_a_job_that_has_begun_is_cancelled_in_name_only(client: distributed.Client) -> None:
    # no mutant: что делать при отмене, решает сама библиотека
    # one way: a fact about a method
    for event in (begun, go_on, ended):
        event.clear()
    job = client.get_executor().submit(work)
    assert begun.wait(20)
    try:
        assert job.cancel()
        assert job.cancelled()
        assert not ended.is_set()
    finally:
        go_on.set()
    assert ended.wait(20), "though it is cancelled"


Refused = Callable[[futures.Executor], object]
ITERATORS: dict[str, Refused] = {
    "generator": lambda pool: pool.map(abs, (number for number in [-1])),
    "zip": lambda pool: pool.map(sum, zip([1], [2], strict=True)),
    "repeat": lambda pool: pool.map(divmod, [5], itertools.repeat(2)),
    "iterator of a list": lambda pool: pool.map(abs, iter([-1])),
}
REFUSED: dict[str, Refused] = ITERATORS | {
    "cancel_futures": lambda pool: pool.shutdown(cancel_futures=True),
    "buffersize": lambda pool: pool.map(abs, [-1], buffersize=2),
}


@pytest.mark.always("more-machines-refused")
@ways(call=REFUSED)
def test_some_arguments_are_refused(client: distributed.Client, call: Refused) -> None:
    # no mutant: какие аргументы принимать, решает сама библиотека
    with pytest.raises(TypeError):
        call(client.get_executor())
    if call in ITERATORS.values():
        with futures.ThreadPoolExecutor() as pool:
            call(pool)


def names(**given: object) -> list[str]:
    return sorted(given)


@pytest.mark.always("more-machines-own-arguments")
@ways(own={"retries": {"retries": 1}, "priority": {"priority": 2}, "pure": {"pure": False}})
def test_some_keywords_never_come_to_the_function(
    client: distributed.Client, own: dict[str, Any]
) -> None:
    # no mutant: какие аргументы оставить себе, решает сама библиотека
    given = {**own, "other": 1}
    pool = client.get_executor(pure=False)
    assert pool.submit(names, **given).result() == ["other"]
    assert pool.submit(functools.partial(names, **given)).result() == sorted(given)
    with futures.ThreadPoolExecutor() as threads:
        assert threads.submit(names, **given).result() == sorted(given)


@pytest.mark.always("more-machines-shutdown")
@ways(taken_by={"submit": True, "map": False})
def test_shutdown_without_waiting_cancels(client: distributed.Client, taken_by: bool) -> None:
    # no mutant: что делать с заданиями, решает сама библиотека
    pools = {True: client.get_executor(pure=False), False: futures.ThreadPoolExecutor(1)}
    for cancels, pool in pools.items():
        begun.clear()
        go_on.clear()
        jobs = [pool.submit(work) for _ in range(3)] if taken_by else []
        results = iter(()) if taken_by else pool.map(note, [0, 0, 0, 1])
        try:
            assert begun.wait(20) if taken_by else next(results) == 0
            pool.shutdown(wait=False)
        finally:
            go_on.set()
        futures.wait(jobs, timeout=60)
        assert {job.cancelled() for job in jobs} == ({cancels} if taken_by else set())
        assert list(results) == ([] if taken_by else [0, 0, 1])


noted: list[int] = []
reached = threading.Semaphore(0)


def note(number: int) -> int:
    noted.append(number)
    if number:
        reached.release()
        go_on.wait(60)
    return number


def held(pool: futures.Executor) -> Iterator[int] | None:
    return pool.map(note, range(1, 7))


def dropped(pool: futures.Executor) -> Iterator[int] | None:
    pool.map(note, range(1, 7))
    return None


def broken_off(pool: futures.Executor) -> Iterator[int] | None:
    for _ in pool.map(note, range(7)):
        break
    return None


def forgotten(cluster: distributed.LocalCluster) -> bool:
    """Whether no job is left but those that a worker is at."""
    at_workers = [len(worker.state.tasks) for worker in cluster.workers.values()]
    return not cluster.scheduler.tasks and max(at_workers) <= 1


@pytest.mark.always("more-machines-map-unread")
@ways(use={"held": held, "dropped": dropped, "broken off": broken_off})
def test_what_map_took_is_not_waited_for(
    cluster: distributed.LocalCluster,
    client: distributed.Client,
    use: Callable[[futures.Executor], Iterator[int] | None],
) -> None:
    # no mutant: что делать с заданиями, решает сама библиотека
    go_on.clear()
    noted.clear()
    left = threading.Event()
    results: list[Iterator[int] | None] = []

    def leave() -> None:
        with client.get_executor(pure=False) as pool:
            results.append(use(pool))
        left.set()

    threading.Thread(target=leave, daemon=True).start()
    try:
        assert left.wait(60)  # nobody has let the jobs go on
        [unread] = results
        if unread is None:
            for _ in range(600):
                if forgotten(cluster):
                    break
                reached.acquire(timeout=0.1)
            else:
                pytest.fail("the workers keep the jobs")
    finally:
        go_on.set()
    if unread is None:
        assert client.submit(abs, -1, pure=False).result(timeout=60) == 1
        assert len(set(noted) - {0}) <= 2
    else:
        assert list(unread) == list(range(1, 7))


inside: list[int] = []
entered = threading.Semaphore(0)


def enter(_: int) -> int:
    inside.append(1)
    count = len(inside)
    entered.release()
    go_on.wait()
    inside.pop()
    return count


@pytest.mark.always("more-machines-threads")
@ways(threads={"1": 1, "2": 2, "5": 5})
def test_a_worker_does_as_many_jobs_at_once_as_it_has_threads(threads: int) -> None:
    # no mutant: сколько заданий взять сразу, решает сама библиотека
    go_on.clear()
    with (
        distributed.LocalCluster(
            n_workers=1,
            threads_per_worker=threads,
            processes=False,
            dashboard_address=":0",
            silence_logs=50,
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        counts = client.get_executor(pure=False).map(enter, range(3 * threads))
        try:
            for _ in range(threads):
                assert entered.acquire(timeout=20)
        finally:
            go_on.set()
        assert max(counts) == threads
        while entered.acquire(blocking=False):
            pass


@pytest.mark.always("more-machines-worker-threads")
@ways(
    started={
        "as it is": ([], [CPU_COUNT]),
        "a process for each core": (["--nworkers=-1", "--nthreads=1"], [1] * CPU_COUNT),
    }
)
def test_what_the_command_starts(started: tuple[list[str], list[int]], tmp_path: Path) -> None:
    # no mutant: сколько процессов и потоков завести, решает сама команда
    options, threads = started
    with (
        distributed.LocalCluster(
            n_workers=0, protocol="tcp", dashboard_address=":0", silence_logs=50
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        address = cluster.scheduler_address
        command = [sys.executable, "-m", "dask", "worker", address, "--no-dashboard", *options]
        worker = subprocess.Popen(
            command, cwd=tmp_path, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            client.wait_for_workers(len(threads), timeout=LONGEST)
            workers = client.scheduler_info(n_workers=-1)["workers"].values()
            assert [each["nthreads"] for each in workers] == threads
        finally:
            with suppress(ProcessLookupError):
                os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


JOB_ENDS = {"done": lambda: 1, "failed": lambda: 1 / 0, "at work": work}


@pytest.mark.always("more-machines-client-gone")
@ways(job=JOB_ENDS)
def test_the_scheduler_forgets_the_jobs_of_a_client_that_is_gone(
    cluster: distributed.LocalCluster, job: Callable[[], object]
) -> None:
    # no mutant: что помнить о заданиях, решает сама библиотека
    begun.clear()
    go_on.clear()
    with distributed.Client(cluster) as client:
        future = client.get_executor(pure=False).submit(job)
        if job is work:
            assert begun.wait(20)
        else:
            futures.wait([future])
        assert cluster.scheduler.tasks
    try:
        with distributed.Client(cluster) as other:
            other.sync(_until_empty, cluster.scheduler.tasks)
    finally:
        go_on.set()


async def _until_empty(tasks: dict[str, object]) -> None:
    # The scheduler tells nobody when it has forgotten a job.
    for _ in range(1000):
        if not tasks:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


LONGEST = 60
"""Seconds: on a busy machine a cluster is slow to start.

To close one takes longer than all the rest: the programs end by killing it, and themselves.
"""

PROGRAM = """
import logging, os, sys, time
from concurrent.futures import TimeoutError
from pathlib import Path
import dask
from distributed import Client, LocalCluster

START = {"distributed.worker.multiprocessing-method": "forkserver"}

def begun(name):
    return len(Path(name).read_text().split())

def begin(name):
    with Path(name).open("a") as file:
        print("begun", file=file)
    return begun(name)

def crash(how):
    eval(how, {"os": os})

def once(how):
    if begin("once " + how) == 1:
        crash(how)
    return "done"

def always(how):
    begin("always " + how)
    crash(how)

def numbers(name):
    begin(name)
    return (number for number in range(3))

def first_or_second(name):
    if name == "second" and begin(name) == 1:
        os._exit(1)
    if name == "first":
        begin(name)
    return name

if __name__ == "__main__":
    dask.config.set(START)
    client = Client(LocalCluster(
        1, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
    ))
    pool = client.get_executor(pure=False)
    for how in CRASHES:
        print(pool.submit(once, how).result(), begun("once " + how))
        error = pool.submit(always, how).exception()
        print(type(error).__name__, begun("always " + how))
        print("but all those workers died while running it" in str(error))

    # Nobody asks for a result before the worker has died.
    results = pool.map(first_or_second, ["first", "second"])
    for _ in range(2000):
        if Path("second").exists() and begun("second") == 2:
            break
        time.sleep(0.01)
    print(list(results), begun("first"))

    def own(number):
        return number + len(START)

    print(pool.submit(own, 1).result(), pool.submit(lambda: 3).result())

    job = pool.submit(numbers, "numbers")
    while not Path("numbers").exists():
        time.sleep(0.01)
    try:
        job.result(timeout=2)
    except TimeoutError:
        print("waits for a generator", begun("numbers"))

    Path("elsewhere").mkdir()
    Path("elsewhere", "only_here.py").write_text("def nothing(): pass")
    sys.path.append("elsewhere")
    import only_here
    try:
        pool.submit(only_here.nothing).result(timeout=0.5)
    except TimeoutError:
        print("waits")
    sys.stdout.flush()
    os.killpg(0, 9)
"""


SYS_EXIT = """
import logging, os, sys
from pathlib import Path
from distributed import Client, LocalCluster

def leave(name):
    with Path(name).open("a") as file:
        print("begun", file=file)
    sys.exit()

if __name__ == "__main__":
    client = Client(LocalCluster(
        2, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL
    ))
    pool = client.get_executor(pure=False)
    error = pool.submit(leave, "leave").exception()
    print(type(error).__name__, len(Path("leave").read_text().split()))
    sys.stdout.flush()
    os.killpg(0, 9)
"""


BESIDE = """
import logging, os, sys, time
from pathlib import Path
import dask
from distributed import Client, LocalCluster

START = {"distributed.worker.multiprocessing-method": "forkserver"}

def begun(name):
    return len(Path(name).read_text().split()) if Path(name).exists() else 0

def begin(name):
    with Path(name).open("a") as file:
        print("begun", file=file)
    return begun(name)

def good():
    begin("good")
    while not Path("enough").exists():
        time.sleep(0.01)
    return "done"

def bad():
    times = begin("bad")
    while begun("good") < times:
        time.sleep(0.01)
    os._exit(1)

if __name__ == "__main__":
    dask.config.set(START)
    client = Client(LocalCluster(
        1, threads_per_worker=2, dashboard_address=":0", silence_logs=logging.CRITICAL
    ))
    pool = client.get_executor(pure=False)
    jobs = [pool.submit(good), pool.submit(bad)]
    print([type(job.exception()).__name__ for job in jobs])
    Path("enough").touch()
    print(pool.submit(good).result(), flush=True)
    os.killpg(0, 9)
"""


@pytest.mark.sometimes("more-machines-killed-beside")
def test_a_good_job_is_killed_beside_a_bad_one() -> None:
    # no mutant: кого винить в гибели процесса, решает сама библиотека
    run = run_by("spawn", filled(BESIDE), timeout=LONGEST)
    assert run.stdout.splitlines() == ["['KilledWorker', 'KilledWorker']", "done"], run.stderr


@pytest.mark.always("more-machines-sys-exit")
def test_a_job_that_calls_sys_exit_is_begun_again() -> None:
    # no mutant: что повторить, решает сама библиотека
    # one way: a cluster is dear
    run = run_by("spawn", filled(SYS_EXIT), timeout=LONGEST)
    assert run.stdout.splitlines() == ["KilledWorker 4"], run.stderr


@pytest.mark.always("more-machines-again")
def test_what_a_worker_had_begun_is_begun_again() -> None:
    # one way: the next proof goes through all crashes
    assert play("pools/more_machines_twice_broken").lines == [
        "tea: paid",
        "cake: paid",
        "charged: ['tea', 'cake', 'cake']",
    ]
    assert play("pools/more_machines_twice_fixed").lines == [
        "tea: paid",
        "cake: had been paid",
        "charged: ['cake', 'tea']",
    ]


@pytest.mark.always("more-machines-killed")
@pytest.mark.sometimes("more-machines-done-again")
@pytest.mark.always("more-machines-lambda")
@pytest.mark.sometimes("more-machines-module")
@pytest.mark.sometimes("more-machines-unsendable")
def test_what_a_cluster_does_with_a_job() -> None:
    # no mutant: что повторить и что как переслать, решает сама библиотека
    # one way: a cluster is dear, and one goes through all crashes
    run = run_by("spawn", filled(PROGRAM, CRASHES=[*CRASHES.values()]), timeout=LONGEST)
    assert run.stdout.splitlines() == [
        *(["done 2", "KilledWorker 4", "True"] * len(CRASHES)),
        *("['first', 'second'] 2", "2 3", "waits for a generator 1", "waits"),
    ], run.stderr
