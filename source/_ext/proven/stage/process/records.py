"""Puts what the processes of a play recorded in order, and their output into lines."""

from __future__ import annotations

import heapq
import marshal
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from proven.stage.trace import EMPTIED, MOST_PRINTED, TOO_MUCH, Actor, Moment, SnippetError

Record = dict[str, Any]


def read(events: Path, output: Path, began: float) -> list[Record]:
    """Return the records of a play in an order that is true for all actors and all lines.

    events, output: the files that the play left; began: its first moment.  Each line
    is a record, told by whoever wrote the last of what is seen of it; what Python's
    own stream didn't write counts as the main process's.  Raises SnippetError if a part is gone.
    """
    data = output.read_bytes()
    if data.count(b"\n") > MOST_PRINTED:
        raise SnippetError(TOO_MUCH)
    records = list(_records(events))
    printed: list[Record] = []
    others: list[Record] = []
    for number, record in enumerate(records):
        record["place"] = float(number)
        (printed if record["what"] == "prints" else others).append(record)
    if not all(data.startswith(record["head"], record["start"]) for record in printed):
        raise SnippetError(EMPTIED)
    lines = list(_lines(data, printed, began))
    return _merged([*others, *lines], lines)


def _records(events: Path) -> Iterator[Record]:
    with events.open("rb") as file:
        while True:
            try:
                yield marshal.load(file)
            except EOFError:
                return


def _lines(data: bytes, printed: list[Record], began: float) -> Iterator[Record]:
    """Yield a record for each line of `data`, made from the records of its parts."""
    parts = iter(sorted(printed, key=lambda part: part["start"]))
    nobody: Record = {"who": "main", "actor": "MainProcess", "kind": "process"}
    nobody |= {"what": "prints", "program": "", "foreign": True}
    part, upcoming = None, next(parts, None)
    begin = 0
    for number, line in enumerate(data.split(b"\n")):
        seen = begin + max(len(line) - 1, 0)
        begin += len(line) + 1
        if begin > len(data) and not line:
            return
        while upcoming and upcoming["start"] <= seen:
            part, upcoming = upcoming, next(parts, None)
        is_own = part is not None and seen < part["end"]
        record = part if part and is_own else {**nobody, "id": f"main#{number}"}
        record.setdefault("time", part["time"] if part else began)
        record.setdefault("place", part["place"] + 0.5 if part else -1.0)
        text = line.decode("utf-8", "surrogateescape")
        yield {**record, "text": text, "id": f"{record['id']}.{number}"}


def _merged(records: list[Record], lines: list[Record]) -> list[Record]:
    """Return `records` in an order in which each follows what it had to follow."""
    records = sorted(records, key=lambda record: record["place"])
    place = {record["id"]: number for number, record in enumerate(records)}
    after: list[set[int]] = [set() for _ in records]
    latest: dict[str, int] = {}
    for number, record in enumerate(records):
        after[number].update(place[id] for id in record.get("after", ()) if id in place)
        if "foreign" in record:
            continue
        actors = [record["who"], *([record["by"]] if record["what"] == "created" else [])]
        after[number].update(latest[who] for who in actors if who in latest)
        latest.update(dict.fromkeys(actors, number))
    for first, second in pairwise(lines):
        after[place[second["id"]]].add(place[first["id"]])
    return [records[number] for number in _sorted(after)]


def _sorted(after: list[set[int]]) -> list[int]:
    """Return the places so that each comes after those of its set, else as they are."""
    waits = [len(earlier) for earlier in after]
    later = defaultdict(list)
    for number, earlier in enumerate(after):
        for one in earlier:
            later[one].append(number)
    ready = [number for number, count in enumerate(waits) if not count]
    order = []
    while ready:
        order.append(heapq.heappop(ready))
        for number in later[order[-1]]:
            waits[number] -= 1
            if not waits[number]:
                heapq.heappush(ready, number)
    return order


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
        who, by = record["who"], record.get("by", "")
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
        actor = actors.get(who) or Actor("", record["kind"])
        code = record.get("code") or actor.code
        arguments = tuple(record.get("arguments", ())) or actor.arguments
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


def tied(records: Iterable[Record]) -> tuple[str, ...]:
    """Return the lines whose place hangs on which of two threads' sleeps is over first.

    They are those of several threads whose own sleeps ended at one moment, if nothing but
    waiting took any time.
    """
    at: dict[tuple[str, float], list[Record]] = defaultdict(list)
    for record in records:
        if record["what"] == "prints" and record.get("slept", -1.0) >= 0:
            process = record["id"].partition("#")[0]
            at[process, record["slept"]].append(record)
    return tuple(
        line["text"]
        for lines in at.values()
        if len({line["who"] for line in lines}) > 1 and len({line["text"] for line in lines}) > 1
        for line in lines
    )
