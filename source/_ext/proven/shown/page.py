"""The outputs in the text of a page: found, and rewritten from fresh recordings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from proven.claims import RANGES
from proven.shown.recording import record
from proven.shown.text import Terms, agree, as_read, on_page

BLOCK = re.compile(
    r"^(?P<indent>[ ]*)(?P<fence>`{3,}|:{3,}|~{3,})\{output\}[ ]+(?P<name>\S+)[ ]*\n"
    r"(?P<options>(?:[ ]*:[\w-]+:.*\n)*)"
    r"(?P<body>(?:.*\n)*?)(?P=indent)(?P=fence)[ ]*$",
    re.M,
)
_OPTION = re.compile(r"^[ ]*:([\w-]+):[ ]*(.*?)[ ]*$", re.M)


@dataclass(frozen=True)
class Shown:
    """An example's output as its page shows it; only: on which interpreters, if not on all."""

    page: str
    name: str
    lines: tuple[str, ...]
    any_order: bool
    only: tuple[tuple[str, str], ...] = ()
    terms: Terms = field(default_factory=Terms)


def outputs_in(pages: Mapping[str, str]) -> Iterator[Shown]:
    """Yield the outputs that `pages`, texts by file, show."""
    for page, text in pages.items():
        for block in BLOCK.finditer(text):
            options = dict(_OPTION.findall(block["options"]))
            only = tuple((key, value) for key, value in options.items() if key in RANGES)
            any_order, terms = "order" in options, Terms.of(options)
            yield Shown(page, block["name"], _body(block), any_order, only, terms)


def rewritten(text: str, snippets: Path | None = None) -> str:
    """Return the text of a page with its outputs from fresh recordings.

    An output that still agrees stays as it is.  SnippetError if a recording fails.
    """
    return BLOCK.sub(lambda block: _rewritten(block, snippets), text)


def _body(block: re.Match[str]) -> tuple[str, ...]:
    indent = len(block["indent"])
    return tuple(as_read(line[indent:] for line in block["body"].split("\n")))


def _rewritten(block: re.Match[str], snippets: Path | None) -> str:
    options = dict(_OPTION.findall(block["options"]))
    terms, any_order = Terms.of(options), "order" in options
    lines = on_page(record(block["name"], terms, snippets, ordered=not any_order), terms)
    if agree(_body(block), lines, any_order=any_order):
        return block[0]
    kind, indent = block["fence"][0], block["indent"]
    runs = (len(line.lstrip()) - len(line.lstrip().lstrip(kind)) for line in lines)
    fence = kind * max(len(block["fence"]), *(run + 1 for run in runs), 3)
    head = f"{indent}{fence}{{output}} {block['name']}\n{block['options']}"
    # Else it would be read as an option.
    guard = "\n" if lines and lines[0].lstrip().startswith((":", "---")) else ""
    body = "".join(f"{indent}{line}".rstrip() + "\n" for line in lines)
    return f"{head}{guard}{body}{indent}{fence}"
