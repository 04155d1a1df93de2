"""Joins the parts' PDFs to one: pages, tags, links, bookmarks and attachments.

The first part is what the others are added to: it brings the metadata, the attachments and
the output intent.  Objects are written in compressed streams, which makes a third of the size.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

from typst_book import PrintError
from typst_book.pdf.fonts import merge_fonts
from typst_book.pdf.objects import children, elements, next_key, numbers, only, siblings

SHEETS = 2
"""The pages before each part that are no pages of the book; `sheets` in the template."""

LINK = "book:"
"""What the address of a link within the book begins with, until it is joined."""


@dataclass(frozen=True)
class Piece:
    """A part's PDF and the number of its first page, from 1."""

    file: Path
    start: int


@dataclass(frozen=True)
class Target:
    """A place: page from 0, x and y in points from the lower left corner, and its page's name."""

    page: int
    x: float
    y: float
    name: str


class Joiner:
    """Joins `pieces`; `targets` are the places of all labels.

    What leads to pages that none of `pieces` has leads into the PDF of the whole book, `beside`.
    """

    def __init__(
        self, pieces: Sequence[Piece], targets: Mapping[str, Target], beside: str = ""
    ) -> None:
        self._targets = targets
        self._pieces = pieces
        self._beside = beside
        self._book = Pdf.open(pieces[0].file)
        del self._book.pages[:SHEETS]
        tree = self._book.Root.StructTreeRoot
        self._document = only(tree.K)
        self._parents: list[Any] = numbers(tree)
        self._ids: list[tuple[bytes, Object]] = []
        self._bookmarks: list[Object] = []

    def join(self, file: Path) -> None:
        """Write the book to `file`; PrintError if a link leads nowhere."""
        if "/Outlines" in self._book.Root:
            self._bookmarks += siblings(self._book.Root.Outlines)
        for piece in self._pieces[1:]:
            self._blank_pages(piece.start - 1)
            with Pdf.open(piece.file) as part:
                self._add(part)
        self._finish_tree()
        self._finish_outline()
        merge_fonts(self._book)
        self._resolve_links()
        self._count_pages()
        pikepdf.settings.set_flate_compression_level(9)
        self._book.save(
            file,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            recompress_flate=True,
            deterministic_id=True,
            fix_metadata_version=False,
        )

    def _blank_pages(self, count: int) -> None:
        """Add empty pages until there are `count`."""
        while len(self._book.pages) < count:
            box = self._book.pages[0].mediabox
            page = self._book.add_blank_page(page_size=(float(box[2]), float(box[3])))
            page.obj.Tabs = Name.S

    def _add(self, part: Pdf) -> None:
        """Add a part's pages, its tags and its bookmarks."""
        base = next_key(self._parents)
        for page in part.pages:
            if "/StructParents" in page:
                page.StructParents = int(page.StructParents) + base
            for note in page.get("/Annots", Array()):
                if "/StructParent" in note:
                    note.StructParent = int(note.StructParent) + base
        self._rename_ids(part, b"%d-" % base)
        # The sheets show letters, in the same order in all parts, so that their fonts are the same.
        del part.pages[:SHEETS]
        # Pages come first: what refers to them then finds the copies.
        self._book.pages.extend(part.pages)
        tree = self._book.copy_foreign(part.Root.StructTreeRoot)
        for element in children(only(tree.get("/K", Dictionary()))):
            element.P = self._document
            self._document.K.append(element)
        pairs = numbers(tree)
        for key, value in zip(pairs[::2], pairs[1::2], strict=True):
            self._parents += [int(key) + base, value]
        if "/IDTree" in tree:
            names = list(tree.IDTree.Names)
            self._ids += [(bytes(k), v) for k, v in zip(names[::2], names[1::2], strict=True)]
        if "/Outlines" in part.Root:
            self._bookmarks += siblings(self._book.copy_foreign(part.Root.Outlines))

    def _rename_ids(self, part: Pdf, prefix: bytes) -> None:
        """Make the parts' names of table heads and footnotes differ."""
        tree = part.Root.StructTreeRoot
        if "/IDTree" not in tree:
            return
        for node in elements(tree):
            if "/ID" in node:
                node.ID = String(prefix + bytes(node.ID))
            attributes = node.get("/A", Array())
            for each in attributes if isinstance(attributes, Array) else [attributes]:
                if isinstance(each, Dictionary) and "/Headers" in each:
                    each.Headers = Array([String(prefix + bytes(name)) for name in each.Headers])
        names = list(tree.IDTree.Names)
        tree.IDTree.Names = Array(
            part_
            for key, value in zip(names[::2], names[1::2], strict=True)
            for part_ in (String(prefix + bytes(key)), value)
        )

    def _finish_tree(self) -> None:
        tree = self._book.Root.StructTreeRoot
        tree.ParentTree.Nums = Array(self._parents)
        tree.ParentTreeNextKey = next_key(self._parents)
        if "/IDTree" in tree:
            names = list(tree.IDTree.Names)
            self._ids += [(bytes(k), v) for k, v in zip(names[::2], names[1::2], strict=True)]
        if self._ids:
            pairs = (part for key, value in sorted(self._ids, key=_key) for part in (key, value))
            names_array = Array([String(p) if isinstance(p, bytes) else p for p in pairs])
            tree.IDTree = self._book.make_indirect(Dictionary(Names=names_array))

    def _finish_outline(self) -> None:
        """Hang the bookmarks of all parts on one root."""
        root = self._book.make_indirect(Dictionary(Type=Name.Outlines))
        for before, after in zip(self._bookmarks, self._bookmarks[1:], strict=False):
            before.Next, after.Prev = after, before
        for bookmark in self._bookmarks:
            bookmark.Parent = root
        if self._bookmarks:
            root.First, root.Last = self._bookmarks[0], self._bookmarks[-1]
            root.Count = len(self._bookmarks)
            self._book.Root.Outlines = root

    def _count_pages(self) -> None:
        """Tell the number of all pages where the first part told its own."""
        metadata = self._book.Root.Metadata
        count = b"<xmpTPg:NPages>%d<" % len(self._book.pages)
        metadata.write(re.sub(rb"<xmpTPg:NPages>\d+<", count, metadata.read_bytes()))

    def _resolve_links(self) -> None:
        for page in self._book.pages:
            for note in page.get("/Annots", Array()):
                # A tenth of a point is finer than any finger, and digits weigh.
                note.Rect = Array([round(float(side), 1) for side in note.Rect])
                address = str(note.get("/A", Dictionary()).get("/URI", ""))
                if address.startswith(LINK):
                    target = self._targets.get(address.removeprefix(LINK))
                    if target is None:
                        raise PrintError(f"nothing in the book has the label {address[5:]!r}")
                    self._lead(note, target)
                    note.Contents = String(target.name)

    def _lead(self, note: Any, target: Target) -> None:
        where = [Name.XYZ, round(target.x), round(target.y), 0]
        here = target.page - (self._pieces[0].start - 1)
        if here in range(len(self._book.pages)):
            del note.A
            note.Dest = Array([self._book.pages[here].obj, *where])
        else:
            file = Dictionary(Type=Name.Filespec, F=self._beside, UF=self._beside)
            note.A = Dictionary(S=Name.GoToR, F=file, D=Array([target.page, *where]))


def _key(pair: tuple[bytes, Object]) -> bytes:
    return pair[0]
