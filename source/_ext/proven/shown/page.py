"""The outputs in the text of a page: found, and rewritten."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from proven.claims import RANGES
from proven.shown.text import Terms, agree, as_read

BLOCK = re.compile(
    r"^(?P<indent>[ ]*)(?P<fence>`{3,}|:{3,}|~{3,})\{output\}[ ]+(?P<name>\S+)[ ]*\n"
    r"(?P<options>(?:[ ]*:[\w-]+:.*\n)*)"
    r"(?P<body>(?:.*\n)*?)(?P=indent)(?P=fence)[ ]*$",
    re.M,
)
_OPTION = re.compile(r"^[ ]*:([\w-]+):[ ]*(.*?)[ ]*$", re.M)


@dataclass(frozen=True)
class Shown:
    """An example's output as its page shows it, at `line`.

    only: on which interpreters it is so, if not on all.
    """

    page: str
    name: str
    lines: tuple[str, ...]
    any_order: bool
    only: tuple[tuple[str, str], ...] = ()
    terms: Terms = field(default_factory=Terms)
    line: int = 0


def outputs_in(pages: Mapping[str, str]) -> Iterator[Shown]:
    """Yield the outputs that `pages`, texts by file, show."""
    for page, text in pages.items():
        for block in BLOCK.finditer(text):
            options = dict(_OPTION.findall(block["options"]))
            only = tuple((key, value) for key, value in options.items() if key in RANGES)
            any_order, terms = "order" in options, Terms.of(options)
            line = text.count("\n", 0, block.start()) + 1
            yield Shown(page, block["name"], _body(block), any_order, only, terms, line)


def rewritten(text: str, fresh: Mapping[int, list[str]]) -> str:
    """Return the text of a page with the outputs at the lines that `fresh` has put in.

    An output that still agrees stays as it is.
    """

    def put(block: re.Match[str]) -> str:
        lines = fresh.get(text.count("\n", 0, block.start()) + 1)
        return block[0] if lines is None else _rewritten(block, lines)

    return BLOCK.sub(put, text)


def _body(block: re.Match[str]) -> tuple[str, ...]:
    indent = len(block["indent"])
    return tuple(as_read(line[indent:] for line in block["body"].split("\n")))


def _rewritten(block: re.Match[str], lines: list[str]) -> str:
    options = dict(_OPTION.findall(block["options"]))
    if agree(_body(block), lines, any_order="order" in options):
        return block[0]
    kind, indent = block["fence"][0], block["indent"]
    runs = (len(line.lstrip()) - len(line.lstrip().lstrip(kind)) for line in lines)
    fence = kind * max(len(block["fence"]), *(run + 1 for run in runs), 3)
    head = f"{indent}{fence}{{output}} {block['name']}\n{block['options']}"
    # Else it would be read as an option.
    guard = "\n" if lines and lines[0].lstrip().startswith((":", "---")) else ""
    body = "".join(f"{indent}{line}".rstrip() + "\n" for line in lines)
    return f"{head}{guard}{body}{indent}{fence}"
