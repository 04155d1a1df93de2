"""What may stand in a fence or as an image: nothing there escapes the checks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from handbook.style.page import Block, Finding, Page

PICTURE = 300_000
"""Bytes that an image may have: a page with more is slow on a phone."""

_DATA = frozenset({"text", "console", "shell", "sh", "bash", "toml", "ini", "json", "yaml", "none"})
_PYTHON = re.compile(
    r"^\s*(?:>>> |(?:async )?def \w+\(|class \w+[:(]|import \w+$|from [\w.]+ import |"
    r"(?:await |print\(|return |with |async with |for \w+ in |while |try:|except\b))",
    re.M,
)
_RECORDED = re.compile(r"^ *\d+\.\d │ |^Traceback \(most recent call last\)|^\w+Error: ", re.M)
_SHOWN = frozenset({"", "output", "fragment"})
"""Whose lines a page shows as they are."""
_CYRILLIC = re.compile(r"[А-Яа-яЁё]+")
_MIXED = re.compile(
    r"(?<![\\\w])[A-Za-z_]*(?:[A-Za-z_][А-Яа-яЁё]|[А-Яа-яЁё][A-Za-z_])[\wА-Яа-яЁё]*"
)


def blocks(page: Page, width: int) -> Iterator[Finding]:
    """Yield what is wrong with fences, images and raw HTML of `page`; width: columns of code."""
    for block in page.blocks:
        if block.name in _SHOWN:
            yield from _width(block, width)
        if not block.closed:
            yield Finding(block.line, "fence", "this fence isn't closed: write its end")
        elif not block.name:
            yield from _plain(block)
        elif block.name == "raw":
            yield Finding(block.line, "raw", "raw HTML or Typst: use a directive, or add one")
        elif block.name in ("code", "code-block", "sourcecode", "parsed-literal"):
            yield Finding(
                block.line,
                "code",
                "code that nobody runs: literalinclude a snippet, or use {fragment} and say why",
            )
        elif block.name == "literalinclude" and "lines" in block.options:
            advice = "name what is shown by :pyobject: or by marker comments, lines move"
            yield Finding(block.line, "lines", f":lines: hides the rest: {advice}")
        elif block.name in ("image", "figure"):
            yield from _image(page, block.argument, block.options.get("alt", ""), block.line)
    yield from _inline(page)


def _width(block: Block, width: int) -> Iterator[Finding]:
    first = block.line + 1 + len(block.options)
    for number, line in enumerate(block.body.splitlines(), first):
        # The column of seconds stands beside the text, not in it.
        text = line.partition("│ ")[2] or line
        if len(text) > width:
            yield Finding(number, "width", f"{len(text)} columns: at most {width} fit the page")


def _plain(block: Block) -> Iterator[Finding]:
    if _PYTHON.search(block.body):
        yield Finding(
            block.line,
            "code",
            "Python that nobody runs: literalinclude a snippet, or use {fragment} and say why",
        )
    elif _RECORDED.search(block.body):
        yield Finding(
            block.line,
            "typed",
            "an output typed by hand: show a snippet and {output} records it",
        )
    elif block.language not in _DATA:
        what = f"a fence of {block.language!r}" if block.language else "a fence without a language"
        yield Finding(block.line, "code", f"{what}: only {', '.join(sorted(_DATA))} are plain text")


def _image(page: Page, target: str, alt: str, line: int) -> Iterator[Finding]:
    if not alt.strip():
        yield Finding(line, "image", f"the image {target} has no alternative text: describe it")
    if re.match(r"[a-z]+:|//", target):
        yield Finding(line, "image", f"the image {target} is external: copy it into the book")
        return
    pages = page.file.parents[page.name.count("/")]
    file = pages / target.lstrip("/") if target.startswith("/") else page.file.parent / target
    if not file.is_file():
        yield Finding(line, "image", f"there is no image {target}")
    elif file.stat().st_size > PICTURE:
        size = file.stat().st_size // 1000
        yield Finding(
            line, "image", f"the image {target} has {size} KB: at most {PICTURE // 1000} load fast"
        )


def _inline(page: Page) -> Iterator[Finding]:
    for token in page.tokens:
        if token.type == "html_block":
            line = (token.map or [0])[0] + 1
            yield Finding(line, "raw", "raw HTML: use Markdown or a directive")
    for token, line in page.inlines:
        for child in token.children or ():
            if child.type == "softbreak":
                line += 1
            elif child.type == "html_inline":
                yield Finding(line, "raw", f"raw HTML {child.content}: use Markdown or a directive")
            elif child.type == "image":
                yield from _image(page, str(child.attrs.get("src", "")), child.content, line)
            elif child.type == "code_inline" and (word := _MIXED.search(child.content)):
                yield Finding(
                    line, "letters", f"«{word[0]}» mixes Cyrillic and Latin letters: type it anew"
                )


def snippet(file: Path, *, english: bool = False) -> Iterator[Finding]:
    """Yield what is wrong with the letters of a file: ends of lines, BOM, homoglyphs.

    english: it may have no Cyrillic letter at all.
    """
    data = file.read_bytes()
    yield from _bytes(data)
    for number, line in enumerate(data.decode("utf-8", "replace").splitlines(), 1):
        if word := _MIXED.search(line):
            yield Finding(
                number, "letters", f"«{word[0]}» mixes Cyrillic and Latin letters: type it anew"
            )
        elif english and (word := _CYRILLIC.search(line)):
            yield Finding(
                number, "letters", f"«{word[0]}»: Cyrillic letters in a snippet: write English"
            )


def _bytes(data: bytes) -> Iterator[Finding]:
    if data.startswith(b"\xef\xbb\xbf"):
        yield Finding(1, "bytes", "the file begins with a byte order mark: save it without")
    if b"\r" in data:
        line = data[: data.index(b"\r")].count(b"\n") + 1
        yield Finding(line, "bytes", "the line ends with CR: save the file with LF alone")
