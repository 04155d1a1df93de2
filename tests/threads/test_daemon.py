"""Proofs for source/threads/daemon.md."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from textwrap import dedent
from threading import Event, Thread

import pytest
from proven.stage import play
from proven.stage.player import DEADLINE


def printed(code: str) -> list[str]:
    """Return what this Python code prints as a program of its own, exit included."""
    command = [sys.executable, "-c", dedent(code)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=DEADLINE, check=True)
    return ended.stdout.splitlines()


@pytest.mark.always("daemon-exit-does-not-wait")
def test_the_program_does_not_wait_for_a_daemon() -> None:
    trace = play("threads/daemon_exit")  # had it waited, the stage's deadline would have come
    assert trace.ordered("watcher: on duty", "main: done, watcher is alive: True")


@pytest.mark.always("daemon-finally-skipped")
def test_a_daemon_that_waits_at_exit_skips_its_finally() -> None:
    broken = play("threads/daemon_cleanup_broken")
    assert broken.ordered("saver: file opened", "main: done")
    assert "saver: file closed" not in broken.lines
    fixed = play("threads/daemon_cleanup_fixed")
    assert fixed.ordered("saver: file opened", "main: done", "saver: file closed")


@pytest.mark.always("daemon-inherited")
def test_daemon_is_inherited_from_the_creating_thread() -> None:
    trace = play("threads/daemon_inherits")
    assert trace.ordered("main is a daemon: False", "child is a daemon: True", "child runs")
    for daemon in (False, True):
        children: list[Thread] = []
        parent = Thread(target=lambda: children.append(Thread()), daemon=daemon)  # noqa: B023
        parent.start()
        parent.join()
        assert children[0].daemon == daemon
    assert not threading.main_thread().daemon


@pytest.mark.always("daemon-set-before-start")
def test_daemon_cannot_be_changed_after_start() -> None:
    end = Event()
    thread = Thread(target=end.wait)
    thread.start()
    with pytest.raises(RuntimeError):
        thread.daemon = True
    end.set()
    thread.join()


@pytest.mark.always("daemon-pool-threads-are-not")
def test_exit_waits_for_the_threads_of_a_pool_even_if_a_daemon_made_it() -> None:
    assert play("threads/daemon_exit").lines[-1] == "main: done, watcher is alive: True"
    with ThreadPoolExecutor() as pool:
        assert pool.submit(lambda: threading.current_thread().daemon).result() is False
    lines = printed("""
        import sys, threading
        from concurrent.futures import ThreadPoolExecutor

        def work():
            main = threading.main_thread().ident
            while "last_line_done" not in globals():
                pass
            while sys._current_frames()[main].f_code.co_filename == here:
                pass  # the main thread hasn't left the program's own code yet
            print("goes on after main, daemon:", threading.current_thread().daemon)

        def use_pool():
            ThreadPoolExecutor().submit(work)

        here = work.__code__.co_filename
        user = threading.Thread(target=use_pool, daemon=True)
        user.start()
        user.join()
        print("main: done")
        last_line_done = True
    """)
    assert lines == ["main: done", "goes on after main, daemon: True"]


@pytest.mark.always("daemon-atexit-after-threads")
def test_atexit_comes_after_the_ordinary_threads() -> None:
    lines = printed("""
        import atexit, threading

        def work():
            threading.main_thread().join()
            print("thread")

        atexit.register(print, "atexit")
        threading.Thread(target=work).start()
        print("main")
    """)
    assert lines == ["main", "thread", "atexit"]
