"""An output that a page shows: found in the page's text and compared with a fresh recording."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from proven.claims import RANGES, excluded, has_gil
from proven.findings import Finding
from proven.stage import SnippetError, play

BLOCK = re.compile(
    r"^(?P<indent>[ ]*)(?P<fence>`{3,})\{output\}[ ]+(?P<name>\S+)[ ]*\n"
    r"(?P<options>(?:[ ]*:[\w-]+:.*\n)*)"
    r"(?P<body>(?:.*\n)*?)(?P=indent)(?P=fence)[ ]*$",
    re.M,
)
_ONLY = re.compile(rf":({'|'.join(RANGES)}):[ ]*(\S+)")


@dataclass(frozen=True)
class Shown:
    """An example's output as its page shows it; only: on which interpreters, if not on all."""

    page: str
    name: str
    lines: list[str]
    any_order: bool
    only: tuple[tuple[str, str], ...] = ()


def outputs_in(pages: Mapping[str, str]) -> Iterator[Shown]:
    """Yield the outputs that `pages`, texts by file, show."""
    for page, text in pages.items():
        for block in BLOCK.finditer(text):
            indent = len(block["indent"])
            lines = [line[indent:] for line in block["body"].splitlines()]
            any_order = ":order: any" in block["options"]
            only = tuple(_ONLY.findall(block["options"]))
            yield Shown(page, block["name"], lines, any_order, only)


def replay(shown: Shown, snippets: Path | None = None) -> Finding:
    """Play an example and tell whether it comes out as its page shows it.

    snippets: their folder, if it isn't the one of the working directory.
    """
    if why := excluded(dict(shown.only), sys.version_info[:2], gil=has_gil()):
        return Finding("skipped", why=f"holds only {why}")
    try:
        trace = play(shown.name, snippets=snippets)
    except SnippetError as error:
        return Finding("failed", why=str(error).partition("\n")[0][:200])
    lines, expected = trace.shown(), shown.lines
    if shown.any_order:
        lines, expected = sorted(lines), sorted(expected)
    if lines != expected:
        return Finding("failed", why="other output")
    return Finding("passed", seconds=trace.elapsed if trace.timed else 0)
