"""Writes the PDFs: that of the book, and apart from it each chapter, sheets, and booklets.

A chapter alone keeps the book's page numbers, so that a class can be told a page.
``python -m typst_book.pdf.apart FOLDER TO`` makes booklets of all PDFs in a folder.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from pikepdf import Page, Pdf, Rectangle

from typst_book.pdf.compiler import Book
from typst_book.pdf.joiner import Joiner, Piece, Target
from typst_book.pdf.part import Part

A4 = (595.28, 841.89)
"""Width and height of the paper in points."""


def write(book: Book, name: str, mark: str) -> None:
    """Write the book that was typeset, and its chapters and sheets each alone into `print`.

    name: of the book's PDF; mark: how a page is named, with a place for its number.
    """
    targets = {
        label: Target(part.start + page - 2, x, A4[1] - y + 10, mark.format(part.start + page - 1))
        for label, (part, page, x, y) in book.labels.items()
    }
    pieces = {part.name: _piece(book.out, part) for part in (*book.parts, *book.beside)}
    Joiner([pieces[part.name] for part in book.parts], targets).join(book.out / f"{name}.pdf")
    alone = [part.name for part in book.parts if part.kind == "chapter"]
    alone += [part.name for part in book.beside]
    folder = book.out / "print"
    folder.mkdir(exist_ok=True)
    made = {folder / f"{each.removesuffix('-index')}.pdf": pieces[each] for each in alone}
    for file in set(folder.iterdir()) - made.keys():
        file.unlink()
    for file, piece in made.items():
        Joiner([piece], targets, beside=f"../{name}.pdf").join(file)


def _piece(out: Path, part: Part) -> Piece:
    return Piece(out / f"parts/{part.name}.pdf", part.start)


def imposed(count: int) -> Iterator[tuple[int, int]]:
    """Yield the pages, from 0, that stand side by side on each side of folded sheets.

    count: of pages; numbers from it on are blank, as each sheet has four pages.
    """
    last = -(-count // 4) * 4 - 1
    for first in range(0, last // 2 + 1, 2):
        yield last - first, first
        yield first + 1, last - first - 1


def booklet(source: Path, target: Path) -> None:
    """Make a booklet of a PDF: A5 pages, two to a side, to be printed on both and folded."""
    height, width = A4
    with Pdf.open(source) as pages, Pdf.new() as sheets:
        count = len(pages.pages)
        for pair in imposed(count):
            side: Page = sheets.add_blank_page(page_size=(width, height))
            for number, left in zip(pair, (0, width / 2), strict=True):
                if number < count:
                    half = Rectangle(left, 0, left + width / 2, height)
                    side.add_overlay(pages.pages[number], half)
        sheets.docinfo["/Title"] = str(pages.docinfo.get("/Title", ""))
        sheets.save(target, deterministic_id=True, recompress_flate=True)


def main(folder: Path, to: Path) -> None:
    """Make booklets in `to` of all PDFs in `folder`."""
    to.mkdir(parents=True, exist_ok=True)
    for file in sorted(folder.glob("*.pdf")):
        booklet(file, to / file.name)


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
