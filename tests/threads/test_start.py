"""Proofs for source/threads/start.md."""

import os
import queue
import socket
import threading
from collections.abc import Callable
from threading import Barrier, Event, Thread

import pytest
from proven.stage import load, play


@pytest.mark.always("thread-runs-target")
def test_the_thread_calls_target_with_args() -> None:
    trace = play("threads/start_one")
    called = trace.find("kettle: 2 cups of tea")
    assert called.actor == "kettle"
    assert trace.ordered("created, runs: False", called.text, "joined, runs: False")


@pytest.mark.always("thread-start-does-not-wait")
def test_start_returns_while_the_function_still_runs() -> None:
    finish = Event()
    thread = Thread(target=finish.wait)
    thread.start()
    assert thread.is_alive()
    finish.set()
    thread.join()
    assert not thread.is_alive()


@pytest.mark.always("thread-starts-once")
def test_a_thread_starts_only_once() -> None:
    finish = Event()
    thread = Thread(target=finish.wait)
    thread.start()
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
def test_both_threads_are_at_work_at_once() -> None:
    trace = play("threads/start_together")
    assert trace.find("Ann sees 2 guests").actor != trace.find("Bob sees 2 guests").actor
    meet = load("threads/start_together").meet
    for count in (2, 5):
        # A barrier lets nobody through until all of them have come.
        met, guests = Barrier(count), []
        threads = [Thread(target=meet, args=("", met, guests)) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(guests) == count


@pytest.mark.always("thread-blocked-others-run")
def test_a_blocked_thread_does_not_stop_the_others() -> None:
    reading, writing = os.pipe()
    here, there = socket.socketpair()
    lock, jobs = threading.Lock(), queue.Queue[bytes]()
    lock.acquire()
    waits: list[tuple[Callable[[], object], Callable[[], object]]] = [
        (lambda: os.read(reading, 5), lambda: os.write(writing, b"reply")),
        (lambda: here.recv(5), lambda: there.send(b"reply")),
        (lock.acquire, lock.release),
        (jobs.get, lambda: jobs.put(b"reply")),
    ]
    for wait, end in waits:
        got: list[object] = []
        blocked = Thread(target=lambda wait=wait, got=got: got.append(wait()))
        blocked.start()
        # Only this thread can end the wait: if it stopped everybody, we would hang here.
        counted = sum(1 for _ in range(10_000))
        assert blocked.is_alive()
        assert not got
        end()
        blocked.join()
        assert (len(got), counted) == (1, 10_000)
    os.close(reading)
    os.close(writing)
    here.close()
    there.close()


@pytest.mark.always("thread-same-process")
def test_same_process_but_a_thread_of_the_system_each() -> None:
    seen: list[tuple[int, int]] = []
    met = Barrier(3)

    def note() -> None:
        seen.append((os.getpid(), threading.get_native_id()))
        met.wait()  # all alive at once, so that no number is used again

    threads = [Thread(target=note) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {pid for pid, _ in seen} == {os.getpid()}
    assert len({native for _, native in seen} | {threading.get_native_id()}) == 4


@pytest.mark.always("thread-shares-objects")
def test_a_thread_gets_the_object_itself() -> None:
    given: list[int] = []
    got: list[object] = []

    def change(numbers: list[int]) -> None:
        numbers.append(1)
        got.append(numbers)

    thread = Thread(target=change, args=(given,))
    thread.start()
    thread.join()
    assert got[0] is given
    assert given == [1]


@pytest.mark.always("thread-local-is-own")
def test_thread_local_is_seen_by_its_own_thread_only() -> None:
    trace = play("threads/start_own_data")
    assert trace.lines == ["['hello, Ann', 'hello, Bob']", "hello, stranger"]
    own = threading.local()
    own.user = "main"
    seen: list[bool] = []
    thread = Thread(target=lambda: seen.append(hasattr(own, "user")))
    thread.start()
    thread.join()
    assert seen == [False]
    assert own.user == "main"


@pytest.mark.always("thread-called-target-runs-at-once")
def test_a_called_target_runs_in_the_main_thread_before_start() -> None:
    broken = play("threads/start_called_broken")
    assert broken.find("tea: MainThread").actor == broken.find("started").actor
    assert broken.ordered("tea: MainThread", "started")
    assert len(broken.lines) == 2, "the thread had nothing left to call"
    fixed = play("threads/start_called_fixed")
    assert fixed.find("tea: kettle").actor == "kettle"
    assert fixed.ordered("started", "tea: kettle")


@pytest.mark.always("thread-args-comma")
def test_without_the_comma_each_letter_is_an_argument() -> None:
    got: list[tuple[str, ...]] = []
    for args in (("tea"), ("tea",)):
        thread = Thread(target=lambda *args: got.append(args), args=args)
        thread.start()
        thread.join()
    assert got == [("t", "e", "a"), ("tea",)]
