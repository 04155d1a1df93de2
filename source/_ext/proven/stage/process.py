"""Plays a program in a process of its own, and puts what its processes recorded in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

from proven.stage.trace import Actor, Event, Moment, SnippetError, Trace


def play_in_process(name: str, path: Path, ordered: bool, deadline: float) -> Trace:
    """Play `path` as `python file.py` would, with the recorder in all its processes.

    Raises SnippetError if it still runs after `deadline` real seconds or fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder, "events")
        events.touch()
        environment = os.environ | {
            "HANDBOOK_EVENTS": str(events),
            "HANDBOOK_DEADLINE": str(deadline),
            "HANDBOOK_SNIPPET": str(path),
            "PYTHONPATH": str(Path(__file__).with_name("child")),
            "PYTHONUTF8": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        began = monotonic()
        with subprocess.Popen(
            [sys.executable, str(path)],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            encoding="utf-8",
            start_new_session=True,
        ) as process:
            try:
                # The child's own alarm comes first: it knows the stacks.
                _, err = process.communicate(timeout=deadline + 5)
            except subprocess.TimeoutExpired:
                err = ""
            finally:
                _kill_group(process.pid)
        elapsed = monotonic() - began
        lines = events.read_text(encoding="utf-8").splitlines()
    err = err.replace(str(path), f"snippets/{name}.py")
    if elapsed >= deadline:
        raise SnippetError(f"snippets/{name}.py: still running after {deadline:g} s\n{err}")
    if process.returncode:
        raise SnippetError(
            f"snippets/{name}.py: the snippet ended with exit code {process.returncode}\n{err}"
        )
    records = [json.loads(line) for line in lines]
    recorded = tuple(
        Event(record["time"] - began, record["actor"], record["text"])
        for record in records
        if record["what"] == "prints"
    )
    return Trace(recorded, elapsed, False, err, *in_order(records, ordered))


def _kill_group(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def in_order(
    records: Iterable[dict[str, Any]], ordered: bool = True
) -> tuple[tuple[Actor, ...], tuple[Moment, ...]]:
    """Return actors and moments of what threads and processes recorded.

    Seconds would lie there: a moment's time is its place in the order of events.
    It comes right after the latest of what it had to follow: what the actor did
    before, what created or woke it and, if lines are `ordered`, for a line the line
    before.  Which of two independent moments was recorded first doesn't matter.
    """
    actors: dict[str, Actor] = {}
    columns: dict[str, int] = {}
    latest: dict[str, int] = {}
    rows: list[tuple[int, dict[str, Any]]] = []
    printed = -1
    for record in records:
        who, by = record["who"], record.get("by")
        before = [latest.get(who, -1), *(columns.get(id, -1) for id in record.get("after", ()))]
        if record["what"] == "created":
            before.append(latest.get(by, -1))
        elif record["what"] == "prints" and ordered:
            before.append(printed)
        column = columns[record["id"]] = latest[who] = max(before) + 1
        if record["what"] == "created":
            latest[by] = column
        elif record["what"] == "prints":
            printed = column
        known = actors.get(who) or Actor("", record["kind"])
        code = record.get("code") or known.code
        arguments = tuple(record.get("arguments", ())) or known.arguments
        actors[who] = Actor(record["actor"], record["kind"], code, arguments)
        rows.append((column, record))
    rows.sort(key=lambda row: (row[0], row[1]["who"]))
    order = list(dict.fromkeys(["main", *(row["who"] for _, row in rows)]))
    actors.setdefault("main", Actor("MainProcess", "process"))
    place = {who: number for number, who in enumerate(order)}
    moments = (
        Moment(
            column,
            place[row["who"]],
            row["what"],
            row.get("text", ""),
            place.get(row.get("by", "")),
            max((columns.get(id, column) for id in row.get("after", ())), default=column),
        )
        for column, row in rows
    )
    return tuple(actors[who] for who in order), tuple(moments)
