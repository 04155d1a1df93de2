"""An output that a page shows: found in the page's text, replayed, and rewritten."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from proven.claims import RANGES, excluded_here
from proven.findings import Finding
from proven.stage import SnippetError, play

_BLOCK = re.compile(
    r"^(?P<indent>[ ]*)(?P<fence>`{3,})\{output\}[ ]+(?P<name>\S+)[ ]*\n"
    r"(?P<options>(?:[ ]*:[\w-]+:.*\n)*)"
    r"(?P<body>(?:.*\n)*?)(?P=indent)(?P=fence)[ ]*$",
    re.M,
)
_ONLY = re.compile(rf":({'|'.join(RANGES)}):[ ]*(\S+)")


@dataclass(frozen=True)
class Shown:
    """An example's output as its page, a file, shows it.

    any_order: the order of lines isn't promised; only: on which interpreters, if not on all.
    """

    page: str
    name: str
    lines: tuple[str, ...]
    any_order: bool
    only: tuple[tuple[str, str], ...] = ()


def outputs_in(pages: Mapping[str, str]) -> Iterator[Shown]:
    """Yield the outputs that `pages`, texts by file, show."""
    for page, text in pages.items():
        for block in _BLOCK.finditer(text):
            yield _shown(page, block)


def _shown(page: str, block: re.Match[str]) -> Shown:
    indent = len(block["indent"])
    lines = tuple(line[indent:] for line in block["body"].splitlines())
    any_order = ":order: any" in block["options"]
    return Shown(page, block["name"], lines, any_order, tuple(_ONLY.findall(block["options"])))


def agree(shown: Iterable[str], recorded: Iterable[str], *, any_order: bool) -> bool:
    """Tell whether a page shows what was recorded: the same lines, in the same order or in any."""
    return normal(shown, any_order=any_order) == normal(recorded, any_order=any_order)


def normal(lines: Iterable[str], *, any_order: bool) -> list[str]:
    """Return `lines` so that those of two outputs are equal if nothing promised differs."""
    return sorted(lines) if any_order else list(lines)


def replay(shown: Shown, snippets: Path | None = None) -> Finding:
    """Play an example and tell whether it comes out as its page shows it.

    snippets: their folder, if it isn't the one of the working directory.
    """
    if why := excluded_here(dict(shown.only)):
        return Finding("skipped", why=f"holds only {why}")
    try:
        trace = play(shown.name, snippets=snippets)
    except SnippetError as error:
        return Finding("failed", why=str(error).partition("\n")[0][:200])
    if not agree(shown.lines, trace.shown(), any_order=shown.any_order):
        return Finding("failed", why="other output")
    return Finding("passed", seconds=trace.elapsed if trace.timed else 0)


def rewritten(text: str, snippets: Path | None = None) -> str:
    """Return the text of a page with its outputs from fresh recordings.

    An output that still agrees stays as it is.  SnippetError if a recording fails.
    """

    def fresh(block: re.Match[str]) -> str:
        shown = _shown("", block)
        recorded = play(shown.name, snippets=snippets).shown()
        if agree(shown.lines, recorded, any_order=shown.any_order):
            return block[0]
        head = block[0][: block.start("body") - block.start()]
        body = (f"{block['indent']}{line}".rstrip() + "\n" for line in recorded)
        return "".join([head, *body, block["indent"], block["fence"]])

    return _BLOCK.sub(fresh, text)
