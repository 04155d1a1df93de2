"""The PDF: a small book that holds everything, and the handbook itself."""

import ast
import faulthandler
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest
from proven import book as proven

from tests.handbook.conftest import ROOT, Book

MM = 72 / 25.4
SAMPLE = Path(__file__).with_name("print_sample")
LONG = (SAMPLE / "long.py").read_text(encoding="utf-8")
WIDE = "".join(f"{number:09}|" for number in range(12))
PROOF = """

@pytest.mark.always("print-claim")
def test_print_claim() -> None:
    assert play("tasks/long").lines[-1] == "done"
"""


class Print:
    """A finished PDF as its reader meets it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.structure = pypdf.PdfReader(file)
        self.looks = pypdfium2.PdfDocument(file)

    @cached_property
    def pages(self) -> list[Any]:
        return [page.get_textpage() for page in self.looks]

    @cached_property
    def texts(self) -> list[str]:
        """The text of each page without spaces and line breaks, which layout moves."""
        return [squeezed(page.get_text_range()) for page in self.pages]

    @cached_property
    def rects(self) -> list[list[tuple[float, float, float, float, str]]]:
        """The pieces of text of each page: left, bottom, right, top, and what stands there."""
        found = []
        for page in self.pages:
            boxes = [page.get_rect(index) for index in range(page.count_rects())]
            found.append([(*box, page.get_text_bounded(*box)) for box in boxes])
        return found

    @cached_property
    def bodies(self) -> list[list[tuple[float, str]]]:
        """The lines of each page's text area: their distance from the foot in points, and text."""
        return [body_of(rects) for rects in self.rects]

    @cached_property
    def links(self) -> list[tuple[int, str, int | None]]:
        """Each internal link: its page, its text, the page that it leads to."""
        numbers = {page.indirect_reference.idnum: n for n, page in enumerate(self.structure.pages)}
        found = []
        for number, page in enumerate(self.structure.pages):
            for mark in page.get("/Annots", []):
                note = mark.get_object()
                action = note.get("/A", {})
                if note["/Subtype"] != "/Link" or "/URI" in action:
                    continue
                left, bottom, right, top = map(float, note["/Rect"])
                text = self.pages[number].get_text_bounded(left, bottom, right, top)
                target = note.get("/Dest") or action["/D"]
                if isinstance(target, str):
                    target = self.structure.named_destinations[target].dest_array
                found.append((number, text, numbers.get(target[0].idnum)))
        return found

    @cached_property
    def last_pages(self) -> set[int]:
        """The pages that end a part: chapter, appendix …"""
        starts = [
            self.structure.get_destination_page_number(entry)
            for entry in self.structure.outline
            if not isinstance(entry, list)
        ]
        return {start - 1 for start in starts} | {0, len(self.pages) - 1}

    def first(self, words: str) -> int:
        """Return the page that first has these words, in big or small letters."""
        return next(n for n, text in enumerate(self.texts) if squeezed(words) in text)


def squeezed(text: str) -> str:
    """Return `text` without spaces and line breaks; what hyphenates at a line's end is a hyphen."""
    return re.sub(r"\s", "", re.sub("[\ufffe\x02]\r?\n?", "-", text)).replace("\xad", "")


def write_sample(book: Any) -> None:
    """Fill `book` with a page that holds everything that a page can hold."""
    for name, place in (
        ("index.md", "source"),
        ("glossary.md", "source"),
        ("sample.md", "source/tasks"),
        ("picture.svg", "source/tasks"),
        ("long.py", "snippets/tasks"),
    ):
        shutil.copy(SAMPLE / name, book.root / place)
    shutil.copy(SAMPLE / "tasks.md", book.root / "source/tasks/index.md")
    with (book.root / "tests/tasks/test_hello.py").open("a", encoding="utf-8") as tests:
        tests.write(PROOF)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Print:
    """Return the small book that holds everything."""
    book = Book(tmp_path_factory.mktemp("print"))
    write_sample(book)
    result = book.build("typst")
    assert result.returncode == 0, result.stdout
    return Print(book.root / "build/typst/handbook.pdf")


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Print:
    """Return the handbook: the one that make has built, or a new one if any source is newer."""
    made = ROOT / "build/typst-screen/handbook.pdf"
    sources = [ROOT / "conf.py", *(ROOT / "source").rglob("*"), *(ROOT / "snippets").rglob("*.py")]
    newest = max(file.stat().st_mtime for file in sources if "__pycache__" not in file.parts)
    if made.exists() and made.stat().st_mtime > newest:
        return Print(made)
    folder = tmp_path_factory.mktemp("handbook")
    for name in ("doctrees", "typst-screen"):
        if (ROOT / "build" / name).exists():
            shutil.copytree(ROOT / "build" / name, folder / name)
    options = ["-q", "-c", ".", "-b", "typst", "-d", str(folder / "doctrees")]
    command = ["-m", "sphinx", *options, "source", str(folder / "typst-screen")]
    # A book takes longer than any test may: it has a limit of its own.
    faulthandler.cancel_dump_traceback_later()
    subprocess.run(
        [sys.executable, *command], cwd=ROOT, check=True, stderr=subprocess.PIPE, timeout=300
    )
    return Print(folder / "typst-screen/handbook.pdf")


@pytest.fixture(params=["sample", "handbook"])
def pdf(request: pytest.FixtureRequest) -> Print:
    """Return each of the two."""
    return request.getfixturevalue(request.param)


def test_all_fonts_are_embedded(pdf: Print) -> None:
    names = set()
    for page in pdf.structure.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            (descendant,) = font.get_object()["/DescendantFonts"]
            descriptor = descendant.get_object()["/FontDescriptor"].get_object()
            assert {"/FontFile2", "/FontFile3"} & set(descriptor), descriptor["/FontName"]
            names.add(re.split("[+-]", descriptor["/FontName"])[1])
    assert names == {"LibertinusSerif", "DejaVuSansMono"}


def test_no_glyph_is_missing(pdf: Print) -> None:
    for page in pdf.structure.pages:
        for string in re.findall(rb"\(((?:\\.|[^\\)])*)\)", page.get_contents().get_data(), re.S):
            glyphs = unescaped(string)
            assert all(glyphs[n : n + 2] != b"\0\0" for n in range(0, len(glyphs), 2))
    assert not any("\ufffd" in text or "\0" in text for text in pdf.texts)


def unescaped(string: bytes) -> bytes:
    """Return the glyph numbers, two bytes each, of a PDF string."""
    names = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
    return re.sub(
        rb"\\([0-7]{3}|.)",
        lambda match: (
            names.get(match[1]) or (bytes([int(match[1], 8)]) if len(match[1]) == 3 else match[1])
        ),
        string,
        flags=re.S,
    )


def test_no_text_outside_the_margins(pdf: Print) -> None:
    for number, rects in enumerate(pdf.rects):
        for left, bottom, right, top, text in rects:
            # A space at a line's end stands in the margin; nobody sees it.
            blank = 3.5 if text[-1:].isspace() else 1
            # The foot of a capital J hangs out of its place.
            assert left >= 23 * MM - (1 if text[0] == "J" else 0.5), (number + 1, text)
            assert right <= (210 - 23) * MM + blank, (number + 1, text)
            assert bottom >= 10 * MM
            assert top <= (297 - 10) * MM


def test_every_link_has_a_target(pdf: Print) -> None:
    assert pdf.links
    for page, text, target in pdf.links:
        assert target is not None, (page + 1, text)


def test_every_cross_reference_names_the_page_of_its_target(pdf: Print) -> None:
    told = [(re.fullmatch(r"\(с\.\s*(\d+)\)", text.strip()), text, to) for _, text, to in pdf.links]
    assert any(match for match, _, _ in told)
    for match, text, to in told:
        if match:
            assert int(match[1]) == to + 1, text


def test_the_contents_and_the_index_name_the_right_pages(pdf: Print) -> None:
    contents = [pdf.first("Содержание")]
    index = range(
        max(n for n, t in enumerate(pdf.texts) if "Предметныйуказатель" in t), len(pdf.texts)
    )
    for page, text, to in pdf.links:
        number = re.search(r"(\d+)$", text.strip())
        if page in contents and number:
            assert int(number[1]) == to + 1, text
            # The underscore hangs below the link's rectangle.
            title = squeezed(re.sub(r"[\s.]*\d+$", "", text.strip())).replace("_", "")
            assert title in pdf.texts[to].replace("_", ""), text
        if page in index:
            assert number, text
            assert int(number[1]) == to + 1, text


def test_it_is_tagged_titled_and_in_russian(pdf: Print) -> None:
    catalog = pdf.structure.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "ru"
    assert catalog["/ViewerPreferences"]["/DisplayDocTitle"]
    assert pdf.structure.metadata.title
    about = catalog["/Metadata"].get_data().decode()
    assert "<pdfaid:part>3</pdfaid:part><pdfaid:conformance>A<" in about.replace("\n", "")
    assert "<pdfuaid:part>1</pdfuaid:part>" in about
    assert "Предметный указатель" in [entry.title for entry in outline(pdf.structure.outline)]


def outline(entries: list[Any]) -> Iterator[Any]:
    """Yield the entries of the outline on all levels."""
    for entry in entries:
        if isinstance(entry, list):
            yield from outline(entry)
        else:
            yield entry


def test_tags_and_links_find_each_other_through_all_parts(pdf: Print) -> None:
    tree = pdf.structure.trailer["/Root"]["/StructTreeRoot"]
    numbers = tree["/ParentTree"]["/Nums"]
    parents = dict(zip(numbers[::2], numbers[1::2], strict=True))
    assert list(parents) == sorted(parents)
    assert len(parents) == len(numbers) / 2
    for page in pdf.structure.pages:
        assert page.get("/StructParents", 0) in parents
        for note in page.get("/Annots", []):
            tag = parents[note.get_object()["/StructParent"]].get_object()
            kids = tag["/K"] if isinstance(tag["/K"], list) else [tag["/K"]]
            objects = [kid.get_object() for kid in kids if not isinstance(kid, int)]
            assert note.idnum in [kid.raw_get("/Obj").idnum for kid in objects if "/Obj" in kid]
            assert not note.get_object().get("/A", {}).get("/URI", "").startswith("book:")


def test_every_figure_has_a_text_for_those_who_do_not_see_it(sample: Print) -> None:
    figures = list(elements(sample.structure.trailer["/Root"]["/StructTreeRoot"], "/Figure"))
    assert len(figures) == 2
    assert all(figure.get("/Alt") for figure in figures)


def elements(root: Any, kind: str) -> Iterator[Any]:
    """Yield the structure elements of `kind`."""
    children = root.get_object().get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        node = child.get_object() if hasattr(child, "get_object") else child
        if isinstance(node, dict):
            if node.get("/S") == kind:
                yield node
            yield from elements(node, kind)


def test_every_page_of_the_source_is_in_it(handbook: Print) -> None:
    text = "".join(handbook.texts).casefold()
    for page in proven.Book.at(ROOT).settings.page_files():
        title = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.M)[1]
        words = max(re.split(r"[`:*«»\"]", title), key=len)
        assert squeezed(words).casefold() in text, page


def test_every_claim_is_in_it(handbook: Print) -> None:
    text = "".join(handbook.texts)
    missing = [
        claim.id for claim in proven.Book.at(ROOT).all_claims if squeezed(claim.id) not in text
    ]
    assert not missing


def test_the_end_of_every_listing_is_in_it(handbook: Print) -> None:
    text = "".join(handbook.texts)
    for page in proven.Book.at(ROOT).settings.page_files():
        for name, options in re.findall(
            r"\{literalinclude\} \S*?(snippets/\S+)\n((?::.*\n)*)", page.read_text(encoding="utf-8")
        ):
            code = (ROOT / name).read_text(encoding="utf-8")
            lines = included(code, dict(re.findall(r":([\w-]+): ?(.*)", options)))
            last = [line for line in lines if line.strip()][-1]
            assert squeezed(last) in text, (name, last)


def included(code: str, options: dict[str, str]) -> list[str]:
    """Return the lines of `code` that literalinclude shows."""
    lines = code.splitlines()
    if name := options.get("pyobject"):
        for node in ast.walk(ast.parse(code)):
            if getattr(node, "name", None) == name.rpartition(".")[2]:
                return lines[node.lineno - 1 : node.end_lineno]
    start = options.get("start-at") or options.get("start-after")
    begin = next(n for n, line in enumerate(lines) if start in line) if start else 0
    stop = options.get("end-before")
    ends = (n for n, line in enumerate(lines) if n > begin and stop and stop in line)
    return lines[begin : next(ends, None)]


def test_code_copied_from_it_runs(sample: Print) -> None:
    text = "\n".join(page.extract_text() for page in sample.structure.pages)
    copied = text[text.index('"""Deep, long') : text.index("Вывод\n0.0 │ flat deep")]
    # The page's number, the next one's head and the listing's name stand in between.
    copied = re.sub(r"\n\d+\n.*\nЛистинг \d+ \(продолжение\).*", "", copied)
    code = [line for line in LONG.splitlines() if line]
    assert [line for line in copied.splitlines() if line] == code
    ran = subprocess.run([sys.executable, "-c", copied], capture_output=True, encoding="utf-8")
    assert ran.stdout.splitlines()[-1] == "done", ran.stderr


def body_of(rects: list[tuple[float, float, float, float, str]]) -> list[tuple[float, str]]:
    """Return the lines of which these are the pieces."""
    lines: dict[int, list[tuple[float, str]]] = {}
    for left, bottom, _, top, text in rects:
        if bottom > 24 * MM and top < (297 - 25) * MM:
            lines.setdefault(round((bottom + top) / 8), []).append((left, text))
    return [
        (key * 4, " ".join(text for _, text in sorted(parts)))
        for key, parts in sorted(lines.items(), reverse=True)
    ]


def begins_with_a_question(handbook: Print, page: int) -> bool:
    return bool(re.match(r"\d+\.\d+ ", handbook.bodies[page][0][1]))


def test_no_title_is_parted_from_its_short_answer(handbook: Print) -> None:
    for page, lines in enumerate(handbook.bodies):
        texts = [text for _, text in lines]
        begins = [n for n, text in enumerate(texts) if text.startswith("Сначала прочитайте:")]
        assert all("Короткий ответ" in texts[n:] for n in begins), page + 1


def test_no_page_but_a_last_one_has_much_of_it_white_at_its_foot(handbook: Print) -> None:
    height = (297 - 25 - 27) * MM
    white = {}
    for number, page in enumerate(handbook.looks):
        if number not in handbook.last_pages:
            bounds = [each.get_bounds() for each in page.get_objects(max_depth=4)]
            foot = min((b[1] for b in bounds if b[1] > 24 * MM), default=0) - 25 * MM
            # A fifth, and half a line: a heading, two lines and a listing's head stay together.
            # A third: the next question's title, what to read before, its short answer.
            if foot > height * (1 / 3 if begins_with_a_question(handbook, number + 1) else 0.21):
                white[number + 1] = round(100 * foot / height)
    assert not white


def pages_of(element: Any) -> list[int]:
    """Return the pages, by the numbers of their objects, on which the parts of `element` stand."""
    kids = element.get("/K", [])
    found = []
    for kid in kids if isinstance(kids, list) else [kids]:
        node = kid.get_object() if hasattr(kid, "get_object") else kid
        if not isinstance(node, dict):
            found.append(element.raw_get("/Pg").idnum)
        elif "/S" in node:
            found += pages_of(node)
        elif "/Pg" in node:
            found.append(node.raw_get("/Pg").idnum)
    return found


def test_no_row_is_cut(handbook: Print) -> None:
    order = {page.indirect_reference.idnum: n for n, page in enumerate(handbook.structure.pages)}
    tables = list(elements(handbook.structure.trailer["/Root"]["/StructTreeRoot"], "/Table"))
    places = [
        [{order[page] + 1 for page in pages_of(row)} for row in elements(table, "/TR")]
        for table in tables
    ]
    assert any(len(set().union(*rows)) > 1 for rows in places), "no table goes on overleaf"
    for rows in places:
        told = [page for page in rows if page]
        assert all(len(pages) == 1 for pages in told), told


def test_what_was_checked_stands_below_the_list_that_it_closes(handbook: Print) -> None:
    closing = re.compile(r"Проверено|На 3\.\d\d")
    closed = sum(bool(closing.search(page.get_text_range())) for page in handbook.pages)
    assert closed > 20
    for number in range(len(handbook.pages)):
        lines = handbook.bodies[number]
        assert not lines or not closing.match(lines[0][1]), number + 1


def test_the_numbers_of_the_contents_end_in_one_line(handbook: Print) -> None:
    first = handbook.first("Содержание")
    edges = []
    for rects in handbook.rects[first : first + 2]:
        for left, bottom, right, _, text in rects:
            is_right = bottom > 24 * MM and left > 150 * MM
            if is_right and re.fullmatch(r"[\s.]*\d+", text.strip()):
                edges.append(right)
    assert len(edges) > 60
    assert max(edges) - min(edges) < 1


def test_the_numbers_of_a_chapter_s_contents_end_in_one_line(handbook: Print) -> None:
    """A title that fills its line takes its dots and the number to the next one."""
    found = 0
    for page in handbook.last_pages:
        rects = handbook.rects[min(page + 1, len(handbook.pages) - 1)]
        titles = [box for box in rects if box[0] > 30 * MM and re.match(r"\d+\.\d+\s", box[4])]
        heights = [bottom for _, bottom, *_ in titles]
        edges = [
            right
            for _, bottom, right, _, text in rects
            if heights and min(heights) - 9 * MM < bottom < max(heights) + 1 * MM
            if re.fullmatch(r"(?:.*[\s.]\s)?\d+", text.strip())
        ]
        found += len(edges)
        assert not edges or max(edges) - min(edges) < 1, (page + 2, edges)
    assert found > 90


def test_no_exercise_is_parted_from_what_leads_to_its_answer(handbook: Print) -> None:
    asked = [n for n, body in enumerate(handbook.bodies) if "Напишите сами" in str(body)]
    assert len(asked) > 10
    assert not [n + 1 for n in asked if handbook.bodies[n][0][1].startswith("Напишите сами")]


def test_what_introduces_a_listing_is_not_parted_from_it(handbook: Print) -> None:
    parted = {}
    for number in range(len(handbook.pages) - 1):
        notes = re.compile(r"^\d+\s*http|^Листинг|^Вывод")
        lines = [text for _, text in handbook.bodies[number] if not notes.match(text)]
        if lines and lines[-1].rstrip().endswith(":") and number not in handbook.last_pages:
            following = handbook.bodies[number + 1]
            head = following[0][1] if following else ""
            if head.startswith(("Листинг", "Вывод")) and "(продолжение)" not in head:
                parted[number + 1] = lines[-1]
    assert not parted


def test_a_running_head_has_one_line(handbook: Print) -> None:
    for number, rects in enumerate(handbook.rects):
        heights = [bottom for _, bottom, *_ in rects if bottom > (297 - 26) * MM]
        # A quotation mark stands higher than a comma, by less than a line.
        assert max(heights, default=0) - min(heights, default=0) < 9, number + 1


def test_a_listing_breaks_with_three_lines_on_either_side(handbook: Print) -> None:
    for number in range(1, len(handbook.pages)):
        lines = handbook.bodies[number]
        heads = [n for n, (_, text) in enumerate(lines) if "(продолжение)" in text]
        for head in heads:
            # Nothing of the text stands above it, at most a figure that floats there.
            above_it = [
                text
                for place, text in lines[:head]
                if place > lines[head][0] + 6 and text.strip(" .")
            ]
            assert not above_it or above_it[-1].startswith("Рис."), number + 1
            above, below = lines[head][0], [place for place, _ in lines[head + 1 : head + 4]]
            assert len(below) == 3, (number + 1, lines)
            assert above - below[-1] < 75, (number + 1, lines)


def test_a_listing_that_goes_on_has_three_lines_before(handbook: Print) -> None:
    for number in range(len(handbook.pages) - 1):
        following = handbook.bodies[number + 1]
        name = re.match(r"(Листинг \d+) \(продолжение\)", following[0][1]) if following else None
        lines = handbook.bodies[number]
        heads = [n for n, (_, text) in enumerate(lines) if name and text.startswith(name[1] + " ")]
        if heads and "(продолжение)" not in lines[heads[0]][1]:
            after = [text for _, text in lines[heads[0] + 1 :] if "http" not in text]
            assert len(after) >= 3, (number + 1, after)


def test_what_it_weighs(handbook: Print) -> None:
    # Three megabytes for 274 pages.  Without streams of objects they were eight; with fonts of each
    # part's own, 3.3.
    assert handbook.file.stat().st_size < 3_000_000 / 274 * len(handbook.pages)


def test_parts_share_their_fonts(handbook: Print) -> None:
    fonts: dict[str, set[int]] = {}
    for page in handbook.structure.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            name = re.split("[+-]", font.get_object()["/BaseFont"], maxsplit=1)[1]
            fonts.setdefault(name, set()).add(font.idnum)
    parts = len(handbook.last_pages)
    assert parts > 15
    # A face may have a sign more in some part: a form of a letter that no specimen shows.
    assert all(len(copies) <= parts / 2 for copies in fonts.values()), fonts


def test_a_long_listing_says_that_it_goes_on_and_a_long_line_is_wrapped(sample: Print) -> None:
    assert any("Листинг2(продолжение)" in text for text in sample.texts)
    assert not any("Листинг1(продолжение)" in text for text in sample.texts)
    text = sample.pages[sample.first(WIDE[-30:])].get_text_range()
    assert WIDE not in text
    assert WIDE in re.sub(r"\s", "", text)


def test_chapters_come_before_appendices(sample: Print) -> None:
    titles = [entry.title for entry in outline(sample.structure.outline)]
    assert titles.index("1 Задачи") < titles.index("Приложение А. Реестр")


def test_the_snippets_are_attached(sample: Print) -> None:
    (code,) = sample.structure.attachments["snippets/tasks/long.py"]
    assert code.decode() == LONG


def test_the_same_sources_give_the_same_bytes(sample: Print, tmp_path: Path) -> None:
    book = Book(tmp_path)
    write_sample(book)
    assert book.build("typst").returncode == 0
    assert (tmp_path / "build/typst/handbook.pdf").read_bytes() == sample.file.read_bytes()


def examples(readme: str) -> dict[str, str]:
    """Return the files of the minimal book: name and text."""
    found = re.findall(r"^`(\S+)`:\n\n```\w+\n(.*?)```", readme, re.S | re.M)
    return dict(found)


def test_the_minimal_book_of_the_readme_is_printed(tmp_path: Path) -> None:
    readme = (ROOT / "source/_ext/typst_book/README.md").read_text(encoding="utf-8")
    files = examples(readme)
    assert set(files) == {"conf.py", "index.rst", "brewing.rst"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "-b", "typst", ".", "out"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "source/_ext"), "PYTHONUTF8": "1"}
    result = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8"
    )
    assert result.returncode == 0, result.stderr
    printed = Print(tmp_path / "out/book.pdf")
    assert "Tea" in printed.texts[0]
    assert "AshortbookVersion" in printed.texts[0]
    titles = [entry.title for entry in outline(printed.structure.outline)]
    assert titles == ["Preface", "1 Brewing", "Index"]
    assert "ReadBrewing(p.4)first." in printed.texts[2]
    assert "water,4" in printed.texts[4]
    assert printed.structure.trailer["/Root"]["/Lang"] == "en"


def test_it_knows_neither_the_handbook_nor_its_proofs() -> None:
    for file in (ROOT / "source/_ext/typst_book").rglob("*.py"):
        assert not re.search(r"(?:from|import) (?:handbook|proven)\b", file.read_text("utf-8")), (
            file
        )


def test_what_cannot_be_printed_fails_the_build(book: Any) -> None:
    book.replace("source/tasks/hello.md", "[Строка", "```{math}\nx\n```\n\n[Строка")
    result = book.build("typst")
    assert result.returncode
    assert re.search(r"tasks/hello\.md:17: WARNING: <math_block>: .*add_node", result.stdout)
    assert "report" not in result.stdout
    assert not (book.root / "build/typst/handbook.pdf").exists()


def test_a_sign_that_no_font_has_fails_the_build(book: Any) -> None:
    book.replace("source/tasks/hello.md", "сразу", "сразу 🚀")
    result = book.build("typst")
    assert result.returncode
    assert re.search(r"tasks/hello\.md:\d+: WARNING: .*🚀", result.stdout), result.stdout
    assert "report" not in result.stdout
