"""Proofs for source/threads/late-thread.md."""

import subprocess
import sys
from textwrap import dedent

import pytest
from proven.stage import perform_script, play

from tests.ways import ways
from tests.ways_processes import FORKSERVER_IMPORTS_ONCE, METHODS, NOT_FORK, filled, run_by

HOW = {"the last line": "", "sys.exit": "sys.exit(0)", "an exception": "raise OSError"}
"""How the main thread ends."""
START = """
    import asyncio, atexit, sys, threading, time
    from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

    def say(line):
        print(line, flush=True)
"""


def _told(code: str, how: str = "") -> list[str]:
    """Run a program that may end by an exception; return its lines."""
    program = f"{dedent(START)}{dedent(code)}\n{how}\n"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=20, check=False
    )
    return done.stdout.splitlines()


@pytest.mark.always("late-atexit-after-threads")
@ways(how=HOW)
def test_atexit_comes_after_threads(how: str) -> None:
    trace = play("threads/late_thread_stages", clock="virtual")
    assert trace.ordered("main: last line", "pool: done", "plain thread: done", "atexit")
    code = """
        class Late(threading.Thread):
            def run(self):
                threading.main_thread().join()
                time.sleep(0.1)
                say("thread")
        atexit.register(say, "atexit")
        begun = threading.Event()
        def job():
            begun.set()
            time.sleep(0.1)
            say("job")
        ThreadPoolExecutor().submit(job)
        begun.wait()
    """
    told = _told(f"{dedent(code)}\nLate().start()", how)
    assert told[-1] == "atexit"
    assert {"job", "thread"} <= {*told}


KILLED = {
    "SIGTERM": "os.kill(os.getpid(), signal.SIGTERM)",
    "SIGKILL": "os.kill(os.getpid(), signal.SIGKILL)",
    # Under nohup it is ignored from the start.
    "SIGHUP": "signal.signal(1, signal.SIG_DFL); signal.raise_signal(signal.SIGHUP)",
    "_exit": "os._exit(0)",
    "by a thread": "threading.Thread(target=os._exit, args=(0,)).start()",
}


@pytest.mark.always("late-killed-calls-nothing")
@ways(end=KILLED)
def test_a_program_that_is_killed_calls_no_atexit(end: str) -> None:
    # no mutant: программа стоит в самом доказательстве
    code = """
        import os, signal
        begun, go_on = threading.Barrier(3), threading.Event()
        def work(name):
            begun.wait()
            go_on.wait()
            say(name)
        atexit.register(say, "atexit")
        ThreadPoolExecutor(1).submit(work, "pool")
        threading.Thread(target=work, args=("thread",), daemon=False).start()
        begun.wait()
        say("last line")
    """
    assert _told(code, end) == ["last line"]
    ended = ["last line", "atexit"]
    assert [*_told(code, "go_on.set()")[::3]] == ended


@pytest.mark.always("late-atexit-in-child")
@ways(method=METHODS, how=HOW)
def test_a_child_calls_atexit_after_its_threads_if_at_all(method: str, how: str) -> None:
    # no mutant: программа стоит в самом доказательстве
    run = run_by(
        method,
        filled(
            """
        import atexit, multiprocessing, sys, threading

        def last():
            threading.main_thread().join()
            print("thread", flush=True)

        def work():
            atexit.register(print, "atexit", flush=True)
            threading.Thread(target=last).start()
            HOW

        if __name__ == "__main__":
            child = multiprocessing.Process(target=work)
            child.start()
            child.join()
        """,
            HOW=how or "pass",
        ),
    )
    called = method == "spawn" or sys.version_info >= (3, 13)
    assert run.stdout.splitlines() == ["thread", *["atexit"] * called]


@pytest.mark.always("late-atexit-in-pool")
@ways(
    method=METHODS,
    close={"with": ("pass", False), "close and join": ("pool.close(); pool.join()", True)},
)
def test_who_terminates_a_worker_takes_its_atexit(method: str, close: tuple[str, bool]) -> None:
    # no mutant: программа стоит в самом доказательстве
    how, in_good_order = close
    run = run_by(
        method,
        filled(
            """
        import atexit, multiprocessing, threading, time

        def prepare():
            atexit.register(print, "atexit", flush=True)

        def work(begun, waits):
            begun.set()
            if waits:
                time.sleep(60)

        if __name__ == "__main__":
            with multiprocessing.Manager() as manager:
                begun = manager.Event()
                with multiprocessing.Pool(1, prepare) as pool:
                    pool.apply_async(work, (begun, not ENDS))
                    begun.wait()
                    CLOSE
                print("left", flush=True)
        """,
            ENDS=in_good_order,
            CLOSE=how,
        ),
    )
    called = in_good_order and (method == "spawn" or sys.version_info >= (3, 13))
    assert run.stdout.splitlines() == [*["atexit"] * called, "left"], run.stderr


AT_THE_END = {
    "a thread": ("threading.Thread(target=late).start()", 1),
    "atexit": ("atexit.register(attempt)", 1),
    "not yet": ("attempt()", 0),
}
"""Who starts a process, and its exit code."""


@pytest.mark.always("late-process-by-spawn")
@ways(
    method=NOT_FORK,
    where=AT_THE_END,
    earlier={"first": "pass", "after another": "run(multiprocessing.Process(target=int))"},
)
def test_a_process_begun_at_exit_does_not_find_the_program(
    method: str, where: tuple[str, int], earlier: str
) -> None:
    # no mutant: программа стоит в самом доказательстве
    begin, code = where
    if method == "forkserver" and earlier != "pass" and FORKSERVER_IMPORTS_ONCE:
        code = 0  # the server knows the program since then
    run = run_by(
        method,
        filled(
            """
        import atexit, multiprocessing, threading

        def work():
            pass

        def run(child):
            child.start()
            child.join()
            return child.exitcode

        def attempt():
            for function in (work, int):
                print(run(multiprocessing.Process(target=function)), flush=True)

        def late():
            threading.main_thread().join()
            attempt()

        if __name__ == "__main__":
            EARLIER
            BEGIN
        """,
            BEGIN=begin,
            EARLIER=earlier,
        ),
    )
    assert run.stdout.splitlines() == [str(code), "0"], run.stderr
    assert ("AttributeError" in run.stderr) == bool(code)


@pytest.mark.always("late-replaced-worker")
@ways(
    end={
        "the last line": "pass",
        "an exception": "raise OSError",
        "not yet": "pathlib.Path('gone').touch(); pool.shutdown()",
    }
)
def test_a_worker_replaced_at_exit_does_not_find_the_program(end: str) -> None:
    # no mutant: программа стоит в самом доказательстве
    run = run_by(
        "spawn",
        filled(
            """
        import atexit, pathlib, sys, threading, time
        from concurrent.futures import ProcessPoolExecutor

        def work():
            while not pathlib.Path("gone").exists():
                time.sleep(0.01)

        def watch(program):
            # Nobody else tells that the program has come to its end.
            while hasattr(program, "__file__"):
                time.sleep(0.01)
            pathlib.Path("gone").touch()

        def tell():
            print([type(job.exception()).__name__ for job in jobs])

        if __name__ == "__main__":
            atexit.register(tell)
            pool = ProcessPoolExecutor(1, max_tasks_per_child=1)
            jobs = [pool.submit(work) for _ in range(3)]
            threading.Thread(target=watch, args=(sys.modules["__main__"],)).start()
            END
        """,
            END=end,
        ),
    )
    rest = "NoneType" if "shutdown" in end else "BrokenProcessPool"
    assert run.stdout.splitlines() == [str(["NoneType", rest, rest])], run.stderr


@pytest.mark.always("late-daemon-cut")
@ways(work={"a wait": "threading.Event().wait()", "a loop": "while True: pass"})
def test_a_daemon_is_cut(work: str) -> None:
    lines = play("threads/late_thread_stages", clock="virtual").lines
    assert not [line for line in lines if line.startswith("daemon")]
    code = f"""
        begun = threading.Event()
        def serve():
            try:
                begun.set()
                {work}
            finally:
                say("finally")
        threading.Thread(target=serve, daemon=True).start()
        begun.wait()
        say("last line")
    """
    assert _told(code) == ["last line"]


POOLS = {"threads": "ThreadPoolExecutor", "processes": "ProcessPoolExecutor"}
WHERE = {
    "a thread": """
        def late():
            threading.main_thread().join()
            attempt()
        threading.Thread(target=late).start()
    """,
    "atexit": """
        atexit.register(attempt)
    """,
}
ATTEMPT = """
    if __name__ == "__main__":
        {before}
        def attempt():
            try:
                {what}
                say("ok")
            except RuntimeError as error:
                say(error)
"""


def _attempt(where: str, what: str, before: str = "pass") -> list[str]:
    code = dedent(ATTEMPT).replace("{before}", before).replace("{what}", what)
    inside = "".join(f"    {line}\n" for line in dedent(where).strip().splitlines())
    return perform_script(f"{dedent(START)}{code}{inside}").lines


@pytest.mark.always("late-submit-refused")
@ways(
    where=WHERE,
    pool=POOLS,
    known={
        "used before": ("pool = {pool}(1); pool.submit(int).result()", "pool.submit(int)"),
        "never used": ("pool = {pool}(1)", "pool.submit(int)"),
        "new": ("pass", "{pool}(1).submit(int)"),
    },
)
def test_no_pool_takes_jobs_at_exit(where: str, pool: str, known: tuple[str, str]) -> None:
    assert play("threads/late_thread_pool_broken").find("main: last line")
    shown = play("threads/late_thread_pool_broken").lines[-1]
    assert "report: cannot schedule new futures" in shown
    assert play("threads/late_thread_pool_fixed").lines == ["report: sent", "main: last line"]
    before, what = (part.replace("{pool}", pool) for part in known)
    (line,) = _attempt(where, what, before)
    assert line.startswith("cannot schedule new futures after")


@pytest.mark.always("late-job-submits-no-more")
@ways(how=HOW, pool={"its own": "own", "another": "other"})
def test_a_job_that_goes_on_gives_no_next_one(how: str, pool: str) -> None:
    # no mutant: в примере задание отдаёт поток
    code = f"""
        own, other = ThreadPoolExecutor(1), ThreadPoolExecutor(1)
        begun = threading.Event()
        def job():
            {pool}.submit(int)
            begun.set()
            while True:  # until the program has ended, and the pool with it
                try:
                    {pool}.submit(int)
                except RuntimeError as error:
                    say(error)
                    break
                time.sleep(0.01)
        own.submit(job)
        begun.wait()
        say("last line")
    """
    last, refused = _told(code, how)
    assert last == "last line"
    assert refused.startswith("cannot schedule new futures after")


INTO_THE_POOL = {
    "to_thread": "await asyncio.to_thread(int)",
    "run_in_executor": "await asyncio.get_running_loop().run_in_executor(None, int)",
    "a name": "await asyncio.open_connection('localhost', 9)",
}
"""What a coroutine does by means of the loop's own pool of threads."""


@pytest.mark.always("late-to-thread-refused")
@ways(where=WHERE, step=INTO_THE_POOL)
def test_to_thread_is_refused_and_run_is_not(where: str, step: str) -> None:
    # no mutant: в примерах нет asyncio
    (line,) = _attempt(where, "asyncio.run(send())", f"async def send(): {step}")
    # 3.12.0 to 3.12.2 fail once more, when the loop closes its pool.
    assert line.startswith(("cannot schedule new futures", "can't create new thread"))
    assert _attempt(where, "asyncio.run(asyncio.sleep(0))") == ["ok"]


@pytest.mark.always("late-first-import")
@ways(where=WHERE, step={"to_thread": "asyncio.run(asyncio.to_thread(int))", "import": "first()"})
def test_a_pool_first_loaded_at_exit_says_so(where: str, step: str) -> None:
    # no mutant: в примерах пул загружен сразу
    first = """
        def first():
            from concurrent.futures import ThreadPoolExecutor
    """
    start = dedent(START).replace("from concurrent.futures", "# ", 1)
    code = dedent(ATTEMPT).replace("{before}", "pass").replace("{what}", step)
    inside = "".join(f"    {line}\n" for line in dedent(where).strip().splitlines())
    lines = perform_script(f"{start}{dedent(first)}{code}{inside}").lines
    assert lines == ["can't register atexit after shutdown"]


@pytest.mark.always("late-start-refused", since="3.12", before="3.13")
@ways(where=WHERE, daemon={"plain": "False", "daemon": "True"})
def test_312_starts_no_thread_at_exit(where: str, daemon: str) -> None:
    # no mutant: пример показывает другую версию
    start = f"threading.Thread(target=int, daemon={daemon}).start()"
    lifted = sys.version_info >= (3, 12, 3)
    outcome = "ok" if lifted else "can't create new thread at interpreter shutdown"
    assert _attempt(where, start) == [outcome]


AT_EXIT = """
    def save():
        say("begun")
        threading.Event().wait(0.3)
        say("saved")

    @atexit.register
    def last():
        thread = threading.Thread(target=save)
        try:
            thread.start()
        except RuntimeError:
            say("refused")
        else:
            {then}
"""


@pytest.mark.always("late-start-works-before", before="3.12")
@ways(how=HOW)
def test_a_thread_begun_at_exit_works(how: str) -> None:
    # no mutant: пример потока не ждёт, ждут программы этого доказательства
    assert "atexit: thread started" in play("threads/late_thread_atexit").lines
    assert _told(AT_EXIT.replace("{then}", "thread.join()"), how) == ["begun", "saved"]


@pytest.mark.always("late-start-works-since", since="3.13")
@ways(how=HOW)
def test_a_thread_begun_at_exit_works_again(how: str) -> None:
    # no mutant: пример играют на другой версии
    assert _told(AT_EXIT.replace("{then}", "thread.join()"), how) == ["begun", "saved"]


@pytest.mark.always("late-not-awaited", before="3.15")
@ways(how=HOW)
def test_nobody_waits_for_a_thread_begun_at_exit(how: str) -> None:
    # no mutant: пример потока не ждёт, как его ни измени
    assert "saved" not in _told(AT_EXIT.replace("{then}", "pass"), how)


@pytest.mark.always("late-awaited", since="3.15")
@ways(how=HOW)
def test_from_315_on_it_is_awaited(how: str) -> None:
    # no mutant: пример играют на другой версии
    assert _told(AT_EXIT.replace("{then}", "pass"), how)[-1] == "saved"


@pytest.mark.always("late-daemon-still-works")
@ways(how=HOW)
def test_a_daemon_can_be_stopped_at_exit(how: str) -> None:
    # no mutant: в примере демона обрывают
    code = """
        stop = threading.Event()
        def serve():
            stop.wait()
            say("cleaned")
        daemon = threading.Thread(target=serve, daemon=True)
        daemon.start()
        @atexit.register
        def last():
            stop.set()
            daemon.join()
            say("joined")
    """
    assert _told(code, how) == ["cleaned", "joined"]


@pytest.mark.always("late-plain-waits-in-vain")
@ways(how=HOW, patience={"0.01": 0.01, "0.2": 0.2})
def test_a_plain_thread_is_not_told_by_atexit(how: str, patience: float) -> None:
    # no mutant: в примерах потоки знака не ждут
    code = f"""
        stop = threading.Event()
        def serve():
            threading.main_thread().join()
            say(stop.wait({patience}))
        threading.Thread(target=serve).start()
        @atexit.register
        def last():
            stop.set()
            say("told")
    """
    assert _told(code, how) == ["False", "told"]


@pytest.mark.always("late-start-from-del", since="3.13")
@ways(daemon={"plain": "False", "daemon": "True"})
def test_a_thread_from_del_is_refused(daemon: str) -> None:
    # no mutant: так только с 3.13, и примера с ним нет
    code = f"""
        class Late:
            Thread, say = threading.Thread, staticmethod(say)
            def __del__(self):
                try:
                    self.Thread(target=int, daemon={daemon}).start()
                except RuntimeError as error:
                    self.say(f"{{type(error).__name__}}: {{error}}")
        late = Late()
    """
    refused = "PythonFinalizationError: can't create new thread at interpreter shutdown"
    assert _told(code) == [refused]


@pytest.mark.always("late-join-from-del", since="3.13", gil="on")
@ways(
    thread={
        "Thread": ("threading.Thread(target=self.stop.wait)", "self.stop.set()"),
        "Timer": ("threading.Timer(3_600, int)", "self.thread.cancel()"),
    },
    owner={"a global": "late = Late()", "in a list": "late = [Late()]"},
)
def test_joining_a_daemon_from_del(thread: tuple[str, str], owner: str) -> None:
    # no mutant: так только с 3.13, и примера с ним нет
    made, told_to_stop = thread
    # What the thread runs must not hold the program's names, or nobody calls __del__.
    code = f"""
        class Late:
            say = staticmethod(say)
            def __init__(self):
                self.stop = threading.Event()
                self.thread = {made}
                self.thread.daemon = True
                self.thread.start()
            def __del__(self):
                {told_to_stop}
                self.say("joins")
                try:
                    self.thread.join()
                except RuntimeError as error:
                    self.say(f"{{type(error).__name__}}: {{error}}")
        {owner}
    """
    with subprocess.Popen(
        [sys.executable, "-c", f"{dedent(START)}{dedent(code)}"], stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "joins\n"
            if sys.version_info < (3, 14):
                with pytest.raises(subprocess.TimeoutExpired):
                    process.wait(timeout=0.5)
            else:
                refused = "PythonFinalizationError: cannot join thread at interpreter shutdown\n"
                assert process.stdout.readline() == refused
                assert process.wait(timeout=60) == 0
        finally:
            process.kill()
