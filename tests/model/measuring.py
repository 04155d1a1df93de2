"""Experiments on time and on the GIL: what no recorded output can show.

The proofs of this chapter and `make measure` share them.  They need the standard library
and proven.claims only, so that any interpreter can run them.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from proven.claims import has_gil

Tool = Callable[["Load"], object]


@dataclass(frozen=True)
class Load:
    """One kind of work: `jobs` calls of `work(size)`; asyncio awaits those that only wait."""

    work: Callable[[Any], object]
    size: float
    jobs: int
    waits: bool = False


def count(rounds: int) -> None:
    """Compute in pure Python: the interpreter is busy all the time."""
    while rounds:
        rounds -= 1


def digest(rounds: int) -> bytes:
    """Compute in C, in a function that lets the GIL go."""
    return hashlib.pbkdf2_hmac("sha256", b"password", b"salt", rounds)


WAIT = Load(time.sleep, 0.1, 10, waits=True)
COUNT = Load(count, 30_000_000, 2)
DIGEST = Load(digest, 500_000, 2)


def in_a_row(load: Load) -> None:
    """Do the jobs one after the other: what the tools are compared with."""
    for _ in range(load.jobs):
        load.work(load.size)


def in_threads(load: Load) -> None:
    """Do each job in a thread of its own."""
    with futures.ThreadPoolExecutor(load.jobs) as pool:
        list(pool.map(load.work, [load.size] * load.jobs))


def in_processes(load: Load) -> None:
    """Do each job in a process of its own; starting them counts, as in a bare program."""
    # Where they don't fork, they would import the main module of whoever measures.
    main, sys.modules["__main__"] = sys.modules["__main__"], ModuleType("__main__")
    try:
        with futures.ProcessPoolExecutor(load.jobs) as pool:
            list(pool.map(load.work, [load.size] * load.jobs))
    finally:
        sys.modules["__main__"] = main


def in_interpreters(load: Load) -> None:
    """Do each job in a subinterpreter of its own (3.14+); starting them counts."""
    with futures.InterpreterPoolExecutor(load.jobs) as pool:
        list(pool.map(load.work, [load.size] * load.jobs))


def in_tasks(load: Load) -> None:
    """Do each job in an asyncio task."""
    import asyncio  # not at the top: worker processes import this module, too

    async def job() -> None:
        if load.waits:
            await asyncio.sleep(load.size)
        else:
            load.work(load.size)

    async def main() -> None:
        await asyncio.gather(*(job() for _ in range(load.jobs)))

    asyncio.run(main())


def ratio(tool: Tool, load: Load, *, tries: int = 3) -> float:
    """Return how long `tool` takes for `load`, as a part of doing the jobs in a row.

    The best of several tries on both sides: other programs only ever slow one down.
    """
    together = alone = float("inf")
    for _ in range(tries):
        together = min(together, _seconds(lambda: tool(load)))
        alone = min(alone, _seconds(lambda: in_a_row(load)))
    return together / alone


def start_milliseconds() -> dict[str, float]:
    """Return what it takes to start and join a thread and a process by each start method."""
    # In a bare program, as a process may import its parent's main module anew.
    # Without compiled modules each spawn would compile the library anew: the first one keeps them.
    with tempfile.TemporaryDirectory() as compiled:
        environment = os.environ | {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
        command = [sys.executable, "-c", _STARTS]
        run = subprocess.run(command, check=True, capture_output=True, env=environment)
    return {kind: round(1000 * best, 2) for kind, best in json.loads(run.stdout).items()}


_STARTS = """
import json, multiprocessing, threading, time
def seconds(make):
    began = time.perf_counter()
    worker = make(target=time.monotonic)
    worker.start()
    worker.join()
    return time.perf_counter() - began
kinds = {"thread": threading.Thread}
for method in ("fork", "forkserver", "spawn"):
    kinds[method] = multiprocessing.get_context(method).Process
print(json.dumps({kind: min(seconds(make) for _ in range(15)) for kind, make in kinds.items()}))
"""


def ran_meanwhile(call: Callable[[], object], *, tries: int = 1) -> bool:
    """Tell whether the main thread ran bytecode while another thread was inside `call`.

    No thread asks for the GIL meanwhile, so the main thread runs only if `call`
    lets the GIL go of itself or there is no GIL between the two.  One witness
    of several tries is enough: the operating system may wake a thread late.
    """
    return any(_ran_meanwhile(call) for _ in range(tries))


@contextmanager
def nobody_asks_for_the_gil() -> Iterator[None]:
    """Make threads wait for the GIL for hours instead of asking for it after 5 ms."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1000)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@contextmanager
def subinterpreter() -> Iterator[Callable[[str], object]]:
    """Make a subinterpreter and yield what runs code in it (privately before 3.14)."""
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    run = getattr(interpreters, "exec", None) or interpreters.run_string
    identity = interpreters.create()
    try:
        yield lambda code: run(identity, code)
    finally:
        interpreters.destroy(identity)


def features() -> dict[str, Any]:
    """Return what this interpreter can do, found out by trying."""
    with subinterpreter() as run:
        own_gil = has_gil() and ran_meanwhile(
            lambda: run("for _ in range(2_000_000): pass"), tries=5
        )
    return {
        "gil": has_gil(),
        "own_gil": own_gil,
        "interpreters": importlib.util.find_spec("concurrent.interpreters") is not None,
        "start_method": multiprocessing.get_start_method(),
    }


def _ran_meanwhile(call: Callable[[], object]) -> bool:
    done: list[bool] = []

    def work() -> None:
        call()
        done.append(True)

    worker = threading.Thread(target=work)
    with nobody_asks_for_the_gil():
        # start() waits for the thread to begin; it returns when the main thread may run again.
        worker.start()
        meanwhile = not done
        worker.join()
    return meanwhile


def _seconds(call: Callable[[], object]) -> float:
    _wait_for_a_quiet_moment()
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _wait_for_a_quiet_moment(patience: float = 60.0) -> None:
    """Wait until other programs leave the cores alone (on Linux; elsewhere take what comes)."""
    until = time.monotonic() + patience
    while _idle_share(0.3) < 0.9:
        if time.monotonic() > until:
            raise SystemExit("other programs keep the cores busy: measure on a quiet machine")


def _idle_share(seconds: float) -> float:
    """Return which part of the next seconds all cores together were idle."""

    def ticks() -> tuple[int, int]:
        line = Path("/proc/stat").read_text(encoding="ascii").partition("\n")[0]
        counts = [int(count) for count in line.split()[1:]]
        return counts[3] + counts[4], sum(counts)

    try:
        idle_before, before = ticks()
        time.sleep(seconds)
        idle_after, after = ticks()
    except OSError:
        return 1.0
    return (idle_after - idle_before) / max(1, after - before)
