"""The builder: pages in reading order, one book, one PDF."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Set
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import typst
from babel.dates import format_date
from handbook.appendices.ledger import numbers
from sphinx.builders import Builder
from sphinx.environment.adapters.indexentries import IndexEntries
from sphinx.util import logging

from typst_book.translator import PrintError, Translator, string

logger = logging.getLogger(__name__)

TEMPLATE = Path(__file__).with_name("book.typ")
STANDARDS = ["a-3a", "ua-1"]
WITHOUT_GIT = 1_767_225_600
"""The date of a copy that has no history: the first of January 2026."""


class TypstBuilder(Builder):
    """Writes handbook.pdf, and the Typst that it was made of beside it."""

    name = "typst"
    format = "typst"
    epilog = "The print edition is ready: %(outdir)s/handbook.pdf"
    # Sphinx declares a list, and changes it nowhere.
    supported_image_types = ("image/svg+xml", "image/png", "image/jpeg")  # type: ignore[assignment]
    allow_parallel = False

    def get_outdated_docs(self) -> str:
        """Return what is written: always the whole book, as its parts refer to one another."""
        return "the whole book"

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Return the address of a page; the translator knows it by its percent sign."""
        return f"%{docname}"

    def get_relative_uri(self, from_: str, to: str, typ: str | None = None) -> str:
        """Return the address of a page, which is the same from everywhere."""
        return self.get_target_uri(to)

    def write_documents(self, docnames: Set[str]) -> None:
        """Write every page that the contents lead to, and the book that includes them."""
        out = Path(self.outdir)
        downloads = self._copy_downloads(out)
        pictures: set[str] = set()
        order = list(self._order())
        self.book = {docname for docname, _level in order}
        answers: dict[str, list[str]] = {}
        chapter = ""
        for docname, level in order:
            chapter = docname if level < 2 else chapter
            doctree = self.env.get_doctree(docname)
            self.env.apply_post_transforms(doctree, docname)
            self.post_process_images(doctree)
            page = Translator(self, docname)
            _write(out / f"pages/{docname}.typ", HEADER + page.translate(doctree))
            pictures |= page.pictures
            answers.setdefault(chapter, []).extend(page.answers)
        for chapter, texts in answers.items():
            if texts:
                _write(out / f"pages/{chapter}-answers.typ", HEADER + "".join(texts))
        for source in pictures:
            _copy(Path(self.srcdir, source), out / source)
        _write(out / "book.json", json.dumps(self._book(), ensure_ascii=False, indent=1))
        _write(out / "main.typ", "".join(self._main(order, answers, downloads)))
        _copy(TEMPLATE, out / "book.typ")

    def finish(self) -> None:
        """Compile the book."""
        out = Path(self.outdir)
        try:
            _, warnings = typst.compile_with_warnings(
                out / "main.typ",
                output=out / "handbook.pdf",
                root=out,
                ignore_system_fonts=True,
                sys_inputs={"variant": self.config.print_variant},
                pdf_standards=STANDARDS,  # type: ignore[arg-type]  # its stubs want literals
                timestamp=moment(Path(self.confdir)),
            )
        except typst.TypstError as error:
            raise PrintError(error.diagnostic) from error
        for warning in warnings:
            logger.warning(warning.diagnostic, type="handbook")

    def _order(self) -> Iterator[tuple[str, int]]:
        """Yield the pages as the book has them, chapters first, each with its level."""
        seen: set[str] = set()
        waiting = [(self.config.root_doc, 0)]
        while waiting:
            docname, level = waiting.pop(0)
            if docname not in seen:
                seen.add(docname)
                yield docname, level
                below = self.env.toctree_includes.get(docname, [])
                if level == 0:
                    below = sorted(below, key=lambda child: "/" not in child)
                waiting = [*((child, level + 1) for child in below), *waiting]

    def _main(
        self, order: list[tuple[str, int]], answers: dict[str, list[str]], downloads: list[str]
    ) -> Iterator[str]:
        yield HEADER + "#show: handbook\n"
        for file in downloads:
            yield f"#attach({string(file)})\n"
        appendix = next((name for name, level in order if level == 1 and "/" not in name), None)
        chapter = ""
        for docname, level in [*order, ("", 0)]:
            if level < 2:
                if answers.get(chapter):
                    yield f"#answers(include {string(f'pages/{chapter}-answers.typ')})\n"
                chapter = docname
            if not docname:
                break
            if docname == appendix:
                yield "#first-appendix\n"
            part = "preface" if level == 0 else "chapter" if "/" in docname else "appendix"
            kind = part if level < 2 else f"below.with({level - 1})"
            yield f"#{kind}(include {string(f'pages/{docname}.typ')})\n"
        yield "#general-index\n"

    def _book(self) -> dict[str, Any]:
        name = self.env.titles[self.config.root_doc].astext()
        title, _, subtitle = name.partition(": ")
        date = datetime.fromtimestamp(moment(Path(self.confdir)), UTC)
        return {
            "name": name,
            "title": title,
            "subtitle": subtitle[:1].upper() + subtitle[1:],
            "author": self.config.author,
            "copyright": self.config.copyright,
            "version": self.config.release,
            "date": format_date(date, "long", locale=self.config.language or "en"),
            "language": self.config.language,
            "claims": numbers(self.env),
            "index": self._index(),
        }

    def _index(self) -> list[dict[str, Any]]:
        """Return the index in Russian order; each entry with its places and what is under it."""
        groups = IndexEntries(self.env).create_index(self, group_entries=False)
        entries = [
            {
                "name": name,
                "letter": alphabetical(name)[1][:1].upper() if alphabetical(name)[0] < 2 else "",
                "places": self._in_book(links),
                "under": [
                    {"name": sub, "places": self._in_book(sublinks)}
                    for sub, sublinks in sorted(subs, key=lambda pair: alphabetical(pair[0]))
                    if self._in_book(sublinks) or not sublinks
                ],
            }
            for _letter, group in groups
            for name, (links, subs, _key) in group
        ]
        entries = [entry for entry in entries if entry["places"] or entry["under"]]
        return sorted(entries, key=lambda entry: alphabetical(entry["name"]))

    def _in_book(self, links: list[tuple[str | None, str | Literal[False]]]) -> list[str]:
        labels = [uri.removeprefix("%") for _main, uri in links if uri]
        return [label for label in labels if label.partition("#")[0] in self.book]

    def _copy_downloads(self, out: Path) -> list[str]:
        """Copy the files that the pages offer, to be attached to the PDF."""
        files = sorted(Path(self.srcdir, file).resolve() for file in self.env.dlfiles)
        for file in files:
            _copy(file, out / file.relative_to(self.confdir))
        return [file.relative_to(self.confdir).as_posix() for file in files]


HEADER = '#import "/book.typ": *\n'


def alphabetical(name: str) -> tuple[int, str, str]:
    """Return the key of Russian order: Cyrillic, then Latin, then the rest; Ё beside Е."""
    letters = name.casefold().replace("ё", "е").lstrip("_«\"'(@*.")
    first = letters[:1]
    script = 0 if "а" <= first <= "я" else 1 if "a" <= first <= "z" else 2
    return script, letters, name


def moment(root: Path) -> int:
    """Return the seconds that date the book at `root`: SOURCE_DATE_EPOCH or the last commit."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(given)
    git = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    try:
        return int(subprocess.run(git, capture_output=True, text=True, check=True).stdout)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return WITHOUT_GIT


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
