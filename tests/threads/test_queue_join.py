"""Proofs for source/threads/queue-join.md."""

from __future__ import annotations

import multiprocessing.queues
import queue
import re
import threading
from collections.abc import Callable
from queue import LifoQueue, PriorityQueue, Queue, SimpleQueue
from threading import Event, Thread
from typing import Any

import pytest
from proven.stage import explore, load, play
from proven.stage.explore import Exploration, Threads

from tests.ways import ways
from tests.ways_processes import METHODS, PROCESS_ENDS, filled, perform_by

KINDS = {kind.__name__: kind for kind in (Queue, LifoQueue, PriorityQueue)}
COUNTS = {"1": 1, "2": 2, "20": 20}
MOMENT = 0.05
"""Time enough for a join to return, if it could; seconds."""


def joining(jobs: Queue[Any]) -> Thread:
    """Return a thread that waits in join()."""
    thread = Thread(target=jobs.join, daemon=True)
    thread.start()
    return thread


@pytest.mark.always("queue-join-waits-for-task-done")
@ways(kind=KINDS, count=COUNTS)
def test_join_waits_for_a_task_done_for_each_put(kind: type[Queue[int]], count: int) -> None:
    lines = play("threads/queue_join_fixed").lines
    assert lines == ["worker: 1", "worker: two is no number", "worker: 3", "main: all done"]
    jobs = kind()
    jobs.join()  # nothing was put: it doesn't wait
    for number in range(count):
        jobs.put(number)
    for _ in range(count):
        jobs.get()
    thread = joining(jobs)
    for _ in range(count - 1):
        jobs.task_done()
    thread.join(MOMENT)
    assert thread.is_alive()
    assert jobs.empty()
    jobs.task_done()
    thread.join()
    jobs.put(0)
    thread = joining(jobs)
    thread.join(MOMENT)
    assert thread.is_alive(), "it counts anew"


@pytest.mark.always("queue-join-waits-for-skipped")
@ways(bad={"first": ["x", "1"], "last": ["1", "x"], "all": ["x", "y"]})
def test_a_skipped_job_keeps_join_waiting(bad: list[str]) -> None:
    assert play("threads/queue_join_broken").lines == [
        "worker: 1",
        "worker: two is no number",
        "worker: 3",
        "empty: True",
        "join waits: True",
        "not done: 1",
    ]
    jobs: Queue[str] = Queue()
    for job in bad:
        jobs.put(job)
    thread = joining(jobs)
    Thread(target=load("threads/queue_join_broken").work, args=(jobs,), daemon=True).start()
    thread.join(MOMENT)
    assert thread.is_alive()


class Interrupted(Queue[Any]):
    """A queue in whose join() the main thread is interrupted."""

    def join(self) -> None:
        raise KeyboardInterrupt


class Refusing(Queue[Any]):
    """A queue that fails amid the jobs."""

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        if item == "3":
            raise OSError
        super().put(item, block, timeout)


@pytest.mark.always("queue-join-stop-in-finally")
@ways(kind={"join": (Interrupted, KeyboardInterrupt), "put": (Refusing, OSError)})
def test_the_worker_ends_though_main_has_failed(
    kind: tuple[type[Queue[Any]], type[BaseException]],
) -> None:
    failing, error = kind
    main, started = load("threads/queue_join_fixed").main, list[Thread]()

    def start(**options: Any) -> Thread:
        started.append(Thread(daemon=True, **options))
        return started[-1]

    main.__globals__.update(Queue=failing, Thread=start)
    with pytest.raises(error):
        main()
    (worker,) = started
    worker.join(10)
    assert not worker.is_alive()


@pytest.mark.always("queue-join-killed-process")
@ways(
    method=METHODS,
    end={name: PROCESS_ENDS[name][0] for name in ("value", "exception", "os._exit", "killed")},
)
def test_a_killed_process_keeps_join_waiting(method: str, end: str) -> None:
    # no mutant: в примерах процессов нет
    trace = perform_by(
        method,
        filled(
            """
        import multiprocessing, os, threading

        def do():
            ENDING

        def work(jobs):
            while (job := jobs.get()) != "stop":
                try:
                    if job == "bad":
                        do()
                except ValueError:
                    pass
                finally:
                    jobs.task_done()
            jobs.task_done()

        if __name__ == "__main__":
            jobs = multiprocessing.JoinableQueue()
            workers = [multiprocessing.Process(target=work, args=(jobs,)) for _ in range(2)]
            for job in ("good", "bad"):
                jobs.put(job)
            workers[0].start()
            if ABRUPT:
                workers[0].join()
            for job in ("rest", "stop") if ABRUPT else ("rest", "stop", "stop"):
                jobs.put(job)
            workers[1].start()
            for worker in workers:
                worker.join()
            print("empty:", jobs.empty())
            joining = threading.Thread(target=jobs.join, daemon=True)
            joining.start()
            joining.join(0.1 if ABRUPT else None)
            print("join waits:", joining.is_alive())
        """,
            ENDING=end,
            ABRUPT=end.startswith("os."),
        ),
    )
    assert trace.lines == ["empty: True", f"join waits: {end.startswith('os.')}"]


class Skips:
    """A broken twin: tells only of what it could do."""

    @staticmethod
    def work(jobs: Any) -> None:
        while (job := jobs.get()) is not None:
            if job.isdigit():
                jobs.task_done()


class Dies:
    """A broken twin: an error ends the worker, and what is left in the queue stays there."""

    @staticmethod
    def work(jobs: Any) -> None:
        while (job := jobs.get()) is not None:
            if not job.isdigit():
                return
            jobs.task_done()


def two_workers(make: Callable[[], Any]) -> Exploration:
    """Explore two workers, and one who gives them jobs, waits for all and ends them."""

    class Shop:
        """Holds the queue, whose own code isn't to be explored."""

        def __init__(self) -> None:
            self.work, self.jobs = make().work, explore.queues.Queue()

    def boss(shop: Shop) -> None:
        for job in ("1", "two", "3"):
            shop.jobs.put(job)
        shop.jobs.join()
        shop.jobs.put(None)
        shop.jobs.put(None)

    def work(shop: Shop) -> None:
        shop.work(shop.jobs)

    return Threads(Shop, [work, work, boss], snippets=["threads/queue_join_fixed"]).explore(
        first=True, preemptions=1
    )


@pytest.mark.never("queue-join-finally-never-hangs")
def test_with_task_done_in_finally_join_returns(explored: Callable[..., None]) -> None:
    right = two_workers(lambda: explore.load("threads/queue_join_fixed"))
    assert right.holds, right.failure
    twins = [two_workers(lambda: Skips).failure, two_workers(lambda: Dies).failure]
    explored(right.orders, twin_fails=[it is not None and it.kind == "deadlock" for it in twins])


@pytest.mark.always("queue-join-worker-died")
@ways(workers={"1": 1, "2": 2}, in_finally={"in finally": True, "after the job": False})
def test_when_all_workers_have_died_join_waits(
    workers: int, in_finally: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # no mutant: утверждение о самой очереди, программа к нему не нужна
    died: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: died.append(args.exc_type.__name__))
    jobs: Queue[str] = Queue()
    for job in ("one", "two", "three"):
        jobs.put(job)

    def work() -> None:
        while True:
            job = jobs.get()
            try:
                int(job)
            finally:
                if in_finally:
                    jobs.task_done()

    thread = joining(jobs)
    threads = [Thread(target=work) for _ in range(workers)]
    for worker in threads:
        worker.start()
    for worker in threads:
        worker.join()
    assert died == ["ValueError"] * workers
    thread.join(MOMENT)
    assert thread.is_alive()
    assert jobs.unfinished_tasks == (3 - workers if in_finally else 3)
    assert not jobs.empty()
    while not jobs.empty():
        with pytest.raises(ValueError, match="invalid literal"):
            work()
    thread.join(30 if in_finally else MOMENT)
    assert thread.is_alive() is not in_finally, "all were taken"


@pytest.mark.always("queue-join-early-task-done")
@ways(kind=KINDS)
def test_join_does_not_wait_for_work_after_task_done(kind: type[Queue[str]]) -> None:
    assert play("threads/queue_join_early").ordered(
        "main: join has returned", "worker: report is done"
    )
    jobs, go_on = kind(), Event()
    worker = Thread(target=load("threads/queue_join_early").work, args=(jobs, go_on))
    worker.start()
    jobs.put("report")
    jobs.join()
    assert worker.is_alive()
    go_on.set()
    worker.join()


@pytest.mark.always("queue-join-extra-raises")
@ways(kind=KINDS, count={"0": 0, "1": 1, "20": 20})
def test_a_task_done_too_many_raises(kind: type[Queue[int]], count: int) -> None:
    # no mutant: утверждение о самой очереди, программа к нему не нужна
    jobs = kind()
    for number in range(count):
        jobs.put(number)
        jobs.get()
        jobs.task_done()
    with pytest.raises(ValueError, match=re.escape("task_done() called too many times")):
        jobs.task_done()


@pytest.mark.sometimes("queue-join-extra-elsewhere")
@ways(kind=KINDS)
def test_who_is_right_gets_the_error_of_who_is_wrong(kind: type[Queue[int]]) -> None:
    # no mutant: утверждение о самой очереди, программа к нему не нужна
    jobs = kind()
    jobs.put(1)
    jobs.put(2)
    thread = joining(jobs)
    jobs.get()
    jobs.task_done()
    jobs.task_done()  # the mistake: one job, told of twice
    thread.join()
    jobs.get()  # meanwhile the other is still to be done
    with pytest.raises(ValueError, match="too many times"):
        jobs.task_done()


@pytest.mark.always("queue-join-no-timeout")
@ways(kind=KINDS)
def test_join_takes_no_timeout(kind: type[Queue[int]]) -> None:
    # no mutant: утверждение о самой очереди, программа к нему не нужна
    join: Callable[..., None] = kind().join
    with pytest.raises(TypeError):
        join(timeout=1)
    with pytest.raises(TypeError):
        join(1)


@pytest.mark.always("queue-join-which-queues")
def test_which_queues_can_be_joined() -> None:
    # no mutant: утверждение о том, какие методы есть у классов
    # one way: a fact about classes
    plain: tuple[Any, ...] = (SimpleQueue, multiprocessing.queues.Queue)
    joinable: tuple[Any, ...] = (*KINDS.values(), multiprocessing.queues.JoinableQueue)
    assert [{"join", "task_done"} & set(dir(kind)) for kind in plain] == [set()] * 2
    assert all({"join", "task_done"} <= set(dir(kind)) for kind in joinable)


@pytest.mark.always("queue-join-after-shutdown", since="3.13")
@ways(kind=KINDS, immediate={"at once": True, "when empty": False})
def test_after_shutdown_join_waits_for_what_was_taken(
    kind: type[Queue[int]], immediate: bool
) -> None:
    # no mutant: утверждение о самой очереди, программа к нему не нужна
    jobs: Any = kind()
    for number in range(3):
        jobs.put(number)
    jobs.get()
    thread = joining(jobs)
    jobs.shutdown(immediate)
    assert jobs.unfinished_tasks == (1 if immediate else 3)
    thread.join(MOMENT)
    assert thread.is_alive()
    while not immediate:
        try:
            jobs.get()
        except getattr(queue, "ShutDown"):  # noqa: B009 - new in 3.13
            break
        jobs.task_done()
    jobs.task_done()
    thread.join()
