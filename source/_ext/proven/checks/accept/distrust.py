"""What must not stand in a page, as the next play or another machine would print something else."""

from __future__ import annotations

import json
import os
import platform
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import chain, count, islice
from pathlib import Path
from shutil import copytree
from typing import Any

from proven.checks import environment
from proven.shown import Shown, agree, at_other_paces, sources_of, worlds
from proven.stage.trace import Trace

_TOPS = "home|Users|tmp|var|usr|opt|root|etc|private|proc|mnt|srv|run|lib|bin"
_FORBIDDEN = (
    (
        re.compile(r"sitecustomize|_proven_\w+|proven[./]stage|<pace>|HANDBOOK_[A-Z]+"),
        "the stage itself shows in it: print only what is the program's own",
    ),
    (
        re.compile(rf"(?<![\w.:/])/(?:{_TOPS})/[^\s'\"]*|\b[A-Z]:\\\w[^\s'\"]*"),
        "an absolute path, another one elsewhere: print its name",
    ),
    (re.compile(r"\b0x[0-9a-fA-F]{6,}\b"), "an address, another one in each run: print a name"),
    (
        re.compile(r"\b(?:pid|tid|ppid|ident|native_id|process id|thread id)\b\W{0,3}\d+", re.I),
        "an id, another one in each run: print a name",
    ),
)
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%b %d", "%d %b", "%B %d")
_CLOCK = re.compile(r"(?<![\d.:])([01]\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?\b(?!:)")
_EPOCH = re.compile(r"(?<![\d.])1\d{9}(?:\.\d+|\d{3}|\d{6}|\d{9})?\b")
_MINUTES = 3

_ORDER = (
    "the order depends on timing or on a set: say :order: any if no order is promised, or make "
    "the program decide it"
)
_TEXT = (
    "it depends on timing, on the folder, the user, the time zone, on hashing, on the order of a "
    "set or on whether there is a terminal: make the program print the same always"
)
_TERMINAL = re.compile(r"\bisatty\([^()]*\)")
"""How a program asks whether it has to do with a terminal, as readers have and the stage hasn't."""


_ELSEWHERE = {"TZ": "XYZ-5:45", "USER": "somebody", "LOGNAME": "somebody"}
"""Another time zone and another user, as on the next machine."""

_LAYOUTS = 6
"""Plays on the virtual clock, whose addresses are the same each time, with other ones."""

_World = tuple[Path, str, list[int]]
"""A copy of the snippets, a seed for hashes, and which outputs are played there."""


class Untrusted(Exception):
    """A recording that no page may show; the text tells why, with file and line of each output."""


def suspicions(lines: Iterable[str], *, timed: bool = False) -> Iterator[str]:
    """Yield what in `lines`, as a page shows them, will be something else elsewhere or tomorrow.

    timed: whether they come from the virtual clock, whose date is always the same.
    """
    for line in lines:
        for pattern, advice in _FORBIDDEN:
            if match := pattern.search(line):
                yield f"it holds «{match[0]}», {advice}"
        for fact, advice in _of_this_machine():
            if re.search(rf"(?<![\w.-]){re.escape(fact)}(?![\w-])", line):
                yield f"it holds «{fact}», {advice}"
        if not timed and (moment := next(_of_now(line), "")):
            yield f"it holds «{moment}», the date or time of today: print a fixed one"


class Again:
    """Plays outputs again: from another folder, as another user, with other hashes, at other paces.

    played: each output with its trace and lines as they came out first; snippets: the
    folder that they came from.
    """

    def __init__(self, played: list[tuple[Shown, Trace, list[str]]], snippets: Path) -> None:
        self._played, self._snippets = played, snippets

    def differences(self) -> Iterator[tuple[Shown, str]]:
        """Yield each output that comes out differently, and what to do about it."""
        with tempfile.TemporaryDirectory() as folder:
            worlds = list(self._worlds(Path(folder)))
            first = [world for world in worlds if world[0] == worlds[0][0]]
            others = worlds[len(first) :]
            # The first have a Python of their own, whose hashes asyncio's programs share; the
            # others are played by two.  Two at a time, each with two plays: the cores are busy,
            # as readers' cores may be.
            shares = [share for share in (first, others[::2], others[1::2]) if share]
            with ThreadPoolExecutor(2) as pool:
                replies = list(chain.from_iterable(pool.map(self._play_in, shares)))
        for number, (shown, trace, lines) in enumerate(self._played):
            answers = (each[str(number)] for each in replies if str(number) in each)
            if problem := next(
                filter(None, (_differs(shown, trace, lines, each) for each in answers)), ""
            ):
                yield shown, problem

    def _worlds(self, folder: Path) -> Iterator[_World]:
        """Lay out and yield copies of the snippets, hash seeds, and the outputs to play there."""
        everything = list(range(len(self._played)))
        own = os.environ.get("PYTHONHASHSEED")
        seeds = (str(seed) for seed in count(1) if str(seed) != own)
        another = self._copy(folder / "another folder" / "and deeper")
        yield another, next(seeds), everything
        if timed := [number for number in everything if self._played[number][1].timed]:
            # A seed says where objects lie, too: two in a set come in either order.
            for seed in islice(seeds, _LAYOUTS):
                yield another, seed, timed
        asking = [number for number in everything if self._asks_for_a_terminal(number)]
        if asking:
            copy = self._copy(folder / "terminal")
            for file in copy.rglob("*.py"):
                answered = _TERMINAL.sub(r"\g<0>.__xor__(True)", file.read_text(encoding="utf-8"))
                file.write_text(answered, encoding="utf-8")
            yield copy, next(seeds), asking
        real = [number for number in everything if not self._played[number][1].timed]
        if not real:
            return
        sources = {
            name: at_other_paces((self._snippets / f"{name}.py").read_text(encoding="utf-8"))
            for name in {self._played[number][0].name for number in real}
        }
        for seed in islice(seeds, 4):
            copy = self._copy(folder / f"pace {seed}")
            for name, paces in sources.items():
                (copy / f"{name}.py").write_text(next(paces), encoding="utf-8")
            yield copy, seed, real

    def _asks_for_a_terminal(self, number: int) -> bool:
        shown = self._played[number][0]
        sources = sources_of(shown.name, shown.terms, self._snippets).values()
        return any(map(_TERMINAL.search, sources))

    def _copy(self, folder: Path) -> Path:
        names = {
            name for shown, *_ in self._played for name in (shown.name, shown.terms.beside) if name
        }
        for part in {Path(name).parent for name in names}:
            copytree(self._snippets / part, folder / "snippets" / part, dirs_exist_ok=True)
        return folder / "snippets"

    def _play_in(self, share: list[_World]) -> list[dict[str, Any]]:
        orders = [
            [
                *(str(snippets), seed),
                [
                    (number, self._played[number][0].name, self._played[number][0].terms.unusual())
                    for number in numbers
                ],
            ]
            for snippets, seed, numbers in share
        ]
        done = subprocess.run(
            [sys.executable, "-c", f"from {worlds.__name__} import play; play()"],
            input=json.dumps(orders),
            stdout=subprocess.PIPE,
            env=environment(PYTHONHASHSEED=share[0][1], **_ELSEWHERE),
            encoding="utf-8",
            check=True,
        )
        answers: list[dict[str, Any]] = json.loads(done.stdout)
        return answers


def _differs(shown: Shown, trace: Trace, lines: list[str], other: list[str] | str) -> str:
    """Return why two plays aren't one output, "" if they are."""
    if isinstance(other, str):
        return f"played again it fails ({other}): {_TEXT}"
    if agree(lines, other, any_order=shown.any_order):
        return ""
    if agree(lines, other, any_order=True):
        first, second = next(pair for pair in zip(lines, other, strict=True) if pair[0] != pair[1])
        why = trace.why_unordered(first, second)
        because = f" ({why}, and the system chooses who runs first)" if why else ""
        return f"first «{first}» comes here, in another play «{second}»{because}: {_ORDER}"
    gone = next((line for line in lines if line not in other), "nothing")
    come = next((line for line in other if line not in lines), "nothing")
    return f"first it prints «{gone}», in another play «{come}»: {_TEXT}"


def _of_this_machine() -> Iterator[tuple[str, str]]:
    yield platform.python_version(), "the version of this Python: print what holds for every one"
    if (name := socket.gethostname()) != "localhost":
        yield name, "the name of this machine: print another"


def _of_now(line: str) -> Iterator[str]:
    now = datetime.now(UTC)
    moments = (now, now.astimezone())
    days = {moment + timedelta(days) for moment in moments for days in (-1, 0)}
    for day in days:
        yield from (text for form in _DATES if (text := day.strftime(form)) in line)
    for match in _CLOCK.finditer(line):
        minute = int(match[1]) * 60 + int(match[2])
        gaps = (abs(minute - each.hour * 60 - each.minute) for each in moments)
        if any(gap <= _MINUTES for gap in gaps):
            yield match[0]
    for match in _EPOCH.finditer(line):
        if abs(int(match[0][:10]) - now.timestamp()) < 86400:
            yield match[0]
