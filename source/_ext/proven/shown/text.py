"""The form in which a page shows what was recorded, and the one comparison of the two.

What can't be seen is escaped as Python's repr does it; blanks at the end of a line
are left out; an empty first or last line is shown as ``\\n``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from proven.stage.trace import BAR, Trace, escaped

_DOCTEST = re.compile(r"\s*<BLANKLINE>|Traceback \(")


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

    def unusual(self) -> dict[str, Any]:
        """Return those that differ from the usual ones."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value != getattr(Terms, name)}

    def __str__(self) -> str:
        return f" {self.unusual()}" if self.unusual() else ""


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
        stderr = own_frames(trace.stderr).rstrip("\n").split("\n")
        lines = [*lines, *(f"stderr{BAR}{line}" for line in stderr)]
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


def agree(shown: Iterable[str], recorded: Iterable[str], *, any_order: bool) -> bool:
    """Tell whether a page shows what was recorded: the same lines, in the same order or in any."""
    return normal(shown, any_order=any_order) == normal(recorded, any_order=any_order)


def normal(lines: Iterable[str], *, any_order: bool) -> list[str]:
    """Return `lines` so that those of two outputs are equal if nothing promised differs.

    A bar stands before what doctest would take as a sign of its own.
    """
    safe = [f"│{line}" if _DOCTEST.match(line) else line for line in lines]
    return sorted(safe) if any_order else safe


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
