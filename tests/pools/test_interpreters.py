"""Proofs for source/pools/interpreters.md."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from proven.stage import play

from tests.ways import ways
from tests.ways_processes import INTERPRETER_POOLS, METHODS, NOT_FORK, PROCESS_POOLS, Pool, filled


def printed(code: str, **words: object) -> list[str]:
    """Return the lines that a program prints whose `Pool` has interpreters as workers."""
    return INTERPRETER_POOLS["interpreters"].perform(filled(code, **words)).lines


OWN_MODULE = """
        import sys
        from pathlib import Path

        if __name__ == "__main__":
            Path(sys.path[0], "own.py").write_text("class Known(Exception): pass")
        import own
"""

CHANGED = {
    "list": ("[1]", "value.append(2)"),
    "dict": ("{1: 1}", "value.clear()"),
    "set": ("{1}", "value.add(2)"),
    "nested": ("[[1]]", "value[0].append(2)"),
    "an object": ("Own()", "value.name = 2"),
}


@pytest.mark.always("interp-like-processes")
@ways(pool=PROCESS_POOLS | INTERPRETER_POOLS, kind=CHANGED)
def test_arguments_are_copies_and_globals_are_its_own(pool: Pool, kind: tuple[str, str]) -> None:
    assert play("pools/interpreters_copies").lines == [
        "job 1: paid, 1 in the list",
        "job 2: paid, 2 in the list",
        "main: new, 0 in the list",
    ]
    value, change = kind
    trace = pool.perform(
        filled(
            """
        class Own:
            name = 1
            def __eq__(self, other):
                return self.name == other.name

        seen = []

        def work(value):
            seen.append(1)
            CHANGE
            return value == VALUE, len(seen)

        if __name__ == "__main__":
            here = VALUE
            with Pool(max_workers=1) as pool:
                same_there, count = pool.submit(work, here).result()
            print(here == VALUE, same_there, count, len(seen))
    """,
            VALUE=value,
            CHANGE=change,
        )
    )
    assert trace.lines == ["True False 1 0"]


@pytest.mark.always("interp-lambda", since="3.14")
@ways(
    work={
        "lambda": "lambda n: n + 1",
        "lambda of a builtin": "lambda n: abs(n) + 1",
        "nested": "nested",
    },
    call={"submit": "pool.submit(WORK, 1).result()", "map": "list(pool.map(WORK, [1]))[0]"},
)
def test_functions_that_need_nothing_pass(work: str, call: str) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    lines = printed(
        """
        def main():
            def nested(n):
                return n + 1

            with Pool(1) as pool:
                print(CALL)

        if __name__ == "__main__":
            main()
    """,
        CALL=call.replace("WORK", work),
    )
    assert lines == ["2"]


NOT_SENT = {
    "lock": "__import__('threading').Lock()",
    "file": "open(__import__('os').devnull)",
    "generator": "(n for n in [1])",
    "module": "__import__('json')",
}


@pytest.mark.always("interp-not-shareable", since="3.14")
@ways(what=NOT_SENT)
def test_some_things_are_not_sent(what: str) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    lines = printed(
        """
        from concurrent.interpreters import NotShareableError

        def take(value):
            pass

        def give():
            return WHAT

        if __name__ == "__main__":
            print(issubclass(NotShareableError, TypeError))
            what = WHAT
            with Pool(1) as pool:
                for job in (pool.submit(take, what), pool.submit(give)):
                    print(type(job.exception()) is NotShareableError)
            getattr(what, "close", int)()
    """,
        WHAT=what,
    )
    assert lines == ["True", "True", "True"]


NEEDS = {
    "a captured variable": "lambda n: n + rate",
    "a captured variable, def": "add",
    "a global": "lambda n: n + RATE",
    "a function of the main file": "lambda n: helper(n)",
    "a default": "lambda n, rate=90: n + rate",
}


@pytest.mark.always("interp-closure", since="3.14")
@ways(work=NEEDS)
def test_a_function_that_needs_more_is_not_sent(work: str) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    lines = printed(
        """
        RATE = 90

        def helper(n):
            return n + 1

        def main():
            rate = RATE

            def add(n):
                return n + rate

            with Pool(1) as pool:
                error = pool.submit(WORK, 1).exception()
            print(type(error).__name__)
            print("does not support cross-interpreter data" in str(error))

        if __name__ == "__main__":
            main()
    """,
        WORK=work,
    )
    assert lines == ["NotShareableError", "True"]


@pytest.mark.always("interp-nested-global", since="3.14")
@ways(
    module={"main file": "", "imported": "prices."},
    function={
        "generator expression": ("by_generator", "NameError"),
        "lambda": ("by_lambda", "NameError"),
        "nested function": ("by_nested", "NameError"),
        "generator of values": ("by_constant", "NameError"),
        "by itself": ("by_itself", "3"),
        "both": ("by_both", "3"),
        "list comprehension": ("by_list", "3"),
        "default": ("by_default", "3"),
    },
)
def test_names_read_in_nested_code_only_are_not_found(
    module: str, function: tuple[str, str]
) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    name, outcome = function
    lines = printed(
        """
        import sys
        from pathlib import Path

        RATE = 3

        def price(n):
            return n * RATE

        def by_generator(ns: list[int]) -> int:
            return sum(price(n) for n in ns)

        def by_lambda(ns):
            return max(map(lambda n: price(n), ns))

        def by_nested(ns):
            def each(n):
                return price(n)
            return each(ns[0])

        def by_constant(ns):
            return sum(n * RATE for n in ns)

        def by_itself(ns):
            return sum(map(price, ns))

        def by_both(ns):
            return sum(price(n) for n in ns) * RATE // RATE

        def by_list(ns):
            return sum([price(n) for n in ns])

        def by_default(ns, start=0):
            return sum((price(n) for n in ns), start)

        def main():
            with Pool(1) as pool:
                try:
                    print(pool.submit(WORK, [1]).result())
                except Exception as error:
                    print(type(error).__name__)

        if __name__ == "__main__":
            Path(sys.path[0], "prices.py").write_text(Path(__file__).read_text())
            import prices
            main()
    """,
        WORK=module + name,
    )
    assert lines == [outcome]


@pytest.mark.always("interp-own-class", since="3.14")
@ways(
    back={
        "of the main file": ("Own()", "NotShareableError"),
        "in a list": ("[Own()]", "NotShareableError"),
        "of a module": ("own.Known()", "same"),
    }
)
def test_an_object_of_the_main_file_does_not_come_back(back: tuple[str, str]) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    value, outcome = back
    lines = printed(
        OWN_MODULE
        + """
        class Own:
            pass

        def same(value):
            return value

        def take(value):
            return True

        if __name__ == "__main__":
            with Pool(1) as pool:
                print(pool.submit(take, VALUE).result())
                job = pool.submit(same, VALUE)
                print(type(job.exception()).__name__ if job.exception() else "same")
    """,
        VALUE=value,
    )
    assert lines == ["True", outcome]


@pytest.mark.always("interp-main-again", since="3.14")
@ways(needs={"a global": "RATE", "a class": "Own", "a function": "helper"})
def test_the_main_file_is_run_again_when_it_is_needed(needs: str) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    lines = printed(
        """
        from pathlib import Path

        RATE = 90
        with Path("runs").open("a") as file:
            print(__name__, file=file)

        class Own:
            pass

        def helper():
            pass

        def work():
            return bool(NEEDS)

        def nothing():
            return True

        if __name__ == "__main__":
            with Pool(1) as pool:
                for job in (nothing, work):
                    print(pool.submit(job).result(), Path("runs").read_text().splitlines())
    """,
        NEEDS=needs,
    )
    assert lines == ["True ['__main__']", "True ['__main__', '<fake __main__>']"]


RELATIVE = """
from concurrent.futures import InterpreterPoolExecutor
IMPORT

class Own:
    pass

def of_a_global():
    return conf.RATE

def of_an_object(it):
    return type(it).__name__

def of_nothing():
    return "nothing"

if __name__ == "__main__":
    with InterpreterPoolExecutor(1) as pool:
        for job in ((of_a_global,), (of_an_object, Own()), (of_nothing,)):
            future = pool.submit(*job)
            error = future.exception()
            print(type(error).__name__ if error else future.result())
"""


@pytest.mark.always("interp-main-relative", since="3.14")
@ways(relative={"relative": True, "absolute": False}, name={"run": "run", "__main__": "__main__"})
def test_a_main_file_in_a_package_is_run_without_it(
    relative: bool, name: str, tmp_path: Path
) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    package = tmp_path / "shop"
    package.mkdir()
    imported = "from . import conf" if relative else "from shop import conf"
    program = RELATIVE.replace("IMPORT", imported)
    for file, text in (("__init__", ""), ("conf", "RATE = 90"), (name, program)):
        Path(package, f"{file}.py").write_text(text, encoding="utf-8")
    module = "shop" if name == "__main__" else "shop.run"
    command = [sys.executable, "-m", module]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    refused = ["NotShareableError"] * 2
    assert told.stdout.split() == [*(refused if relative else ["90", "Own"]), "nothing"]


NO_FILE = """
from concurrent.futures import InterpreterPoolExecutor

RATE = 90

class Own:
    pass

def read(value):
    return RATE

def take(value):
    pass

if __name__ == "__main__":
    with InterpreterPoolExecutor(1) as pool:
        for job, value in ((read, 1), (take, Own()), (take, 1)):
            error = pool.submit(job, value).exception()
            print(type(error).__name__)
"""


@pytest.mark.always("interp-no-main-file", since="3.14")
@ways(start={"-c": ["-c", NO_FILE], "stdin": ["-"], "stdin alone": [], "file": ["program.py"]})
def test_without_a_main_file_there_is_nothing_to_run_again(
    start: list[str], tmp_path: Path
) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    Path(tmp_path, "program.py").write_text(NO_FILE, encoding="utf-8")
    told = subprocess.run(
        [sys.executable, *start],
        input=NO_FILE,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    needs_the_file = "NoneType" if start == ["program.py"] else "NotShareableError"
    assert told.stdout.split() == [needs_the_file, needs_the_file, "NoneType"], told.stderr


@pytest.mark.always("interp-memoryview", since="3.14")
@ways(
    given={
        "alone": ("view", "value[0] = 7", "7"),
        "one of two": ("view, 1", "value[0] = 7", "7"),
        "by name": ("value=view", "value[0] = 7", "NotShareableError"),
        "beside one by name": ("view, more=1", "value[0] = 7", "7"),
        "in a list": ("[view]", "value[0][0] = 7", "NotShareableError"),
        "in a dict": ("{'n': view}", "value['n'][0] = 7", "NotShareableError"),
    }
)
def test_a_view_is_the_same_memory(given: tuple[str, str, str]) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    arguments, change, outcome = given
    lines = printed(
        """
        def work(value, *others, more=None):
            CHANGE

        if __name__ == "__main__":
            memory = bytearray(1)
            view = memoryview(memory)
            with Pool(1) as pool:
                error = pool.submit(work, ARGUMENTS).exception()
            print(type(error).__name__ if error else memory[0])
    """,
        CHANGE=change,
        ARGUMENTS=arguments,
    )
    assert lines == [outcome]


@pytest.mark.always("interp-queue", since="3.14")
@ways(items={"1": 1, "3": 3})
def test_a_queue_is_shared(items: int) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    lines = printed(
        """
        from concurrent.interpreters import create_queue

        def double(there, back, items):
            for _ in range(items):
                back.put(2 * there.get())

        if __name__ == "__main__":
            there, back = create_queue(), create_queue()
            with Pool(1) as pool:
                job = pool.submit(double, there, back, ITEMS)
                for number in range(ITEMS):
                    there.put(number)
                    print(back.get())
                job.result()
    """,
        ITEMS=items,
    )
    assert lines == [str(2 * number) for number in range(items)]


@pytest.mark.always("interp-queue-unbound", since="3.14")
@ways(
    item={"text": "'tea'", "list": "[1]"},
    closes={"with": "pool.__exit__(None, None, None)", "shutdown": "pool.shutdown()"},
)
def test_what_stays_in_the_queue_is_lost_with_the_pool(item: str, closes: str) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    lines = printed(
        """
        from concurrent.interpreters import create_queue

        def put_twice(queue):
            queue.put(ITEM)
            queue.put(ITEM)

        if __name__ == "__main__":
            queue, own = create_queue(), create_queue()
            own.put(ITEM)
            pool = Pool(1)
            pool.submit(put_twice, queue).result()
            print(queue.get())
            CLOSES
            print(repr(queue.get(timeout=10)).endswith("UNBOUND"))
            print(own.get())
    """,
        ITEM=item,
        CLOSES=closes,
    )
    assert lines == [str(ast.literal_eval(item)), "True", str(ast.literal_eval(item))]


ASSIGNS = """
rate = 1

def prepare(today):
    global rate
    rate = today

def read():
    return rate
"""
WHERE = {
    "the main file": ASSIGNS,
    "a module": f"""
import sys
from pathlib import Path

if __name__ == "__main__":
    Path(sys.path[0], "money.py").write_text({ASSIGNS!r})
from money import prepare, read
""",
}
STARTS = {
    "initializer": """
if __name__ == "__main__":
    with Pool(1, initializer=prepare, initargs=(90,)) as pool:
        print(pool.submit(read).result())
""",
    "a job": """
if __name__ == "__main__":
    with Pool(1) as pool:
        pool.submit(prepare, 90).result()
        print(pool.submit(read).result())
""",
}


@pytest.mark.always("interp-global-in-processes")
@ways(pool=PROCESS_POOLS, where=WHERE)
def test_a_process_keeps_what_the_initializer_assigned(pool: Pool, where: str) -> None:
    assert play("pools/interpreters_initializer").lines == ["[180, 270]"]
    assert pool.perform(where + STARTS["initializer"]).lines == ["90"]


@pytest.mark.always("interp-global-lost", since="3.14")
@ways(start=STARTS, where=WHERE)
def test_an_interpreter_loses_what_was_assigned(start: str, where: str) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    assert printed(where + start) == ["1"]


@pytest.mark.always("interp-no-lock")
@ways(pool=PROCESS_POOLS | INTERPRETER_POOLS, lock={"Lock": "Lock()", "RLock": "RLock()"})
def test_a_lock_is_not_sent(pool: Pool, lock: str) -> None:
    assert play("pools/interpreters_lock_broken").lines == ["TypeError", "TypeError", "words: 0"]
    assert play("pools/interpreters_lock_fixed").lines == ["words: 6"]
    trace = pool.perform(
        filled(
            """
        from threading import Lock, RLock

        if __name__ == "__main__":
            with Pool(1) as pool:
                print(isinstance(pool.submit(id, LOCK).exception(), TypeError))
    """,
            LOCK=lock,
        )
    )
    assert trace.lines == ["True"]


@pytest.mark.always("interp-known-exception", since="3.14")
@pytest.mark.always("interp-own-exception", since="3.14")
@ways(
    error={
        "builtin": ("ZeroDivisionError", True),
        "of a module": ("own.Known", True),
        "of the main file": ("Own", False),
        "of the main file, with arguments": ("Own('no money', 5)", False),
        "of the main file, an heir": ("OwnValue('no money')", False),
    }
)
def test_an_exception_of_the_main_file_comes_under_another_name(error: tuple[str, bool]) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    what, is_itself = error
    lines = printed(
        OWN_MODULE
        + """
        class Own(Exception):
            pass

        class OwnValue(ValueError):
            pass

        def tell(error):
            print(type(error).__name__, isinstance(error, (Own, OwnValue, ValueError)))

        def work():
            raise WHAT

        if __name__ == "__main__":
            with Pool(1) as pool:
                tell(pool.submit(work).exception())
            try:
                raise WHAT
            except Exception as here:
                tell(here)
    """,
        WHAT=what,
    )
    there, here = lines
    assert there == (here if is_itself else "ExecutionFailed False")
    assert here.startswith("Own") is not is_itself
    assert here.endswith("True") is not is_itself


@pytest.mark.always("interp-memory-error", since="3.14")
@ways(
    job={
        "raised": "raise MemoryError",
        "of a huge object": "bytearray(sys.maxsize - 100)",
        "an heir": "raise own.Short",
    },
    later={"a builtin": "ValueError('later')", "of a module": "own.Known('later')"},
)
def test_a_memory_error_comes_with_the_next_failure(job: str, later: str) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    lines = printed(
        """
        import sys
        from pathlib import Path

        if __name__ == "__main__":
            text = "class Known(Exception): pass\\nclass Short(MemoryError): pass"
            Path(sys.path[0], "own.py").write_text(text)
        import own

        def huge():
            JOB

        def fine():
            return sys.maxsize and "fine"

        def caught():
            try:
                huge()
            except MemoryError:
                raise OSError("caught") from None

        def fails():
            raise LATER

        def tell(future):
            error = future.exception()
            print(type(error).__name__ if error else future.result())

        if __name__ == "__main__":
            with Pool(1) as pool:
                for job in (caught, fails, huge, fine, fails, fine, fails):
                    tell(pool.submit(job))
    """,
        JOB=job,
        LATER=later,
    )
    name = later.removeprefix("own.").removesuffix("('later')")
    late = "Short" if "Short" in job else "MemoryError"
    assert lines == ["OSError", name, "None", "fine", late, "fine", name]


@pytest.mark.always("interp-crash-ends-all", since="3.14")
@ways(code={"0": 0, "3": 3}, workers={"1": 1, "2": 2})
def test_os_exit_ends_the_program(code: int, workers: int) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    run = INTERPRETER_POOLS["interpreters"].run(
        filled(
            """
        import os

        def leave():
            os._exit(CODE)

        if __name__ == "__main__":
            print("main: starts", flush=True)
            with Pool(WORKERS) as pool:
                pool.submit(leave).exception()
                print("main: goes on", flush=True)
    """,
            CODE=code,
            WORKERS=workers,
        )
    )
    assert (run.returncode, run.stdout) == (code, "main: starts\n")


@pytest.mark.always("interp-chdir", since="3.14")
@pytest.mark.always("interp-allowed", since="3.14")
def test_the_process_is_one_and_much_works() -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    # one way: facts about what an interpreter may do
    lines = printed("""
        import asyncio, os, subprocess, sys, threading

        def threads():
            thread = threading.Thread(target=os.getpid)
            thread.start()
            thread.join()
            return "a thread"

        def loop():
            return asyncio.run(asyncio.sleep(0, "a loop"))

        def program():
            return subprocess.run([sys.executable, "-c", ""]).returncode

        if __name__ == "__main__":
            os.mkdir("other")
            with Pool(1) as pool:
                for work in (threads, loop, program):
                    print(pool.submit(work).result())
                pool.submit(os.chdir, "other").result()
            print(os.path.basename(os.getcwd()))
            os.chdir("..")
    """)
    assert lines == ["a thread", "a loop", "0", "other"]


FORBIDDEN = {
    "fork": ("os.fork()", "RuntimeError: fork not supported for isolated subinterpreters"),
    "daemon": (
        "threading.Thread(target=os.getpid, daemon=True).start()",
        "RuntimeError: daemon threads are disabled in this (sub)interpreter",
    ),
    "signal": (
        "signal.signal(signal.SIGINT, signal.SIG_DFL)",
        "ValueError: signal only works in main thread of the main interpreter",
    ),
}


@pytest.mark.always("interp-forbidden", since="3.14")
@ways(what=FORBIDDEN)
def test_some_calls_are_forbidden(what: tuple[str, str]) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    call, error = what
    lines = printed(
        """
        import os, signal, threading

        def work():
            CALL

        if __name__ == "__main__":
            with Pool(1) as pool:
                error = pool.submit(work).exception()
            print(f"{type(error).__name__}: {error}")
    """,
        CALL=call,
    )
    assert lines == [error]


@pytest.mark.always("interp-no-process-pool", since="3.14")
@ways(method=METHODS, kind={"old": "old", "executor": "executor"})
def test_no_pool_of_processes_in_a_job(method: str, kind: str) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    lines = printed(
        """
        import concurrent.futures, multiprocessing

        def old():
            with multiprocessing.get_context("METHOD").Pool(1) as pool:
                return pool.apply(abs, (-1,))

        def executor():
            context = multiprocessing.get_context("METHOD")
            with concurrent.futures.ProcessPoolExecutor(1, context) as pool:
                return pool.submit(abs, -1).result()

        def process():
            process = multiprocessing.get_context("METHOD").Process(target=abs, args=(-1,))
            process.start()
            process.join()
            return process.exitcode

        if __name__ == "__main__":
            with Pool(1) as pool:
                print(isinstance(pool.submit(KIND).exception(), RuntimeError))
                alone = pool.submit(process)
                print(type(alone.exception()).__name__ if "METHOD" == "fork" else alone.result())
    """,
        METHOD=method,
        KIND=kind,
    )
    assert lines == ["True", "RuntimeError" if method == "fork" else "0"]


@pytest.mark.always("interp-process-of-main", since="3.14")
@ways(method=NOT_FORK, where={"the main file": "work", "a module": "own.Known"})
def test_a_process_in_a_job_runs_no_function_of_the_main_file(method: str, where: str) -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    lines = printed(
        OWN_MODULE
        + """
        import multiprocessing

        def work():
            pass

        def start():
            process = multiprocessing.get_context("METHOD").Process(target=TARGET)
            process.start()
            process.join()
            return process.exitcode

        if __name__ == "__main__":
            with Pool(1) as pool:
                future = pool.submit(start)
                error = future.exception()
                print(type(error).__name__ if error else future.result())
    """,
        METHOD=method,
        TARGET=where,
    )
    assert lines == ["PicklingError" if where == "work" else "0"]


NOT_READY = ["faulthandler", "_tracemalloc", "_curses", "readline"]


@pytest.mark.always("interp-module-not-ready", since="3.14")
def test_a_module_that_is_not_ready_is_not_imported() -> None:
    # no mutant: класс есть только с 3.14, а доказательства ломают на 3.11
    # one way: the modules that the page names, in one program
    lines = printed("""
        NAMES = ["faulthandler", "tracemalloc", "curses", "readline"]

        def work(name):
            __import__(name)

        if __name__ == "__main__":
            with Pool(1) as pool:
                for name in NAMES:
                    error = pool.submit(work, name).exception()
                    print(f"{type(error).__name__}: {error}")
    """)
    for name, line in zip(NOT_READY, lines, strict=True):
        assert line.startswith(f"ImportError: module {name}")
        assert line.endswith("does not support loading in subinterpreters")
