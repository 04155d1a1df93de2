"""Ways of threads, processes and pools: who does it, how it ends, which pool, which exception.

Scripts run by ``perform_by`` and ``run_by`` use the plain names of multiprocessing and
concurrent.futures; the start method is chosen before their own code.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from proven.stage import Trace, perform_script

METHODS = {method: method for method in multiprocessing.get_all_start_methods()}
"""How a process is started, in the order of the system's own preference."""

NOT_FORK = {name: method for name, method in METHODS.items() if name != "fork"}

_VERSION = sys.version_info[:3]
FORKSERVER_IMPORTS_ONCE = _VERSION >= (3, 14, 1) or (3, 13, 8) <= _VERSION < (3, 14)
"""Whether a server that forks imports the main file, so that its children don't."""

_CHOOSE = """\
import multiprocessing
if __name__ == "__main__":
    multiprocessing.set_start_method({method!r})
"""


def filled(code: str, **words: object) -> str:
    """Return `code` with each of the words in it, names in capitals, replaced by its value.

    Unlike an f-string's, the program stays a text that mutants can change.
    """
    for word, value in words.items():
        code = re.sub(rf"\b{word}\b", lambda _, value=value: str(value), code)
    return dedent(code)


def perform_by(method: str, code: str) -> Trace:
    """Run `code` as a program whose processes are started by `method`, and return its trace."""
    return perform_script(_CHOOSE.format(method=method) + dedent(code))


def run_by(
    method: str, code: str, *options: str, timeout: float = 20
) -> subprocess.CompletedProcess[str]:
    """Run `code` as a program whose processes are started by `method`, and return how it ended.

    options: the interpreter's.  The program may end as it likes, and its warnings are its own.
    """
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "script.py")
        script.write_text(_CHOOSE.format(method=method) + dedent(code), encoding="utf-8")
        environment = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONDEVMODE", "PYTHONWARNINGS", "PYTHONUNBUFFERED")
        }
        command = [sys.executable, *options, str(script)]
        with subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        ) as program:
            try:
                out, err = program.communicate(timeout=timeout)
            finally:
                # Whatever it has left behind must not outlive the proof.
                with suppress(ProcessLookupError):
                    os.killpg(program.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, program.returncode, out, err)


PROCESS_ENDS = {
    "value": ("return 5", 0),
    "exception": ("raise ValueError('own')", 1),
    "sys.exit": ("sys.exit(3)", 3),
    "os._exit": ("os._exit(4)", 4),
    "killed": ("os.kill(os.getpid(), 9)", -9),
}
"""How the function of a process ends: a line of its body and the exit code."""

MAIN_ENDS = {
    "returns": ("pass", 0),
    "sys.exit": ("sys.exit(3)", 3),
    "exception": ("1 / 0", 1),
}
"""How a program ends that isn't killed: its last line and the exit code."""

THREAD_ENDS: dict[str, BaseException | None] = {
    "value": None,
    "exception": ValueError("own"),
    "sys.exit": SystemExit(3),
    "KeyboardInterrupt": KeyboardInterrupt(),
}
"""How the function of a thread ends: what it raises, if anything."""

Starter = Callable[[Callable[[], object]], None]


def _in_another_thread(action: Callable[[], object]) -> None:
    thread = threading.Thread(target=action)
    thread.start()
    thread.join()


STARTERS: dict[str, Starter] = {
    "main thread": lambda action: void(action()),
    "another thread": _in_another_thread,
}
"""Who does something to a thread."""


def void(_: object) -> None:
    """Forget a result."""


@contextmanager
def quiet_threads() -> Iterator[None]:
    """Let threads end with an exception that the run shouldn't tell of."""
    before, threading.excepthook = threading.excepthook, void
    try:
        yield
    finally:
        threading.excepthook = before


CRASHES = {
    "os._exit": "os._exit(1)",
    "killed": "os.kill(os.getpid(), 9)",
    "abort": "os.abort()",
}
"""How a process ends so that Python in it can't tell anybody."""


@dataclass(frozen=True)
class Pool:
    """A kind of pool: its class in concurrent.futures and how its processes are started."""

    name: str
    method: str = "spawn"

    def perform(self, code: str) -> Trace:
        """Run `code` as a program in which `Pool` is this pool's class, and return its trace.

        What its workers print is not recorded in every kind: let the program print results.
        """
        return perform_by(self.method, self._import + dedent(code))

    def run(self, code: str) -> subprocess.CompletedProcess[str]:
        """Run `code` as a program in which `Pool` is this pool's class; it may end as it likes."""
        return run_by(self.method, self._import + dedent(code))

    @property
    def _import(self) -> str:
        return f"from concurrent.futures import {self.name} as Pool\n"


PROCESS_POOLS = {
    f"processes by {method}": Pool("ProcessPoolExecutor", method) for method in METHODS
}
THREAD_POOLS = {"threads": Pool("ThreadPoolExecutor")}
INTERPRETER_POOLS = (
    {"interpreters": Pool("InterpreterPoolExecutor")} if sys.version_info >= (3, 14) else {}
)
POOLS = THREAD_POOLS | PROCESS_POOLS | INTERPRETER_POOLS
"""Every kind of pool that this interpreter has."""
