"""Proofs for source/threads/result.md."""

import gc
import sys
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from queue import Queue
from threading import Thread

import pytest
from proven.stage import load, play


class Thing:
    pass


@pytest.mark.always("thread-return-lost")
def test_what_target_returns_is_kept_nowhere() -> None:
    assert play("threads/result_return_broken").lines == ["result: None"]
    returned: list[weakref.ref[Thing]] = []

    def make() -> Thing:
        thing = Thing()
        returned.append(weakref.ref(thing))
        return thing

    thread = Thread(target=make)
    thread.start()
    thread.join()
    gc.collect()
    assert returned[0]() is None, "nobody holds the object any more"
    with ThreadPoolExecutor() as pool:
        kept = [pool.submit(make)]
    held = returned[1]() is not None
    kept.clear()
    gc.collect()
    assert held, "a Future does hold it"
    assert returned[1]() is None


@pytest.mark.always("thread-exception-not-in-join")
def test_join_does_not_raise_and_the_program_ends_with_code_0() -> None:
    trace = play("threads/result_exception_lost")  # an exit code but 0 would be a SnippetError
    assert trace.lines == ["main: goes on, worker is alive: False"]
    assert "ZeroDivisionError" in trace.stderr, "it did happen"


@pytest.mark.always("thread-exception-to-stderr")
def test_the_traceback_goes_to_stderr() -> None:
    stderr = play("threads/result_exception_lost").stderr
    assert "Traceback" in stderr
    assert "ZeroDivisionError" in stderr
    assert "Traceback" not in play("threads/result_excepthook").stderr


@pytest.mark.always("thread-excepthook-called")
def test_excepthook_gets_thread_and_exception_in_the_dying_thread() -> None:
    trace = play("threads/result_excepthook")
    report = trace.find("divider died of ZeroDivisionError")
    assert report.actor == "divider"
    assert trace.ordered(report.text, "main: done")


@pytest.mark.always("thread-sys-exit-ends-thread-only")
def test_sys_exit_ends_only_its_thread_and_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reported: list[str] = []
    default = threading.__excepthook__

    def hook(failure: threading.ExceptHookArgs) -> None:
        reported.append(failure.exc_type.__name__)
        default(failure)

    monkeypatch.setattr(threading, "excepthook", hook)
    stderr: list[str] = []
    monkeypatch.setattr(sys.stderr, "write", stderr.append)
    thread = Thread(target=sys.exit, args=(3,))
    thread.start()
    thread.join()
    assert reported == ["SystemExit"]
    assert stderr == []
    thread = Thread(target=divmod, args=(1, 0))
    thread.start()
    thread.join()
    assert reported == ["SystemExit", "ZeroDivisionError"]
    assert "ZeroDivisionError" in "".join(stderr), "it does tell of another exception"


@pytest.mark.always("thread-future-result")
def test_future_gives_the_value_or_raises_the_same_exception() -> None:
    trace = play("threads/result_future")
    assert trace.ordered("result: 3.0", "ZeroDivisionError came to main")
    error, value = ValueError(), Thing()

    def fail() -> None:
        raise error

    with ThreadPoolExecutor() as pool:
        good, bad = pool.submit(lambda: value), pool.submit(fail)
        assert good.result() is value
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - its identity is asserted
            bad.result()
    assert caught.value is error


@pytest.mark.always("thread-queue-same-object")
def test_a_queue_hands_over_the_object_itself() -> None:
    assert play("threads/result_queue").lines == ["[(1, 1), (2, 4), (3, 9), (4, 16)]"]
    sent, queue = Thing(), Queue[Thing]()
    thread = Thread(target=queue.put, args=(sent,))
    thread.start()
    assert queue.get() is sent
    thread.join()


@pytest.mark.always("thread-queue-loses-nothing")
def test_a_queue_loses_nothing_from_several_threads() -> None:
    square = load("threads/result_queue").square
    results: Queue[tuple[int, int]] = Queue()
    parts = [list(range(first, first + 100)) for first in range(0, 400, 100)]
    threads = [Thread(target=square, args=(part, results)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = [results.get(block=False) for _ in range(400)]
    assert sorted(got) == [(number, number**2) for number in range(400)]
    assert results.empty()
