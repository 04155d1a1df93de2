"""Fonts that several parts brought, of which one copy is enough."""

from __future__ import annotations

from typing import Any

from pikepdf import Dictionary, Pdf


def merge_fonts(book: Pdf) -> None:
    """Let all parts use one copy of a font."""
    first: dict[bytes, Any] = {}
    seen: dict[Any, Any] = {}
    waiting = [page.get("/Resources", Dictionary()) for page in book.pages]
    while waiting:
        resources = waiting.pop()
        for drawn in resources.get("/XObject", Dictionary()).values():
            waiting.append(drawn.get("/Resources", Dictionary()))
        fonts = resources.get("/Font", Dictionary())
        for name, font in fonts.items():
            if font.objgen not in seen:
                seen[font.objgen] = first.setdefault(_look(font), font)
            fonts[name] = seen[font.objgen]


def _look(font: Any) -> bytes:
    """Return what two fonts have in common only if they are the same."""
    (descendant,) = font.DescendantFonts
    about = descendant.FontDescriptor
    file = about.get("/FontFile3", about.get("/FontFile2"))
    return b"".join(
        [bytes(font.BaseFont), descendant.W.unparse(), *map(_read, (file, font.ToUnicode))]
    )


def _read(stream: Any) -> bytes:
    return stream.read_raw_bytes() if stream is not None else b""
