"""An output that a page shows: found in the page's text and compared with a fresh recording.

One form and one comparison serve pages, doctest, evidence, timelines and print.
What can't be seen is escaped as Python's repr does it; blanks at the end of a line
are left out; an empty first or last line is shown as ``\\n``.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal

from proven.claims import RANGES, excluded, has_gil
from proven.findings import Finding
from proven.stage import SnippetError, play
from proven.stage.trace import BAR, Trace, escaped

MOST_LINES = 500
"""Lines that a page shows at most."""

BLOCK = re.compile(
    r"^(?P<indent>[ ]*)(?P<fence>`{3,}|:{3,}|~{3,})\{output\}[ ]+(?P<name>\S+)[ ]*\n"
    r"(?P<options>(?:[ ]*:[\w-]+:.*\n)*)"
    r"(?P<body>(?:.*\n)*?)(?P=indent)(?P=fence)[ ]*$",
    re.M,
)
_OPTION = re.compile(r"^[ ]*:([\w-]+):[ ]*(.*?)[ ]*$", re.M)


@dataclass(frozen=True)
class Terms:
    """How an output is played and how its program is to end.

    clock: as for `play`; exit: its exit code; raises: the class of the exception
    that ends it; stderr, deadlock: whether to show what it wrote there, and who waits
    for what when it hangs; beside: the program that is played in front of it.
    """

    clock: Literal["auto", "virtual", "real"] = "auto"
    exit: int = 0
    raises: str = ""
    stderr: bool = False
    deadlock: bool = False
    beside: str = ""

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Terms:
        """Read them off a directive's options; ValueError if one has no such value."""
        clock = options.get("clock", "auto")
        if clock not in ("auto", "virtual", "real"):
            raise ValueError(f":clock: is virtual or real, not {clock!r}")
        return cls(
            clock,
            int(options.get("exit", 0)),
            options.get("raises", ""),
            "stderr" in options,
            "deadlock" in options,
            options.get("with", ""),
        )

    def given(self) -> dict[str, Any]:
        """Return those that differ from the usual ones."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value != getattr(Terms, name)}

    def __str__(self) -> str:
        return f" {self.given()}" if self.given() else ""


@dataclass(frozen=True)
class Shown:
    """An example's output as its page shows it; only: on which interpreters, if not on all."""

    page: str
    name: str
    lines: list[str]
    any_order: bool
    only: tuple[tuple[str, str], ...] = ()
    terms: Terms = Terms()


def outputs_in(pages: Mapping[str, str]) -> Iterator[Shown]:
    """Yield the outputs that `pages`, texts by file, show."""
    for page, text in pages.items():
        for block in BLOCK.finditer(text):
            options = dict(_OPTION.findall(block["options"]))
            only = tuple((key, value) for key, value in options.items() if key in RANGES)
            any_order, terms = "order" in options, Terms.of(options)
            yield Shown(page, block["name"], _body(block), any_order, only, terms)


def record(
    name: str, terms: Terms | None = None, snippets: Path | None = None, *, ordered: bool = True
) -> Trace:
    """Play snippet `name`; SnippetError if it doesn't end as `terms` say, or prints too much.

    snippets: their folder, if it isn't the one of the working directory; ordered: as
    for `play`.
    """
    terms = terms or Terms()
    may_fail = bool(terms.exit or terms.raises or terms.deadlock)
    how: dict[str, Any] = {"clock": terms.clock, "may_fail": may_fail, "beside": terms.beside}
    trace = play(name, snippets=snippets, ordered=ordered, **how)
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
    if len(trace.events) > MOST_LINES:
        raise SnippetError(
            f"snippets/{name}.py: it prints {len(trace.events)} lines, a page shows at most "
            f"{MOST_LINES}: let it print less"
        )
    return trace


def on_page(trace: Trace, terms: Terms | None = None) -> list[str]:
    """Return the lines that a page shows of `trace`.

    After what it printed come a line for each who waits in a deadlock, and its stderr:
    of a traceback only the program's own frames.
    """
    terms = terms or Terms()
    lines = trace.shown()
    if terms.deadlock:
        lines = [*lines, *(f"deadlock{BAR}{wait}" for wait in trace.deadlock)]
    if terms.stderr:
        told = own_frames(trace.stderr).rstrip("\n").split("\n")
        lines = [*lines, *(f"stderr{BAR}{line}" for line in told)]
    lines = [escaped(line).rstrip(" ") for line in lines]
    edges = {0, len(lines) - 1}
    return [line or ("\\n" if place in edges else "") for place, line in enumerate(lines)]


def as_read(lines: Iterable[str]) -> list[str]:
    """Return the lines of a page's block as they count: without blanks and lines at the edges."""
    kept = [line.rstrip(" ") for line in lines]
    while kept and not kept[-1]:
        kept.pop()
    while kept and not kept[0]:
        kept.pop(0)
    return kept


def same(recorded: list[str], shown: list[str], *, any_order: bool) -> bool:
    """Tell whether a page's lines are the recorded ones; any_order: as multisets."""
    return sorted(recorded) == sorted(shown) if any_order else recorded == shown


def own_frames(stderr: str) -> str:
    """Return `stderr` with only the program's own frames in its tracebacks."""
    kept: list[str] = []
    foreign = -1
    for line in stderr.split("\n"):
        bare = line.lstrip(" |")
        depth = len(line) - len(bare)
        if bare.startswith('File "'):
            foreign = -1 if bare.startswith('File "snippets/') else depth
        elif depth <= foreign or not bare:
            foreign = -1
        if foreign < 0:
            kept.append(line)
    return "\n".join(kept)


def replay(shown: Shown, snippets: Path | None = None) -> Finding:
    """Play an example and tell whether it comes out as its page shows it.

    snippets: their folder, if it isn't the one of the working directory.
    """
    if why := excluded(dict(shown.only), sys.version_info[:2], gil=has_gil()):
        return Finding("skipped", why=f"holds only {why}")
    try:
        trace = record(shown.name, shown.terms, snippets)
    except SnippetError as error:
        return Finding("failed", why=str(error).partition("\n")[0][:200])
    if not same(on_page(trace, shown.terms), shown.lines, any_order=shown.any_order):
        return Finding("failed", why="other output")
    return Finding("passed", seconds=trace.elapsed if trace.timed else 0)


def accept(page: Path, snippets: Path | None = None) -> bool:
    """Rewrite the outputs of `page` from fresh recordings; tell whether anything changed.

    The page is written as a whole, and only when every recording of it succeeded.
    """
    before = page.read_bytes().decode("utf-8")
    after = BLOCK.sub(lambda block: _rewritten(block, snippets), before)
    if after == before:
        return False
    with tempfile.NamedTemporaryFile(dir=page.parent, delete=False) as file:
        try:
            file.write(after.encode("utf-8"))
            file.close()
            os.chmod(file.name, page.stat().st_mode)
            os.replace(file.name, page)
        except BaseException:
            os.unlink(file.name)
            raise
    return True


def _body(block: re.Match[str]) -> list[str]:
    indent = len(block["indent"])
    return as_read(line[indent:] for line in block["body"].split("\n"))


def _rewritten(block: re.Match[str], snippets: Path | None) -> str:
    options = dict(_OPTION.findall(block["options"]))
    terms = Terms.of(options)
    lines = on_page(record(block["name"], terms, snippets), terms)
    if same(lines, _body(block), any_order="order" in options):
        return block[0]
    kind, indent = block["fence"][0], block["indent"]
    runs = (len(line.lstrip()) - len(line.lstrip().lstrip(kind)) for line in lines)
    fence = kind * max(len(block["fence"]), *(run + 1 for run in runs), 3)
    head = f"{indent}{fence}{{output}} {block['name']}\n{block['options']}"
    # Else it would be read as an option.
    guard = "\n" if lines and lines[0].lstrip().startswith((":", "---")) else ""
    body = "".join(f"{indent}{line}".rstrip() + "\n" for line in lines)
    return f"{head}{guard}{body}{indent}{fence}"
