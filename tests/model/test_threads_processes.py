"""Proofs for source/model/threads-processes.md."""

import os
import sys
import sysconfig
import threading

import pytest
from proven.stage import perform_script, play
from proven.stage.player import path_of

from tests.model.measuring import start_milliseconds
from tests.ways import ways
from tests.ways_processes import CRASHES, METHODS, STARTERS, Starter, filled, perform_by, run_by


@pytest.mark.always("tp-same-pid")
def test_a_thread_has_the_pid_of_its_program() -> None:
    # one way: the system gives the number
    # no mutant: pid даёт система, правка программы его не меняет; процессу задан тот же вопрос
    assert "Thread: same pid: True" in play("model/threads_processes_memory").lines


@pytest.mark.always("tp-other-pid")
@ways(method=METHODS)
def test_a_process_has_a_pid_of_its_own(method: str) -> None:
    # no mutant: pid даёт система, правка программы его не меняет; потоку задан тот же вопрос
    code = path_of("model/threads_processes_memory").read_text(encoding="utf-8")
    assert "Process: same pid: False" in perform_by(method, code).lines
    assert "Process: same pid: False" in play("model/threads_processes_memory").lines


@pytest.mark.always("tp-thread-writes-seen")
def test_what_a_thread_writes_others_see() -> None:
    # one way: there is one memory, whoever writes
    before: list[str] = []
    after: list[list[str]] = []
    threads = [threading.Thread(target=before.append, args=("first",))]
    threads.append(threading.Thread(target=lambda: after.append(before)))
    for thread in threads:
        thread.start()
        thread.join()
    assert after == [["first"]]
    assert "main sees ['Thread']" in play("model/threads_processes_memory").lines


@pytest.mark.always("tp-process-writes-stay")
@ways(method=METHODS)
def test_what_a_process_writes_stays_there_by_every_start_method(method: str) -> None:
    trace = perform_by(
        method,
        """
        import multiprocessing, threading
        counter = {"visits": 0}

        def visit():
            counter["visits"] += 1
            print("child sees", counter["visits"])

        if __name__ == "__main__":
            for kind in (multiprocessing.Process, threading.Thread):
                child = kind(target=visit)
                child.start()
                child.join()
                print("parent sees", counter["visits"])
        """,
    )
    assert trace.lines[:2] == ["child sees 1", "parent sees 0"]
    assert trace.lines[2:] == ["child sees 1", "parent sees 1"], "what a thread writes doesn't stay"


@pytest.mark.always("tp-thread-local")
@ways(setter=STARTERS, threads={"1": 1, "5": 5})
def test_thread_local_values_are_not_there_in_another_thread(setter: Starter, threads: int) -> None:
    own = threading.local()
    setter(lambda: setattr(own, "name", "first"))
    before = getattr(own, "name", None)
    seen: list[tuple[bool, str]] = []

    def look(name: str) -> None:
        there = hasattr(own, "name")
        own.name = name
        seen.append((there, own.name == name))

    workers = [threading.Thread(target=look, args=(str(n),)) for n in range(threads)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    assert seen == [(False, True)] * threads
    assert getattr(own, "name", None) == before


@pytest.mark.always("tp-contextvar-in-threads")
@ways(
    start={
        "Thread": "threading.Thread(target=look)",
        "Timer": "threading.Timer(0, look)",
    }
)
def test_a_thread_begins_with_an_empty_context_on_builds_with_the_gil(start: str) -> None:
    # no mutant: что достаётся новому потоку, решает сборка Python
    free = sysconfig.get_config_var("Py_GIL_DISABLED") == 1
    inherits = free and sys.version_info >= (3, 14)
    code = filled(
        """
            import contextvars, threading
            user = contextvars.ContextVar("user", default="nobody")

            def look():
                print(user.get())

            user.set("Ann")
            thread = START
            thread.start()
            thread.join()
            run = contextvars.copy_context().run
            thread = threading.Thread(target=run, args=(look,))
            thread.start()
            thread.join()

            def start_as_bob(thread):
                user.set("Bob")
                thread.start()
                thread.join()

            starter = threading.Thread(target=start_as_bob, args=(START,))
            starter.start()
            starter.join()
            """,
        START=start,
    )
    trace = perform_script(code)
    # Whoever made the thread makes no difference, only who started it does.
    assert trace.lines == (["Ann", "Ann", "Bob"] if inherits else ["nobody", "Ann", "nobody"])
    for option in ("0", "1"):
        run = run_by("spawn", code, "-X", f"thread_inherit_context={option}")
        told = option == "1" and sys.version_info >= (3, 14)
        seen = ["Ann", "Ann", "Bob"] if told else ["nobody", "Ann", "nobody"]
        assert run.stdout.splitlines() == seen


@pytest.mark.always("tp-native-ids")
@ways(count={"1": 1, "5": 5, "50": 50})
def test_living_threads_have_different_native_ids(count: int) -> None:
    together = threading.Barrier(count + 1)
    ids: list[int] = []

    def work() -> None:
        ids.append(threading.get_native_id())
        together.wait()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    together.wait()
    for thread in threads:
        thread.join()
    assert len({*ids, threading.get_native_id()}) == count + 1


@pytest.mark.always("tp-threads-of-the-system")
@ways(daemon={"ordinary": False, "daemon": True}, count={"1": 1, "5": 5, "50": 50})
def test_the_system_lists_each_living_thread(daemon: bool, count: int) -> None:
    # no mutant: потоки перечисляет система
    begun, go_on = threading.Barrier(count + 1), threading.Event()

    def work() -> None:
        begun.wait()
        go_on.wait()

    before = set(os.listdir("/proc/self/task"))
    threads = [threading.Thread(target=work, daemon=daemon) for _ in range(count)]
    for thread in threads:
        thread.start()
    begun.wait()
    new = {int(number) for number in set(os.listdir("/proc/self/task")) - before}
    listed = [thread.native_id in new for thread in threads]
    go_on.set()
    for thread in threads:
        thread.join()
    assert listed == [True] * count


@pytest.mark.always("tp-fork-shares-offset")
def test_a_forked_child_moves_the_parents_place_in_a_file() -> None:
    # one way: the claim is about one start method
    trace = perform_script("""
        import multiprocessing, os, tempfile

        def read(descriptor, size):
            os.read(descriptor, size)

        with tempfile.TemporaryFile() as file:
            file.write(b"0123456789")
            file.flush()
            for size in (4, 3):
                os.lseek(file.fileno(), 0, os.SEEK_SET)
                fork = multiprocessing.get_context("fork")
                child = fork.Process(target=read, args=(file.fileno(), size))
                child.start()
                child.join()
                print(size, os.lseek(file.fileno(), 0, os.SEEK_CUR))
    """)
    assert trace.lines == ["4 4", "3 3"]


@pytest.mark.always("tp-child-crash-survived")
@ways(method=METHODS, crash=CRASHES | {"segfault": "ctypes.string_at(0)"})
def test_the_parent_outlives_a_crash_of_its_child(method: str, crash: str) -> None:
    survived = perform_by(
        method,
        filled(
            """
            import ctypes, os, signal
            from multiprocessing import Process

            def work():
                CRASH

            if __name__ == "__main__":
                child = Process(target=work)
                child.start()
                child.join()
                print(child.exitcode not in (0, None))
                signal.signal(signal.SIGCHLD, signal.SIG_IGN)
                child = Process(target=work)
                child.start()
                child.join()
                print(child.exitcode not in (0, None))
            """,
            CRASH=crash,
        ),
    )
    # By forkserver the child isn't this program's own.
    assert survived.lines == ["True", str(method == "forkserver")]
    trace = play("model/threads_processes_crash")
    crash, survivor = trace.events
    assert crash.actor != survivor.actor
    assert survivor.text.startswith("parent: still running, exit code -")


@pytest.mark.always("tp-thread-crash-kills-all")
def test_a_crash_in_a_thread_ends_the_whole_program() -> None:
    # one way: the sentence names the call; beside it an exception, which ends nobody
    trace = perform_script("""
        import subprocess, sys

        for crash in ("lambda: 1 / 0", "os.abort"):
            code = (
                "import os, threading\\n"
                f"thread = threading.Thread(target={crash})\\n"
                "thread.start()\\n"
                "thread.join()\\n"
                "os.write(1, b'main survived')"
            )
            run = subprocess.run([sys.executable, "-c", code], capture_output=True)
            print(crash, run.returncode < 0, run.stdout)
    """)
    assert trace.lines == ["lambda: 1 / 0 False b'main survived'", "os.abort True b''"]


@pytest.mark.slow
@pytest.mark.always("tp-process-start-costs-more")
# one way: a ratio of times, measured on its page
def test_starting_a_process_takes_longer_than_a_thread() -> None:
    # no mutant: отношение времён на настоящих часах, а мутантов проверяют без долгих измерений
    thread, *processes = start_milliseconds().values()
    assert len(processes) == 3
    assert min(processes) > 2 * thread


@pytest.mark.sometimes("tp-global-overwritten")
def test_a_global_is_overwritten_before_it_is_read() -> None:
    broken = play("model/threads_processes_global_broken").lines
    assert broken == ["took someone else's request: 1 of 2"]
    fixed = play("model/threads_processes_global_fixed").lines
    assert fixed == ["took someone else's request: 0 of 2"]
