"""Proofs for source/threads/result.md."""

import asyncio
import gc
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import ThreadPool
from queue import LifoQueue, PriorityQueue, Queue
from threading import Thread, current_thread
from typing import Any

import pytest
from proven.stage import load, play

from tests.ways import COUNTS, SOME, ways
from tests.ways_processes import THREAD_ENDS, filled, quiet_threads, run_by


class Thing:
    pass


@pytest.mark.always("thread-return-lost")
def test_what_target_returns_is_kept_nowhere() -> None:
    # one way: a fact about Thread, whatever the object
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
@ways(error={name: error for name, error in THREAD_ENDS.items() if error})
def test_join_does_not_raise_and_the_program_ends_with_code_0(error: BaseException) -> None:
    trace = play("threads/result_exception_lost")  # an exit code but 0 would be a SnippetError
    assert trace.lines == ["main: goes on, worker is alive: False"]
    assert "ZeroDivisionError" in trace.stderr, "it did happen"
    run = run_by(
        "spawn",
        filled(
            """
        import threading

        def work():
            raise ERROR

        if __name__ == "__main__":
            thread = threading.Thread(target=work)
            thread.start()
            print("join:", thread.join(), thread.is_alive())
        """,
            ERROR=repr(error),
        ),
    )
    assert (run.stdout, run.returncode) == ("join: None False\n", 0)


@pytest.mark.always("thread-exception-to-stderr")
@ways(error={name: error for name, error in THREAD_ENDS.items() if error})
def test_the_traceback_goes_to_stderr(error: BaseException) -> None:
    stderr = play("threads/result_exception_lost").stderr
    assert "Traceback" in stderr
    assert "ZeroDivisionError" in stderr
    assert "Traceback" not in play("threads/result_excepthook").stderr
    run = run_by(
        "spawn",
        filled(
            """
        import threading

        def work():
            raise ERROR

        if __name__ == "__main__":
            threading.Thread(target=work).start()
        """,
            ERROR=repr(error),
        ),
    )
    assert ("Traceback" in run.stderr) is not isinstance(error, SystemExit)
    assert run.stdout == ""


@pytest.mark.always("thread-excepthook-called")
def test_excepthook_gets_thread_and_exception_in_the_dying_thread() -> None:
    # one way: the page's hook; which exceptions come to it, says thread-sys-exit-ends-thread-only
    trace = play("threads/result_excepthook")
    report = trace.find("divider died of ZeroDivisionError")
    assert report.actor == "divider"
    assert trace.ordered(report.text, "main: done")


HOOKS = {
    "nothing": ("pass", False),
    "its own line": ("print('failed')", False),
    "logging": (
        "logging.error('failed', exc_info=(told.exc_type, told.exc_value, told.exc_traceback))",
        True,
    ),
    "the standard one": ("threading.__excepthook__(told)", True),
}
"""What a hook of one's own does, and whether a traceback is printed."""


@pytest.mark.always("thread-own-excepthook-replaces")
@ways(hook=HOOKS, start={"Thread": "threading.Thread(target=", "Timer": "threading.Timer(0, "})
def test_a_hook_of_ones_own_is_all_that_is_called(hook: tuple[str, bool], start: str) -> None:
    # no mutant: кого позвать, решает сам Python
    does, is_told = hook
    run = run_by(
        "spawn",
        filled(
            """
        import logging, threading

        def report(told):
            DOES

        def fail():
            raise ValueError

        if __name__ == "__main__":
            threading.excepthook = report
            thread = STARTfail)
            thread.start()
            thread.join()
        """.replace("START", start),
            DOES=does,
        ),
    )
    assert ("Traceback" in run.stderr) is ("in fail" in run.stderr) is is_told
    assert is_told or not run.stderr


@pytest.mark.always("thread-sys-exit-ends-thread-only")
def test_sys_exit_ends_only_its_thread_and_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # one way: the call that the sentence names, beside another exception
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


@pytest.mark.always("thread-sys-exit-in-pool")
@ways(
    ask={
        "submit": "pool.submit(sys.exit, 3).result()",
        "map": "list(pool.map(sys.exit, [3]))",
        "to_thread": "await asyncio.to_thread(sys.exit, 3)",
        "in another thread": "in_another_thread(lambda: pool.submit(sys.exit, 3).result())",
    },
    caught={"it is caught": "SystemExit", "Exception is caught": "Exception"},
)
def test_sys_exit_in_a_job_ends_the_program_if_nobody_catches_it(ask: str, caught: str) -> None:
    # no mutant: в примерах страницы sys.exit нет
    run = run_by(
        "spawn",
        filled(
            """
        import asyncio, sys
        from concurrent.futures import ThreadPoolExecutor
        from threading import Thread, current_thread

        def in_another_thread(ask):
            asks = Thread(target=ask)
            asks.start()
            asks.join()

        async def main():
            pool = ThreadPoolExecutor(1)
            asyncio.get_running_loop().set_default_executor(pool)
            before = await asyncio.to_thread(current_thread)
            try:
                ASK
            except CAUGHT:
                print("caught")
            finally:
                print(pool.submit(current_thread).result() is before)

        if __name__ == "__main__":
            asyncio.run(main())
            print("main goes on")
        """,
            ASK=ask,
            CAUGHT=caught,
        ),
    )
    is_caught = caught == "SystemExit"
    lines = ["caught", "True", "main goes on"] if is_caught else ["True"]
    if ask.startswith("in_another_thread"):  # it ends that one only
        is_caught, lines = True, ["True", "main goes on"]
    assert (run.stdout.splitlines(), run.returncode) == (lines, 0 if is_caught else 3), run.stderr


async def _in_to_thread(work: Callable[[], None]) -> None:
    await asyncio.gather(asyncio.to_thread(work), return_exceptions=True)


def _submitted(work: Callable[[], None]) -> None:
    with ThreadPoolExecutor() as pool:
        pool.submit(work)


def _mapped(work: Callable[[], None]) -> None:
    with ThreadPoolExecutor() as pool:
        pool.map(lambda _: work(), range(1))


def _applied(work: Callable[[], None]) -> None:
    with ThreadPool(1) as pool:
        pool.apply_async(work)
        pool.close()
        pool.join()


@pytest.mark.always("thread-excepthook-not-of-pool")
@ways(
    run={
        "submit": _submitted,
        "map": _mapped,
        "to_thread": lambda work: asyncio.run(_in_to_thread(work)),
        "apply_async": _applied,
    },
)
def test_the_hook_does_not_get_the_exceptions_of_jobs(
    run: Callable[[Callable[[], None]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[str] = []
    report = load("threads/result_excepthook").report
    report.__globals__["print"] = reported.append
    monkeypatch.setattr(threading, "excepthook", report)
    begun: list[str] = []

    def work() -> None:
        begun.append(current_thread().name)
        raise OSError

    run(work)
    assert len(begun) == 1
    assert reported == []
    thread = Thread(target=work, name="plain")
    thread.start()
    thread.join()
    assert reported == ["plain died of OSError"]


@pytest.mark.always("thread-queue-get-outwaits-thread")
@ways(
    error={name: error for name, error in THREAD_ENDS.items() if error},
    kind={kind.__name__: kind for kind in (Queue, LifoQueue, PriorityQueue)},
)
def test_get_waits_on_after_the_thread_has_died(
    error: BaseException, kind: Callable[[], Any]
) -> None:
    results = kind()

    def fail() -> None:
        raise error

    def square() -> None:
        fail()
        results.put("never")

    got: list[object] = []
    getter = Thread(target=lambda: got.append(results.get()))
    getter.start()
    with quiet_threads():
        thread = Thread(target=square)
        thread.start()
        thread.join()
    getter.join(timeout=0.05)  # time enough to return, if it could
    assert getter.is_alive()
    results.put("end")
    getter.join()
    assert got == ["end"]


@pytest.mark.always("thread-future-result")
@ways(error={name: error for name, error in THREAD_ENDS.items() if error})
def test_future_gives_the_value_or_raises_the_same_exception(error: BaseException) -> None:
    trace = play("threads/result_future")
    assert trace.ordered("result: 3.0", "ZeroDivisionError came to main")
    value = Thing()

    def fail() -> None:
        raise error

    with ThreadPoolExecutor() as pool:
        good, bad = pool.submit(lambda: value), pool.submit(fail)
        assert good.result() is value
        with pytest.raises(type(error)) as caught:
            bad.result()
    assert caught.value is error


@pytest.mark.always("thread-queue-same-object")
@ways(kind={kind.__name__: kind for kind in (Queue, LifoQueue, PriorityQueue)})
def test_a_queue_hands_over_the_object_itself(kind: Callable[[], Any]) -> None:
    assert play("threads/result_queue").lines == ["[(1, 1), (2, 4), (3, 9), (4, 16)]"]
    sent, queue = Thing(), kind()
    thread = Thread(target=queue.put, args=(sent,))
    thread.start()
    assert queue.get() is sent
    thread.join()


@pytest.mark.always("thread-queue-loses-nothing")
@ways(
    count={"1": 1, "4": 4, "20": 20},
    kind={kind.__name__: kind for kind in (Queue, LifoQueue, PriorityQueue)},
)
def test_a_queue_loses_nothing_from_several_threads(count: int, kind: Callable[[], Any]) -> None:
    results = kind()

    def put(numbers: range) -> None:
        for number in numbers:
            results.put(number)

    parts = [range(first, first + 100) for first in range(0, 100 * count, 100)]
    threads = [Thread(target=put, args=(part,)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    got = [results.get(block=False) for _ in range(100 * count)]
    assert sorted(got) == list(range(100 * count))
    assert results.empty()


@pytest.mark.always("thread-queue-end-marks")
@ways(error=THREAD_ENDS, failing=SOME, good=COUNTS)
def test_whoever_fails_all_end_marks_come(
    error: BaseException | None, failing: int, good: int
) -> None:
    def numbers(first: int) -> Iterator[int]:
        yield first
        if error:
            raise error

    parts = [*map(numbers, range(failing)), *[[70, 80]] * good]
    with quiet_threads():
        squares = load("threads/result_queue").collect(parts)
    put = [*range(failing), *[70, 80] * good]
    assert squares == sorted((number, number**2) for number in put)
