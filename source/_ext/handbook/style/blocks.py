"""What may stand in a fence or as an image: nothing there escapes the checks."""

from __future__ import annotations

import re
import unicodedata
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
_HIDDEN = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\xad\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]"
)
_DIRECTIVES = frozenset(
    {
        *("answer", "asked", "csv-table", "drawing", "figure", "first", "fragment", "image"),
        *("important", "index", "interleaving", "literalinclude", "note", "output", "scheduler"),
        *("short", "tip", "warning"),
    }
)
"""What a question's page is made of: whatever else there is, no rule here looks into it."""
_APPENDICES = frozenset(
    {
        *("corrections", "figures", "glossary", "ledger", "messages", "mutants", "only"),
        *("short-answers", "toctree"),
    }
)
_UNSEEN = {"front_matter": "front matter", "myst_line_comment": "a comment"}
_ACTIVE = re.compile(r"<script|<foreignObject|\son\w+\s*=|(?:href|src)\s*=\s*.https?:", re.I)
_NO_LINK = re.compile(r"\]\(\w+:")
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
        elif block.name not in _DIRECTIVES and (page.is_question or block.name not in _APPENDICES):
            yield Finding(block.line, "directive", f"{{{block.name}}} isn't one of this book's")
        elif block.name == "csv-table" and "file" not in block.options:
            yield Finding(
                block.line, "typed", "a table typed by hand: :file: names what was measured"
            )
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
    elif file.suffix == ".svg" and _ACTIVE.search(file.read_text(encoding="utf-8")):
        yield Finding(
            line, "image", f"the image {target} runs a script or loads something: draw it"
        )
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
        elif what := _UNSEEN.get(token.type):
            line = (token.map or [0])[0] + 1
            yield Finding(line, "hidden", f"{what}, which no reader sees: take it out")
    for token, line in page.inlines:
        for child in token.children or ():
            if child.type == "softbreak":
                line += 1
            elif child.type == "html_inline":
                yield Finding(line, "raw", f"raw HTML {child.content}: use Markdown or a directive")
            elif child.type == "link_open" and re.match(
                r"(?!https:)\w+:", str(child.attrs.get("href", ""))
            ):
                yield Finding(
                    line, "link", f"{child.attrs['href']}: only https: leads out of the book"
                )
            elif child.type == "text" and _NO_LINK.search(child.content):
                yield Finding(line, "link", f"«{child.content}» is no link: only https: leads out")
            elif child.type == "image":
                yield from _image(page, str(child.attrs.get("src", "")), child.content, line)
            elif child.type == "code_inline" and (word := _MIXED.search(child.content)):
                yield Finding(
                    line, "letters", f"«{word[0]}» mixes Cyrillic and Latin letters: type it anew"
                )


def snippet(file: Path, *, english: bool = False) -> Iterator[Finding]:
    """Yield what is wrong with the letters of a file: ends of lines, BOM, homoglyphs, unseen ones.

    english: it may have no Cyrillic letter at all.
    """
    if file.is_symlink():
        yield Finding(1, "bytes", f"it is a link to {file.readlink()}: put the file itself here")
    data = file.read_bytes()
    yield from _bytes(data)
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    for number, line in enumerate(text.split("\n"), 1):
        if hidden := _HIDDEN.search(line):
            what = f"U+{ord(hidden[0]):04X}, a character that nobody sees"
            yield Finding(number, "hidden", f"{what}: take it out, or write its escape")
        if not unicodedata.is_normalized("NFC", line):
            yield Finding(
                number, "hidden", "a letter in two parts, as in «и» and a breve: type it anew"
            )
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
