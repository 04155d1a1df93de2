"""Proofs for source/threads/daemon.md."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from textwrap import dedent
from threading import Event, Thread

import pytest
from proven.stage import play
from proven.stage.player import DEADLINE

from tests.ways import ways
from tests.ways_processes import MAIN_ENDS, METHODS, filled, run_by


def printed(code: str) -> list[str]:
    """Return what this Python code prints as a program of its own, exit included."""
    command = [sys.executable, "-c", dedent(code)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=DEADLINE, check=True)
    return ended.stdout.splitlines()


BUSY = {
    "Event": "threading.Event().wait()",
    "Queue": "queue.Queue().get()",
    "Lock": "lock.acquire()",
    "pipe": "os.read(os.pipe()[0], 1)",
    "sleep": "time.sleep(1_000)",
    "computing": "while True: pass",
}
"""What keeps a daemon busy when the program ends."""


def ended(busy: str, ending: str) -> tuple[list[str], int]:
    """Return what a program with a busy daemon prints and its exit code."""
    code = filled(
        """
        import os, queue, sys, threading, time

        lock, begun = threading.Lock(), threading.Event()
        lock.acquire()

        def work():
            begun.set()
            try:
                BUSY
            finally:
                os.write(1, b"finally")

        threading.Thread(target=work, daemon=True).start()
        begun.wait()
        time.sleep(0.02)
        ENDING
    """,
        BUSY=busy,
        ENDING=ending,
    )
    command = [sys.executable, "-c", dedent(code)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE, check=False)
    return run.stdout.splitlines(), run.returncode


@pytest.mark.always("daemon-exit-does-not-wait")
@ways(busy=BUSY, end=MAIN_ENDS)
def test_the_program_does_not_wait_for_a_daemon(busy: str, end: tuple[str, int]) -> None:
    # no mutant: ждать ли демона, решает сам Python
    ending, code = end
    assert ended(busy, ending) == ([], code)


def test_the_page_shows_a_daemon_that_nobody_waits_for() -> None:
    trace = play("threads/daemon_exit")  # had it waited, the stage's deadline would have come
    assert trace.ordered("watcher: on duty", "main: done, watcher is alive: True")


@pytest.mark.always("daemon-finally-skipped")
@ways(busy={name: busy for name, busy in BUSY.items() if name != "computing"})
def test_a_daemon_that_waits_at_exit_skips_its_finally(busy: str) -> None:
    assert ended(busy, "pass") == ([], 0)
    broken = play("threads/daemon_cleanup_broken")
    assert broken.ordered("saver: file opened", "main: done")
    assert "saver: file closed" not in broken.lines
    fixed = play("threads/daemon_cleanup_fixed")
    assert fixed.ordered("saver: file opened", "main: done", "saver: file closed")


@contextmanager
def started(code: str, **words: object) -> Iterator[subprocess.Popen[str]]:
    """Start this code as a program; neither its stdout nor its stderr is read, and both buffer."""
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        [sys.executable, "-c", filled(code, **words)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.sometimes("daemon-print-holds-exit")
@ways(main={"is silent": "pass", "prints, too": "print('main')"})
def test_a_daemon_amid_a_print_makes_the_exit_fail(main: str) -> None:
    # no mutant: ждать ли демона, решает сам Python
    code = """
        import os, select, threading

        threading.Thread(target=print, args=("x" * 1_000_000,), daemon=True).start()
        while select.select([], [1], [], 0)[1]:
            pass  # until the pipe is full: then the daemon stands amid its print
        MAIN
    """
    with started(code, MAIN=main) as process:
        assert process.wait(timeout=20) == -signal.SIGABRT
        assert process.stderr
        message = process.stderr.read()
        assert "Fatal Python error: " in message
        assert "could not acquire lock for <_io.BufferedWriter name='<stdout>'>" in message
        assert "at interpreter shutdown, possibly due to daemon threads" in message


@pytest.mark.sometimes("daemon-stderr-holds-exit")
@ways(
    writes={
        "print": "print('x' * 1_000_000, file=sys.stderr)",
        "error": "raise ValueError('x' * 1_000_000)",
    },
)
def test_a_daemon_amid_a_write_to_stderr_holds_the_exit_up(writes: str) -> None:
    # no mutant: ждать ли демона, решает сам Python
    code = """
        import os, select, sys, threading

        def work():
            WRITES

        threading.Thread(target=work, daemon=True).start()
        while select.select([], [2], [], 0)[1]:
            pass  # until the pipe is full: then the daemon stands amid its writing
        print("main is done", flush=True)
    """
    with started(code, WRITES=writes) as process:
        assert process.stdout
        assert process.stdout.readline() == "main is done\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=0.2)


@pytest.mark.always("daemon-logging-holds-exit")
@ways(handler={"own": "Own()", "slow stream": "logging.StreamHandler(SlowStream())"})
def test_exit_waits_for_a_daemon_inside_a_handler_of_logging(handler: str) -> None:
    # no mutant: блокировки обработчиков берёт сам logging
    lines = printed(
        filled(
            """
        import logging, os, sys, threading, time

        begun = threading.Event()
        main = threading.main_thread().ident

        def hold():
            begun.set()
            # Between its calls at exit the main thread has no frame.
            while not (
                (frame := sys._current_frames().get(main))
                and frame.f_code.co_filename == logging.__file__
            ):
                time.sleep(0.001)
            time.sleep(0.05)  # the exit has all the time to leave, if it may
            os.write(1, b"daemon: the program waits in logging\\n")

        class Own(logging.Handler):
            def emit(self, record):
                hold()

        class SlowStream:
            def write(self, text):
                hold()

        handler = HANDLER
        logging.getLogger().addHandler(handler)
        threading.Thread(target=logging.error, args=("text",), daemon=True).start()
        begun.wait()
        print("main: done", flush=True)
    """,
            HANDLER=handler,
        )
    )
    assert lines == ["main: done", "daemon: the program waits in logging"]


@pytest.mark.always("daemon-inherited")
@ways(parent={"daemon": True, "ordinary": False})
def test_daemon_is_inherited_from_the_creating_thread(parent: bool) -> None:
    trace = play("threads/daemon_inherits")
    assert trace.ordered("main is a daemon: False", "child is a daemon: True", "child runs")
    children: list[Thread] = []
    creator = Thread(target=lambda: children.append(Thread()), daemon=parent)
    creator.start()
    creator.join()
    assert children[0].daemon == parent
    assert not threading.main_thread().daemon


@pytest.mark.always("daemon-set-before-start")
@ways(daemon={"to True": True, "to False": False})
def test_daemon_cannot_be_changed_after_start(daemon: bool) -> None:
    end = Event()
    thread = Thread(target=end.wait)
    thread.daemon = not daemon
    thread.start()
    with pytest.raises(RuntimeError):
        thread.daemon = daemon
    end.set()
    thread.join()
    with pytest.raises(RuntimeError):  # nor after its end
        thread.daemon = daemon


@pytest.mark.always("daemon-pool-threads-are-not")
@ways(left={"as it is": "", "shut down": ".shutdown(wait=False)"})
def test_exit_waits_for_the_threads_of_a_pool_even_if_a_daemon_made_it(left: str) -> None:
    assert play("threads/daemon_exit").lines[-1] == "main: done, watcher is alive: True"
    with ThreadPoolExecutor() as pool:
        assert pool.submit(lambda: threading.current_thread().daemon).result() is False
    lines = printed(
        filled(
            """
        import sys, threading
        from concurrent.futures import ThreadPoolExecutor

        def work():
            main = threading.main_thread().ident
            while "last_line_done" not in globals():
                pass
            while (frame := sys._current_frames().get(main)) and frame.f_code.co_filename == here:
                pass  # the main thread hasn't left the program's own code yet
            print("goes on after main, daemon:", threading.current_thread().daemon)

        def use_pool():
            pool = ThreadPoolExecutor()
            pool.submit(work)
            poolLEFT

        here = work.__code__.co_filename
        user = threading.Thread(target=use_pool, daemon=True)
        user.start()
        user.join()
        print("main: done")
        last_line_done = True
    """,
            LEFT=left,
        )
    )
    assert lines == ["main: done", "goes on after main, daemon: True"]


@pytest.mark.always("daemon-old-pool-is-cut")
@ways(
    pool={"ThreadPool": "ThreadPool(1)", "dummy": "dummy.Pool(1)"},
    send={
        "apply_async": "apply_async(work)",
        "map_async": "map_async(work, [1, 2])",
        "imap": "imap(work, [1, 2])",
        "closed": "apply_async(work); pool.close()",
    },
    end=MAIN_ENDS,
)
def test_exit_does_not_wait_for_the_older_pool(pool: str, send: str, end: tuple[str, int]) -> None:
    # no mutant: ждать ли потоков, решает сам Python
    ending, code = end
    run = run_by(
        "spawn",
        filled(
            """
        import os, sys, threading
        from multiprocessing import dummy
        from multiprocessing.pool import ThreadPool

        def work(*_):
            print("daemon:", threading.current_thread().daemon, flush=True)
            begun.set()
            try:
                threading.Event().wait()
            finally:
                os.write(1, b"finally")

        if __name__ == "__main__":
            begun, pool = threading.Event(), POOL
            jobs = pool.SEND
            begun.wait()
            ENDING
        """,
            POOL=pool,
            SEND=send,
            ENDING=ending,
        ),
    )
    assert (run.stdout, run.returncode) == ("daemon: True\n", code), run.stderr


ONE_PROCESS = "Process(target=work_in_process, args=(there,)).start()"
A_POOL = "pool = ProcessPoolExecutor(1, initializer=keep, initargs=(there,)); pool.submit(work)"
STARTED = {
    "process": (ONE_PROCESS, []),
    "pool": (A_POOL, []),
    "pool with a queue": (f"{A_POOL}; pool.submit(print, 'the next', flush=True)", ["the next"]),
}
"""What a daemon starts, and what else is printed then."""


@pytest.mark.always("daemon-processes-are-waited-for")
@ways(method=METHODS, started=STARTED)
def test_exit_waits_for_processes_even_if_a_daemon_started_them(
    method: str, started: tuple[str, list[str]]
) -> None:
    # no mutant: процессов в примерах страницы нет
    code = """
        import atexit

        if __name__ == "__main__":  # registered before multiprocessing's own, so called after it
            atexit.register(print, "atexit", flush=True)

        import sys, threading
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import Pipe, Process

        def keep(connection):
            global kept
            kept = connection

        def work():
            kept.recv()
            print("the child is done", flush=True)

        def work_in_process(connection):
            keep(connection)
            work()

        def use_processes():
            STARTED
            begun.set()
            while "last_line_done" not in globals():
                pass
            while (frame := sys._current_frames().get(main)) and frame.f_code.co_filename == here:
                pass  # the main thread hasn't left the program's own code yet
            ours.send("go on")
            threading.Event().wait()

        if __name__ == "__main__":
            begun, (ours, there) = threading.Event(), Pipe()
            here, main = work.__code__.co_filename, threading.main_thread().ident
            threading.Thread(target=use_processes, daemon=True).start()
            begun.wait()
            print("end of main", flush=True)
            last_line_done = True
        """
    start, more = started
    run = run_by(method, filled(code, STARTED=start))
    lines = ["end of main", "the child is done", *more, "atexit"]
    assert run.stdout.splitlines() == lines, run.stderr


@pytest.mark.always("daemon-atexit-after-threads")
@ways(ending={"returns": "pass", "sys.exit": "sys.exit()"})
def test_atexit_comes_after_the_ordinary_threads(ending: str) -> None:
    lines = printed(
        filled(
            """
        import atexit, sys, threading

        def work():
            threading.main_thread().join()
            print("thread")

        atexit.register(print, "atexit")
        threading.Thread(target=work).start()
        print("main")
        ENDING
    """,
            ENDING=ending,
        )
    )
    assert lines == ["main", "thread", "atexit"]


def test_atexit_comes_before_the_threads_end_after_ctrl_c() -> None:
    lines = printed(
        """
        import atexit, os, signal, sys, threading, time

        def interrupt(*_):
            if not caught:
                caught.append("SIGINT")
                raise KeyboardInterrupt

        def work():
            main = threading.main_thread().ident
            while not caught:  # one may come too early for the wait
                frame = sys._current_frames().get(main)
                if frame and frame.f_code is threading._shutdown.__code__:
                    os.kill(os.getpid(), signal.SIGINT)
                time.sleep(0.001)
            try:
                threading.Event().wait()
            finally:
                print("thread: finally")

        caught = []
        signal.signal(signal.SIGINT, interrupt)
        thread = threading.Thread(target=work)
        atexit.register(lambda: print("atexit, thread is alive:", thread.is_alive()))
        thread.start()
        print("main")
    """
    )
    assert lines == ["main", "atexit, thread is alive: True"]


@pytest.mark.always("daemon-thread-of-atexit-is-cut", before="3.15")
@ways(busy={name: busy for name, busy in BUSY.items() if name != "computing"})
def test_nobody_waits_for_a_thread_that_atexit_started(busy: str) -> None:
    # no mutant: ждать ли потока, решает сам Python
    lines = printed(
        filled(
            """
        import atexit, os, queue, threading, time

        lock = threading.Lock()
        lock.acquire()

        def work():
            BUSY

        def late():
            thread = threading.Thread(target=work)
            try:
                thread.start()
            except RuntimeError:
                print("atexit: refused")
            else:
                print("atexit: started, daemon:", thread.daemon)

        atexit.register(print, "atexit: the last handler")
        atexit.register(late)
    """,
            BUSY=busy,
        )
    )
    refused = (3, 12) <= sys.version_info < (3, 12, 3)
    answer = "atexit: refused" if refused else "atexit: started, daemon: False"
    assert lines == [answer, "atexit: the last handler"]
