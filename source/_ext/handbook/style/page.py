"""A page as text: its blocks with their lines, and its prose as plain sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from myst_parser.parsers.mdit import create_md_parser

CODE = "⌘"
"""Stands in prose for inline code and for a link whose title isn't written on the page."""

_PROSE = frozenset(
    {"short", "note", "tip", "warning", "important", "glossary", "details", "answer", "drawing"}
)
_INFO = re.compile(r"\{([\w:-]+)\}\s*(.*)")
_OPTION = re.compile(r"[ ]*:([\w-]+):[ ]*(.*)")
_TITLE = re.compile(r"(.*?)\s*<[^<>]*>$", re.S)
_END = re.compile(r"(?<=[.!?…])[»)]?\s+(?=[«(]?[А-ЯЁA-Z⌘])")


class Finding(NamedTuple):
    """What is wrong on a page: line counted from 1, the rule's name, and what to do."""

    line: int
    rule: str
    text: str


class Block(NamedTuple):
    """A fence: the directive's name ("" for a plain fence), argument, options, body, line."""

    name: str
    argument: str
    options: dict[str, str]
    body: str
    line: int
    closed: bool
    language: str = ""


class Heading(NamedTuple):
    """A heading: its level, text and line."""

    level: int
    text: str
    line: int


class Passage(NamedTuple):
    """A paragraph, heading or list item as plain text, and the line it begins in."""

    text: str
    line: int
    kind: str


class Claim(NamedTuple):
    """A marked sentence as plain text."""

    id: str
    text: str
    line: int
    badges: tuple[str, ...]
    """The versions that its badges name."""


_BADGES = ("since", "before", "added")


@cache
def _parser() -> MarkdownIt:
    enabled = {"attrs_inline", "colon_fence", "deflist"}
    return create_md_parser(MdParserConfig(enable_extensions=enabled), DocutilsRenderer)


@dataclass(frozen=True)
class Page:
    """The page in `file`: text, name ("tasks/gather") and what it consists of."""

    file: Path
    name: str
    text: str

    @property
    def is_question(self) -> bool:
        """Whether it answers a question: it is neither index nor exercises of a chapter."""
        chapter, _, own = self.name.rpartition("/")
        return bool(chapter) and own not in ("index", "exercises")

    @cached_property
    def tokens(self) -> list[Token]:
        """What Markdown makes of the page."""
        return _parser().parse(self.text)

    @cached_property
    def blocks(self) -> list[Block]:
        """All fences, those in the prose of a directive, too."""
        return list(_blocks(self.tokens, self.text, 0))

    @cached_property
    def headings(self) -> list[Heading]:
        """The headings in order."""
        return [
            Heading(int(opening.tag[1:]), plain(inline), (inline.map or [0])[0] + 1)
            for opening, inline in zip(self.tokens, self.tokens[1:], strict=False)
            if opening.type == "heading_open"
        ]

    @cached_property
    def inlines(self) -> list[tuple[Token, int]]:
        """Inline tokens of the prose, that of admonitions too, and the lines they begin in."""
        return list(_inlines(self.tokens, 1))

    @cached_property
    def passages(self) -> list[Passage]:
        """The prose, a passage for each paragraph, heading or item."""
        return list(_passages(self.tokens, 1))

    @cached_property
    def claims(self) -> list[Claim]:
        """The marked sentences."""
        return [claim for token, line in self.inlines for claim in _claims(token, line)]

    def block(self, name: str) -> Block | None:
        """Return the first block of the directive `name`."""
        return next((block for block in self.blocks if block.name == name), None)


def read(file: Path, pages: Path) -> Page:
    """Read a page; UnicodeDecodeError if it isn't UTF-8."""
    name = file.relative_to(pages).with_suffix("").as_posix()
    return Page(file, name, file.read_bytes().decode("utf-8"))


def sentences(text: str) -> list[str]:
    """Split plain prose into its sentences."""
    return [part for part in _END.split(" ".join(text.split())) if part]


def plain(inline: Token) -> str:
    """Return the text of an inline token; code and untitled links become `CODE`."""
    return "".join(_words(child) for child in inline.children or ())


def _words(child: Token) -> str:
    if child.type == "text":
        return child.content
    if child.type in ("softbreak", "hardbreak"):
        return "\n"
    if child.type == "myst_role":
        title = _TITLE.match(child.content)
        if title:
            return title[1]
        return child.content if child.meta.get("name") == "term" else CODE
    return CODE if child.type in ("code_inline", "image") else ""


def _blocks(tokens: list[Token], text: str, above: int) -> Iterator[Block]:
    for token in tokens:
        if token.type in ("fence", "colon_fence", "code_block"):
            block = _block(token, text)
            block = block._replace(line=block.line + above)
            yield block
            if block.closed:
                yield from _blocks(_inside(token), token.content, block.line)


def _block(token: Token, text: str) -> Block:
    begin, end = token.map or (0, 0)
    lines = text.splitlines()
    last = lines[end - 1].lstrip("> ") if end else ""
    fence = re.match(r"\s*(?:>\s*)*([`:~]{3,})", lines[begin]) if begin < len(lines) else None
    closed = token.type == "code_block" or bool(fence and last.startswith(fence[1]))
    if fence and re.search(rf"^\s*{fence[1]}\{{", token.content, re.M):
        closed = False  # its end is that of the next one
    info = _INFO.match(token.info.strip())
    if not info:
        return Block("", "", {}, token.content, begin + 1, closed, token.info.strip())
    options, body = _options(token.content)
    return Block(info[1], info[2], options, body, begin + 1, closed)


def _options(content: str) -> tuple[dict[str, str], str]:
    options: dict[str, str] = {}
    lines = content.splitlines(keepends=True)
    while lines and (match := _OPTION.match(lines[0])):
        options[match[1]] = match[2].strip()
        lines.pop(0)
    return options, "".join(lines)


def _inside(token: Token) -> list[Token]:
    """Return the tokens of a directive that holds prose, none of another."""
    info = _INFO.match(token.info.strip())
    holds = info and info[1] in _PROSE
    return _parser().parse(token.content) if holds else []


def _inlines(tokens: list[Token], first: int) -> Iterator[tuple[Token, int]]:
    for token in tokens:
        line = (token.map or [0])[0] + first
        if token.type == "inline":
            yield token, line
        elif token.type in ("fence", "colon_fence"):
            yield from _inlines(_inside(token), line + 1)


def _passages(tokens: list[Token], first: int) -> Iterator[Passage]:
    opened: list[str] = []
    for token in tokens:
        line = (token.map or [0])[0] + first
        if token.nesting == 1:
            opened.append(token.type.removesuffix("_open"))
        elif token.nesting == -1 and opened:
            opened.pop()
        elif token.type == "inline":
            around = {"heading", "td", "th", "list_item"} & set(opened)
            yield Passage(plain(token), line, next(iter(around), "paragraph"))
        elif token.type in ("fence", "colon_fence"):
            yield from _passages(_inside(token), line + 1)


def _claims(inline: Token, line: int) -> Iterator[Claim]:
    opened: list[tuple[dict[str, Any], list[str], int]] = []
    for child in inline.children or ():
        if child.type == "softbreak":
            line += 1
        if child.type == "span_open":
            opened.append((child.attrs, [], line))
        elif child.type == "span_close" and opened:
            span, words, began = opened.pop()
            if id := str(span.get("id", "")):
                badges = tuple(str(span[name]) for name in _BADGES if name in span)
                yield Claim(id, " ".join("".join(words).split()), began, badges)
        else:
            for _, words, _ in opened:
                words.append(_words(child))
