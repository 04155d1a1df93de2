"""What a play on the virtual clock records is what `python file.py` prints, kind by kind."""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import re
import resource
import subprocess
import sys
import threading
import time
from pathlib import Path
from textwrap import dedent, indent

import pytest
from proven.stage import SnippetError, Trace, load, perform, play
from proven.stage.clock import Clock, blocked, line
from proven.stage.clock.blocked import Signal
from proven.stage.trace import NotVirtual
from proven.stage.virtual import play_virtually, rest

# What asyncio.run runs; each line printed is preceded by its virtual second.
CASES = {
    "clocks": (
        """
        import time, timeit
        from time import time as now, monotonic, perf_counter_ns, sleep
        from datetime import date, datetime, timezone
        def read():
            return (
                now(), time.time_ns() / 1e9, monotonic(), time.monotonic_ns() / 1e9,
                time.perf_counter(), perf_counter_ns() / 1e9, timeit.default_timer(),
                time.clock_gettime(time.CLOCK_MONOTONIC), time.clock_gettime(time.CLOCK_REALTIME),
                datetime.now().timestamp(), datetime.today().timestamp(),
                datetime.now(timezone.utc).timestamp(),
                time.mktime(time.localtime()),
            )
        async def main():
            before = read()
            await asyncio.sleep(1)
            sleep(1)
            print({round(after - first, 3) for first, after in zip(before, read())})
            print(time.strftime("%Y-%m-%d %H:%M:%S"), time.ctime(), date.today())
            print(type(datetime.now()).__name__, repr(datetime(2020, 1, 1)))
        """,
        [
            "2.0 │ {2.0}",
            "2.0 │ 2026-01-01 09:00:02 Thu Jan  1 09:00:02 2026 2026-01-01",
            "2.0 │ datetime datetime.datetime(2020, 1, 1, 0, 0)",
        ],
    ),
    "what is read of a clock is a float": (
        """
        import json, pickle, time
        from functools import singledispatch
        @singledispatch
        def kind(value): return "object"
        @kind.register
        def _(value: float): return "float"
        async def main():
            began = time.monotonic()
            await asyncio.sleep(0.5)
            for read in began, time.time(), time.monotonic() - began, began + 1:
                print(type(read) is float, type(read), type(read) is type(1.0), kind(read))
                print({float: 1}[type(read)], type(read).__mro__ == float.__mro__, read.__class__)
                print(json.loads(json.dumps(read)) == read == float(repr(read)), end=" ")
                print(type(pickle.loads(pickle.dumps(read))) is float, dir(read) == dir(1.0))
            print(type("", (), {}).__name__ == "", [*map(type, [began])] == [float])
        """,
        [
            *(
                "0.5 │ True <class 'float'> True float",
                "0.5 │ 1 True <class 'float'>",
                "0.5 │ True True True",
            )
            * 4,
            "0.5 │ True True",
        ],
    ),
    "the program's own descriptors begin at 3": (
        """
        import os
        first = os.open(os.devnull, os.O_RDONLY)
        async def main():
            print(first)
        """,
        ["0.0 │ 3"],
    ),
    "its surroundings are its own": (
        """
        import os, sys
        async def main():
            # Those of make stress are its caller's.
            own = [name for name in os.environ if not name.startswith("HANDBOOK_S")]
            print([name for name in own if "HANDBOOK" in name or name == "PYTHONPATH"])
            print([name for name in [*sys.modules, *sys.path] if "proven" in name])
            print([name for name in sys.path_importer_cache if "proven" in name or "_ext" in name])
        """,
        ["0.0 │ []"] * 3,
    ),
    "sleep refuses what it can't do": (
        """
        import time
        async def main():
            for odd in float("inf"), 1e30, float("nan"), -1, "1", None:
                try: time.sleep(odd)
                except Exception as error: print(type(error).__name__)
        """,
        [
            f"0.0 │ {kind}"
            for kind in ("OverflowError", "ValueError", "TypeError")
            for _ in range(2)
        ],
    ),
    "the names that code uses are its own": (
        """
        def asked(value): return type(value)
        async def main():
            print(asked.__code__.co_names)
        """,
        ["0.0 │ ('type',)"],
    ),
    "type is what the program calls so": (
        """
        import time
        def type(value): return "mine"
        async def main():
            print(type(time.time()))
        """,
        ["0.0 │ mine"],
    ),
    "what is left is less, what has elapsed is more": (
        """
        import time
        from datetime import datetime, timedelta
        async def main():
            loop = asyncio.get_running_loop()
            began, end = time.perf_counter(), loop.time() + 2
            last, nanos = datetime.now() + timedelta(seconds=2), time.monotonic_ns() + 2_000_000_000
            while (left := end - loop.time()) > 0:
                print(int(left), "%d" % left, left // 1, "%.1f" % left, f"{left:.1f}", end=" ")
                print((last - datetime.now()).seconds, (nanos - time.monotonic_ns()) // 10**9)
                await asyncio.sleep(0.25)
                took = time.perf_counter() - began
                print("%.1f" % took, f"{took:.1f}", round(took, 1), took > 0.25, took)
            one, two = time.time(), time.time()
            print(one < two, one == two, datetime.now() == datetime.now(), two - one)
        """,
        [
            line
            for place in range(8)
            for line in (
                (
                    lambda left, shown: (
                        f"{place / 4:.2f} │ {left} {left} {left}.0 {shown} {shown} {left} {left}"
                    )
                )(int(1.999 - place / 4), f"{1.999 - place / 4:.1f}"),
                (lambda took, shown: f"{took:.2f} │ {shown} {shown} {shown} True {took}")(
                    (place + 1) / 4, f"{place / 4 + 0.2501:.1f}"
                ),
            )
        ]
        + ["2.00 │ True False False 0.0"],
    ),
    "logging shows virtual times": (
        """
        import logging, sys
        logging.basicConfig(format="%(asctime)s %(relativeCreated)d", stream=sys.stdout)
        async def main():
            await asyncio.sleep(1.5)
            logging.warning("x")
        """,
        ["1.5 │ 2026-01-01 09:00:01,500 1500"],
    ),
    "sched and timeit": (
        """
        import sched, time, timeit
        async def main():
            plan = sched.scheduler()
            for second in (3, 1, 2):
                plan.enter(second, 1, print, (second,))
            plan.run()
            print(round(timeit.timeit(lambda: time.sleep(0.1), number=3), 3))
        """,
        ["1.0 │ 1", "2.0 │ 2", "3.0 │ 3", "3.3 │ 0.3"],
    ),
    "equal waits end in the order of their making": (
        """
        async def say(x):
            await asyncio.sleep(1)
            print(x, end=" ")
        async def main():
            await asyncio.gather(*map(say, range(8)))
            print()
        """,
        ["1.0 │ 0 1 2 3 4 5 6 7 "],
    ),
    "waiting by reading the clock": (
        """
        import time
        async def main():
            end = time.monotonic() + 0.3
            while time.monotonic() < end:
                pass
            print("synchronous")
            end = asyncio.get_running_loop().time() + 0.3
            while asyncio.get_running_loop().time() < end:
                await asyncio.sleep(0)
            print("by steps")
        """,
        ["0.3 │ synchronous", "0.6 │ by steps"],
    ),
    "waiting by going round": (
        """
        import time
        class Worker:
            done = False
            def work(self):
                time.sleep(0.3)
                self.done = True
        async def main():
            task = asyncio.create_task(asyncio.sleep(0.3))
            while not task.done():
                await asyncio.sleep(0)
            print("for a task")
            worker = Worker()
            task = asyncio.create_task(asyncio.to_thread(worker.work))
            while not worker.done:
                await asyncio.sleep(0)
            print("for a thread")
            await task
        """,
        ["0.3 │ for a task", "0.6 │ for a thread"],
    ),
    "seconds between readings are exact": (
        """
        import time
        async def main():
            clocks = time.monotonic, time.time, asyncio.get_running_loop().time
            late, spent = [], set()
            for tenths in range(1, 8):
                started = [read() for read in clocks]
                ends = [moment + tenths / 10 for moment in started]
                await asyncio.sleep(tenths / 10)
                late += [read() >= end for read, end in zip(clocks, ends)]
                spent |= {read() - moment - tenths / 10 for read, moment in zip(clocks, started)}
            print(len(late), all(late), spent, type(time.time()), isinstance(ends[0], float))
        """,
        ["2.8 │ 21 True {0.0} <class 'float'> True"],
    ),
    "what has elapsed is a little more than was waited for, what is left a little less": (
        """
        import math, statistics, time
        async def main():
            loop = asyncio.get_running_loop()
            for read in (time.time, time.monotonic, time.perf_counter, loop.time):
                began = read()
                await asyncio.sleep(0.5)
                now, spent = read(), read() - began
                left = began + 0.5 - now
                assert spent > 0.5 and spent >= 0.5 and not spent <= 0.5 and not spent < 0.5
                assert 0.5 < spent and spent * 1000 > 500 and spent / 2 > 0.25 and 1 - spent < 0.5
                assert left <= 0 and left < 0 and not left > 0 and 0 > left
                assert now > began + 0.5 and not now <= began + 0.5 and began + 0.5 < now
                assert began < now - 0.5 and began <= now - 0.5 and not began >= now - 0.5
                assert round(spent) == 1 == math.ceil(spent) and math.ceil(spent * 2) == 2
                assert f"{spent:.0f} {spent}" == "1 0.5"
                assert began < statistics.mean([began, now]) < now and type(began)(3) == 3.0
            rounds, end = 0, time.monotonic() + 1
            while time.monotonic() <= end:
                rounds += 1
                await asyncio.sleep(0.25)
            print(rounds)
        """,
        ["3.0 │ 4"],
    ),
    "debug mode tells where a coroutine was made": (
        """
        import sys
        async def wait():
            await asyncio.sleep(0)
        def deep(n):
            return deep(n - 1) if n else wait()
        async def main():
            made = wait(), deep(12)
            print(*(name for _, _, name in made[0].cr_origin), len(made[1].cr_origin))
            print(sys.get_coroutine_origin_tracking_depth())
            await asyncio.gather(*made)
        asyncio.run(main(), debug=True)
        """,
        [
            "0.0 │ main _run _run_once run_forever run_until_complete run run <module> 10",
            "0.0 │ 10",
        ],
    ),
    "functions of C": (
        """
        import inspect, os, pickle, time
        class Service:
            now, nap, cpus = time.monotonic, time.sleep, os.cpu_count
        async def main():
            service = Service()
            service.nap(0.5)
            print(service.now(), service.cpus(), inspect.isbuiltin(time.sleep))
            print(time.sleep, type(time.sleep).__name__, pickle.loads(pickle.dumps(time.sleep)))
            asyncio.get_running_loop().call_soon(time.sleep, 1).cancel()
            handle = asyncio.get_running_loop().call_soon(time.time)
            print(handle)
        """,
        [
            "0.5 │ 0.5 4 True",
            "0.5 │ <built-in function sleep> builtin_function_or_method <built-in function sleep>",
            "0.5 │ <Handle time()>",
        ],
    ),
    "descriptors begin at three": (
        """
        with open(__file__) as file:
            print(file.fileno() < 5)  # some builds of Python have opened a library
        async def main():
            print("main")
        """,
        ["0.0 │ True", "0.0 │ main"],
    ),
    "several loops by hand": (
        """
        async def say(x):
            await asyncio.sleep(1)
            print(x)
        one, two = asyncio.new_event_loop(), asyncio.SelectorEventLoop()
        for loop in (one, two, one):
            loop.run_until_complete(say("x"))
        one.close(), two.close()
        async def main():
            print("main")
        """,
        ["1.0 │ x", "2.0 │ x", "3.0 │ x", "3.0 │ main"],
    ),
    "a loop in a thread": (
        """
        async def inner():
            await asyncio.sleep(1)
            print("inner")
        async def main():
            await asyncio.gather(asyncio.to_thread(asyncio.run, inner()), asyncio.sleep(2))
            print("outer")
        """,
        ["1.0 │ inner", "2.0 │ outer"],
    ),
    "loops in threads": (
        """
        import threading
        async def inner(x):
            await asyncio.sleep(x)
            print(x)
        threads = [threading.Thread(target=asyncio.run, args=(inner(x),)) for x in (3, 1, 2)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        async def main():
            print("end")
        """,
        ["1.0 │ 1", "2.0 │ 2", "3.0 │ 3", "3.0 │ end"],
    ),
    "a loop of the program's own class, by a factory": (
        """
        class Loop(asyncio.SelectorEventLoop):
            def call_later(self, delay, *rest, **options):
                print("timer", delay)
                return super().call_later(delay, *rest, **options)
        async def inner():
            await asyncio.sleep(1)
            print(type(asyncio.get_running_loop()).__name__)
        with asyncio.Runner(loop_factory=Loop) as runner:
            runner.run(inner())
        async def main():
            print(type(asyncio.get_running_loop()).__name__)
        """,
        ["0.0 │ timer 1", "1.0 │ Loop", "1.0 │ _UnixSelectorEventLoop"],
    ),
    "a thread waits for the loop": (
        """
        def work(loop):
            print(asyncio.run_coroutine_threadsafe(asyncio.sleep(0.5, "value"), loop).result())
            try:
                asyncio.run_coroutine_threadsafe(asyncio.sleep(5), loop).result(0.5)
            except TimeoutError:
                print("timeout")
        async def main():
            await asyncio.to_thread(work, asyncio.get_running_loop())
        """,
        ["0.5 │ value", "1.0 │ timeout"],
    ),
    "threads wait for each other": (
        """
        import queue, threading, time
        lock, bell, room = threading.Lock(), threading.Event(), queue.Queue()
        def work(name):
            with lock:
                time.sleep(0.5)
                print(name)
        def hear():
            print(bell.wait(0.25), bell.wait())
            print(room.get())
        def ring():
            time.sleep(2)
            bell.set()
            time.sleep(1)
            room.put("item")
        async def main():
            a = asyncio.create_task(asyncio.to_thread(work, "a"))
            await asyncio.sleep(0.1)
            await asyncio.gather(a, *map(asyncio.to_thread, (lambda: work("b"), hear, ring)))
        """,
        ["0.5 │ a", "1.0 │ b", "2.1 │ False True", "3.1 │ item"],
    ),
    "a blocking client": (
        """
        import http.client
        async def handle(reader, writer):
            await reader.readuntil(b"\\r\\n\\r\\n")
            await asyncio.sleep(0.5)
            writer.write(b"HTTP/1.0 200 OK\\r\\n\\r\\nhello")
            await writer.drain()
            writer.close()
        def ask(port):
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            client.request("GET", "/")
            return client.getresponse().read()
        async def main():
            server = await asyncio.start_server(handle, "127.0.0.1", 0)
            print(await asyncio.to_thread(ask, server.sockets[0].getsockname()[1]))
            server.close()
        """,
        ["0.5 │ b'hello'"],
    ),
    "a pool of the program's own modules": (
        """
        import time
        futures = __import__("concurrent.futures", fromlist=["wait"])
        def work(seconds):
            time.sleep(seconds)
            return seconds
        def use():
            with futures.ThreadPoolExecutor(2) as pool:
                print(list(pool.map(work, (0.3, 0.1, 0.1))))
                late = [pool.submit(work, seconds) for seconds in (0.1, 0.5)]
                try:
                    for done in futures.as_completed(late, timeout=0.3): print(done.result())
                except TimeoutError:
                    print("timeout")
        async def tick():
            for _ in range(2):
                await asyncio.sleep(0.45)
                print("tick")
        async def main():
            await asyncio.gather(asyncio.to_thread(use), tick())
        """,
        [
            "0.30 │ [0.3, 0.1, 0.1]",
            "0.40 │ 0.1",
            "0.45 │ tick",
            "0.60 │ timeout",
            "0.90 │ tick",
        ],
    ),
    "a loop whose clock is set": (
        """
        async def main():
            loop = asyncio.get_running_loop()
            time = loop.time
            loop.time = lambda: time() + 100
            await asyncio.sleep(0.5)
            print(loop.time())
        """,
        ["0.5 │ 100.5"],
    ),
    "task names go on": (
        """
        async def inner():
            print(asyncio.current_task().get_name())
        asyncio.run(inner())
        asyncio.run(inner())
        async def main():
            await inner()
        """,
        ["0.0 │ Task-1", "0.0 │ Task-4", "0.0 │ Task-7"],
    ),
    "a factory without options": (
        """
        def factory(loop, coro, context=None):
            return asyncio.Task(coro, loop=loop, context=context)
        async def main():
            asyncio.get_running_loop().set_task_factory(factory)
            print(await asyncio.create_task(asyncio.sleep(1, "x")))
        """,
        ["1.0 │ x"],
    ),
    "the pool has a limit": (
        """
        import os, time
        async def main():
            threads = min(32, os.cpu_count() + 4)
            await asyncio.gather(*(asyncio.to_thread(time.sleep, 1) for _ in range(threads)))
            print("one round of", threads)
            await asyncio.gather(*(asyncio.to_thread(time.sleep, 1) for _ in range(threads + 1)))
            print("two rounds")
        """,
        ["1.0 │ one round of 8", "3.0 │ two rounds"],
    ),
    "debug names the program": (
        """
        async def main():
            loop = asyncio.get_running_loop()
            for made in (loop.call_later, loop.call_at, lambda *_: loop.call_soon(print)):
                handle = made(1, print)
                print(repr(handle).rpartition("created at ")[2].rpartition("/")[2])
                handle.cancel()
            task = loop.create_task(asyncio.sleep(0))
            print(repr(task).rpartition("created at ")[2].rpartition("/")[2])
            await task
        asyncio.run(main(), debug=True)
        """,
        [f"0.0 │ planted.py:{line}>" for line in (5, 5, 4, 8)],
    ),
    "a stated duration": (
        """
        def count():
            return sum(range(1000))  # takes 0.3 s
        async def compute():  # it takes 50 ms
            print("computed")
        async def tick():
            await asyncio.sleep(0.1)
            print("tick")
        async def main():
            await asyncio.gather(asyncio.to_thread(count), tick())
            print("counted")
            await compute()
        """,
        ["0.10 │ tick", "0.30 │ counted", "0.35 │ computed"],
    ),
    "the end of the interpreter": (
        """
        import atexit
        class Kept:
            def __del__(self):
                print("deleted")
        kept = Kept()
        atexit.register(print, "at exit")
        async def main():
            print("main")
        """,
        ["0.0 │ main", "0.0 │ at exit", "0.0 │ deleted"],
    ),
    "surroundings": (
        """
        import os, sys
        async def main():
            print(sys.argv == [__file__], os.listdir(), repr(sys.stdin.read()))
            print(sys.path[0] == os.path.dirname(__file__), sys.modules["__main__"].main is main)
            print(sys.stdout.encoding, sys.stdout.isatty(), sys.stdout.fileno())
            sys.stdout.buffer.write(b"bytes\\n")
            sys.stdout.reconfigure(line_buffering=True)
            os.write(1, b"by the descriptor\\n")
        """,
        [
            "0.0 │ True [] ''",
            "0.0 │ True True",
            "0.0 │ utf-8 False 1",
            "0.0 │ bytes",
            "0.0 │ by the descriptor",
        ],
    ),
}


@pytest.fixture(autouse=True)
def _as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what `make stress` may set: in debug mode asyncio tells of slow steps, too."""
    monkeypatch.delenv("PYTHONASYNCIODEBUG", raising=False)


def played(code: str, folder: Path, *, run: bool = True) -> Trace:
    """Play `code`, which defines main, unless it runs itself."""
    text = "import asyncio\n" + dedent(code).lstrip("\n")
    if run and "debug=True" not in text:
        text += "asyncio.run(main())\n"
    (folder / "planted.py").write_text(text, encoding="utf-8")
    return play_virtually("planted", folder / "planted.py")


def test_utcnow_shows_virtual_time_and_its_warning(tmp_path: Path) -> None:
    code = """
    from datetime import datetime
    async def main():
        await asyncio.sleep(1)
        print(datetime.utcnow())
    """
    trace = played(code, tmp_path)
    assert trace.lines == ["2026-01-01 09:00:01.000003"]
    told = subprocess.run(
        [sys.executable, tmp_path / "planted.py"], capture_output=True, text=True, check=True
    )
    assert trace.stderr == told.stderr.replace(f"{tmp_path}/", "snippets/")
    assert ("DeprecationWarning" in trace.stderr) is (sys.version_info >= (3, 12))


AT_THE_END = {
    "imports": """
        try: import sched
        except ImportError as error: print(error)
        print(sys.path, sys.argv, sys.meta_path, asyncio is None)
        """,
    "opens a file": "open(__file__)",
    "raises": "raise ValueError('at the end')",
    "logs": "__import__; logging.warning('bye')",
    "makes what nobody awaits": "asyncio.sleep(1)",
    "is done": "print('over')",
}


@pytest.mark.parametrize("kind", AT_THE_END)
@pytest.mark.parametrize(
    "failing", ["", "loop.create_task(fail()); loop.run_until_complete(main())"]
)
def test_what_objects_do_at_the_end_of_python(kind: str, failing: str, tmp_path: Path) -> None:
    """Python has taken away a lot by then, even `open`."""
    code = f"""
import asyncio, logging, sys
class Last:
    def __del__(self):
{indent(dedent(AT_THE_END[kind]).strip(), " " * 8)}
last = Last()
left = asyncio.sleep(1)
async def fail(): raise ValueError("nobody hears it")
async def main(): await asyncio.sleep(0.01)
loop = asyncio.new_event_loop()
{failing}
"""
    trace = played(code, tmp_path, run=False)
    told = subprocess.run(
        [sys.executable, "-X", "utf8", tmp_path / "planted.py"],
        capture_output=True,
        text=True,
        check=True,
    )
    address = re.compile("0x[0-9a-f]+")
    assert trace.lines == told.stdout.splitlines()
    assert address.sub("0x", trace.stderr) == address.sub(
        "0x", told.stderr.replace(f"{tmp_path}/", "snippets/")
    )


@pytest.mark.parametrize("compared", ["type(value) is float", "type(value) is not type(1.0)"])
def test_a_module_of_the_program_that_compares_types_has_the_real_clock(
    compared: str, tmp_path: Path
) -> None:
    """What it would be told of a reading of the virtual one isn't so."""
    (tmp_path / "kinds.py").write_text(f"def asked(value): return {compared}\n", encoding="utf-8")
    code = "import kinds, time\nasync def main(): print(kinds.asked(time.time()))\n"
    with pytest.raises(NotVirtual, match=r"kinds\.py compares types by `is`"):
        played(code, tmp_path)
    # Of another size: what was compiled is kept by size and second.
    (tmp_path / "kinds.py").write_text("def asked(value):\n    return type(value) == float\n")
    assert played(code, tmp_path).lines == ["True"]


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/2"])
def test_who_opens_its_own_output_anew_has_the_real_clock(path: str, tmp_path: Path) -> None:
    with pytest.raises(NotVirtual, match=f"line 3 uses {path}"):
        played(f"async def main():\n    open({path!r}, 'w')\n", tmp_path)


EXITS = {
    "in a task": "async def main(): asyncio.create_task(end()); await asyncio.sleep(1)",
    "in a group": """
        async def main():
            async with asyncio.TaskGroup() as group:
                group.create_task(end())
        """,
    "in a gather": "async def main(): await asyncio.gather(end(), end())",
    "in a callback": """
        async def main():
            asyncio.get_running_loop().call_soon(sys.exit, 3)
            await asyncio.create_task(end())
        """,
    "in a thread": "async def main(): await asyncio.to_thread(sys.exit, 3)",
    "within a function": """
        async def main(): await asyncio.create_task(end())
        def start(): asyncio.run(main())
        start()
        """,
    "within a function that cleans up": """
        async def main(): await asyncio.create_task(end())
        def start():
            try: asyncio.run(main())
            finally: print("cleaned up", file=sys.stderr)
        start()
        """,
    "within a context": """
        import contextlib
        async def main(): await asyncio.create_task(end())
        with contextlib.suppress(ValueError):
            asyncio.run(main())
        """,
}


@pytest.mark.parametrize("kind", EXITS)
def test_who_ends_python_by_exit_leaves_the_traceback_that_python_tells(
    kind: str, tmp_path: Path
) -> None:
    """Asyncio tells it of a task of which nobody has heard the end."""
    code = "import sys\nasync def end(): await asyncio.sleep(0.01); sys.exit(3)\n" + dedent(
        EXITS[kind]
    )
    trace = played(code, tmp_path, run="run(" not in EXITS[kind])
    told = subprocess.run(
        [sys.executable, tmp_path / "planted.py"], capture_output=True, text=True, check=False
    )
    assert trace.stderr == told.stderr.replace(f"{tmp_path}/", "snippets/")
    assert (trace.exit, trace.lines) == (told.returncode, [])


DEEP = """
import sys
def count(n):
    global depth
    depth = n
    count(n + 1)
def fall():
    try: count(1)
    except RecursionError: print(depth, sys.getrecursionlimit())
async def sink(n):
    await sink(n + 1)
async def main():
    fall()
    loop = asyncio.get_running_loop()
    loop.call_soon(fall), loop.call_later(0.01, fall)
    await asyncio.create_task(asyncio.sleep(0.02))
    sys.setrecursionlimit(150)
    fall()
    for odd in 5, 0, "a":
        try: sys.setrecursionlimit(odd)
        except Exception as error: print(type(error).__name__, error)
    print(sys.setrecursionlimit)
    sys.setrecursionlimit(1000)
    await asyncio.create_task(sink(1))
fall()
"""


def test_calls_go_as_deep_as_without_the_stage(tmp_path: Path) -> None:
    trace = played(DEEP, tmp_path)
    plain = subprocess.run(
        [sys.executable, tmp_path / "planted.py"], capture_output=True, text=True, check=False
    )
    assert trace.lines == plain.stdout.splitlines()
    assert trace.stderr == plain.stderr.replace(f"{tmp_path}/", "snippets/")
    assert "more times" in trace.stderr


def test_what_c_writes_comes_as_on_a_terminal(tmp_path: Path) -> None:
    code = """
    import asyncio, ctypes, os
    c = ctypes.CDLL(None)
    async def main():
        print("one"); c.puts(b"by C"); await asyncio.sleep(1)
        c.printf(b"half "); print("two"); c.puts(b"the rest"); os.write(1, b"three\\n")
        c.printf(b"no end")
    asyncio.run(main())
    """
    (tmp_path / "planted.py").write_text(dedent(code), encoding="utf-8")
    trace = play("planted", snippets=tmp_path, clock="virtual")
    assert trace.lines == ["one", "by C", "two", "half the rest", "three", "no end"]


@pytest.mark.parametrize("kind", CASES)
def test_as_python_prints_it(kind: str, tmp_path: Path) -> None:
    code, shown = CASES[kind]
    trace = played(code, tmp_path)
    assert (trace.shown(), trace.exit, trace.stderr) == (shown, 0, "")


# What may not be printed, how the program ends, and a part of its stderr.
ENDS = {
    "raise ValueError('planted')": (1, "ValueError", "ValueError: planted"),
    "asyncio.current_task().cancel(); await asyncio.sleep(1)": (1, "CancelledError", "Cancelled"),
    "raise KeyboardInterrupt": (-2, "KeyboardInterrupt", "KeyboardInterrupt"),
    "raise BaseExceptionGroup('two', [KeyboardInterrupt()])": (1, "BaseExceptionGroup", "two"),
    "raise SystemExit": (0, "", ""),
    "raise SystemExit(3)": (3, "", ""),
    "raise SystemExit('planted')": (1, "", "planted"),
    "1 +": (1, "SyntaxError", 'File "snippets/planted.py", line 3'),
}


@pytest.mark.parametrize("statement", ENDS)
def test_how_it_ends(statement: str, tmp_path: Path) -> None:
    trace = played(f"async def main():\n    {statement}\n", tmp_path)
    code, raised, told = ENDS[statement]
    assert (trace.exit, trace.raised) == (code, raised)
    assert told in trace.stderr
    assert "proven" not in trace.stderr, "the stage's own frames are no part of the program"


OUTSIDE = (
    "await asyncio.create_subprocess_exec('true')",
    "await asyncio.create_subprocess_shell('true')",
    "import os; os.fork()",
    "import os; os.system('true')",
    "import subprocess; subprocess.run(['true'])",
    "import sqlite3; sqlite3.connect(':memory:')",
    "import os; os.utime('.')",
    "getattr(__import__('multiprocessing'), 'get_context')('spawn').Process(target=int).start()",
    "await asyncio.open_connection('127.0.0.1', 1)",
    "await asyncio.open_connection('example.org', 80)",
    "import sys; await asyncio.get_running_loop().connect_read_pipe(asyncio.Protocol, sys.stdin)",
    # By other names than the choice of the clock sees, as modules of the program's have them.
    "__import__('select').select([], [], [], 0.01)",
    "__import__('select').poll().poll(10)",
    "__import__('select').epoll().poll(0.01)",
    "__import__('selectors').DefaultSelector().select(0.01)",
    "__import__('signal').setitimer(0, 0.01)",
    "__import__('signal').alarm(1)",
    "__import__('sys').addaudithook(print)",
    "__import__('faulthandler').dump_traceback_later(0.01)",
    "__import__('signal').sigtimedwait([10], 0.01)",
    "__import__('multiprocessing').Event().wait(0.01)",
    "__import__('queue').SimpleQueue().get(timeout=0.01)",
    "socket = __import__('socket'); a, b = socket.socketpair(); a.settimeout(0.01); a.recv(1)",
    "socket = __import__('socket'); server = socket.create_server(('127.0.0.1', 0))\n"
    "        server.settimeout(0.01); server.accept()",
    "wait = __import__('threading').Event().wait\n"
    "        thread = __import__('threading').Thread(target=wait, daemon=True)\n"
    "        thread.start(); thread.join(0.01)",
)


@pytest.mark.parametrize("statement", OUTSIDE)
def test_what_takes_real_time_is_refused(statement: str, tmp_path: Path) -> None:
    body = f"    try:\n        {statement}\n    except BaseException: pass\n"
    code = f"async def main():\n    print('x')\n{body}"
    with pytest.raises(NotVirtual, match="planted"):
        played(code, tmp_path)


CLIENT = """
    import time, urllib.request
    async def handle(reader, writer):
        await reader.readuntil(b"\\r\\n\\r\\n")
        await asyncio.sleep(0.7)
        writer.write(b"HTTP/1.0 200 OK\\r\\n\\r\\nhello")
        writer.close()
    def ask(url):
        for _ in range(2):
            print(urllib.request.urlopen(url, timeout={limit}).read())
    async def tick():
        for _ in range(13):
            await asyncio.sleep(0.1)
    async def main():
        async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
            url = "http://127.0.0.1:{}".format(server.sockets[0].getsockname()[1])
            await asyncio.gather(asyncio.to_thread(ask, url), tick())
"""


def test_time_passes_no_limit_of_a_socket_by(tmp_path: Path) -> None:
    """Such a limit is in real seconds: who is given more than a peer needs doesn't notice."""
    trace = played(CLIENT.replace("{limit}", "1"), tmp_path)
    assert trace.shown() == ["0.7 │ b'hello'", "1.4 │ b'hello'"]
    with pytest.raises(NotVirtual, match=r"planted\.py: it waits at a socket for at most 0\.5 s"):
        played(CLIENT.replace("{limit}", "0.5"), tmp_path)


def test_who_looks_without_waiting_needs_no_time(tmp_path: Path) -> None:
    """So do clients of HTTP, which ask whether a connection of theirs is still open."""
    code = """
    select, selectors, socket = (__import__(x) for x in ("select", "selectors", "socket"))
    async def main():
        print(select.select([], [], [], 0), select.poll().poll(0), select.poll().poll(0.0))
        print(selectors.DefaultSelector().select(0))
        one, other = socket.socketpair()
        one.settimeout(1)
        other.send(b"x")
        print(select.select([one], [], [], 1)[0] == [one], one.recv(1))
        await asyncio.sleep(1)
    """
    trace = played(code, tmp_path)
    assert trace.shown() == ["0.0 │ ([], [], []) [] []", "0.0 │ []", "0.0 │ True b'x'"]


LIMITED = (
    "select.select([], [], [], 0.5)",
    "selectors.DefaultSelector().select(0.5)",
    "queue.SimpleQueue().get(timeout=0.5)",
    "other = threading.Thread(target=time.sleep, args=(2,)); other.start(); other.join(0.5)",
)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells for how long a thread waits")
@pytest.mark.parametrize("statement", LIMITED)
def test_time_passes_no_real_limit_of_a_thread_by(statement: str, tmp_path: Path) -> None:
    code = f"""
    import queue, select, selectors, threading, time
    def wait():
        {statement}
    async def main():
        print("x")
        await asyncio.gather(asyncio.to_thread(wait), asyncio.sleep(1))
    """
    with pytest.raises(NotVirtual, match=r"planted\.py: asyncio_0 waits until a moment, which is"):
        played(code, tmp_path)


def test_who_waits_busily_beside_others_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "SPIN", 0.01)
    refused: list[str] = []
    clock = Clock(refuse=refused.append)

    def sleep() -> None:
        clock.begin(threading.get_ident(), threading.get_native_id())
        clock.sleep(1)
        clock.end(threading.get_ident())

    thread = threading.Thread(target=sleep)
    thread.start()
    while not refused:
        pass
    clock.end(threading.get_ident())
    thread.join()
    assert "a thread is busy beside others that wait" in refused[0]
    assert clock.time() == 1


def test_a_deadlock_is_told_at_once(tmp_path: Path) -> None:
    code = """
    async def main():
        print("x")
        task = asyncio.create_task(asyncio.Event().wait(), name="waiter")
        await task
    """
    began = time.monotonic()
    trace = played(code, tmp_path)
    assert time.monotonic() - began < 10
    assert [(wait.actor, wait.what, wait.line) for wait in trace.deadlock] == [
        ("Task-1", "waiter", 5),
        ("waiter", "Event.wait", 0),
    ]


STUCK = {
    "a thread at a lock": (
        """
        lock = threading.Lock()
        async def main():
            print("x")
            lock.acquire()
            await asyncio.to_thread(lock.acquire)
        """,
        ["Task-1 waits for to_thread", "asyncio_0 waits for Lock lock, held by MainThread"],
    ),
    "the loop's own thread": (
        """
        async def inner(): pass
        async def main():
            print("x")
            asyncio.run_coroutine_threadsafe(inner(), asyncio.get_running_loop()).result()
        """,
        ["MainThread waits for Future"],
    ),
    "a loop and a thread": (
        """
        def work(loop):
            asyncio.run_coroutine_threadsafe(bell.wait(), loop).result()
        async def main():
            global bell
            bell = asyncio.Event()
            print("x")
            loop = asyncio.get_running_loop()
            threading.Thread(target=work, args=(loop,), name="work").start()
            await asyncio.sleep(1)
            await bell.wait()
        """,
        [
            "Task-1 waits for Event.wait",
            "Task-2 waits for Event.wait",
            "work waits for Future",
        ],
    ),
    "locks and queues of a loop": (
        """
        async def take(first, second):
            async with first:
                await asyncio.sleep(1)
                async with second: pass
        async def main():
            print("x")
            one, other = asyncio.Lock(), asyncio.Semaphore(1)
            jobs = asyncio.PriorityQueue()
            await asyncio.gather(take(one, other), take(other, one), jobs.get())
        """,
        [
            "Task-1 waits for Task-2, Task-3, Task-4",
            "Task-2 waits for Semaphore.acquire",
            "Task-3 waits for Lock.acquire",
            "Task-4 waits for PriorityQueue.get",
        ],
    ),
    "a thread that nobody feeds": (
        """
        box = queue.SimpleQueue()
        async def main():
            print("x")
            threading.Thread(target=lambda: box.get(), name="reader").start()
        """,
        ["MainThread waits for the end of reader", "reader waits for SimpleQueue box"],
    ),
}


@pytest.mark.parametrize("kind", STUCK)
def test_a_deadlock_of_threads_is_told_at_once(kind: str, tmp_path: Path) -> None:
    code, waits = STUCK[kind]
    began = time.monotonic()
    trace = played("import queue, threading\n" + dedent(code), tmp_path)
    assert time.monotonic() - began < 10
    assert trace.lines == ["x"]
    assert list(map(str, trace.deadlock)) == waits


def test_threads_have_lanes(tmp_path: Path) -> None:
    code = """
    import queue, threading, time
    lock, again, places = threading.Lock(), threading.RLock(), threading.BoundedSemaphore(1)
    bell, news, box, simple = (
        threading.Event(), threading.Condition(), queue.Queue(), queue.SimpleQueue()
    )
    def first():
        time.sleep(0.1)
        with lock, again, again, places:
            time.sleep(1)
        bell.set()
        time.sleep(1)
        with news: news.notify()
        time.sleep(1)
        box.put(1)
        time.sleep(1)
        simple.put(1)
    def second():
        time.sleep(0.2)
        with places: pass
        bell.wait()
        with news: news.wait()
        print(lock.acquire(), lock.acquire(timeout=0.5))
        box.get(), simple.get()
    async def main():
        threads = [threading.Thread(target=work, name=work.__name__) for work in (first, second)]
        for thread in threads: thread.start()
        await asyncio.to_thread(threads[1].join)
    """
    trace = played(code, tmp_path)
    assert trace.shown() == ["2.6 │ True False"]
    names = [actor.name for actor in trace.actors]
    assert {(actor.name, actor.kind) for actor in trace.actors} >= {
        ("first", "thread"),
        ("second", "thread"),
        ("asyncio_0", "thread"),
    }
    told = [
        (moment.time, moment.what, moment.text, "" if moment.by is None else names[moment.by])
        for moment in trace.moments
        if names[moment.actor] == "second" and moment.what not in ("created", "prints", "gives")
    ]
    assert told == [
        (0.0, "runs", "", ""),
        (0.2, "queues", "BoundedSemaphore", ""),
        (1.1, "takes", "BoundedSemaphore", "first"),
        (1.1, "waits", "", ""),
        (1.1, "runs", "", "first"),
        (1.1, "waits", "", ""),
        (2.1, "runs", "", "first"),
        (2.1, "takes", "Lock", "first"),
        (2.1, "queues", "Lock", ""),
        (2.6, "runs", "", ""),
        (2.6, "waits", "", ""),
        (3.1, "runs", "", "first"),
        (3.1, "waits", "", ""),
        (4.1, "runs", "", "first"),
        (4.1, "ends", "", ""),
    ]
    first = [
        (moment.time, moment.what, moment.text)
        for moment in trace.moments
        if names[moment.actor] == "first" and moment.what in ("takes", "gives")
    ]
    kinds = ("Lock", "RLock", "BoundedSemaphore")
    assert first == [
        *((0.1, "takes", kind) for kind in kinds),
        *((1.1, "gives", kind) for kind in reversed(kinds)),
    ]


def test_a_program_that_swallows_everything_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVEN_DEADLINE", "0.5")
    code = """
    async def main():
        while True:
            try:
                while True: pass
            except BaseException: pass
    """
    with pytest.raises(
        SnippetError, match=r"planted\.py: still running after 0\.5 s(.|\n)*DEADLINE"
    ):
        played(code, tmp_path)


def test_a_tie_that_real_time_would_break_is_told(tmp_path: Path) -> None:
    code = """
    async def tick():
        for number in range(4):
            await asyncio.sleep(0.5)
            print("tick", number)
    async def main():
        task = asyncio.create_task(tick())
        await asyncio.sleep({seconds})
        task.cancel()
        print("end")
    """
    trace = played(code.replace("{seconds}", "2"), tmp_path)
    assert trace.lines == ["tick 0", "tick 1", "tick 2", "end"]
    assert trace.ties == ("end",)
    assert played(code.replace("{seconds}", "2.1"), tmp_path).ties == ()


# What is gathered, and whether the system decides which line comes first.
OF_THREADS = {
    "two threads": ("to_thread(work, 'a', 1), to_thread(work, 'b', 1)", True),
    "one after the other": ("to_thread(work, 'a', 1), to_thread(work, 'b', 2)", False),
    "a thread and a task": ("to_thread(work, 'a', 1), say('b', 1)", True),
    "a thread before a task": ("to_thread(work, 'a', 1), say('b', 1.5)", False),
    "two that print nothing": ("to_thread(time.sleep, 1), to_thread(time.sleep, 1)", False),
    "two tasks": ("say('a', 1), say('b', 1)", False),
}


@pytest.mark.parametrize("kind", OF_THREADS)
def test_a_tie_of_threads_is_told(kind: str, tmp_path: Path) -> None:
    code = """
    import time
    from asyncio import to_thread
    def work(name, seconds):
        time.sleep(seconds)
        print(name)
    async def say(name, seconds):
        await asyncio.sleep(seconds)
        print(name)
    async def main():
        await asyncio.gather({what})
        print("end")
    """
    what, tied = OF_THREADS[kind]
    trace = played(code.replace("{what}", what), tmp_path)
    assert trace.lines[-1] == "end"
    assert set(trace.ties) == ({"a", "b"} if tied else set())


def test_a_tie_of_waits_reckoned_from_the_clock_is_told(tmp_path: Path) -> None:
    """Each is reckoned a moment after the clock was read: by how much, hangs on the machine."""
    code = """
    import time
    async def call(name, began):
        left = {left}
        await asyncio.sleep(left)
        print(name, type(left), f"{left:.1f}", left == float(repr(left)))
    async def main():
        began = time.monotonic()
        await asyncio.sleep(0.25)
        await asyncio.gather(*(call(name, began) for name in "ab"))
    """
    measured = code.replace("{left}", "max(0, 1 - (time.monotonic() - began))")
    told = ("a <class 'float'> 0.7 True", "b <class 'float'> 0.7 True")
    trace = played(measured, tmp_path)
    assert (tuple(trace.lines), trace.ties) == (told, told)
    trace = played(code.replace("{left}", "0.75"), tmp_path)
    assert trace.ties == ()


def test_what_was_given_shows_until_who_waits_goes_on() -> None:
    # Between its taking and its going on another thread must not let the time jump.
    signal = Signal()
    assert not signal.given()
    signal.release()
    assert signal.take(0)
    assert signal.given()


def test_a_thread_that_outlives_its_performance_ends() -> None:
    def work() -> None:
        while True:
            time.sleep(1000)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(2)]

    async def main() -> None:
        for thread in threads:
            thread.start()
        await asyncio.sleep(1)

    perform(main)
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_who_looks_around_while_the_play_ends_finds_no_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is raised in a thread while a weak reference dies is lost, so it may look on."""

    def main_waits_for_threads(*_: object) -> str:
        clock.over = True
        return "MainThread waits until a moment"

    clock, signal = Clock(), Signal()
    clock.begin("main", 1)
    monkeypatch.setattr(line, "are_blocked_but", lambda _looking: True)
    monkeypatch.setattr(clock._limits, "passed_by", main_waits_for_threads)
    with pytest.raises(line.Over):
        clock.wait(line.Due(1, clock), signal.take, signal.wake, signal.given)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux tells who runs")
def test_one_that_waits_in_c_for_one_that_looks_is_not_blocked() -> None:
    """Who looks may hold the mutex of the interpreter's lock, and not run on a busy machine."""
    looks, is_over = threading.Event(), threading.Event()

    def look() -> None:
        looks.set()
        while not is_over.is_set():
            pass

    def wait() -> None:
        is_over.wait()

    threads = [threading.Thread(target=each, daemon=True) for each in (look, wait)]
    for thread in threads:
        thread.start()
    looks.wait()
    looking = {int(task) for task in os.listdir("/proc/self/task")} - {threads[1].native_id or 0}
    told = [blocked.are_blocked_but(looking) for _ in range(20)]
    is_over.set()
    for thread in threads:
        thread.join()
    assert not any(told)


# How a thread waits only after the play in which it was started.
LATE = {
    "sleep": lambda: time.sleep(1000),
    "an event": lambda: threading.Event().wait(1000),
    "a queue": lambda: queue.Queue[int]().get(timeout=1000),
    "a loop of its own": lambda: asyncio.run(asyncio.sleep(1000)),
}


@pytest.mark.parametrize("how", LATE)
def test_a_thread_that_waits_after_its_performance_ends(how: str) -> None:
    over: list[int] = []
    ended: list[str] = []

    def work() -> None:
        while not over:
            pass
        LATE[how]()
        ended.append("it has waited really")

    thread = threading.Thread(target=work, daemon=True)

    async def main() -> None:
        thread.start()

    perform(main)
    over.append(1)
    thread.join(10)
    assert not thread.is_alive()
    assert ended == []


def test_many_threads_that_sleep_are_played_within_the_deadline(tmp_path: Path) -> None:
    code = """
    import time
    from concurrent.futures import ThreadPoolExecutor
    def work(number):
        for _ in range(3):
            time.sleep(0.1 + number / 1000)
    async def main():
        run = asyncio.get_running_loop().run_in_executor
        with ThreadPoolExecutor(200) as pool:
            await asyncio.gather(*(run(pool, work, number) for number in range(200)))
        print("end")
    """
    assert played(code, tmp_path).shown() == ["0.897 │ end"]


STOPPED = """
    async def job(name):
        try:
            await asyncio.sleep(9)
        finally:
            print(name)
"""
OF_SETS = {
    "a group that cancels": """
    async def main():
        with suppress(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                for name in "abc":
                    group.create_task(job(name))
                await asyncio.sleep(1)
                raise ValueError
    """,
    "tasks left at the end": """
    async def main():
        kept = [asyncio.create_task(job(name), name=name) for name in "abc"]
        await asyncio.sleep(1)
    """,
    "what is done": """
    async def main():
        tasks = [asyncio.create_task(asyncio.sleep(0, name)) for name in "abc"]
        done, _ = await asyncio.wait(tasks)
        for task in done:
            print(task.result())
    """,
    "one of those that are done": """
    async def main():
        tasks = [asyncio.create_task(asyncio.sleep(0, name)) for name in "abc"]
        done, _ = await asyncio.wait(tasks)
        print(done.pop().result(), len(done))
    """,
    "what a pool has done": """
    async def main():
        with ThreadPoolExecutor() as pool:
            for future in wait([pool.submit(str, name) for name in "abc"]).done:
                print(future.result())
    """,
}
IMPORTS = """
    from concurrent.futures import ThreadPoolExecutor, wait
    from contextlib import suppress
"""


@pytest.mark.parametrize("kind", OF_SETS)
def test_an_order_that_hangs_on_a_set_of_tasks_is_told(kind: str, tmp_path: Path) -> None:
    trace = played(IMPORTS + STOPPED + OF_SETS[kind], tmp_path)
    assert trace.ties
    assert "".join(trace.lines)[:3] in ("abc", "a 2")


def test_a_set_of_tasks_whose_order_changes_nothing_is_a_set_as_usual(tmp_path: Path) -> None:
    code = """
    async def main():
        tasks = [asyncio.create_task(asyncio.sleep(0, name), name=name) for name in "ab"]
        done, pending = await asyncio.wait(tasks)
        print(type(done), pending, done == {*tasks}, isinstance(done, set))
        print(sorted(task.result() for task in done), len(done | pending))
        print(repr(done)[:12], len(asyncio.all_tasks()))
        try:
            await asyncio.wait(["no task"])
        except (TypeError, AttributeError):
            print("refused")
    """
    trace = played(code, tmp_path)
    assert trace.ties == ()
    assert trace.lines[:2] == ["<class 'set'> set() True True", "['a', 'b'] 2"]
    assert trace.lines[2] == "{<Task finis 1"
    assert trace.lines[3] == "refused"


BUSY = """
import time
def compute(seconds):
    began = time.process_time()
    while time.process_time() - began < seconds: pass
"""
# Lines 6 and on, and where the stretch ends that decides what is printed.
COMPUTING = {
    "a thread beside timers": (
        """
        def work():
            compute(0.3)
            print("computed")
        async def tick():
            for _ in range(3):
                await asyncio.sleep(0.05)
                print("tick")
        async def main():
            await asyncio.gather(asyncio.to_thread(work), tick())
        """,
        8,
    ),
    "a thread that prints nothing": (
        """
        def work():
            compute(0.3)
        async def tick():
            await asyncio.sleep(0.05)
            print("tick")
        async def main():
            async def wait():
                await asyncio.to_thread(work)
                print("computed")
            await asyncio.gather(wait(), tick())
        """,
        6,
    ),
    "a timer set before and one after": (
        """
        async def say(text, seconds):
            await asyncio.sleep(seconds)
            print(text)
        async def main():
            first = asyncio.create_task(say("first", 0.2))
            await asyncio.sleep(0)
            compute(0.3)
            await asyncio.sleep(0.1)
            print("second")
            await first
        """,
        13,
    ),
    "seconds told": (
        """
        async def main():
            began = time.perf_counter()
            compute(0.3)
            print(time.perf_counter() - began > 0.2)
        """,
        9,
    ),
}


@pytest.mark.parametrize("kind", COMPUTING)
def test_computing_that_decides_what_is_printed_is_told(kind: str, tmp_path: Path) -> None:
    code, line = COMPUTING[kind]
    with pytest.raises(NotVirtual, match=rf"\.\d\d s until line {line}: .*`# takes 0\.\d s`"):
        played(BUSY + dedent(code).lstrip("\n"), tmp_path)
    lines = (BUSY + dedent(code).lstrip("\n")).lstrip("\n").split("\n")
    lines[line - 2] += "  # takes 0.3 s"
    assert played("\n".join(lines), tmp_path).timed, "what is stated may be shown"


def test_computing_that_decides_nothing_is_shown(tmp_path: Path) -> None:
    code = """
    async def main():
        tick = asyncio.create_task(asyncio.sleep(30))
        compute(0.1)
        print("computed")
        await tick
        print("end")
    """
    assert played(BUSY + dedent(code).lstrip("\n"), tmp_path).shown() == [
        " 0.0 │ computed",
        "30.0 │ end",
    ]


def test_computing_before_a_thread_is_started_hangs_nothing(tmp_path: Path) -> None:
    code = """
    import threading
    async def main():
        tick = asyncio.create_task(asyncio.sleep(30))
        compute(0.1)
        await asyncio.to_thread(print, "in a thread")
        compute(0.1)
        thread = threading.Thread(target=print, args=("in another",))
        thread.start()
        thread.join()
        await tick
    """
    trace = played(BUSY + dedent(code).lstrip("\n"), tmp_path)
    assert trace.shown() == ["0.0 │ in a thread", "0.0 │ in another"]


@pytest.mark.skipif(sys.version_info < (3, 12), reason="eager tasks are new in Python 3.12")
def test_eager_tasks_have_lanes(tmp_path: Path) -> None:
    code = """
    async def quick(x):
        print("quick", x)
    async def slow(x):
        print("slow begins", x)
        await asyncio.sleep(0.5)
        print("slow ends", x)
    async def main():
        asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
        await asyncio.gather(quick("a"), slow("b"))
    """
    trace = played(code, tmp_path)
    lanes = {
        (trace.actors[moment.actor].kind, moment.text)
        for moment in trace.moments
        if moment.what == "prints"
    }
    assert lanes == {("task", line) for line in trace.lines}
    assert len({moment.actor for moment in trace.moments if moment.what == "prints"}) == 2


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    code = """
    import gc, logging, os, sys
    def main_hook(*_): print("hook")
    async def main():
        logger = logging.getLogger("planted")
        print(logger.handlers, gc.isenabled(), sys.getrecursionlimit() == 777, "x" in os.environ)
        logger.addHandler(logging.StreamHandler())
        gc.disable()
        sys.setrecursionlimit(777)
        sys.excepthook = main_hook
        asyncio.sleep = None
        os.environ["x"] = "1"
        os.chdir("/")
    """
    first, second = (played(code, tmp_path) for _ in range(2))
    assert first.lines == second.lines == ["[] True False False"]
    assert not logging.getLogger("planted").handlers


def test_a_name_taken_while_loading_follows_the_play(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "snippets").mkdir()
    (tmp_path / "snippets/taken.py").write_text(
        "from time import sleep, monotonic\nasync def main():\n"
        "    began = monotonic()\n    sleep(2)\n    print(monotonic() - began)\n"
    )
    monkeypatch.chdir(tmp_path)
    snippet = load("taken")
    for _ in range(2):
        assert perform(snippet.main).shown() == ["2.0 │ 2.0"]
    assert abs(snippet.monotonic() - time.monotonic()) < 5, "outside it is the real clock"


def test_a_loaded_snippet_may_import_its_neighbour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for chapter in "one", "two":
        (tmp_path / "snippets" / chapter).mkdir(parents=True)
        (tmp_path / f"snippets/{chapter}/shared.py").write_text(f"class Seen: at = '{chapter}'\n")
        (tmp_path / f"snippets/{chapter}/user.py").write_text("from shared import Seen\n")
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    seen = [load(f"{chapter}/user").Seen for chapter in ("one", "two", "one")]
    assert [each.at for each in seen] == ["one", "two", "one"]
    assert seen[0] is not seen[2], "each call makes its classes anew"
    assert sys.path == path
    assert "shared" not in sys.modules


def test_a_play_in_a_thread(tmp_path: Path) -> None:
    found: list[Trace] = []
    code = "async def main():\n    print('x')\n"
    thread = threading.Thread(target=lambda: found.append(played(code, tmp_path)))
    thread.start()
    thread.join()
    assert found[0].lines == ["x"]


def test_a_deadlock_in_a_performed_coroutine() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(SnippetError, match=r"deadlock.*\nTask-1 waits for"):
        perform(main)


def test_the_stage_loads_no_test_runner() -> None:
    code = "import sys, proven.stage; print({'pytest', 'sphinx'} & {*sys.modules})"
    stage = Path(__file__).parents[3] / "source/_ext"
    told = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(stage)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "set()\n"


def test_what_plays_take_counts_as_the_players_own(tmp_path: Path) -> None:
    """Else every measurement of a build would leave them out."""

    def taken() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    rest()
    before = taken()
    code = """
    import time
    async def main():
        while time.process_time() < 0.5: pass  # takes 0.5 s
        print("computed")
    """
    assert played(code, tmp_path).lines == ["computed"]
    rest()
    assert taken() - before > 0.5
