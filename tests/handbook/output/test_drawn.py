"""Drawings: each is used and told in words, compiles, fits, and can be made out in every colour."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest
from handbook.output import drawn
from handbook.style.page import Block, read, sentences

if TYPE_CHECKING:
    from tests.handbook.conftest import Book

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "source"
NAMES = sorted(file.stem for file in (PAGES / drawn.FOLDER).glob("*.typ") if file.stem != "style")
VARIABLES = {
    "ink": "text",
    "quiet": "quiet",
    "faint": "waits",
    "ground": "ground",
    "tint": "grid",
    "works": "works",
    "held": "holds",
    "edge": "edge",
    "error": "error",
}
"""The setting of conf.py that handbook.css gives each role."""
HEAVIEST = 6_500
"""Bytes that a drawing may take of the 50 kB of its page, packed as a server sends it."""


def blocks() -> list[Block]:
    # Each worker of pytest asks: parsing all pages would take a tenth of its collection.
    files = [
        file for file in sorted(PAGES.glob("*/*.md")) if "{drawing}" in file.read_text("utf-8")
    ]
    pages = [read(file, PAGES) for file in files]
    return [block for page in pages for block in page.blocks if block.name == "drawing"]


def test_each_drawing_is_shown_once() -> None:
    assert Counter(block.argument for block in blocks()) == Counter(NAMES)


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block.argument)
def test_it_is_told_in_words(block: Block) -> None:
    alt = block.options["alt"]
    assert len(sentences(alt)) >= 2, "whole sentences that tell what the picture shows"
    assert alt.endswith(".")
    assert not set("`*{[") & set(alt), "nobody renders its markup"
    assert block.body.strip().endswith("."), "the caption is a sentence"


@pytest.mark.parametrize("name", NAMES)
def test_it_fits_and_is_light(name: str) -> None:
    file = PAGES / drawn.FOLDER / f"{name}.typ"
    paper = drawn.on_paper(drawn.compiled(file))
    screen = drawn.on_screen(drawn.compiled(file), name, "words")
    assert drawn.size_of(screen)[0] <= drawn.WIDEST
    assert len(gzip.compress(screen.encode(), 6)) <= HEAVIEST
    assert "#d0d0" not in screen, "a colour that no style sheet knows"
    assert set(re.findall(r'(?:fill|stroke)="(\S+?)"', screen)) <= {"none"}
    assert set(re.findall(r'="(#\w{6})"', paper)) <= set(drawn.ROLES.values())
    for svg in (paper, screen):
        ElementTree.fromstring(svg)
        paths = re.findall(r' d="([^"]*)"', svg)
        assert paths
        assert all(path.startswith("M") for path in paths), "a browser draws no other path"


@pytest.mark.parametrize("name", NAMES)
def test_its_words_are_in_colours_for_words(name: str) -> None:
    file = PAGES / drawn.FOLDER / f"{name}.typ"
    screen = drawn.on_screen(drawn.compiled(file), name, "words")
    assert set(re.findall(r'<g class="([^"]*)"[^>]*><use', screen)) <= {"ink", "quiet"}
    ids = re.findall(r' id="([^"]*)"', screen)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:href="#|labelledby=")([^"]*)"', screen)) == set(ids)


def settings() -> dict[str, dict[str, str]]:
    told: dict[str, object] = {"__file__": str(ROOT / "conf.py")}
    exec((ROOT / "conf.py").read_text(encoding="utf-8"), told)
    options = told["html_theme_options"]
    assert isinstance(options, dict)
    return {theme: options[f"{theme}_css_variables"] for theme in ("light", "dark")}


def test_the_style_sheet_colours_each_role() -> None:
    style = (PAGES / "_static/handbook.css").read_text(encoding="utf-8")
    for role, variable in VARIABLES.items():
        assert f"svg.drawing .{role} {{ fill: var(--timeline-{variable}); }}" in style
    assert VARIABLES.keys() == drawn.ROLES.keys()


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_everything_can_be_made_out(theme: str) -> None:
    colours = drawn.ROLES
    if theme != "print":
        colours = {role: settings()[theme][f"timeline-{name}"] for role, name in VARIABLES.items()}
    for words in ("ink", "quiet"):
        for under in ("ground", "tint", "held"):
            assert contrast(colours[words], colours[under]) >= 4.5, (words, under)
    for line in ("ink", "quiet", "faint", "works", "edge", "error"):
        assert contrast(colours[line], colours["ground"]) >= 3, line


def contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG 2.2, from 1 to 21."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    dark, bright = sorted((light(one), light(other)))
    return (bright + 0.05) / (dark + 0.05)


DRAWING = """
```{drawing} two
:alt: One box. It stands alone.

A caption.
```
"""
SOURCE = '#import "style.typ": *\n#show: canvas.with(100, 50)\n#cell(1, 1, 50, 20)[one]\n'


@pytest.fixture
def drawn_book(book: Book) -> Book:
    style = (PAGES / drawn.FOLDER / "style.typ").read_text(encoding="utf-8")
    book.write("source/_drawings/style.typ", style)
    book.write("source/_drawings/two.typ", SOURCE)
    page = (book.root / "source/tasks/hello.md").read_text(encoding="utf-8")
    book.write("source/tasks/hello.md", page + DRAWING)
    return book


def test_a_page_shows_it_and_follows_its_source(drawn_book: Book) -> None:
    def shown() -> str:
        result = drawn_book.build("html")
        assert result.returncode == 0, result.stdout
        page = (drawn_book.root / "build/html/tasks/hello.html").read_text(encoding="utf-8")
        assert re.search(r'-words">One box. It stands alone.</desc>', page)
        return page

    before = shown()
    drawn_book.replace("source/_drawings/two.typ", "50, 20", "60, 20")
    assert shown() != before


@pytest.mark.parametrize(
    ("file", "old", "new", "told"),
    [
        ("_drawings/two.typ", "#cell", "#sell", "two.typ:3: WARNING: the drawing two: unknown"),
        ("_drawings/two.typ", "100, 50", "900, 50", "two.typ:1: WARNING: the drawing two: it is"),
        ("_drawings/two.typ", "[one]", "[one]\n#pagebreak()", "more than one page"),
        ("_drawings/two.typ", "[one]", '#text(font: "No")[one]', "two.typ:3: WARNING: the draw"),
        ("tasks/hello.md", "} two", "} three", "hello.md:19: WARNING: the drawing three: there is"),
        ("tasks/hello.md", ":alt: One box. It stands alone.\n", "", "it has no :alt:"),
        ("tasks/hello.md", "A caption.\n", "", "it has no caption"),
    ],
)
def test_what_is_wrong_with_it_is_told_once(
    drawn_book: Book, file: str, old: str, new: str, told: str
) -> None:
    drawn_book.replace(f"source/{file}", old, new)
    result = drawn_book.build("html")
    assert result.returncode != 0
    assert result.stdout.count("WARNING") == 1, result.stdout
    assert told in result.stdout
