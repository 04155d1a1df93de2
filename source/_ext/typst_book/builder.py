"""The builder: pages in reading order, the parts of the book, one PDF."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Set
from pathlib import Path

from docutils import nodes
from sphinx.builders import Builder
from sphinx.util import logging

from typst_book import PrintError
from typst_book.about import about, moment
from typst_book.index import index, is_appendix, order_of, places
from typst_book.page.sheets import sheets_of
from typst_book.page.translator import Translator
from typst_book.pdf.compiler import Book
from typst_book.pdf.part import Part
from typst_book.words import Code, letters_of_faces, string, words

logger = logging.getLogger(__name__)

TEMPLATE = Path(__file__).with_name("book.typ")


class TypstBuilder(Builder):
    """Writes one PDF, and the Typst that it was made of beside it."""

    name = "typst"
    format = "typst"
    epilog = "The print edition is ready in %(outdir)s"
    # Sphinx declares a list, and changes it nowhere.
    supported_image_types = ("image/svg+xml", "image/png", "image/jpeg")  # type: ignore[assignment]
    default_translator_class = Translator
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
        """Write all pages, parts and pictures as Typst."""
        out = Path(self.outdir)
        self.failed = self.empty = False
        looks = [Path(self.confdir, file) for file in self.config.typst_looks]
        text = "\n".join(file.read_text(encoding="utf-8") for file in (TEMPLATE, *looks))
        _write(out / "book.typ", text)
        _write(out / "book.json", json.dumps(about(self), ensure_ascii=False, indent=0))
        self._code = Code(out)
        order = list(order_of(self))
        self.pages = {docname for docname, _level in order}
        self.sheets: list[Part] = []
        body, attached = _title(self, out)
        title = Part("title", "title", body, reads=set(attached))
        contents = Part("contents", "contents", f"{HEADER}#show: part\n#contents\n")
        parts = list(self._parts(order))
        if self.empty:
            # A first page of nothing but contents is no preface; what leads to it leads here.
            first = parts.pop(0)
            title.body += first.body.removeprefix(f"{HEADER}#show: part\n")
            title.reads |= first.reads
        self.parts = [title, contents, *parts]
        entries = index(self, self.pages)
        if entries:
            _write(out / "index.json", json.dumps(entries, ensure_ascii=False, indent=0))
            body = f"{HEADER}#show: part\n#general-index()\n"
            reads = {"index.json"}
            self.parts.append(Part("genindex", "index", body, set(places(entries)), reads))
        files = {"book.json", *(name for part in self.parts for name in part.reads)}
        letters = letters_of_faces(out, _texts(out, files))
        _write(out / "letters.json", json.dumps(letters, ensure_ascii=False))

    def finish(self) -> None:
        """Typeset the parts and join them."""
        if self.failed:
            self._app.statuscode = 1
            return
        try:
            self._typeset(Path(self.outdir))
        except PrintError as error:
            self._fail(error)
            self._app.statuscode = 1

    def _typeset(self, out: Path) -> None:
        recto = self.config.typst_variant == "book"
        timestamp = moment(Path(self.confdir))
        book = Book(out, self.parts, self.sheets, recto=recto, timestamp=timestamp)
        try:
            book.typeset()
        except PrintError as error:
            raise _led_back(self, str(error)) from None
        parts = (*book.parts, *book.beside)
        warnings = {warning for part in parts for warning in part.warnings}
        faults = (_led_back(self, warning) for warning in warnings)
        for fault in sorted(faults, key=lambda each: (each.place, str(each))):
            self._fail(fault)

        from typst_book.pdf.apart import write  # slow, and nobody else needs it

        mark = words(self.config.language)["page"].strip("()")
        write(book, self.config.typst_name, mark)

    def _fail(self, error: PrintError) -> None:
        """Warn of what can't be printed; the book isn't joined then."""
        self.failed = True
        logger.warning("%s", error, location=error.place, type="typst", subtype="print")

    def _parts(self, order: list[tuple[str, int]]) -> Iterator[Part]:
        """Yield preface, chapters and appendices; the answers stand at the end of each."""
        groups: list[list[tuple[str, int]]] = []
        for docname, level in order:
            if level < 2:
                groups.append([])
            groups[-1].append((docname, level))
        numbers = {"preface": 0, "chapter": 0, "appendix": 0}
        for group in groups:
            first, level = group[0]
            kind = (
                "preface" if level == 0 else "appendix" if is_appendix(self, first) else "chapter"
            )
            numbers[kind] += 1
            part = Part(first.replace("/", "-"), kind, "", number=numbers[kind])
            body, answers = [f"{HEADER}#show: part\n"], list[str]()
            for docname, depth in group:
                page = self._translated(docname)
                answers += page.answers
                part.refers |= page.referred
                part.reads |= {f"pages/{docname}.typ", *page.pictures}
                include = f"include {string(f'/pages/{docname}.typ')}"
                body.append(f"#{include}\n" if depth < 2 else f"#below({depth - 1}, {include})\n")
            if answers:
                _write(Path(self.outdir, f"pages/{first}-answers.typ"), HEADER + "".join(answers))
                part.reads.add(f"pages/{first}-answers.typ")
                body.append(f"#answers(include {string(f'/pages/{first}-answers.typ')})\n")
            part.body = "".join(body)
            yield part

    def _translated(self, docname: str) -> Translator:
        """Write a page as Typst, with the pictures that it shows."""
        doctree = self.env.get_doctree(docname)
        self.env.apply_post_transforms(doctree, docname)
        self.post_process_images(doctree)
        page = self._page(docname)
        try:
            text = page.translate(doctree)
        except PrintError as error:
            self._fail(error)
            text = ""
        self.sheets += (self._sheet(docname, *each) for each in sheets_of(doctree))
        if docname == self.config.root_doc:
            self.empty = not re.sub(r'#anchor\("[^"]*"\)|\s', "", text)
        _write(Path(self.outdir, f"pages/{docname}.typ"), HEADER + text)
        for source in page.pictures:
            _copy(Path(self.srcdir, source), Path(self.outdir, source))
        return page

    def _page(self, docname: str) -> Translator:
        page: Translator = self.create_translator(self, docname, self.pages)
        page.visible = self._code.visible
        return page

    def _sheet(self, docname: str, name: str, content: nodes.document) -> Part:
        page = self._page(docname)
        file = f"pages/{docname}-{name}.typ"
        _write(Path(self.outdir, file), HEADER + page.translate(content))
        body = f"{HEADER}#show: part\n#include {string(f'/{file}')}\n"
        return Part(name, "sheet", body, page.referred, {file, *page.pictures})


HEADER = '#import "/book.typ": *\n'


def _title(builder: Builder, out: Path) -> tuple[str, list[str]]:
    """Return the title page and the files that the pages offer, which are attached to it."""
    files = sorted(Path(builder.srcdir, file).resolve() for file in builder.env.dlfiles)
    names = [file.relative_to(builder.confdir).as_posix() for file in files]
    for file, name in zip(files, names, strict=True):
        _copy(file, out / name)
    attached = "".join(f"#attach({string(name)})\n" for name in names)
    return f"{HEADER}#show: part\n{attached}#title-page\n", names


def _led_back(builder: Builder, diagnostic: str) -> PrintError:
    """Lead what Typst says of its input back to the page that it was made of."""
    match = re.search(r"pages[/\\](\S+)\.typ:(\d+)", diagnostic)
    if not match:
        return PrintError(diagnostic)
    name, line = match[1], int(match[2])
    before = Path(builder.outdir, f"pages/{name}.typ").read_text("utf-8").split("\n")[:line]
    lines = re.findall(r"/\*(\d+)\*/", "\n".join(before))
    page = str(builder.env.doc2path(name)) if name in builder.env.all_docs else name
    return PrintError(diagnostic.partition("\n")[0], f"{page}:{lines[-1] if lines else '?'}")


def _texts(out: Path, names: Set[str]) -> str:
    files = (out / name for name in names if name.endswith((".typ", ".json")))
    return "".join(file.read_text(encoding="utf-8") for file in files)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
