"""Plays a program in a process of its own, as `python file.py` does.

Bottom to top: ``child`` is the recorder there, which imports nothing from here; ``shared`` gives
modules of it to others; ``records`` puts in order what it wrote.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from time import monotonic, sleep

from proven.stage.process.records import in_order, read, tied
from proven.stage.trace import LONGER, MOST_BYTES, TOO_MUCH, Event, SnippetError, Trace, Wait

__all__ = ["in_order", "play_in_process"]

GRACE = 1.0
"""Real seconds that processes which the program left behind have to end by themselves."""

PAUSE = 0.05
"""Real seconds after which is looked again how much was printed."""

STACKS = getattr(signal, "SIGRTMAX", signal.SIGUSR2)
"""The signal at which a Python of a play tells the stacks of its threads."""


CHILD = Path(__file__).with_name("child")


def play_in_process(
    name: str, path: Path, ordered: bool, deadline: float, beside: Path | None, why: str
) -> Trace:
    """Play `path` as `python file.py` would, with the recorder in all its processes.

    It gets no arguments, an empty standard input and an empty working folder of its
    own.  Its lines come as on a terminal: each as soon as it is finished or flushed.
    What it leaves behind is ended a second after it.  beside: a program that starts
    before it and, when it is over, gets a Ctrl+C.  why: the reason for the real clock.
    Raises SnippetError if it still runs after `deadline` real seconds.
    """
    # Here, as below: what the zygote has loaded each of its forks copies.
    import tempfile

    path = path.resolve()
    began = monotonic()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        stage = _Stage(Path(folder), deadline)
        other = stage.start(beside.resolve(), "beside") if beside else None
        if other:
            stage.await_output(other)
        program = stage.start(path, "main")
        hung = program.until_the_end(deadline - (monotonic() - began))
        if other:
            other.interrupt()
        elapsed = monotonic() - began
        err = program.stderr()
        try:
            if program.floods():
                raise SnippetError(TOO_MUCH)
            records = read(stage.events, stage.output, began)
        except SnippetError as error:
            raise SnippetError(f"snippets/{name}.py: {error}") from None
    root = f"{path.parents[name.count('/')]}/"
    err = err.replace(root, "snippets/")
    if hung:
        raise SnippetError(
            f"snippets/{name}.py: still running after {deadline:g} s\n{err}"
            f"It has the real clock: {why}.\n{LONGER}"
        )
    if other and beside and other.failed:
        raise SnippetError(f"snippets/{name}.py: {beside.name} beside it failed\n{other.stderr()}")
    lines = tuple(
        Event(
            record["time"] - began,
            record["program" if beside else "actor"],
            record["text"].replace(root, "snippets/"),
        )
        for record in records
        if record["what"] == "prints"
    )
    last_of = {record["what"]: record for record in records}
    if "refused" in last_of:
        raise SnippetError(f"snippets/{name}.py: {last_of['refused']['text']}")
    deadlock = tuple(Wait(*row) for row in last_of.get("deadlock", {}).get("rows", ()))
    code = 0 if deadlock else program.process.returncode
    raised = last_of.get("raised", {}).get("text", "") if code else ""
    shown = [record for record in records if record["what"] not in ("raised", "deadlock")]
    told_of = in_order(shown, ordered)
    return Trace(
        lines,
        elapsed,
        False,
        err,
        *told_of,
        code,
        raised,
        deadlock,
        why=why,
        beside=beside is not None,
        ties=tied(records),
    )


@cache
def _compile_the_recorder() -> None:
    """Do what its processes don't: they leave no compiled modules behind."""
    import compileall

    if not sys.dont_write_bytecode:
        compileall.compile_dir(CHILD, quiet=2)


class _Stage:
    """What the programs of one play share: working folder, output, records."""

    def __init__(self, folder: Path, deadline: float) -> None:
        self.work, self.events, self.output = (
            folder / part for part in ("work", "events", "output")
        )
        _compile_the_recorder()
        self.work.mkdir()
        self.events.touch()
        self.output.touch()
        self._until = monotonic() + deadline

    def start(self, path: Path, role: str) -> _Program:
        """Start the program at `path`; role: the name under which it writes its records."""
        # The one would lead to what is the stage's, the other changes how lines mix.
        given = {
            name: value
            for name, value in os.environ.items()
            if name not in ("PYTHONPATH", "PYTHONUNBUFFERED")
        }
        ours = {
            "HANDBOOK_EVENTS": str(self.events),
            "HANDBOOK_OUTPUT": str(self.output),
            "HANDBOOK_FOLDER": str(path.parent),
            "HANDBOOK_PROGRAM": path.stem,
            "PYTHONPATH": str(CHILD),
            **{name: "1" for name in ("PYTHONUTF8", "PYTHONDONTWRITEBYTECODE")},
        }
        hides = [name for name in ours if given.get(name) != ours[name]]
        ours |= {"HANDBOOK_HIDES": " ".join([*hides, "HANDBOOK_HIDES"]), "HANDBOOK_MAIN": role}
        with self.output.open("ab") as stdout:
            return _Program(
                subprocess.Popen(
                    [sys.executable, str(path)],
                    cwd=self.work,
                    env=given | ours,
                    stdout=stdout,
                    stderr=subprocess.PIPE,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                ),
                self.is_full,
            )

    def is_full(self) -> bool:
        """Tell whether more was printed than can be shown, or recorded."""
        limits = ((self.output, MOST_BYTES), (self.events, MOST_BYTES >> 3))
        return any(file.stat().st_size > limit for file, limit in limits)

    def await_output(self, program: _Program) -> None:
        """Wait until there is a line, or `program` is over, or time is up."""
        while (
            b"\n" not in self.output.read_bytes()
            and program.process.poll() is None
            and monotonic() < self._until
        ):
            sleep(0.005)


class _Program:
    """A program that runs, with all that it starts; is_full: tells of its output."""

    def __init__(self, process: subprocess.Popen[bytes], is_full: Callable[[], bool]) -> None:
        self.process = process
        self.failed = False
        self._is_full, self._said = is_full, 0
        self._parts: list[bytes] = []
        # What is left behind has it open, even when the program itself is over.
        self._reader = threading.Thread(target=self._collect, daemon=True)
        self._reader.start()

    def floods(self) -> bool:
        """Tell whether it has written too much."""
        return self._said > MOST_BYTES or self._is_full()

    def until_the_end(self, seconds: float) -> bool:
        """Wait for all of it, or until it floods; tell whether it had to be ended."""
        hung = not self._ends_within(seconds)
        if hung:
            # Python tells the stacks of all its threads, any other program ends.
            self._signal(signal.SIGKILL if self.floods() else STACKS)
        self._reader.join(GRACE)
        self._signal(signal.SIGKILL)
        self.process.wait()
        self._reader.join(GRACE)
        return hung

    def _ends_within(self, seconds: float) -> bool:
        until = monotonic() + seconds
        # Until 3.15 Popen.wait looks again and again, and late: it takes half as long once more.
        with suppress(AttributeError, OSError):
            process = os.pidfd_open(self.process.pid)
            try:
                while (left := until - monotonic()) > 0 and not self.floods():
                    if select.select([process], [], [], min(left, PAUSE))[0]:
                        break
            finally:
                os.close(process)
            seconds = 0.1
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def interrupt(self) -> None:
        """End it as Ctrl+C does; it failed if it had ended before with an exit code."""
        self.failed = bool(self.process.poll())
        self._signal(signal.SIGINT)
        self.until_the_end(GRACE)

    def stderr(self) -> str:
        """Return what is on its stderr."""
        return b"".join(self._parts).decode("utf-8", "backslashreplace")

    def _collect(self) -> None:
        assert self.process.stderr
        with self.process.stderr as pipe:
            while part := os.read(pipe.fileno(), 1 << 16):
                self._said += len(part)
                if self._said <= MOST_BYTES:
                    self._parts.append(part)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
