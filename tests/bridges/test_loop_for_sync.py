"""Proofs for source/bridges/loop-for-sync.md."""

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from queue import SimpleQueue
from textwrap import dedent
from typing import Any

import pytest
from proven.stage import load, perform_script, play
from proven.stage.player import path_of

from tests.ways import only, ways
from tests.ways_processes import METHODS, filled, quiet_threads, run_by

Log = list[str]


async def _after_a_sleep(log: Log) -> None:
    await asyncio.sleep(0.001)
    log.append("step")


async def _past_a_deadline(log: Log) -> None:
    try:
        async with asyncio.timeout(0.001):
            await asyncio.Event().wait()
    except TimeoutError:
        log.append("step")


def _timer(log: Log) -> None:
    asyncio.get_running_loop().call_later(0.001, log.append, "step")


LEFT: dict[str, Callable[[Log], Any]] = {
    "a task that sleeps": lambda log: asyncio.create_task(_after_a_sleep(log)),
    "a deadline": lambda log: asyncio.create_task(_past_a_deadline(log)),
    "a timer": _timer,
}


@pytest.mark.always("loop-sync-runner-stands")
@ways(leave=LEFT)
def test_between_two_calls_a_runner_stands(leave: Callable[[Log], Any]) -> None:
    trace = play("bridges/loop_for_sync_ways")
    assert trace.at("by_run: renewed 0 times, dead") == 3.5
    assert trace.at("by_runner: renewed 0 times, alive") == 7
    log: Log = []
    kept: list[Any] = []

    async def begin() -> None:
        kept.append(leave(log))

    with asyncio.Runner() as runner:
        runner.run(begin())
        time.sleep(0.01)  # all of it is due by now
        assert log == []
        runner.run(asyncio.sleep(0.01))
        assert log == ["step"]


@contextmanager
def _loop_thread() -> Iterator[Any]:
    loop_thread = load("bridges/loop_for_sync_thread").LoopThread()
    try:
        yield loop_thread
    finally:
        loop_thread.close()


@pytest.mark.always("loop-sync-thread-goes-on")
@ways(leave=LEFT)
def test_a_loop_in_a_thread_goes_on(leave: Callable[[Log], Any]) -> None:
    trace = play("bridges/loop_for_sync_ways")
    assert trace.at("by_thread: renewed 3 times, alive") == 10.5
    gone_on = threading.Event()

    class Noted(list[str]):
        def append(self, line: str) -> None:
            gone_on.set()

    kept: list[Any] = []

    async def begin() -> None:
        kept.append(leave(Noted()))

    with _loop_thread() as loop_thread:
        loop_thread.call(begin())
        assert gone_on.wait(10)


@pytest.mark.always("loop-sync-close-cleans")
@ways(tasks={"one": 1, "three": 3})
def test_close_waits_for_what_tasks_do_at_their_end(tasks: int) -> None:
    cleaned: Log = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            cleaned.append("finally")

    kept: list[asyncio.Task[None]] = []

    async def begin() -> None:
        kept.extend(asyncio.create_task(work()) for _ in range(tasks))
        await asyncio.sleep(0)

    with _loop_thread() as loop_thread:
        loop_thread.call(begin())
    assert cleaned == ["finally"] * tasks
    assert all(task.cancelled() for task in kept)
    # Closed again, as atexit may do, it does nothing.
    loop_thread.close()


class Ctrl(BaseException):
    """Stands for what comes from outside."""


@pytest.mark.always("loop-sync-call-cancels")
@ways(error={"a deadline": None, "Exception": OSError, "BaseException": Ctrl})
def test_a_wait_that_ends_early_cancels(
    error: type[BaseException] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, stopped = threading.Event(), threading.Event()

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            stopped.set()
            raise

    def result(self: Any, timeout: float | None = None) -> Any:
        assert error
        assert begun.wait(10)
        raise error

    with _loop_thread() as loop_thread:
        if error:
            monkeypatch.setattr("concurrent.futures.Future.result", result)
        with pytest.raises(error or TimeoutError):
            loop_thread.call(work(), timeout=0.05)
        assert stopped.wait(10)


@pytest.mark.always("loop-sync-system-exit-ends-loop")
@ways(others={"nobody": 0, "two": 2})
def test_a_system_exit_ends_the_loop_of_all(others: int) -> None:
    # no mutant: что останавливает цикл, решает сам asyncio
    begun = threading.Semaphore(0)

    async def stay() -> None:
        begun.release()
        await asyncio.Event().wait()

    async def leave() -> None:
        raise SystemExit

    with quiet_threads(), _loop_thread() as loop_thread, ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(loop_thread.call, stay()) for _ in range(others)]
        for _ in calls:
            begun.acquire()
        with pytest.raises(SystemExit):
            loop_thread.call(leave())
        assert [type(call.exception()) for call in calls] == [CancelledError] * others
        loop_thread._thread.join()
        late = leave()
        with pytest.raises(RuntimeError, match="closed"):
            loop_thread.call(late)
        late.close()


@pytest.mark.always("loop-sync-threads-overlap")
@ways(threads={"two": 2, "ten": 10})
def test_threads_share_a_loop_and_wait_at_once(threads: int) -> None:
    trace = play("bridges/loop_for_sync_thread", clock="virtual")
    assert trace.at("['page 1', 'page 2', 'page 3']") == 1
    # Only together they pass it.
    barrier = asyncio.Barrier(threads)

    async def meet(number: int) -> int:
        async with asyncio.timeout(10):
            await barrier.wait()
        return number

    with _loop_thread() as loop_thread, ThreadPoolExecutor(threads) as pool:
        results = pool.map(lambda number: loop_thread.call(meet(number)), range(threads))
        assert list(results) == list(range(threads))


ENDING = """
    import asyncio, threading, sys
    class Loop:
        def begin(self, daemon):
            self.ready = threading.Event()
            self.thread = threading.Thread(target=asyncio.run, args=(self.live(),), daemon=daemon)
            self.thread.start()
            self.ready.wait()
        async def live(self):
            self.loop, self.stop = asyncio.get_running_loop(), asyncio.Event()
            self.task = asyncio.create_task(self.work())
            await asyncio.sleep(0)
            self.ready.set()
            await self.stop.wait()
        async def work(self):
            try:
                await asyncio.Event().wait()
            finally:
                print("finally", flush=True)
"""
HOW = {"at its end": "", "by sys.exit": "sys.exit(0)"}


@pytest.mark.always("loop-sync-plain-never-ends")
@ways(how=HOW)
def test_an_open_loop_in_a_plain_thread_keeps_the_program(how: str) -> None:
    # no mutant: пример закрывает свой цикл
    # Two seconds after the main thread's end a daemon says so: everything still stands.
    code = """
        import os, time
        def watch():
            threading.main_thread().join()
            time.sleep(0.3)
            print("still there" if loop.thread.is_alive() else "gone", flush=True)
            os._exit(0)
        loop = Loop()
        loop.begin(daemon=False)
        threading.Thread(target=watch, daemon=True).start()
    """
    assert perform_script(dedent(ENDING) + dedent(code) + how).lines == ["still there"]


@pytest.mark.always("loop-sync-daemon-cut")
@ways(how=HOW)
def test_a_daemon_is_cut_unless_closed(how: str) -> None:
    # no mutant: пример закрывает свой цикл
    begin = "loop = Loop()\nloop.begin(daemon=True)\nprint('main ends')\n"
    close = """
        import atexit
        def close():
            loop.loop.call_soon_threadsafe(loop.stop.set)
            loop.thread.join()
        atexit.register(close)
    """
    assert perform_script(dedent(ENDING) + begin + how).lines == ["main ends"]
    closed = perform_script(dedent(ENDING) + begin + dedent(close) + how)
    assert closed.lines == ["main ends", "finally"]


POOL = {
    "to_thread": "asyncio.to_thread(int)",
    "run_in_executor": "self.loop.run_in_executor(None, int)",
    "a look-up": "self.loop.getaddrinfo('127.0.0.1', 80)",
}


@pytest.mark.always("loop-sync-atexit-late")
@ways(call=POOL, used={"for the first time": False, "again": True})
def test_atexit_is_too_late_for_the_pool_of_the_loop(call: str, used: bool) -> None:
    # no mutant: завершающие действия примера пула не вызывают
    code = """
        import atexit
        class Saving(Loop):
            async def work(self):
                if USED:
                    await CALL
                try:
                    self.begun.set()
                    await asyncio.Event().wait()
                finally:
                    try:
                        await CALL
                        print("saved", flush=True)
                    except RuntimeError:
                        print("too late", flush=True)
        def close():
            loop.loop.call_soon_threadsafe(loop.stop.set)
            loop.thread.join()
        loop = Saving()
        loop.begun = threading.Event()
        loop.begin(daemon=True)
        loop.begun.wait()
    """.replace("CALL", call).replace("USED", str(used))
    script = dedent(ENDING) + dedent(code)
    assert perform_script(script + "close()\n").lines == ["saved"]
    assert perform_script(script + "atexit.register(close)\n").lines == ["too late"]


@pytest.mark.always("loop-sync-atexit-312", since="3.12", before="3.13")
@ways(
    use={
        "to_thread": "asyncio.to_thread(int)",
        "a name": "asyncio.get_running_loop().getaddrinfo('localhost', 80)",
        "none": "asyncio.sleep(0)",
    },
    close={"by atexit": "", "before": "loop.close()"},
)
def test_the_pool_of_the_loop_is_closed_in_a_thread_that_312_refuses(use: str, close: str) -> None:
    # no mutant: предложение говорит о другой версии
    program = path_of("bridges/loop_for_sync_thread").read_text("utf-8")
    code = """
        async def work():
            await USE

        loop = LoopThread()
        loop.call(work())
        CLOSE
    """
    shown, _, _ = program.partition("\nasync def fetch")
    run = subprocess.run(
        [sys.executable, "-c", shown + filled(code, USE=use, CLOSE=close)],
        capture_output=True,
        text=True,
        check=True,
    )
    refused = sys.version_info < (3, 12, 3) and "sleep" not in use and not close
    assert ("can't create new thread" in run.stderr) is refused


def noted(queue: SimpleQueue[Any], future: Any) -> Any:
    """Put the future into the queue and return it."""
    queue.put(future)
    return future


@pytest.mark.sometimes("loop-sync-call-amid-close")
def test_a_call_amid_close_may_not_return(monkeypatch: pytest.MonkeyPatch) -> None:
    # no mutant: в примере страницы во время close никто не зовёт
    cleaning, begun = threading.Event(), asyncio.Event()
    kept: list[Any] = []

    async def pages() -> Any:
        try:
            yield "page"
        finally:
            cleaning.set()
            # The loop stops a few passes after this: the late call begins, and no more.
            await begun.wait()

    async def open_pages() -> None:
        kept.append(pages())
        await anext(kept[0])

    async def fetch() -> str:
        begun.set()
        task: Any = asyncio.current_task()
        task._log_destroy_pending = False  # else a later test would have to hear of it
        for _ in range(100):
            await asyncio.sleep(0)
        return "a page"

    submit, futures = asyncio.run_coroutine_threadsafe, SimpleQueue[Any]()
    monkeypatch.setattr(
        "asyncio.run_coroutine_threadsafe", lambda *args: noted(futures, submit(*args))
    )

    def call_late() -> None:
        assert cleaning.wait(60)
        kept.append(loop_thread.call(fetch()))

    with _loop_thread() as loop_thread:
        assert loop_thread.call(fetch()) == "a page"
        begun.clear()
        loop_thread.call(open_pages())
        late = threading.Thread(target=call_late)
        late.start()
    assert begun.is_set(), "the call was accepted"
    future = [futures.get(timeout=60) for _ in "123"][-1]
    assert not future.done(), "and nobody is left to end it"
    future.set_result("ended by the proof")
    late.join()
    assert kept[1:] == ["ended by the proof"]


WORKERS = {
    "Process": "child = Process(target=work); child.start(); child.join()",
    "ProcessPoolExecutor": "with ProcessPoolExecutor(1) as pool: pool.submit(work).result()",
}


@pytest.mark.always("loop-sync-worker-no-atexit", before="3.13")
@ways(
    method=only(METHODS, "fork", "forkserver"),
    started=WORKERS,
    closed={"by atexit": "atexit.register(close)", "before": "close()"},
)
def test_a_forked_worker_calls_no_atexit(method: str, started: str, closed: str) -> None:
    # no mutant: вызывать ли atexit, решает сам multiprocessing
    code = """
        import atexit
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import Process
        def work():
            loop = Loop()
            loop.begin(daemon=True)
            def close():
                loop.loop.call_soon_threadsafe(loop.stop.set)
                loop.thread.join()
            CLOSED
            print("work ends", flush=True)
        if __name__ == "__main__":
            STARTED
    """
    script = dedent(ENDING) + filled(code, CLOSED=closed, STARTED=started)
    last = [] if "atexit" in closed else ["finally"]
    assert sorted(run_by(method, script).stdout.splitlines()) == [*last, "work ends"]


@pytest.mark.always("loop-sync-runner-busy")
@ways(quiet={"a wait": True, "a step that computes": False})
def test_a_busy_runner_refuses(quiet: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # There asyncio complains of the foreign thread first, by a RuntimeError, too.
    monkeypatch.delenv("PYTHONASYNCIODEBUG", raising=False)
    trace = play("bridges/loop_for_sync_runner", clock="virtual")
    assert trace.at("main: This event loop is already running") == 0
    begun, over = threading.Event(), threading.Event()

    async def pay() -> None:
        begun.set()
        if quiet:
            assert await asyncio.to_thread(over.wait, 10)
        assert over.wait(10)

    async def order() -> None:
        pass

    with asyncio.Runner() as runner:
        thread = threading.Thread(target=runner.run, args=(pay(),))
        thread.start()
        assert begun.wait(10)
        ordered = order()
        with pytest.raises(RuntimeError, match="already running"):
            runner.run(ordered)
        over.set()
        thread.join()
    ordered.close()


@pytest.mark.sometimes("loop-sync-runner-runs-anyway")
def test_what_was_refused_may_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONASYNCIODEBUG", raising=False)
    trace = play("bridges/loop_for_sync_runner", clock="virtual")
    assert trace.ordered("main: This event loop is already running", "ordered by Other")
    begun, over = threading.Event(), threading.Event()
    ran: list[str] = []

    async def pay() -> None:
        begun.set()
        assert over.wait(60)

    async def order() -> None:
        ran.append(threading.current_thread().name)

    with asyncio.Runner() as runner:
        thread = threading.Thread(target=runner.run, args=(pay(),), name="busy")
        thread.start()
        assert begun.wait(60)
        with pytest.raises(RuntimeError, match="already running"):
            runner.run(order())
        over.set()
        thread.join()
    assert ran == ["busy"]


FORK = """
    import asyncio, os, threading, multiprocessing, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    async def fetch():
        return "page"
    print("parent", asyncio.run_coroutine_threadsafe(fetch(), loop).result())
    def work():
        future = asyncio.run_coroutine_threadsafe(fetch(), loop)
        try:
            future.result(0.2)
        except TimeoutError:
            print("child", thread.is_alive(), flush=True)
        os._exit(0)
"""
FORKED = {
    "os.fork": "pid = os.fork()\nos.waitpid(pid, 0) if pid else work()",
    "Process": (
        "child = multiprocessing.get_context('fork').Process(target=work)\n"
        "child.start()\nchild.join()"
    ),
}


@pytest.mark.always("loop-sync-fork")
@ways(forked=FORKED)
def test_a_fork_has_no_loop_thread(forked: str) -> None:
    assert play("bridges/loop_for_sync_fork_broken").lines[1:] == ["worker: nobody answers"]
    assert play("bridges/loop_for_sync_fork_fixed").lines == ["main: a page", "worker: a page"]
    assert perform_script(dedent(FORK) + forked).lines == ["parent page", "child False"]


@pytest.mark.sometimes("loop-sync-cache-twice")
def test_two_threads_may_make_two_loops() -> None:
    # no mutant: в примере первым обращается один поток
    both = threading.Barrier(2)

    @cache
    def loop_thread_of(pid: int) -> object:
        both.wait(10)
        return object()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(loop_thread_of, [1, 1])
    assert first is not second
