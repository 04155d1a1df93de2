"""Proofs for source/debugging/hung-program.md."""

from __future__ import annotations

import asyncio
import faulthandler
import inspect
import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from queue import Queue
from textwrap import dedent
from time import monotonic, sleep
from typing import Any

import pytest
from proven.stage import load, perform, perform_script, play
from proven.stage.player import path_of

from tests.ways import ways
from tests.ways_processes import METHODS, filled, run_by


class Stuck:
    """One thing of each kind that a thread can wait for, and what ends all the waits."""

    def __init__(self) -> None:
        self.lock, self.event = threading.Lock(), threading.Event()
        self.condition, self.queue = threading.Condition(), Queue[int]()
        self.future, self.other = Future[int](), threading.Thread(target=self.event.wait)
        self.lock.acquire()

    def at_lock(self) -> None:
        self.lock.acquire()

    def at_with(self) -> None:
        with self.lock:
            pass

    def at_event(self) -> None:
        self.event.wait()

    def at_condition(self) -> None:
        with self.condition:
            self.condition.wait()

    def at_queue(self) -> None:
        self.queue.get()

    def at_result(self) -> None:
        self.future.result()

    def at_join(self) -> None:
        self.other.start()
        self.other.join()

    def release(self) -> None:
        self.lock.release()
        self.event.set()
        self.queue.put(1)
        self.future.set_result(1)
        with self.condition:
            self.condition.notify_all()


@contextmanager
def waiting(method: str) -> Iterator[int]:
    """Have a thread wait in that method of Stuck; give the line at which it waits."""
    stuck = Stuck()
    thread = threading.Thread(target=getattr(stuck, method))
    thread.start()
    try:
        yield until_it_stands(thread, method)
    finally:
        stuck.release()
        thread.join(30)
        assert not thread.is_alive()


def until_it_stands(thread: threading.Thread, method: str) -> int:
    """Return the line of `method` at which a thread has come to stand."""
    seen, until = [(0, 0)], monotonic() + 30
    while monotonic() < until:
        assert thread.ident
        frame = inner = sys._current_frames().get(thread.ident)
        while frame and frame.f_code.co_name != method:
            frame = frame.f_back
        if frame and inner:
            seen.append((frame.f_lineno, inner.f_lasti))
            if len(set(seen[-10:])) == 1 and len(seen) > 10:
                return frame.f_lineno
        sleep(0.002)
    raise AssertionError(f"the thread never came to stand in {method}")


def lines_of_the_dump(dump: Callable[..., None]) -> list[str]:
    with tempfile.TemporaryFile("w+") as report:
        dump(report)
        report.seek(0)
        return [line.strip() for line in report]


def by_signal(report: object) -> None:
    faulthandler.register(signal.SIGUSR1, file=report)
    signal.raise_signal(signal.SIGUSR1)
    faulthandler.unregister(signal.SIGUSR1)


DUMPS = {"at once": faulthandler.dump_traceback, "by a signal": by_signal}
WAITS = {
    name: name
    for name in (
        *("at_lock", "at_with", "at_event", "at_condition"),
        *("at_queue", "at_result", "at_join"),
    )
}


@pytest.mark.always("hung-faulthandler-names-line")
@ways(dump=DUMPS, wait=WAITS)
def test_the_dump_names_the_line(dump: Callable[..., None], wait: str) -> None:
    source = path_of("debugging/hung_lock").read_text(encoding="utf-8").splitlines()
    named = [source[int(line.split()[1]) - 1].strip() for line in play("debugging/hung_lock").lines]
    assert named[:2] == ["with self.lock:", "if self.allows(amount):"]
    assert named[-1] == "main()"
    with waiting(wait) as line:
        report = lines_of_the_dump(dump)
    assert f'File "{__file__}", line {line} in {wait}' in report


@pytest.mark.always("hung-dump-innermost-first")
@ways(wait=WAITS)
def test_the_innermost_call_comes_first(wait: str) -> None:
    trace = play("debugging/hung_lock")
    assert [line.split(" in ")[1] for line in trace.lines] == ["allows", "pay", "main", "<module>"]
    with waiting(wait) as line:
        report = lines_of_the_dump(faulthandler.dump_traceback)
    place = report.index(f'File "{__file__}", line {line} in {wait}')
    run = next(n for n, told in enumerate(report) if n > place and told.endswith(" in run"))
    heads = [n for n, told in enumerate(report) if "most recent call first" in told]
    assert not any(place < head < run for head in heads), "one thread's part"


BUSY = {
    "computes in C": "sum(itertools.count())",
    "computes in Python": "while True: pass",
    "waits for a lock": "lock = threading.Lock(); lock.acquire(); lock.acquire()",
    "holds up the loop": "asyncio.run(hold_up())",
}
PROGRAM = """\
import asyncio, faulthandler, itertools, signal, sys, threading, time
async def hold_up(): time.sleep(3600)
faulthandler.register(signal.SIGUSR1)
print("ready", flush=True)
def stand():
    {stand}
stand()
"""


@pytest.mark.always("hung-register-goes-on")
@ways(stand=BUSY)
def test_a_running_program_answers_and_goes_on(stand: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(stand=stand)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            assert program.stdout
            assert program.stderr
            assert program.stdout.readline() == "ready\n"
            for _ in range(2):
                program.send_signal(signal.SIGUSR1)
                while "<module>" not in (line := program.stderr.readline()):
                    assert line, "it has ended"
            assert program.poll() is None
        finally:
            program.kill()


@pytest.mark.sometimes("hung-closed-report")
@ways(replaced={"by another": "data.csv", "by itself": "report"})
def test_the_report_of_a_closed_file_goes_astray(replaced: str, tmp_path: Path) -> None:
    # no mutant: пример сначала отменяет регистрацию, а потом закрывает файл
    with open(tmp_path / "report", "w") as report:
        faulthandler.register(signal.SIGUSR1, file=report)
        number = report.fileno()
    try:
        with open(tmp_path / replaced, "w") as other:
            assert other.fileno() == number
            signal.raise_signal(signal.SIGUSR1)
    finally:
        faulthandler.unregister(signal.SIGUSR1)
    assert "most recent call first" in (tmp_path / replaced).read_text()


@pytest.mark.always("hung-signal-handler-needs-loop")
@ways(held={"by sleep": "sleep", "by computing": "compute"})
def test_a_handler_of_the_loop_waits_for_the_loop(held: str) -> None:
    called: list[str] = []

    def hold_up() -> None:
        if held == "sleep":
            sleep(0.02)
        until = monotonic() + 0.02
        while monotonic() < until:
            pass

    async def main() -> None:
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, lambda: (called.append("tell"), told.set()))
        os.kill(os.getpid(), signal.SIGUSR1)
        hold_up()
        called.append("the loop was held up")
        await told.wait()
        loop.remove_signal_handler(signal.SIGUSR1)

    asyncio.run(main())
    assert called == ["the loop was held up", "tell"]
    assert play("debugging/hung_await").lines[-1] == "still waiting: True"


async def deep(depth: int, event: asyncio.Event) -> None:
    """Wait for `event` so many coroutines deep."""
    if depth:
        await deep(depth - 1, event)
    else:
        await event.wait()


async def stand(depth: int, event: asyncio.Event) -> asyncio.Task[None]:
    """Return a task that waits so deep, when it has come there."""
    task = asyncio.create_task(deep(depth, event))
    await asyncio.sleep(0)
    return task


DEPTHS = {"none": 0, "one": 1, "three": 3, "thirty": 30}


@pytest.mark.always("hung-all-tasks")
@ways(many={"none": 0, "one": 1, "many": 20}, depth=DEPTHS)
def test_all_unfinished_tasks_are_told(many: int, depth: int) -> None:
    told = [line.split(": line ") for line in play("debugging/hung_await").lines[:-1]]
    assert [name for name, _ in told] == ["Task-1", "fetch-1", "fetch-2"]
    source = path_of("debugging/hung_await").read_text(encoding="utf-8").splitlines()
    assert "await token(ready)" in source[int(told[1][1]) - 1]

    async def main() -> None:
        event = asyncio.Event()
        tasks = {await stand(depth, event) for _ in range(many)}
        done = await stand(0, ready := asyncio.Event())
        ready.set()
        await done
        assert asyncio.all_tasks() - {asyncio.current_task()} == tasks
        event.set()
        await asyncio.gather(*tasks)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        print("asserted")

    assert perform(main).lines == ["asserted"]


@pytest.mark.always("hung-one-frame")
@ways(depth=DEPTHS)
def test_a_waiting_task_has_one_frame(depth: int) -> None:
    assert play("debugging/hung_queue_broken").lines[1:] == ["worker: work", "closing: join"]

    async def main() -> None:
        event = asyncio.Event()
        task = await stand(depth, event)
        (frame,) = task.get_stack()
        assert frame is task.get_coro().cr_frame
        event.set()
        await task
        assert not task.get_stack()
        print("asserted")

    assert perform(main).lines == ["asserted"]


async def waits_forever() -> AsyncGenerator[None, None]:
    await asyncio.Event().wait()
    yield


class Steps:
    """Its step is a call of a coroutine function, unlike a generator's."""

    async def __anext__(self) -> None:
        await asyncio.Event().wait()


STEPS: dict[str, Callable[[], Any]] = {  # a task takes them, though their type is no Coroutine
    "anext": lambda: anext(waits_forever()),
    "anext with a default": lambda: anext(waits_forever(), None),
    "asend": lambda: waits_forever().asend(None),
    "__anext__": lambda: waits_forever().__anext__(),
}


@pytest.mark.always("hung-no-frame-of-a-step")
@ways(step=STEPS)
def test_a_task_of_a_step_has_no_frame(step: Callable[[], Any]) -> None:
    tell = load("debugging/hung_await").tell
    where = load("debugging/hung_queue_fixed").where

    async def main() -> None:
        task = asyncio.create_task(step(), name="step")
        own = asyncio.create_task(Steps().__anext__(), name="step of its own class")
        await asyncio.sleep(0)
        assert not task.get_stack()
        assert not where(task)
        assert len(own.get_stack()) == 1
        tell(asyncio.Event())

    told = [line.split(": line ") for line in perform(main).lines]
    places = {name: line for name, line in told if not name.startswith("Task-")}
    assert places.pop("step", None) == "unknown"
    assert [line.isdecimal() for line in places.values()] == [True]


@pytest.mark.always("hung-chain")
@ways(depth=DEPTHS)
def test_the_chain_leads_to_the_innermost_coroutine(depth: int) -> None:
    trace = play("debugging/hung_queue_fixed")
    assert trace.find("worker: work > next_job > get")
    where = load("debugging/hung_queue_fixed").where

    async def main() -> None:
        event = asyncio.Event()
        task = await stand(depth, event)
        names = where(task).split(" > ")
        assert names == ["deep"] * (depth + 1) + ["wait"]
        event.set()
        await task
        assert inspect.getcoroutinestate(task.get_coro()) == "CORO_CLOSED"
        print("asserted")

    assert perform(main).lines == ["asserted"]
    # The exceptions that the sentence makes.
    assert the_chain_ends_early(by_generator)
    assert the_chain_ends_early(by_context_manager)
    assert the_chain_ends_early(by_own_class)


class Own:
    """Stands in a coroutine that the chain doesn't come to."""

    def __init__(self, event: asyncio.Event) -> None:
        self.event = event

    def __await__(self) -> Generator[Any, None, Any]:
        return self.event.wait().__await__()


async def by_generator(event: asyncio.Event) -> None:
    async def steps() -> AsyncIterator[None]:
        await event.wait()
        yield

    async for _ in steps():
        pass


async def by_context_manager(event: asyncio.Event) -> None:
    @asynccontextmanager
    async def connection() -> AsyncIterator[None]:
        await event.wait()
        yield

    async with connection():
        pass


async def by_own_class(event: asyncio.Event) -> None:
    await Own(event)


def the_chain_ends_early(hiding: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> bool:
    async def main() -> None:
        event = asyncio.Event()
        task = asyncio.create_task(hiding(event))
        await asyncio.sleep(0)
        print(load("debugging/hung_queue_fixed").where(task))
        event.set()
        await task

    ((first, *rest),) = (line.split(" > ") for line in perform(main).lines)
    return first == hiding.__name__ and rest in ([], ["__aenter__"])


ASKED = """\
import asyncio
async def inner(): await asyncio.Event().wait()
async def outer(): await inner()
async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(outer(), name="one")
        group.create_task(outer(), name="two")
        asyncio.get_running_loop().call_soon(lambda: print("ready", flush=True))
asyncio.run(main())
"""


def asked(command: str, program: str = ASKED) -> subprocess.CompletedProcess[str]:
    """Return what `python -m asyncio COMMAND PID` tells of a program that is "ready"."""
    with subprocess.Popen(
        [sys.executable, "-c", dedent(program)], stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout
            assert running.stdout.readline() == "ready\n"
            told = subprocess.run(
                [sys.executable, "-m", "asyncio", command, str(running.pid)],
                capture_output=True,
                text=True,
                check=False,
            )
            assert running.poll() is None
        finally:
            running.kill()
    return told


def tree_of(told: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the tasks, "(T) name", and coroutines of a tree, without the places of these."""
    assert told.returncode == 0, told.stderr
    lines = [line.strip("│├└─ ") for line in told.stdout.splitlines()]
    return [line if line.startswith("(T)") else line.split(" ")[0] for line in lines]


@pytest.mark.always("hung-pstree", since="3.14")
def test_pstree_tells_who_waits_for_whom() -> None:
    # no mutant: команда есть только с 3.14, и примера с ней нет
    # one way: a command; its program waits in tasks, in coroutines of them and for a group
    told = tree_of(asked("pstree"))
    for name in ("one", "two"):
        place = told.index(f"(T) {name}")
        assert told[place + 1 : place + 4] == ["outer", "inner", "Event.wait"]
        assert told.index("main") < place


OWN_CLASS = """
import asyncio
from contextlib import asynccontextmanager
class Request:
    def __await__(self):
        BODY
async def inner(): await asyncio.Event().wait()
async def by_class(): await Request()
@asynccontextmanager
async def connection():
    await inner()
    yield
async def by_generator():
    async with connection(): pass
async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(by_class(), name="one")
        group.create_task(by_generator(), name="two")
        asyncio.get_running_loop().call_soon(lambda: print("ready", flush=True))
asyncio.run(main())
"""


@pytest.mark.always("hung-pstree-own-class", since="3.14")
@ways(
    body={
        "a coroutine's": "return inner().__await__()",
        "a generator": "return (yield from inner().__await__())",
    }
)
def test_pstree_ends_at_a_class_of_ones_own(body: str) -> None:
    # no mutant: команда есть только с 3.14, и примера с ней нет
    told = tree_of(asked("pstree", filled(OWN_CLASS, BODY=body)))
    place = told.index("(T) one")
    assert told[place + 1] == "by_class"
    assert "inner" not in told[place + 1 : told.index("(T) two")]
    chain = told[told.index("(T) two") + 1 :]
    # gh-159620: in these releases an asynchronous generator ends the chain, too.
    ends = sys.version_info < (3, 14, 9) or (3, 15) <= sys.version_info < (3, 15, 1)
    assert ("inner" in chain) is not ends
    assert ends or chain[2:5] == ["connection", "inner", "Event.wait"]


CYCLE = """
import asyncio
tasks = []
async def wait_for_the_next(number):
    await tasks[(number + 1) % {count}]
async def main():
    for number in range({count}):
        tasks.append(asyncio.create_task(wait_for_the_next(number), name=f"link-{{number}}"))
    for _ in range(3):
        await asyncio.sleep(0)
    print("ready", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.always("hung-pstree-cycle", since="3.14")
@ways(count={"2": 2, "3": 3})
def test_pstree_names_a_cycle_instead_of_a_tree(count: int) -> None:
    # no mutant: команда есть только с 3.14, и примера с ней нет
    program = CYCLE.format(count=count)
    refused, table = asked("pstree", program), asked("ps", program)
    assert not refused.stdout
    for number in range(count):
        assert f"link-{number}" in refused.stderr
        assert f"link-{number}" in table.stdout
    assert table.returncode == 0


HELD_UP = """
import asyncio, time
def ready():
    print("ready", flush=True)
async def inner():
    {held}
async def outer():
    await inner()
async def main():
    await asyncio.create_task(outer(), name="busy")
asyncio.run(main())
"""


@pytest.mark.always("hung-pstree-busy", since="3.14")
@ways(
    held={
        "asleep": ("ready(); time.sleep(3600)", False),
        "computing": ("ready(); sum(iter(int, 1))", False),
        "waiting": (
            "asyncio.get_running_loop().call_soon(ready); await asyncio.sleep(3600)",
            True,
        ),
    }
)
def test_pstree_tells_no_chain_of_a_busy_task(held: tuple[str, bool]) -> None:
    # no mutant: команда есть только с 3.14, и примера с ней нет
    line, is_whole = held
    told = tree_of(asked("pstree", HELD_UP.format(held=line)))
    place = told.index("(T) busy")
    assert told[place + 1] == "outer"
    assert ("inner" in told) is is_whole


IN_A_THREAD = """
import asyncio, threading
async def wait():
    asyncio.get_running_loop().call_soon(lambda: print("ready", flush=True))
    await asyncio.Event().wait()
def run():
    asyncio.run(wait())
{start}
"""


@pytest.mark.sometimes("hung-pstree-other-thread", since="3.14", before="3.15")
def test_pstree_may_not_see_a_loop_in_a_thread() -> None:
    # no mutant: команда есть только с 3.14, и примера с ней нет
    assert "wait" in tree_of(asked("pstree", IN_A_THREAD.format(start="run()")))
    start = "threading.Thread(target=run).start()"
    assert not tree_of(asked("pstree", IN_A_THREAD.format(start=start)))


@pytest.mark.always("hung-call-graph-of-one", since="3.14")
@ways(depth=DEPTHS)
def test_a_call_graph_is_of_one_task(depth: int) -> None:
    # no mutant: функция есть только с 3.14, и примера с ней нет
    # Mypy reads for 3.11, which lacks it.
    show: Callable[..., None] = getattr(asyncio, "print_call_graph")  # noqa: B009

    def shown(*of: asyncio.Task[None]) -> str:
        report = io.StringIO()
        show(*of, file=report)
        return report.getvalue()

    async def main() -> None:
        event, loop = asyncio.Event(), asyncio.get_running_loop()
        task = await stand(depth, event)
        task.set_name("awaited")

        async def wait() -> None:
            await task

        waiting = asyncio.create_task(wait(), name="waiting")
        await asyncio.sleep(0)
        assert shown(task).count(" in async deep(") == depth + 1
        assert "Task(name='waiting'" in shown(task)
        assert "Task(name='awaited'" not in shown(waiting)
        own = shown()
        assert own.count("Task(name=") == 1
        assert ".main()" in own
        in_callback = loop.create_future()
        loop.call_soon(lambda: in_callback.set_result(shown()))
        assert not (await in_callback).strip()
        event.set()
        await waiting
        print("asserted")

    assert perform(main).lines == ["asserted"]


STANDING = """
    import contextlib
    import faulthandler
    import multiprocessing
    import os
    import signal
    import subprocess
    import sys
    import tempfile
    import time
    from concurrent.futures import ProcessPoolExecutor

    def register(path):
        faulthandler.register(signal.SIGUSR1, file=open(path, "w"))

    def prepare(path, both):
        global barrier, report
        barrier, report = both, path
        if IN_THE_CHILD:
            register(path)

    def stand():
        barrier.wait()
        return "went on"

    def child(path, both):
        prepare(path, both)
        stand()

    def text(path):
        return open(path).read() if os.path.exists(path) else ""

    def come(both):
        while not both.n_waiting:
            time.sleep(0.005)
"""
"""Has a child that stands at a barrier, so that others can know that it does."""

EXECUTOR = {
    "POOL": "ProcessPoolExecutor(1, initializer=prepare, initargs=(path, both))",
    "START": "pool.submit",
    "RESULT": "result",
}
POOL = {
    "POOL": "multiprocessing.Pool(1, prepare, (path, both))",
    "START": "pool.apply_async",
    "RESULT": "get",
}
WORKERS = {"an executor": EXECUTOR, "a pool": POOL}


def told(method: str, code: str, **words: object) -> list[str]:
    """Return what STANDING with that code prints, processes of which are started by `method`."""
    program = run_by(method, filled(STANDING, **words) + filled(code, **words))
    assert program.returncode == 0, program.stderr
    return program.stdout.splitlines()


@pytest.mark.always("hung-worker-answers")
@ways(method=METHODS, workers=WORKERS)
def test_a_worker_tells_where_it_stands(method: str, workers: dict[str, str]) -> None:
    lines = play("debugging/hung_worker").lines
    source = path_of("debugging/hung_worker").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "tea is ready"
    assert "barrier.wait()" in source[int(lines[1].split()[1]) - 1]
    assert lines[2:] == ["waits for a job"]
    lines = told(
        method,
        """
        if __name__ == "__main__":
            both = multiprocessing.Barrier(2)
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "report")
                with POOL as pool:
                    job = START(stand)
                    come(both)
                    worker, = multiprocessing.active_children()
                    while "<module>" not in text(path):
                        os.kill(worker.pid, signal.SIGUSR1)
                        time.sleep(0.005)
                    print(*{line[-8:] for line in text(path).splitlines() if " in stand" in line})
                    both.wait()
                    print(job.RESULT())
        """,
        **workers,
        IN_THE_CHILD=True,
    )
    assert lines == ["in stand", "went on"]


@pytest.mark.always("hung-worker-own-registration")
@ways(method=METHODS)
def test_only_a_forked_child_has_the_registration_of_its_parent(method: str) -> None:
    lines = told(
        method,
        """
        if __name__ == "__main__":
            both = multiprocessing.Barrier(2)
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "report")
                register(path)
                process = multiprocessing.Process(target=child, args=(path, both))
                process.start()
                come(both)
                while process.exitcode is None and "<module>" not in text(path):
                    # its fork server may have taken note of its death, and its parent not yet
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(process.pid, signal.SIGUSR1)
                    time.sleep(0.005)
                print("in stand" in text(path))
                if process.exitcode is None:
                    both.wait()
                process.join()
                print(process.exitcode == -signal.SIGUSR1, process.exitcode)
        """,
        IN_THE_CHILD=False,
    )
    died = ["False", f"True {-signal.SIGUSR1}"]
    assert lines == (["True", "False 0"] if method == "fork" else died)
    lines = told(
        method,
        """
        faulthandler.register(signal.SIGUSR1, file=open("report", "a"))

        if __name__ == "__main__":
            both = multiprocessing.Barrier(2)
            process = multiprocessing.Process(target=child, args=("report", both))
            process.start()
            come(both)
            os.kill(process.pid, signal.SIGUSR1)
            while "<module>" not in text("report") and process.exitcode is None:
                time.sleep(0.005)
            print("in stand" in text("report"))
            if process.exitcode is None:
                both.wait()
            process.join()
            print(process.exitcode)
        """,
        IN_THE_CHILD=False,
    )
    assert lines == ["True", "0"], "what is at the top of the program, each child does anew"


@pytest.mark.always("hung-active-children")
@ways(method=METHODS)
def test_who_runs_of_those_started_is_told(method: str) -> None:
    lines = told(
        method,
        """
        if __name__ == "__main__":
            both, path = multiprocessing.Barrier(2), None
            done = multiprocessing.Process(target=int)
            done.start()
            while done.exitcode is None:
                time.sleep(0.005)
            other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
            print(len(multiprocessing.active_children()))
            process = multiprocessing.Process(target=child, args=(path, both), name="own")
            process.start()
            print([running.name for running in multiprocessing.active_children()])
            with ProcessPoolExecutor(1) as pool, multiprocessing.Pool(1) as old:
                pids = {pool.submit(os.getpid).result(), old.apply(os.getpid), process.pid}
                print({running.pid for running in multiprocessing.active_children()} == pids)
                print({running.exitcode for running in multiprocessing.active_children()})
            both.wait()
            process.join()
            print(other.poll() is None, [p.name for p in multiprocessing.active_children()])
            other.communicate(b"\\n")
        """,
        IN_THE_CHILD=False,
    )
    assert lines == ["0", "['own']", "True", "{None}", "True []"]


@pytest.mark.always("hung-worker-deadline")
@ways(method=METHODS, workers=WORKERS)
def test_a_job_tells_where_it_stands_when_its_time_is_out(
    method: str, workers: dict[str, str]
) -> None:
    lines = told(
        method,
        """
        def wait(path):
            while "<module>" not in text(path):
                time.sleep(0.005)

        def job():
            early, late = report + "early", report + "late"
            faulthandler.dump_traceback_later(0.05, file=open(early, "w"))
            faulthandler.cancel_dump_traceback_later()
            faulthandler.dump_traceback_later(0.05, repeat=True, file=open(late, "w"))
            wait(late)
            faulthandler.cancel_dump_traceback_later()
            return [text(early), "in wait" in text(late), "in job" in text(late)]

        if __name__ == "__main__":
            both = None
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "report")
                with POOL as pool:
                    print(START(job).RESULT())
        """,
        **workers,
        IN_THE_CHILD=False,
    )
    assert lines == ["['', True, True]"]


@pytest.mark.always("hung-one-deadline")
@ways(
    setter={
        "the same thread": "set_again()",
        "another thread": "thread = Thread(target=set_again); thread.start(); thread.join()",
    },
)
def test_a_new_deadline_takes_the_place_of_the_last(setter: str) -> None:
    # no mutant: сроки держит сам faulthandler
    program = filled(
        """
        import faulthandler, tempfile, time
        from threading import Thread

        def told(report):
            report.seek(0)
            return "Timeout" in report.read()

        def set_again():
            faulthandler.dump_traceback_later(1, file=last)

        while True:
            first, last = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")
            faulthandler.dump_traceback_later(0.5, file=first)
            SETTER
            if not told(first):
                break  # in time: on a busy machine the first may come before
        while not told(last):
            time.sleep(0.01)
        print(told(first))
        """,
        SETTER=setter,
    )
    assert perform_script(program).lines == ["False"]


@pytest.mark.always("hung-deadline-outlives-its-job")
@ways(method=METHODS, workers=WORKERS)
def test_a_deadline_outlives_its_job(method: str, workers: dict[str, str]) -> None:
    lines = told(
        method,
        """
        def job():
            faulthandler.dump_traceback_later(0.05, file=open(report, "w"))
            return "ended"

        if __name__ == "__main__":
            both = None
            with tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "report")
                with POOL as pool:
                    told_of_the_job = True
                    while told_of_the_job:  # it may not have come to its end in time
                        ended = START(job).RESULT()
                        while "<module>" not in text(path):
                            time.sleep(0.005)
                        told_of_the_job = "in job" in text(path)
                    print(ended)
        """,
        **workers,
        IN_THE_CHILD=False,
    )
    assert lines == ["ended"]


@pytest.mark.always("hung-forkserver-is-the-parent")
@ways(method=METHODS, workers=WORKERS)
def test_whose_child_a_worker_is(method: str, workers: dict[str, str]) -> None:
    lines = told(
        method,
        """
        if __name__ == "__main__":
            both, path = None, "report"
            with POOL as pool:
                print(START(os.getppid).RESULT() == os.getpid())
        """,
        **workers,
        IN_THE_CHILD=False,
    )
    assert lines == [str(method != "forkserver")]


@pytest.mark.always("hung-service-processes-die")
@ways(
    service={
        "fork server": "forkserver._forkserver._forkserver_pid",
        "resource tracker": "resource_tracker._resource_tracker._pid",
    }
)
def test_the_signal_ends_what_serves_the_processes(service: str) -> None:
    lines = told(
        "forkserver",
        """
        from multiprocessing import forkserver, resource_tracker

        if __name__ == "__main__":
            register("report")
            process = multiprocessing.Process(target=int)
            process.start()
            process.join()
            os.kill(SERVICE, signal.SIGUSR1)
            _, status = os.waitpid(SERVICE, 0)
            print(os.waitstatus_to_exitcode(status) == -signal.SIGUSR1, flush=True)
            os._exit(0)  # multiprocessing would miss it
        """,
        SERVICE=service,
        IN_THE_CHILD=False,
    )
    assert lines == ["True"]


@pytest.mark.always("hung-manager-dies")
@ways(method=METHODS, is_registered={"registered": True, "not": False})
def test_a_manager_is_a_child_that_the_signal_ends(method: str, is_registered: bool) -> None:
    lines = told(
        method,
        """
        if IS_REGISTERED:
            faulthandler.register(signal.SIGUSR1, file=open("report", "a"))

        if __name__ == "__main__":
            with multiprocessing.Manager() as manager:
                (child,) = multiprocessing.active_children()
                os.kill(child.pid, signal.SIGUSR1)
                if IS_REGISTERED:
                    while not text("report"):
                        time.sleep(0.005)
                    print(manager.list([1]))
                else:
                    child.join()
                    print(child.exitcode == -signal.SIGUSR1)
        """,
        IS_REGISTERED=is_registered,
        IN_THE_CHILD=False,
    )
    assert lines == ["[1]" if is_registered else "True"]
