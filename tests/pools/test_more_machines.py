"""Proofs for source/pools/more-machines.md."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Iterator
from concurrent import futures

import distributed
import pytest
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
REFUSED: dict[str, Refused] = {
    "cancel_futures": lambda pool: pool.shutdown(cancel_futures=True),
    "buffersize": lambda pool: pool.map(abs, [-1], buffersize=2),
}


@pytest.mark.always("more-machines-refused")
@ways(call=REFUSED)
def test_some_arguments_are_refused(client: distributed.Client, call: Refused) -> None:
    # no mutant: какие аргументы принимать, решает сама библиотека
    with pytest.raises(TypeError):
        call(client.get_executor())


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
"""Seconds: on a busy machine a cluster is slow to start."""

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

    Path("elsewhere").mkdir()
    Path("elsewhere", "only_here.py").write_text("def nothing(): pass")
    sys.path.append("elsewhere")
    import only_here
    try:
        pool.submit(only_here.nothing).result(timeout=0.5)
    except TimeoutError:
        print("waits")
    # To close a cluster takes longer than all the rest; run_by ends its processes.
    sys.stdout.flush()
    os._exit(0)
"""


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
def test_what_a_cluster_does_with_a_job() -> None:
    # no mutant: что повторить и что как переслать, решает сама библиотека
    # one way: a cluster is dear, and one goes through all crashes
    run = run_by("spawn", filled(PROGRAM, CRASHES=[*CRASHES.values()]), timeout=LONGEST)
    assert run.stdout.splitlines() == [
        *(["done 2", "KilledWorker 4", "True"] * len(CRASHES)),
        *("['first', 'second'] 2", "2 3", "waits"),
    ], run.stderr
