"""Plays a program in a process of its own, as `python file.py` does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from time import monotonic

from proven.stage.process.records import in_order, read
from proven.stage.trace import Event, SnippetError, Trace, Wait

__all__ = ["in_order", "play_in_process"]

GRACE = 1.0
"""Real seconds that processes which the program left behind have to end by themselves."""


def play_in_process(name: str, path: Path, ordered: bool, deadline: float) -> Trace:
    """Play `path` as `python file.py` would, with the recorder in all its processes.

    It gets no arguments, an empty standard input and an empty working folder of its
    own.  Its lines come as on a terminal: each as soon as it is finished or flushed.
    What it leaves behind is ended a second after it.
    Raises SnippetError if it still runs after `deadline` real seconds.
    """
    path = path.resolve()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        work, events, output = (Path(folder, part) for part in ("work", "events", "output"))
        work.mkdir()
        events.touch()
        environment = os.environ | {
            "HANDBOOK_EVENTS": str(events),
            "HANDBOOK_OUTPUT": str(output),
            "HANDBOOK_FOLDER": str(path.parent),
            "HANDBOOK_MAIN": "1",
            "PYTHONPATH": str(Path(__file__).with_name("child")),
            "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        began = monotonic()
        with output.open("ab") as stdout:
            process = subprocess.Popen(
                [sys.executable, str(path)],
                cwd=work,
                env=environment,
                stdout=stdout,
                stderr=subprocess.PIPE,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        hung, stderr = _until_the_end(process, deadline)
        elapsed = monotonic() - began
        records = read(events, output, began)
    err = stderr.replace(str(path), f"snippets/{name}.py")
    if hung:
        raise SnippetError(f"snippets/{name}.py: still running after {deadline:g} s\n{err}")
    lines = tuple(
        Event(record["time"] - began, record["actor"], record["text"])
        for record in records
        if record["what"] == "prints"
    )
    told = {record["what"]: record for record in records}
    deadlock = tuple(Wait(*row) for row in told.get("deadlock", {}).get("rows", ()))
    code = 0 if deadlock else process.returncode
    raised = told.get("raised", {}).get("text", "") if code else ""
    shown = [record for record in records if record["what"] not in ("raised", "deadlock")]
    return Trace(
        lines, elapsed, False, err, *in_order(shown, ordered), code, raised, deadlock
    )


def _until_the_end(process: subprocess.Popen[bytes], deadline: float) -> tuple[bool, str]:
    """Wait for all of the play; tell whether it hung, and what is on its stderr."""
    parts: list[bytes] = []
    assert process.stderr
    pipe = process.stderr.fileno()

    def collect() -> None:
        while part := os.read(pipe, 1 << 16):
            parts.append(part)

    # What is left behind has it open, even when the program itself is over.
    reader = threading.Thread(target=collect, daemon=True)
    reader.start()
    hung = False
    try:
        process.wait(deadline)
    except subprocess.TimeoutExpired:
        hung = True
        # Python tells the stacks of all its threads, any other program ends.
        _signal_group(process.pid, signal.SIGRTMAX)
    reader.join(GRACE)
    _signal_group(process.pid, signal.SIGKILL)
    process.wait()
    reader.join(GRACE)
    if not reader.is_alive():
        process.stderr.close()
    return hung, b"".join(parts).decode("utf-8", "backslashreplace")


def _signal_group(leader: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, number)
