"""Proofs for source/threads/stop.md."""

import ctypes
import os
import queue
import signal
import sys
import threading
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from contextlib import contextmanager
from functools import partial
from linecache import getline
from multiprocessing import Process
from queue import LifoQueue, PriorityQueue, Queue, SimpleQueue
from threading import Event, Lock, Thread
from time import sleep
from typing import Any

import pytest
from proven.stage import load, play

from tests.ways import ways
from tests.ways_processes import STARTERS, Starter, filled, run_by

Waiting = tuple[Callable[[], object], Callable[[], object], str]
"""What a thread waits in, what ends that wait, and the line on which the thread stands in it."""


@pytest.mark.always("stop-no-method")
def test_thread_has_no_method_that_stops_it() -> None:
    # no mutant: утверждение о том, каких методов нет; у Process та же проверка их находит
    # one way: a fact about a class
    names = {"stop", "kill", "terminate", "cancel", "abort", "interrupt", "close"}
    assert not names & set(dir(Thread))
    assert names & set(dir(Process)) == {"kill", "terminate", "close"} | (
        {"interrupt"} if sys.version_info >= (3, 14) else set()
    )


@pytest.mark.always("stop-event-wakes-wait")
@ways(setter=STARTERS, threads={"1": 1, "2": 2, "20": 20})
def test_set_ends_the_wait_before_its_timeout(setter: Starter, threads: int) -> None:
    stop, woken = Event(), []
    waiting = [Thread(target=lambda: woken.append(stop.wait(timeout=60))) for _ in range(threads)]
    for thread in waiting:
        thread.start()
    setter(stop.set)
    for thread in waiting:
        thread.join(timeout=30)
    assert woken == [True] * threads
    # The wait is of 60 seconds: had it lasted, the stage's deadline would have come.
    trace = play("threads/stop_event")
    assert trace.ordered(
        "poller: asks the server", "main: stop", "poller: closes the connection", "main: done"
    )


@pytest.mark.always("stop-wait-tells-why")
@ways(timeout={"0": 0, "negative": -1, "0.001": 0.001}, setter=STARTERS)
def test_wait_returns_true_if_set_and_false_on_timeout(timeout: float, setter: Starter) -> None:
    stop = Event()
    assert stop.wait(timeout=timeout) is False
    setter(stop.set)
    assert stop.wait(timeout=timeout) is True
    assert stop.wait() is True
    stop.clear()
    assert stop.wait(timeout=timeout) is False


def _waits(finish: Event) -> None:
    finish.wait()


def _computes(finish: Event) -> None:
    while not finish.is_set():
        pass


def _sleeps(finish: Event) -> None:
    while not finish.is_set():
        sleep(0.001)


@pytest.mark.always("stop-event-does-not-interrupt")
@ways(step={"waits": _waits, "computes": _computes, "sleeps": _sleeps})
def test_the_step_under_way_is_done_to_its_end(step: Callable[[Event], None]) -> None:
    stop, in_step, finish_step = Event(), Event(), Event()
    steps: list[str] = []

    def work() -> None:
        while not stop.is_set():
            steps.append("begins")
            in_step.set()
            step(finish_step)
            steps.append("ends")

    thread = Thread(target=work)
    thread.start()
    in_step.wait()
    stop.set()
    thread.join(timeout=0.05)  # time enough to stop, if it could
    assert thread.is_alive()
    assert steps == ["begins"]
    finish_step.set()
    thread.join()
    assert steps == ["begins", "ends"]


AMID_CONDITION = "waiter.acquire(True, timeout)"


def _event() -> Waiting:
    event = Event()
    return partial(event.wait, timeout=60), event.set, AMID_CONDITION


def _get() -> Waiting:
    items: Queue[None] = Queue()
    return partial(items.get, timeout=60), lambda: items.put(None), AMID_CONDITION


def _acquire() -> Waiting:
    lock = Lock()
    lock.acquire()
    return lock.acquire, lock.release, "wait()"


def _sleep() -> Waiting:
    return lambda: sleep(0.3), lambda: None, "sleep(0.3)"


class Stop(BaseException):
    """What is sent into a thread."""


def _send_into(thread: Thread) -> int:
    """Return in how many threads the exception was set."""
    assert thread.ident
    set_exception = ctypes.pythonapi.PyThreadState_SetAsyncExc
    return int(set_exception(ctypes.c_ulong(thread.ident), ctypes.py_object(Stop)))


def _stands_at(thread: Thread, line: str) -> bool:
    """Tell whether what a thread does now is written on this line.

    From there on nothing looks for an exception before the call of C is over.
    """
    frame = sys._current_frames().get(thread.ident or 0)
    return frame is not None and line in getline(frame.f_code.co_filename, frame.f_lineno)


@pytest.mark.always("stop-async-exception-waits")
@ways(waiting={"event": _event, "get": _get, "acquire": _acquire, "sleep": _sleep})
def test_an_exception_sent_into_a_thread_comes_after_its_wait(
    waiting: Callable[[], Waiting],
) -> None:
    # no mutant: утверждение о функции C-API, программа страницы её не зовёт
    wait, end_the_wait, line = waiting()
    stopped = Event()

    def work() -> None:
        try:
            wait()
            while True:
                sleep(0)
        except Stop:
            stopped.set()

    thread = Thread(target=work, daemon=True)
    thread.start()
    assert any(_stands_at(thread, line) or sleep(0) for _ in range(1_000_000)), "it doesn't wait"
    assert _send_into(thread) == 1
    assert not stopped.wait(timeout=0.05), "it cut the wait short"
    end_the_wait()
    assert stopped.wait(timeout=60), "it does come while the thread is at work"
    thread.join()


@pytest.mark.always("stop-blocked-get-misses-event")
@ways(kind={kind.__name__: kind for kind in (Queue, LifoQueue, PriorityQueue, SimpleQueue)})
def test_a_thread_blocked_in_get_does_not_see_the_event(kind: Callable[[], Any]) -> None:
    assert play("threads/stop_blocked_broken").lines == ["worker still runs: True"]
    jobs = kind()
    stop, waiting = Event(), Event()
    work = load("threads/stop_blocked_broken").work
    worker = Thread(target=work, args=(jobs, stop, waiting), daemon=True)
    worker.start()
    waiting.wait()
    stop.set()
    worker.join(timeout=0.05)  # time enough to end, if it could
    assert worker.is_alive()
    jobs.put("job 1")
    worker.join()
    assert not worker.is_alive(), "awake, it does see the event"
    fixed = play("threads/stop_blocked_fixed")
    assert fixed.ordered("worker: job 1", "worker still runs: False")


@pytest.mark.always("stop-queue-shutdown")
@ways(
    kind={kind.__name__: kind for kind in (Queue, LifoQueue, PriorityQueue)},
    immediate={"at once": True, "after the rest": False},
)
def test_shutdown_wakes_who_waits_in_get_from_313_on(
    kind: Callable[[], Any], immediate: bool
) -> None:
    # no mutant: мутантов делают на Python 3.11, а shutdown() у очереди появился в 3.13
    jobs = kind()
    if sys.version_info < (3, 13):
        assert not hasattr(jobs, "shutdown")
        return
    ended: list[str] = []

    def work() -> None:
        try:
            while True:
                jobs.get()
        except queue.ShutDown:
            ended.append("shut down")

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    while len(jobs.not_empty._waiters) < 2:
        pass  # until both stand in get
    jobs.shutdown(immediate=immediate)
    for thread in threads:
        thread.join()
    assert ended == ["shut down"] * 2


@pytest.mark.always("stop-ctrl-c-main-thread")
@ways(
    send={
        "raise_signal": lambda: signal.raise_signal(signal.SIGINT),
        "os.kill": lambda: os.kill(os.getpid(), signal.SIGINT),
        "pthread_kill": lambda: signal.pthread_kill(threading.get_ident(), signal.SIGINT),
    },
    sender=STARTERS,
)
def test_keyboard_interrupt_comes_to_the_main_thread(
    send: Callable[[], None], sender: Starter
) -> None:
    trace = play("threads/stop_ctrl_c")
    assert trace.ordered("main: KeyboardInterrupt", "worker: closes the file")
    handled_by: list[Thread] = []
    before = signal.signal(signal.SIGINT, lambda *_: handled_by.append(threading.current_thread()))
    try:
        sender(send)
        while not handled_by:  # at the main thread's next chance
            pass
    finally:
        signal.signal(signal.SIGINT, before)
    assert handled_by == [threading.main_thread()]


@pytest.mark.always("stop-own-stop-attribute", before="3.13")
@ways(
    value={
        "event": (Event, "'Event' object is not callable"),
        "flag": (bool, "'bool' object is not callable"),
    },
    join={"join": lambda thread: thread.join(), "timeout": lambda thread: thread.join(30)},
)
def test_an_attribute_named_stop_breaks_join(
    value: tuple[Callable[[], object], str], join: Callable[[Thread], None]
) -> None:
    # no mutant: имя занимает сам Thread, в программах страницы класса потока нет
    make, message = value

    class Worker(Thread):
        def __init__(self) -> None:
            super().__init__()
            self._stop = make()

        def run(self) -> None:
            pass

    thread = Worker()
    thread.start()
    with pytest.raises(TypeError, match=message):
        join(thread)


@pytest.mark.always("stop-interrupted-join")
def test_before_313_an_interrupted_join_takes_the_thread_for_ended() -> None:
    # one way: the schedule is forced, a signal amid join
    caught, end, ended = Event(), Event(), Event()

    def interrupt(*_: object) -> None:
        if not caught.is_set():
            caught.set()
            raise KeyboardInterrupt

    def work() -> None:
        # The main thread may not yet stand in join when the first signal comes.
        while not caught.wait(timeout=0.01):
            if in_join():
                signal.pthread_kill(main, signal.SIGINT)
        end.wait()
        ended.set()

    def in_join() -> bool:
        frame = sys._current_frames()[main]
        if sys.version_info >= (3, 13):
            return frame.f_code.co_name == "join"
        # What an interrupt breaks there is the block that takes the lock, not what is before it.
        line = getline(frame.f_code.co_filename, frame.f_lineno)
        return frame.f_code.co_name == "_wait_for_tstate_lock" and ".acquire(" in line

    main = threading.main_thread().ident
    assert main
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        thread = Thread(target=work)
        thread.start()
        with pytest.raises(KeyboardInterrupt):
            thread.join()
    finally:
        signal.signal(signal.SIGINT, before)
    assert not ended.is_set(), "the function is still at work"
    right = sys.version_info >= (3, 13)
    again = Thread(target=thread.join, daemon=True)
    again.start()
    again.join(timeout=0.05 if right else 30)
    assert not ended.is_set()
    assert thread.is_alive() == again.is_alive() == right
    end.set()
    assert ended.wait()
    thread.join()


PRESSES = {
    "raise_signal": lambda: signal.raise_signal(signal.SIGINT),
    "os.kill": lambda: os.kill(os.getpid(), signal.SIGINT),
    "interrupt_main": interrupt_main,
}
"""How SIGINT reaches a program from within."""

WORKERS = {"1": 1, "2": 2}


@contextmanager
def _pressed(press: Callable[[], None]) -> Iterator[None]:
    """Raise KeyboardInterrupt at the end of a block, as Python itself does."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
        press()
        while True:
            sleep(0.001)  # until the main thread is told
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _interrupted_after(begins: Callable[[], object]) -> Iterator[None]:
    """Raise KeyboardInterrupt once in a block, after that has returned in another thread."""
    main, caught = threading.get_ident(), Event()

    def interrupt(*_: object) -> None:
        if not caught.is_set():
            caught.set()
            raise KeyboardInterrupt

    def press() -> None:
        begins()
        # One signal may come before the thread waits, and is no end of its wait.
        while not caught.is_set():
            signal.pthread_kill(main, signal.SIGINT)
            sleep(0.001)

    before = signal.signal(signal.SIGINT, interrupt)
    presser = Thread(target=press)
    presser.start()
    try:
        yield
    finally:
        presser.join()
        signal.signal(signal.SIGINT, before)


def _at_work(press: Callable[[], None], _: object) -> None:
    with _pressed(press):
        pass


def _waiting(wait_for: Callable[[list["Future[None]"]], object], futures: Any) -> None:
    sent = Event()
    with _interrupted_after(sent.wait):
        sent.set()
        wait_for(futures)


Interrupted = Callable[[list["Future[None]"]], None]
INTERRUPTED: dict[str, Interrupted] = {
    **{f"at work by {name}": partial(_at_work, press) for name, press in PRESSES.items()},
    "amid result": partial(_waiting, lambda futures: futures[0].result()),
    "amid as_completed": partial(_waiting, lambda futures: next(as_completed(futures))),
    "amid wait": partial(_waiting, wait),
}
"""In what a block that has sent its jobs is interrupted."""


@pytest.mark.always("stop-pool-finishes-queue")
@ways(interrupted=INTERRUPTED, workers=WORKERS)
def test_the_interrupt_leaves_the_pool_after_the_whole_queue(
    interrupted: Interrupted, workers: int
) -> None:
    go_on, done = Event(), list[int]()

    def work(number: int) -> None:
        go_on.wait()
        done.append(number)

    def use_pool() -> None:
        with ThreadPoolExecutor(workers) as pool:
            futures = [pool.submit(work, number) for number in range(5)]
            try:
                interrupted(futures)
            finally:
                assert not done
                go_on.set()

    with pytest.raises(KeyboardInterrupt):
        use_pool()
    assert sorted(done) == [0, 1, 2, 3, 4]
    trace = play("threads/stop_pool_broken")
    jobs = [f"job {number}: done" for number in range(3)]
    assert trace.ordered("main: the user presses Ctrl+C", *jobs, "main: KeyboardInterrupt")


@pytest.mark.always("stop-pool-map-cancels")
@ways(
    body={"amid the wait for a result": lambda: None, "in the body": lambda: Event().wait()},
    workers=WORKERS,
)
def test_the_interrupt_of_a_loop_over_map_cancels_the_rest(
    body: Callable[[], object], workers: int
) -> None:
    # no mutant: программа страницы map не зовёт, а что он отменит, решает Python
    begun, in_loop, go_on = Queue[int](), Event(), Event()
    seen, done = list[int](), list[int]()

    def work(number: int) -> None:
        begun.put(number)
        if number:
            go_on.wait()
        done.append(number)

    def all_are_at_work() -> None:
        in_loop.wait()
        seen.extend(begun.get() for _ in range(workers + 1))

    def use_pool() -> None:
        with ThreadPoolExecutor(workers) as pool:
            try:
                with _interrupted_after(all_are_at_work):
                    for _ in pool.map(work, range(8)):
                        in_loop.set()
                        body()
            finally:
                go_on.set()

    with pytest.raises(KeyboardInterrupt):
        use_pool()
    assert sorted(done) == sorted(seen) == [*range(workers + 1)]
    assert begun.empty()


@pytest.mark.always("stop-pool-generator-expression")
@ways(
    use={"sum": lambda read: sum(1 for _ in read), "loop": lambda read: [*read]},
    workers=WORKERS,
)
def test_the_interrupt_of_a_generator_expression_over_map_cancels_nothing(
    use: Callable[[Iterator[None]], object], workers: int
) -> None:
    # no mutant: программа страницы map не зовёт, а что он отменит, решает Python
    in_body, done = Event(), list[int]()

    def work(number: int) -> None:
        if number:
            in_body.wait(timeout=60)
        done.append(number)

    def body() -> None:
        in_body.set()
        raise KeyboardInterrupt

    def use_pool() -> None:
        with ThreadPoolExecutor(workers) as pool:
            use(body() for _ in pool.map(work, range(8)))

    with pytest.raises(KeyboardInterrupt):
        use_pool()
    assert sorted(done) == [*range(8)]


@pytest.mark.always("stop-pool-job-error")
@ways(
    ask={
        "result": lambda futures: [future.result() for future in futures],
        "as_completed": lambda futures: [future.result() for future in as_completed(futures)],
    },
    ends={"nothing": False, "the queue": True},
    workers=WORKERS,
)
def test_the_error_of_a_job_leaves_the_pool_after_the_whole_queue(
    ask: Callable[[list["Future[None]"]], object], ends: bool, workers: int
) -> None:
    # no mutant: чего ждёт пул, решает сам Python
    go_on, begun, done = Event(), Queue[int](), list[int]()

    def work(number: int) -> None:
        if number == 0:
            raise ZeroDivisionError
        begun.put(number)
        go_on.wait()
        done.append(number)

    def use_pool() -> None:
        with ThreadPoolExecutor(workers) as pool:
            try:
                ask([pool.submit(work, number) for number in range(5)])
            except BaseException:
                seen.extend(begun.get(timeout=60) for _ in range(workers))
                if ends:
                    pool.shutdown(wait=False, cancel_futures=True)
                raise
            finally:
                assert not done
                go_on.set()

    seen = list[int]()
    with pytest.raises(ZeroDivisionError):
        use_pool()
    assert sorted(done) == (sorted(seen) if ends else [1, 2, 3, 4])


@pytest.mark.always("stop-pool-cancels-queue")
@ways(press=PRESSES, workers=WORKERS)
def test_the_queue_is_cancelled_and_the_event_ends_the_rest(
    press: Callable[[], None], workers: int
) -> None:
    stop, begun, ended = Event(), Queue[int](), Queue[int]()

    def work(number: int) -> None:
        begun.put(number)
        stop.wait()
        ended.put(number)

    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(work, number) for number in range(5)]
        try:
            with _pressed(press):
                first = {begun.get() for _ in range(workers)}
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            stop.set()
    assert {ended.get_nowait() for _ in range(workers)} == first
    assert begun.empty()
    assert [future.cancelled() for future in futures] == [n not in first for n in range(5)]
    assert play("threads/stop_pool_fixed").lines == [
        "main: the user presses Ctrl+C",
        "main: KeyboardInterrupt",
        "job 0: stopped in good order",
    ]
    # It presses when the first job has begun, however late its thread comes to it.
    snippet, printed = load("threads/stop_pool_fixed"), list[str]()
    names = snippet.main.__globals__
    names["print"] = printed.append
    names["ThreadPoolExecutor"] = partial(ThreadPoolExecutor, initializer=sleep, initargs=(0.05,))
    snippet.main()
    assert printed[-1] == "job 0: stopped in good order"


@pytest.mark.always("stop-pool-second-ctrl-c", since="3.13")
@ways(workers=WORKERS, presses={"amid the block, too": 2, "at its end only": 1})
def test_the_end_of_the_program_waits_for_the_queue_again(workers: int, presses: int) -> None:
    # no mutant: мутантов делают на Python 3.11, а утверждение верно с 3.13
    run = run_by(
        "spawn",
        filled(
            """
        import os, signal, sys, threading, time
        from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait

        main, begun, left = threading.get_ident(), threading.Event(), threading.Event()
        caught = []

        def interrupt(*_):
            if len(caught) < PRESSES:
                caught.append("SIGINT")
                raise KeyboardInterrupt

        def first():
            begun.wait()
            while len(caught) < PRESSES:  # one may come too early for the wait
                name = sys._current_frames()[main].f_code.co_name
                if name == "join" or len(caught) < PRESSES - 1:
                    signal.pthread_kill(main, signal.SIGINT)
                time.sleep(0.001)
            left.wait()
            os.write(1, b"first job\\n")

        signal.signal(signal.SIGINT, interrupt)
        try:
            with ThreadPoolExecutor(WORKERS) as pool:
                pool.submit(first)
                for _ in range(WORKERS - 1):
                    pool.submit(left.wait)
                pool.submit(os.write, 1, b"last job\\n")
                begun.set()
                if PRESSES > 1:
                    threading.Event().wait()
        except KeyboardInterrupt:
            os.write(1, b"main: left\\n")
            left.set()
        """,
            PRESSES=presses,
            WORKERS=workers,
        ),
    )
    lines = run.stdout.splitlines()
    assert lines[0] == "main: left"
    assert sorted(lines[1:]) == ["first job", "last job"]
