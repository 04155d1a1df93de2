"""Proofs for source/processes/start-methods.md."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from textwrap import dedent

import pytest
from proven.stage import perform_script, play

from tests.ways import ways
from tests.ways_processes import (
    FORKSERVER_IMPORTS_ONCE,
    METHODS,
    NOT_FORK,
    filled,
    perform_by,
    run_by,
)


@pytest.mark.always("sm-fork-copies")
def test_a_forked_child_sees_what_its_parent_did() -> None:
    # one way: the claim is about one start method
    trace = perform_by(
        "fork",
        """
        import os, random, sys
        from multiprocessing import Process

        level, levels, own = "default", [], random.Random(42)

        def work():
            print(level, levels, os.environ["LEVEL"], sys.getrecursionlimit())
            print([own.random()] == drawn, [random.random()] == drawn)

        if __name__ == "__main__":
            level = os.environ["LEVEL"] = "set"
            levels.append("set")
            sys.setrecursionlimit(777)
            random.seed(42)
            drawn = [random.Random(42).random()]
            child = Process(target=work)
            child.start()
            child.join()
            print([random.random()] == drawn)
        """,
    )
    assert trace.lines == ["set ['set'] set 777", "True False", "True"]
    lines = play("processes/start_methods_seen").lines
    assert lines[0] == "fork: the child sees 'set in main'"


@pytest.mark.always("sm-others-import-anew")
@ways(method=NOT_FORK, count={"1": 1, "3": 3})
def test_the_others_see_what_an_import_of_the_program_does(method: str, count: int) -> None:
    lines = play("processes/start_methods_seen").lines
    assert lines[1:] == [f"{each}: the child sees 'default'" for each in ("forkserver", "spawn")]
    trace = perform_by(
        method,
        filled(
            """
        from multiprocessing import Process
        level, imported_as = 1, __name__

        def work():
            print(level, imported_as)

        if __name__ == "__main__":
            level = 2
            for _ in range(COUNT):
                child = Process(target=work)
                child.start()
                child.join()
        """,
            COUNT=count,
        ),
    )
    assert trace.lines == ["1 __mp_main__"] * count


@pytest.mark.always("sm-argv-and-folder-pass")
@ways(method=METHODS, count={"first child": 1, "third child": 3})
def test_folder_path_and_argv_pass_by_any_method(method: str, count: int) -> None:
    # no mutant: программа только спрашивает, что досталось дочернему процессу: решает Python
    trace = perform_by(
        method,
        filled(
            """
        import os, sys
        from multiprocessing import Process

        def work(number):
            here = os.path.basename(os.getcwd())
            print(here == number, number in sys.path, sys.argv[1] == number)

        if __name__ == "__main__":
            sys.argv.append("")
            for each in range(COUNT):
                number = sys.argv[1] = str(each)
                sys.path.append(number)
                os.mkdir(number)
                os.chdir(number)
                child = Process(target=work, args=(number,))
                child.start()
                child.join()
        """,
            COUNT=count,
        ),
    )
    assert trace.lines == ["True True True"] * count


@pytest.mark.always("sm-forkserver-keeps-old-environment")
@ways(method=METHODS)
def test_the_forkserver_keeps_the_environment_of_its_start(method: str) -> None:
    # no mutant: программа только спрашивает, что досталось дочернему процессу: решает Python
    trace = perform_by(
        method,
        """
        import os
        from multiprocessing import Process

        def work():
            print(os.environ["LEVEL"])

        if __name__ == "__main__":
            for level in ("first", "second", "third"):
                os.environ["LEVEL"] = level
                child = Process(target=work)
                child.start()
                child.join()
        """,
    )
    assert trace.lines == (
        ["first"] * 3 if method == "forkserver" else ["first", "second", "third"]
    )


@pytest.mark.always("sm-hash-differs")
@ways(method=METHODS, seed={"not set": "", "random": "random", "set": "42"})
def test_the_hash_of_a_string_differs_but_by_fork(
    method: str, seed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # no mutant: программа только сравнивает хеши: зерно выбирает Python
    monkeypatch.setenv("PYTHONHASHSEED", seed)
    run = run_by(
        method,
        """
        from multiprocessing import Process

        def work(of_parent):
            print(hash("key") == of_parent, flush=True)

        if __name__ == "__main__":
            for _ in range(2):
                child = Process(target=work, args=(hash("key"),))
                child.start()
                child.join()
        """,
    )
    same = method == "fork" or seed == "42"
    assert run.stdout.splitlines() == [str(same)] * 2


IMPORTS = """
    import random, sys
    from multiprocessing import Process, set_forkserver_preload, set_start_method
    own = random.Random()
    print("import", __name__, flush=True)

    def work():
        print("child", own.random(), flush=True)

    if __name__ == "__main__":
        set_start_method(sys.argv[1])
        if sys.argv[2:]:
            set_forkserver_preload(sys.argv[2:])
        for _ in range(3):
            child = Process(target=work)
            child.start()
            child.join()
"""
STARTED_AS = {
    "python file.py": ("app.py", ["app.py"]),
    "python -m module": ("app.py", ["-m", "app"]),
}
MAIN_OF = {
    "python -m package": ("app/__main__.py", ["-m", "app"]),
    "python folder": ("app/__main__.py", ["app"]),
    "python -c": ("app.py", ["-c", "exec(open('app.py').read())"]),
}
"""How a program is started: the file that it is in, and the interpreter's arguments."""


def run_as(start: tuple[str, list[str]], method: str, *more: str, **files: str) -> list[str]:
    """Return the lines that a program prints, started as `start` says, with these arguments.

    files: the text of `main`, and of other modules by their names.
    """
    name, arguments = start
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).parent.mkdir(exist_ok=True)
        for other, text in files.items():
            file = Path(folder, name if other == "main" else f"{other}.py")
            file.write_text(dedent(text), encoding="utf-8")
        return subprocess.run(
            [sys.executable, *arguments, method, *more],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": folder},
            capture_output=True,
            encoding="utf-8",
            timeout=50,
            check=True,
        ).stdout.splitlines()


def imports_and_numbers(
    start: tuple[str, list[str]], method: str, *preload: str
) -> tuple[int, int]:
    """Return how often three children's program was imported and how many numbers it drew.

    preload: the modules for the fork server, if they are set at all.
    """
    lines = run_as(start, method, *preload, main=IMPORTS)
    numbers = {line for line in lines if line.startswith("child")}
    return lines.count("import __mp_main__"), len(numbers)


@pytest.mark.always("sm-module-level-lock-is-another")
@ways(method=METHODS, passed={"of the module": False, "an argument": True})
def test_what_the_module_creates_is_shared_by_fork_only(method: str, passed: bool) -> None:
    trace = perform_by(
        method,
        filled(
            """
        from multiprocessing import Lock, Process, Queue, Value

        lock, queue, value = Lock(), Queue(), Value("i", 0)

        def own():
            work(lock, queue, value)

        def work(lock, queue, value):
            print(lock.acquire(block=False), value.value)
            queue.put("report")

        if __name__ == "__main__":
            value.value = 7
            things = (lock, queue, value)
            child = Process(target=work, args=things) if PASSED else Process(target=own)
            with lock:
                child.start()
                child.join()
            print(queue.empty())
    """,
            PASSED=passed,
        ),
    )
    common = passed or method == "fork"
    assert trace.lines == (["False 7", "False"] if common else ["True 0", "True"])


@pytest.mark.always("sm-spawn-imports-each-time")
@ways(start=STARTED_AS)
def test_by_spawn_each_child_imports_the_program(start: tuple[str, list[str]]) -> None:
    # no mutant: сколько раз импортировать программу, решает сам Python
    assert imports_and_numbers(start, "spawn") == (3, 3)


@pytest.mark.always("sm-forkserver-imports-once")
@ways(
    start=STARTED_AS,
    preload={"not set": [], "another": ["json"], "the program too": ["json", "__main__"]},
)
def test_by_forkserver_all_children_share_one_import(
    start: tuple[str, list[str]], preload: list[str]
) -> None:
    # no mutant: на Python 3.11, где ломают доказательства, программу импортирует каждый процесс
    once = FORKSERVER_IMPORTS_ONCE and not ("-m" in start[1] or preload == ["json"])
    assert imports_and_numbers(start, "forkserver", *preload) == ((1, 1) if once else (3, 3))


@pytest.mark.always("sm-main-of-a-package-is-not-imported")
@ways(method=METHODS, start=STARTED_AS | MAIN_OF)
def test_a_child_imports_no_main_of_a_package(method: str, start: tuple[str, list[str]]) -> None:
    # no mutant: что импортирует дочерний процесс, решает сам Python
    lines = run_as(
        start,
        method,
        main="""
            import sys
            from multiprocessing import Process, set_start_method
            import elsewhere
            print("import", __name__, flush=True)

            def own():
                print("own", flush=True)

            if __name__ == "__main__":
                set_start_method(sys.argv[1])
                for target in (own, elsewhere.work):
                    child = Process(target=target)
                    child.start()
                    child.join()
        """,
        elsewhere="""
            def work():
                print("elsewhere", flush=True)
        """,
    )
    imports_it = start in STARTED_AS.values() and method != "fork"
    assert ("import __mp_main__" in lines) is imports_it
    assert ("own" in lines) is (imports_it or method == "fork")
    assert lines[-1] == "elsewhere"


@pytest.mark.always("sm-main-from-stdin")
@ways(method=METHODS)
def test_a_program_read_from_stdin_starts_by_fork_only(method: str) -> None:
    # no mutant: откуда дочерний процесс возьмёт программу, решает сам Python
    program = """
        import sys
        from multiprocessing import Process, set_start_method

        if __name__ == "__main__":
            set_start_method(sys.argv[1])
            child = Process(target=print, args=("child",), kwargs={"flush": True})
            try:
                child.start()
                child.join()
            except (EOFError, ConnectionError):
                pass  # with forkserver the server itself may fail: 3.13.8 and 3.14.1
            print("parent")
    """
    run = subprocess.run(
        [sys.executable, "-", method],
        input=dedent(program),
        capture_output=True,
        encoding="utf-8",
        timeout=50,
        check=True,
    )
    assert run.stdout.splitlines() == ["child"] * (method == "fork") + ["parent"]
    assert ("FileNotFoundError" in run.stderr) is (method != "fork")


@pytest.mark.always("sm-argv-at-import")
@ways(start=STARTED_AS, method=METHODS)
def test_the_import_of_the_program_sees_its_arguments(
    start: tuple[str, list[str]], method: str
) -> None:
    # no mutant: что видит импорт, решает сам Python
    program = """
        import sys
        from multiprocessing import Process, set_start_method

        seen = sys.argv[1:]

        def work():
            print(*seen, "|", *sys.argv[1:], flush=True)

        if __name__ == "__main__":
            set_start_method(sys.argv[1])
            for _ in range(2):
                child = Process(target=work)
                child.start()
                child.join()
    """
    # gh-143706: in these releases the import sees the arguments of the server itself.
    bare = (3, 13, 8) <= sys.version_info < (3, 13, 12)
    bare = bare or (3, 14, 1) <= sys.version_info < (3, 14, 3)
    seen = "" if bare and method == "forkserver" and "-m" not in start[1] else f"{method} --debug "
    assert run_as(start, method, "--debug", main=program) == [f"{seen}| {method} --debug"] * 2


@pytest.mark.always("sm-default-on-linux")
def test_the_default_start_method() -> None:
    # one way: a fact about the interpreter
    # no mutant: умолчание решает сам Python, программа здесь только спрашивает о нём
    trace = perform_script("import multiprocessing; print(multiprocessing.get_start_method())")
    if sys.platform == "linux":
        expected = "forkserver" if sys.version_info >= (3, 14) else "fork"
    else:
        expected = "spawn"
    assert trace.lines == [expected]


@pytest.mark.always("sm-nowhere-to-write", since="3.14")
@ways(
    start={
        "Process": "child = context.Process(); child.start()",
        "Pool": "context.Pool(1)",
        "executor": "ProcessPoolExecutor(1, mp_context=context).submit(abs, 1)",
    }
)
def test_where_nothing_can_be_written_forkserver_does_not_start(start: str) -> None:
    # no mutant: куда писать и какой способ взять, решает сам Python
    trace = perform_script(
        filled(
            """
        import tempfile
        tempfile._candidate_tempdir_list = list
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        if __name__ == "__main__":
            print(multiprocessing.get_start_method())
            context = multiprocessing.get_context("forkserver")
            try:
                START
            except FileNotFoundError:
                print("FileNotFoundError")
    """,
            START=start,
        )
    )
    # gh-155717
    new = sys.version_info >= (3, 15, 1) or (3, 14, 9) <= sys.version_info < (3, 15)
    default = "spawn" if new or sys.platform != "linux" else "forkserver"
    assert trace.lines == [default, "FileNotFoundError"]


@pytest.mark.always("sm-set-only-once")
@ways(
    chosen={
        "by itself": "multiprocessing.set_start_method('spawn')",
        "asked for": "multiprocessing.get_start_method()",
        "by a start": "child = multiprocessing.Process(); child.start(); child.join()",
        "by a lock": "multiprocessing.Lock()",
        "by a queue": "multiprocessing.Queue()",
        "by a pool": "concurrent.futures.ProcessPoolExecutor().shutdown()",
    }
)
def test_the_method_of_the_program_is_set_only_once(chosen: str) -> None:
    trace = perform_script(
        filled(
            """
        import concurrent.futures, multiprocessing

        if __name__ == "__main__":
            CHOSEN
            before = multiprocessing.get_start_method()
            try:
                multiprocessing.set_start_method("fork")
            except RuntimeError:
                print("RuntimeError")
            print(multiprocessing.get_start_method() == before)
            fork = multiprocessing.get_context("fork")
            print(fork.get_start_method(), multiprocessing.get_start_method() == before)
            multiprocessing.set_start_method("forkserver", force=True)
            print(multiprocessing.get_start_method())
    """,
            CHOSEN=chosen,
        )
    )
    assert trace.lines == ["RuntimeError", "True", "fork True", "forkserver"]


@pytest.mark.always("sm-context-settles-the-default")
@ways(
    method=METHODS,
    start={
        "Process": "child = context.Process(); child.start(); child.join()",
        "Pool": "context.Pool(1).terminate()",
        "executor": "ProcessPoolExecutor(1, mp_context=context).submit(abs, 1).result()",
    },
    chosen={"no": "pass", "yes": "multiprocessing.set_start_method('fork')"},
)
def test_a_process_of_a_context_settles_the_default(method: str, start: str, chosen: str) -> None:
    # no mutant: когда способ уже выбран, решает сам Python
    trace = perform_script(
        filled(
            """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        if __name__ == "__main__":
            default = multiprocessing.get_all_start_methods()[0]
            CHOSEN
            context = multiprocessing.get_context("METHOD")
            START
            try:
                multiprocessing.set_start_method("spawn")
            except RuntimeError:
                print("RuntimeError", multiprocessing.get_start_method() == default)
            print(multiprocessing.get_start_method())
    """,
            CHOSEN=chosen,
            METHOD=method,
            START=start,
        )
    )
    if chosen != "pass":
        assert trace.lines[-1] == "fork"
        return
    # gh-109263
    settles = sys.version_info < (3, 13, 12) or (3, 14) <= sys.version_info < (3, 14, 3)
    if settles and method != "fork":
        assert trace.lines[0] == "RuntimeError True"
    else:
        assert trace.lines == ["spawn"]


@pytest.mark.always("sm-freeze-support-settles-the-default")
@ways(first={"freeze_support": True, "set_start_method": False})
def test_freeze_support_settles_the_default(first: bool) -> None:
    # no mutant: когда способ уже выбран, решает сам Python
    trace = perform_script(
        filled(
            """
        import multiprocessing

        if __name__ == "__main__":
            FIRST
            try:
                multiprocessing.set_start_method("spawn")
            except RuntimeError:
                print("RuntimeError")
            print(multiprocessing.freeze_support())
    """,
            FIRST="multiprocessing.freeze_support()" if first else "pass",
        )
    )
    # gh-140814
    settles = (3, 13, 4) <= sys.version_info < (3, 13, 13) or (3, 14) <= sys.version_info < (
        3,
        14,
        4,
    )
    assert trace.lines == ["RuntimeError"] * (first and settles) + ["None"]


@pytest.mark.always("sm-set-without-guard")
@ways(
    guard={"none": ("if True", 1), "guard": ("if __name__ == '__main__'", 0)},
    start={
        "Process": "start(multiprocessing.Process(target=work))",
        "context": "start(multiprocessing.get_context().Process(target=work))",
    },
)
def test_a_method_set_without_the_guard_ends_the_child(guard: tuple[str, int], start: str) -> None:
    # no mutant: когда способ уже выбран, решает сам Python
    line, code = guard
    trace = perform_script(
        filled(
            """
        import multiprocessing

        GUARD:
            multiprocessing.set_start_method("spawn")

        def work():
            print("the work is done")

        def start(child):
            child.start()
            child.join()
            print("exit code", child.exitcode)

        if __name__ == "__main__":
            START
    """,
            GUARD=line,
            START=start,
        )
    )
    assert trace.lines == ["the work is done"] * (not code) + [f"exit code {code}"]
    assert ("RuntimeError: context has already been set" in trace.stderr) is bool(code)


@pytest.mark.always("sm-contexts-dont-mix")
@ways(
    method=NOT_FORK,
    kind={
        "Queue": ("Queue", "put(1)"),
        "Lock": ("Lock", "acquire()"),
        "Event": ("Event", "set()"),
        "Semaphore": ("Semaphore", "acquire()"),
    },
)
def test_what_fork_made_is_not_for_the_others(method: str, kind: tuple[str, str]) -> None:
    # no mutant: программа здесь только спрашивает, что можно передать: решает это сам Python
    trace = perform_script(
        filled(
            """
        import multiprocessing

        def work(thing):
            print("got it", flush=True)
            thing.USE
            print("used it", flush=True)

        if __name__ == "__main__":
            for made_by in ("METHOD", "fork"):
                thing = multiprocessing.get_context(made_by).KIND()
                child = multiprocessing.get_context("METHOD").Process(target=work, args=(thing,))
                try:
                    child.start()
                    child.join()
                except RuntimeError:
                    print("RuntimeError")
    """,
            METHOD=method,
            KIND=kind[0],
            USE=kind[1],
        )
    )
    # gh-77377: before, it was sent, and what its number stands for there isn't a semaphore.
    refused = sys.version_info >= (3, 11, 5)
    assert trace.lines == ["got it", "used it", "RuntimeError" if refused else "got it"]


@pytest.mark.always("sm-only-fork-takes-lambda")
@ways(method=METHODS)
def test_only_fork_takes_a_lambda(method: str) -> None:
    trace = perform_by(
        method,
        """
        import pickle, sys
        from multiprocessing import Process

        def leave(*_):
            sys.exit(7)

        if __name__ == "__main__":
            for target, args in ((leave, ()), (lambda: sys.exit(7), ()), (leave, (lambda: 1,))):
                child = Process(target=target, args=args)
                try:
                    child.start()
                except (AttributeError, pickle.PicklingError):
                    print("can't be sent")
                else:
                    child.join()
                    print(child.exitcode)
        """,
    )
    assert trace.lines == ["7", *(["7"] if method == "fork" else ["can't be sent"]) * 2]
    trace = perform_by(
        method,
        """
        import multiprocessing, pickle
        from concurrent.futures import ProcessPoolExecutor

        if __name__ == "__main__":
            with ProcessPoolExecutor(1) as executor, multiprocessing.Pool(1) as pool:
                for function in (abs, lambda number: 1):
                    for submit in (executor.submit, lambda *job: pool.apply_async(job[0], job[1:])):
                        answer = submit(function, -1)
                        try:
                            print(answer.result() if submit == executor.submit else answer.get())
                        except (AttributeError, pickle.PicklingError):
                            print("can't be sent")
        """,
    )
    assert trace.lines == ["1"] * 2 + ["can't be sent"] * 2


@pytest.mark.always("sm-fork-copies-held-locks")
@ways(kind={each: each for each in ("Lock", "RLock", "Condition", "Semaphore")})
def test_a_forked_child_has_one_thread_and_locks_that_another_held(kind: str) -> None:
    trace = perform_script(
        filled(
            """
        import multiprocessing, threading

        lock, held, go_on = threading.KIND(), threading.Event(), threading.Event()

        def hold():
            with lock:
                held.set()
                go_on.wait()

        def work():
            print("child:", threading.active_count(), lock.acquire(timeout=0.05))

        if __name__ == "__main__":
            thread = threading.Thread(target=hold)
            thread.start()
            held.wait()
            print("parent:", threading.active_count(), lock.acquire(blocking=False))
            child = multiprocessing.get_context("fork").Process(target=work)
            child.start()
            go_on.set()
            thread.join()
            child.join()
            print("parent:", threading.active_count(), lock.acquire(blocking=False))
    """,
            KIND=kind,
        )
    )
    assert sorted(trace.lines) == ["child: 1 False", "parent: 1 True", "parent: 2 False"]


@pytest.mark.sometimes("sm-fork-shares-connections")
@ways(who={"parent": "parent", "child": "child"})
def test_the_answer_to_one_may_reach_the_other(who: str) -> None:
    trace = perform_by(
        "fork",
        filled(
            """
        import socket
        from multiprocessing import Event, Process

        def ask():
            ours.sendall(b"question of the child")
            asked.set()
            if WHO == "child":
                print("child got:", ours.recv(100))
                read.set()
            read.wait()

        if __name__ == "__main__":
            ours, database = socket.socketpair()
            ours.settimeout(10)
            asked, read = Event(), Event()
            child = Process(target=ask)
            child.start()
            asked.wait()
            if WHO == "child":
                database.recv(100)
                ours.sendall(b"question of the parent")
            database.sendall(b"answer to the " + database.recv(100).split()[-1])
            if WHO == "parent":
                print("parent got:", ours.recv(100))
                read.set()
            child.join()
    """,
            WHO=repr(who),
        ),
    )
    other = "child" if who == "parent" else "parent"
    assert trace.lines == [f"{who} got: b'answer to the {other}'"]


@pytest.mark.always("sm-fork-warns-beside-threads")
@ways(options={"by default": [], "-X dev": ["-X", "dev"], "-W default": ["-W", "default"]})
def test_fork_beside_threads_warns_since_312_if_asked(options: list[str]) -> None:
    run = run_by(
        "fork",
        """
        import threading
        from multiprocessing import Process

        def work():
            pass

        if __name__ == "__main__":
            go_on = threading.Event()
            thread = threading.Thread(target=go_on.wait)
            thread.start()
            child = Process(target=work)
            child.start()
            child.join()
            go_on.set()
            thread.join()
        """,
        *options,
    )
    assert run.returncode == 0
    warned = sys.version_info >= (3, 12) and bool(options)
    assert ("DeprecationWarning" in run.stderr) is warned
    assert ("fork" in run.stderr) is warned


@pytest.mark.always("sm-guard-is-needed")
@ways(method=METHODS)
def test_without_the_guard_the_child_fails(method: str) -> None:
    trace = play("processes/start_methods_guard_broken")
    assert trace.lines == ["parent: exit code 1"]
    assert "RuntimeError" in trace.stderr
    fixed = play("processes/start_methods_guard_fixed")
    assert fixed.lines == ["child: hello", "parent: exit code 0"]
    trace = perform_script(
        filled(
            """
        import multiprocessing

        def work():
            print("the work is done")

        child = multiprocessing.get_context("METHOD").Process(target=work)
        try:
            child.start()
            child.join()
        except (EOFError, ConnectionError):
            pass  # with forkserver the server itself may fail: 3.13.18, 3.14
        print("the parent goes on")
    """,
            METHOD=method,
        )
    )
    works = method == "fork"
    assert ("the work is done" in trace.lines) is works
    assert ("RuntimeError" in trace.stderr) is not works
    assert trace.lines[-1] == "the parent goes on"


@pytest.mark.always("sm-pool-without-guard-never-ends")
@ways(workers={"1": 1, "2": 2})
def test_a_pool_without_the_guard_starts_processes_for_ever(workers: int) -> None:
    # By forkserver it depends on the version: 3.13.8+ and 3.14.1+ fail at once, 3.15 doesn't.
    program = filled(
        """
        import multiprocessing
        pool = multiprocessing.get_context("spawn").Pool(WORKERS)
        print(pool.map(abs, [1, -2]))
    """,
        WORKERS=workers,
    )
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "script.py")
        script.write_text(program, encoding="utf-8")
        with subprocess.Popen(
            [sys.executable, str(script)],
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        ) as pool:
            assert pool.stderr
            died = 0
            for line in pool.stderr:
                died += line.startswith("RuntimeError")
                if died > 5:
                    break
            assert died > 5, "many more than the pool was to have"
            assert pool.poll() is None
            os.killpg(pool.pid, signal.SIGKILL)
    ends = run_by("spawn", f"multiprocessing.Pool({workers})")
    assert ends.returncode == 0, "nobody waits for a result"


@pytest.mark.always("sm-executor-without-guard-breaks")
@ways(method=METHODS, workers={"1": 1, "2": 2})
def test_an_executor_without_the_guard_breaks(method: str, workers: int) -> None:
    # no mutant: чем ответит пул без условия, решает сам Python
    trace = perform_script(
        filled(
            """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        pool = ProcessPoolExecutor(WORKERS, mp_context=multiprocessing.get_context("METHOD"))
        try:
            print(*pool.map(abs, [1, -2]))
        except Exception as error:
            if __name__ == "__main__":
                print(type(error).__name__)
            raise SystemExit
    """,
            METHOD=method,
            WORKERS=workers,
        )
    )
    answers = {"fork": {"1 2"}, "spawn": {"BrokenProcessPool"}}.get(
        method, {"BrokenProcessPool", "EOFError", "ConnectionResetError"}
    )
    assert len(trace.lines) == 1
    assert trace.lines[0] in answers


@pytest.mark.always("sm-guard-is-false-in-child")
@ways(method=METHODS)
def test_what_stands_under_the_guard_is_skipped_in_the_child(method: str) -> None:
    trace = perform_by(
        method,
        """
        from multiprocessing import Process

        outside = True

        def work():
            print("outside" in globals(), "only_under_the_guard" in globals())

        if __name__ == "__main__":
            only_under_the_guard = True
            child = Process(target=work)
            child.start()
            child.join()
            work()
        """,
    )
    # By fork it is a copy: nothing is imported, nothing is skipped.
    assert trace.lines == [f"True {method == 'fork'}", "True True"]
