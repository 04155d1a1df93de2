"""Records what a page shows, once for as long as nothing changes that it comes from."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from proven import stage
from proven.shown.text import Terms, on_page
from proven.stage import SnippetError
from proven.stage.choice import why_real
from proven.stage.trace import Trace

MOST_LINES = 500
"""Lines that a page shows at most."""

AT_ONCE = 2
"""Processes that are played beside each other."""


def record(
    name: str, terms: Terms | None = None, snippets: Path | None = None, *, ordered: bool = True
) -> Trace:
    """Play snippet `name`; SnippetError if it doesn't end as `terms` say, or prints too much.

    snippets: their folder, if it isn't the one of the working directory; ordered: as
    for `play`, and whether the order of the lines is shown: one that hangs on a tie is refused,
    as is in any case a line that does.
    """
    terms = terms or Terms()
    may_fail = bool(terms.exit or terms.raises or terms.deadlock)
    trace = stage.play(
        name,
        snippets=snippets,
        ordered=ordered,
        clock=terms.clock,
        may_fail=may_fail,
        beside=terms.beside,
    )
    ended: tuple[tuple[object, object, str], ...] = (
        (terms.deadlock, bool(trace.deadlock), "in a deadlock"),
        (terms.raises, trace.raised if terms.raises else "", "raising"),
        (terms.exit or trace.exit * bool(terms.raises), trace.exit, "with exit code"),
    )
    for wanted, got, how in ended if may_fail else ():
        if wanted != got:
            raise SnippetError(
                f"snippets/{name}.py: it should end {how} {wanted}, not {got}\n{trace.stderr}"
            )
    if not trace.events and not (may_fail or terms.stderr):
        raise SnippetError(
            f"snippets/{name}.py: the snippet printed nothing; what it wrote to stderr is shown "
            f"by :stderr:\n{trace.stderr}"
        )
    if (count := len(on_page(trace, terms))) > MOST_LINES:
        raise SnippetError(
            f"snippets/{name}.py: it prints {count} lines, a page shows at most "
            f"{MOST_LINES}: let it print less"
        )
    _refuse_ties(name, trace, ordered)
    return trace


def _refuse_ties(name: str, trace: Trace, ordered: bool) -> None:
    tie = (
        f"snippets/{name}.py: two waits end at the same moment, and real time decides which is "
        "over first, or tasks are taken from a set, which has no order: "
    )
    if trace.unsettled:
        raise SnippetError(
            f"{tie}whether there is the line {trace.unsettled[0]!r} hangs on it; "
            "make one of them longer"
        )
    if trace.ties and ordered:
        raise SnippetError(
            f"{tie}the place of the line {trace.ties[0]!r} hangs on it; "
            "make one of them longer, or say :order: any"
        )


class Recordings:
    """What the snippets of a book print, as pages show it.

    file: where it is kept for the next time.  A recording counts as long as the
    snippet, what it imports from beside it, the terms, the stage and the interpreter
    are what they were.  wanted: names and terms; those that need a process are begun
    at once, two at a time.
    """

    def __init__(self, file: Path, wanted: Iterable[tuple[str, Terms]], snippets: Path) -> None:
        self._file, self._snippets = file, snippets
        self._kept: dict[str, list[str]] = {}
        if file.is_file():
            self._kept = json.loads(file.read_text(encoding="utf-8"))
        self._now: dict[str, list[str]] = {}
        jobs = []
        for name, terms in wanted:
            key, path = key_of(name, terms, self._snippets), snippets / f"{name}.py"
            if key not in self._kept and path.is_file() and _needs_a_process(path, terms):
                jobs.append([key, name, terms.unusual()])
        self._begun = {key for key, *_ in jobs}
        # Beside this process: a virtual clock may rule all its threads.
        self._helper = subprocess.Popen(
            [
                *(sys.executable, "-c", f"from {__name__} import play_all; play_all()"),
                *(str(snippets), json.dumps(jobs)),
            ],
            stdout=subprocess.PIPE,
        )

    def lines(self, name: str, terms: Terms, *, ordered: bool = True) -> list[str]:
        """Return the lines that a page shows of `name`; ordered, SnippetError: see `record`."""
        key = key_of(name, terms, self._snippets)
        if key in self._begun:
            self._kept |= json.loads(self._helper.communicate()[0] or "{}")
            self._begun.clear()
        # A play that failed fails here again, and tells why.
        if key not in self._kept:
            trace = record(name, terms, self._snippets, ordered=ordered)
            lines = on_page(trace, terms)
            if trace.ties:
                # Whether they may be shown is asked anew.
                return lines
            self._kept[key] = lines
        self._now[key] = self._kept[key]
        return self._now[key]

    def close(self) -> None:
        """Keep what was asked for."""
        self._helper.kill()
        with self._helper:
            pass
        # The players are many modules, and most builds play nothing.
        from proven.stage.virtual import rest

        rest()
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self._now), encoding="utf-8")


def key_of(name: str, terms: Terms, snippets: Path) -> str:
    """Return what a recording counts for: other programs, terms, stage or Python, another key."""
    sources = sources_of(name, terms, snippets).values()
    parts = [name, str(terms), sys.version, _stage(), *sources]
    return sha256("\0".join(parts).encode()).hexdigest()


def sources_of(name: str, terms: Terms, snippets: Path) -> dict[Path, str]:
    """Return the texts of a play's files: the snippets and what they import from beside them."""
    sources: dict[Path, str] = {}
    for part in filter(None, (name, terms.beside)):
        _read(snippets / f"{part}.py", sources)
    return sources


def _read(path: Path, sources: dict[Path, str]) -> None:
    """Add the text of `path` and of what it imports from beside it."""
    if path in sources or not path.is_file():
        return
    sources[path] = path.read_text(encoding="utf-8", errors="backslashreplace")
    for module in imported(sources[path]):
        _read(path.with_name(f"{module}.py"), sources)


def imported(text: str) -> list[str]:
    """Return the modules that a program imports: some may lie beside it."""
    return re.findall(r"^\s*(?:import|from) (\w+)", text, re.M)


def _needs_a_process(path: Path, terms: Terms) -> bool:
    return terms.clock == "real" or bool(terms.beside) or bool(why_real(path))


@cache
def _stage() -> str:
    """Return a digest of what plays: another stage may record something else."""
    folders = (Path(stage.__file__).parent, Path(__file__).parent)
    files = sorted(file for folder in folders for file in folder.rglob("*.py"))
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def play_all() -> None:
    """Play what the command line names, two at a time, and print their lines as JSON."""
    snippets, jobs = Path(sys.argv[1]), json.loads(sys.argv[2])
    outputs: dict[str, list[str]] = {}

    def play_one(job: tuple[str, str, dict[str, Any]]) -> None:
        key, name, options = job
        terms = Terms(**options)
        with suppress(SnippetError):
            outputs[key] = on_page(record(name, terms, snippets), terms)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(play_one, jobs))
    print(json.dumps(outputs))
