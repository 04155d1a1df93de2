"""Prose, strings and code as Typst writes them; where a node stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from pygments.token import Token
from sphinx.highlighting import PygmentsBridge

LOOKS = {
    Token.Keyword: "bold",
    Token.Operator.Word: "bold",
    Token.Comment: "comment",
    Token.Generic.Prompt: "quiet",
}
"""How a token looks on paper, where there are no colours."""


def place_of(node: nodes.Node, page: str) -> str:
    """Return the file and line of `node` or of what is around it; else those of its `page`."""
    place: nodes.Node | None = node
    while place is not None and place.line is None:
        place = place.parent
    return f"{page}:{place.line if place else '?'}"


def string(text: str) -> str:
    """Return `text` as a Typst string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def markup(text: str) -> str:
    """Return prose as Typst markup, with the spaces that Russian typography keeps together."""
    text = re.sub(r"[!-/:-@\[-`{-~]", r"\\\g<0>", text)
    text = re.sub(r"[ \n]+(?=[—–])|(?<=№)[ \n]", "~", text)
    return re.sub(r"(?<![\w~])([аиоувксяАИОУВКСЯ])[ \n](?=\S)", r"\1~", text)


def tokens(text: str, language: str) -> str:
    """Return, as Typst code, the parts of each line that look different; "" if there are none."""
    lines: list[list[str]] = [[]]
    column = 0
    for look, part, new_line in _parts(text, language):
        if new_line:
            lines.append([])
            column = 0
        end = column + len(part.encode())
        if look and part:
            lines[-1].append(f'({column}, {end}, "{look}")')
        column = end
    while lines and not lines[-1]:
        lines.pop()
    marks = [f"({', '.join(line)},)" if line else "()" for line in lines]
    return f"({', '.join(marks)},)" if marks else ""


def _parts(text: str, language: str) -> Iterator[tuple[str | None, str, bool]]:
    """Yield look, text and whether a line begins here, of each token's part in a line."""
    for kind, value in PygmentsBridge().get_lexer(text, language).get_tokens(text):
        look = next((look for token, look in LOOKS.items() if kind in token), None)
        for number, part in enumerate(value.split("\n")):
            yield look, part, number > 0
