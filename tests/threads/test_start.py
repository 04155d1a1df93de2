"""Proofs for source/threads/start.md."""

import os
import queue
import re
import socket
import threading
from collections.abc import Callable
from functools import partial
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from proven.stage import load, play

from tests.model.measuring import nobody_asks_for_the_gil
from tests.ways import printed_in_any_order, ways
from tests.ways_processes import STARTERS, THREAD_ENDS, Starter, quiet_threads

Act = Callable[[], object]


@pytest.mark.always("thread-runs-target")
def test_the_thread_calls_target_with_args() -> None:
    # one way: a fact about the signature of Thread
    trace = play("threads/start_one")
    called = trace.find("kettle: 2 cups of tea")
    assert called.actor == "kettle"
    assert trace.ordered("created, runs: False", called.text, "joined, runs: False")


class _Callable:
    def __call__(self, names: list[str]) -> None:
        names.append(threading.current_thread().name)


def _says_its_name(names: list[str]) -> None:
    _Callable()(names)


class _OwnRun(Thread):
    """A thread without a target."""

    def __init__(self, target: object, name: str | None, args: tuple[list[str]]) -> None:
        super().__init__(name=name)
        self.names = args[0]

    def run(self) -> None:
        _Callable()(self.names)


@pytest.mark.always("thread-name")
@ways(
    kind={
        "function": (Thread, _says_its_name, " (_says_its_name)"),
        "lambda": (Thread, lambda names: _Callable()(names), " (<lambda>)"),
        "partial": (Thread, partial(_says_its_name), ""),
        "callable": (Thread, _Callable(), ""),
        "own run": (_OwnRun, None, ""),
    },
    starter=STARTERS,
)
def test_a_thread_has_the_name_it_was_given_or_a_number(
    kind: tuple[Callable[..., Thread], Any, str], starter: Starter
) -> None:
    # no mutant: имя, которого не дали, придумывает Python
    make, target, behind = kind
    names: list[str] = []

    def start() -> None:
        for name in ("kettle", "kettle", None):
            thread = make(target=target, name=name, args=(names,))
            thread.start()
            thread.join()

    starter(start)
    *given, made = names
    assert given == ["kettle", "kettle"]
    assert re.fullmatch(rf"Thread-\d+{re.escape(behind)}", made)


def _compute_until(finish: Event) -> None:
    while not finish.is_set():
        pass


@pytest.mark.always("thread-start-does-not-wait")
@ways(
    starter=STARTERS,
    daemon={"ordinary": False, "daemon": True},
    work={"waits": Event.wait, "computes": _compute_until},
)
def test_start_returns_while_the_function_still_runs(
    starter: Starter, daemon: bool, work: Callable[[Event], object]
) -> None:
    finish = Event()
    thread = Thread(target=work, args=(finish,), daemon=daemon)
    starter(thread.start)
    assert thread.is_alive()
    finish.set()
    thread.join()
    assert not thread.is_alive()


@pytest.mark.sometimes("thread-start-waits-for-c", gil="on")
@ways(starter=STARTERS)
def test_start_may_return_after_a_call_of_c(starter: Starter) -> None:
    numbers, seen = list(range(100_000, 0, -1)), list[int]()
    thread = Thread(target=numbers.sort)
    # So the thread comes to its call first.  That nothing takes the GIL from the call then,
    # however long it is, is a proof of its own: gil-c-call-is-not-interrupted.
    with nobody_asks_for_the_gil():
        starter(lambda: (thread.start(), seen.extend(numbers[:1])))
    thread.join()
    assert seen == [1]


class _Own(Thread):
    """A thread that has its function as a method."""

    def __init__(self, target: Callable[[], None]) -> None:
        super().__init__()
        self._function = target

    def run(self) -> None:
        self._function()


@pytest.mark.always("thread-run-is-a-call")
@ways(starter=STARTERS, kind={"target": Thread, "its own run": _Own})
def test_run_runs_the_function_where_it_is_called(
    starter: Starter, kind: Callable[..., Thread]
) -> None:
    # no mutant: run() в примерах страницы не зовут
    def see() -> None:
        seen.append(threading.current_thread())

    seen: list[Thread] = []
    called, started = kind(target=see), kind(target=see)
    starter(lambda: (see(), called.run()))
    assert seen[0] is seen[1]
    assert called.ident is None, "it has never been started"
    starter(started.start)
    started.join()
    assert seen[2] is started


@pytest.mark.always("thread-starts-once")
@ways(starter=STARTERS, end=THREAD_ENDS)
def test_a_thread_starts_only_once(starter: Starter, end: BaseException | None) -> None:
    finish = Event()

    def work() -> None:
        finish.wait()
        if end:
            raise end

    with quiet_threads():
        thread = Thread(target=work)
        starter(thread.start)
        with pytest.raises(RuntimeError):
            thread.start()
        finish.set()
        thread.join()
        with pytest.raises(RuntimeError):
            thread.start()


@pytest.mark.sometimes("thread-first-ends-before-second-starts")
def test_the_first_may_end_before_the_second_starts() -> None:
    begun: list[str] = []
    first = Thread(target=begun.append, args=("first",))
    second = Thread(target=begun.append, args=("second",))
    first.start()
    while first.is_alive():  # the schedule that is forced: the main thread gets no turn
        pass
    assert begun == ["first"]
    second.start()
    second.join()
    assert begun == ["first", "second"]


@pytest.mark.always("thread-both-at-work")
@ways(count={"2": 2, "5": 5, "100": 100})
def test_both_threads_are_at_work_at_once(count: int) -> None:
    trace = play("threads/start_together")
    assert trace.find("Ann sees 2 guests").actor != trace.find("Bob sees 2 guests").actor
    for lines in printed_in_any_order("threads/start_together"):
        assert sorted(lines) == ["Ann sees 2 guests", "Bob sees 2 guests", "both have left: True"]
        assert lines[-1] == "both have left: True"
    meet = load("threads/start_together").meet
    # A barrier lets nobody through until all of them have come: here one is late.
    met, guests = Barrier(count), []
    threads = [Thread(target=meet, args=("", met, guests)) for _ in range(count)]
    *threads_in_time, late = threads
    for thread in threads_in_time:
        thread.start()
    while met.n_waiting < count - 1:
        pass
    assert all(thread.is_alive() for thread in threads_in_time)
    late.start()
    for thread in threads:
        thread.join()
    assert len(guests) == count


def _lock() -> tuple[Act, Act]:
    lock = threading.Lock()
    lock.acquire()
    return lock.acquire, lock.release


def _pipe() -> tuple[Act, Act]:
    reading, writing = os.pipe()
    return lambda: os.read(reading, 5), lambda: os.write(writing, b"reply")


def _socket() -> tuple[Act, Act]:
    here, there = socket.socketpair()
    return lambda: here.recv(5), lambda: there.send(b"reply")


def _queue() -> tuple[Act, Act]:
    jobs = queue.Queue[bytes]()
    return jobs.get, lambda: jobs.put(b"reply")


def _event() -> tuple[Act, Act]:
    event = Event()
    return event.wait, event.set


@pytest.mark.always("thread-blocked-others-run")
@ways(
    kind={"lock": _lock, "pipe": _pipe, "socket": _socket, "queue": _queue, "event": _event},
    threads={"1": 1, "5": 5},
)
@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
def test_a_blocked_thread_does_not_stop_the_others(
    kind: Callable[[], tuple[Act, Act]], threads: int
) -> None:
    waits = [kind() for _ in range(threads)]
    got: list[object] = []
    blocked = [Thread(target=lambda wait=wait: got.append(wait())) for wait, _ in waits]
    for thread in blocked:
        thread.start()
    # Only this thread can end the waits: if they stopped everybody, we would hang here.
    counted = sum(1 for _ in range(10_000))
    assert all(thread.is_alive() for thread in blocked)
    assert not got
    for _, end in waits:
        end()
    for thread in blocked:
        thread.join()
    assert (len(got), counted) == (threads, 10_000)


@pytest.mark.always("thread-shares-objects")
@ways(passed={"args": "args", "kwargs": "kwargs"})
def test_a_thread_gets_the_object_itself(passed: str) -> None:
    given: list[int] = []
    got: list[object] = []

    def change(numbers: list[int]) -> None:
        numbers.append(1)
        got.append(numbers)

    options: dict[str, Any] = (
        {"args": (given,)} if passed == "args" else {"kwargs": {"numbers": given}}
    )
    thread = Thread(target=change, **options)
    thread.start()
    thread.join()
    assert got[0] is given
    assert given == [1]


@pytest.mark.sometimes("thread-lambda-takes-the-next")
def test_a_lambda_may_take_the_next_value_of_the_loop() -> None:
    begin, taken = Event(), list[tuple[str, str]]()

    def load(how: str, page: str) -> None:
        taken.append((how, page))

    threads = list[Thread]()
    for page in ("first", "second"):

        def nested() -> None:
            begin.wait()
            load("nested", page)  # noqa: B023 - the mistake itself

        threads += [
            Thread(target=nested),
            Thread(target=lambda: (begin.wait(), load("lambda", page))),  # noqa: B023 - the mistake itself
            Thread(target=load, args=("args", page)),
        ]
    for thread in threads:
        thread.start()
    begin.set()
    for thread in threads:
        thread.join()
    assert sorted(taken) == [
        ("args", "first"),
        ("args", "second"),
        *[("lambda", "second")] * 2,
        *[("nested", "second")] * 2,
    ]


@pytest.mark.always("thread-called-target-runs-at-once")
@ways(starter=STARTERS)
def test_a_called_target_runs_in_the_thread_that_creates_before_start(starter: Starter) -> None:
    broken = play("threads/start_called_broken")
    assert broken.find("tea: MainThread").actor == broken.find("started").actor
    assert broken.ordered("tea: MainThread", "started")
    assert len(broken.lines) == 2, "the thread had nothing left to call"
    fixed = play("threads/start_called_fixed")
    assert fixed.find("tea: kettle").actor == "kettle"
    assert fixed.ordered("started", "tea: kettle")
    by: list[object] = []

    def create() -> None:
        by.append(threading.current_thread())
        made = Thread(target=by.append(threading.current_thread()))
        assert (len(by), made.ident) == (2, None)
        made.start()
        made.join()

    starter(create)
    assert by == [by[0]] * 2


@pytest.mark.always("thread-args-comma")
def test_without_the_comma_each_letter_is_an_argument() -> None:
    # one way: a fact about Python's tuples
    got: list[tuple[str, ...]] = []
    for args in (("tea"), ("tea",)):
        thread = Thread(target=lambda *args: got.append(args), args=args)
        thread.start()
        thread.join()
    assert got == [("t", "e", "a"), ("tea",)]


@pytest.mark.always("thread-args-number")
@ways(
    args={"an int": 5, "zero": 0, "a float": 0.5, "a tuple": (5,)},
    keywords={"alone": None, "with kwargs": {"size": 1}},
)
def test_a_number_for_args_ends_the_thread(
    args: Any, keywords: dict[str, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # no mutant: в примерах страницы args — кортеж, а перебирает его сам Python
    died: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: died.append(told.exc_type))
    called: list[tuple[float, ...]] = []
    thread = Thread(target=lambda *got, **_: called.append(got), args=args, kwargs=keywords)
    thread.start()
    thread.join(timeout=60)
    assert not thread.is_alive()
    accepted = args == (5,)
    assert called == ([args] if accepted else [])
    assert died == ([] if accepted else [TypeError])
