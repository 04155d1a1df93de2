"""The ``{drawing}`` directive: a picture that no run can give, of `source/_drawings/<name>.typ`.

Its body is the caption, ``:alt:`` says in whole sentences what the picture shows.  The source is
compiled when its page is read, and Sphinx keeps what the screen and paper need with the page: other
pages cost nothing.  The source names roles (`ROLES`), `source/_static/handbook.css` gives
them the colours of light and dark.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from handbook.domain import Fault, warn
from handbook.output.figure import caption_of, figure_of

FOLDER = "_drawings"
"""Where the sources are, in the folder of the pages."""
WIDEST = 421
"""Points that fit the text of the print edition."""
ROLES = {
    "ink": "#000000",
    "quiet": "#444444",
    "faint": "#777777",
    "ground": "#ffffff",
    "tint": "#e8e8e8",
    "works": "#222222",
    "held": "#d5d5d5",
    "edge": "#555555",
    "error": "#000001",
}
"""What colours are for, and the grey of each on paper."""
_MARKS = {f"#d0d0{number:02d}": role for number, role in enumerate(ROLES)}
_MARK = re.compile(r"#d0d0\d\d")
_USUAL = re.compile(
    r' (?:fill-rule="nonzero"|stroke-linecap="butt"|stroke-linejoin="miter"'
    r'|stroke-miterlimit="4"|stroke-dashoffset="0"|(?<=" )y="0")'
)
_PLACE = re.compile(r"[/\\]?([\w-]+\.typ):(\d+)")


class DrawingError(Exception):
    """Typst's reason why a source can't be drawn; `place` is file:line, "" if it tells none."""

    def __init__(self, problem: str, place: str = "") -> None:
        super().__init__(problem)
        self.place = place


class Drawing(SphinxDirective):
    """```{drawing} start-methods`` with its caption as its body."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {"alt": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        file = Path(self.env.srcdir, FOLDER, f"{name}.typ")
        for source in (file, file.with_name("style.typ")):
            self.env.note_dependency(str(source))
        try:
            return [self._figure(name, file)]
        except DrawingError as error:
            problem = f"the drawing {name}: {error}"
            warn(Fault.OUTPUT, problem, error.place or self.get_location())
            return []

    def _figure(self, name: str, file: Path) -> nodes.figure:
        for part, text in ((":alt:", self.options.get("alt")), ("caption", self.content)):
            if not text:
                raise DrawingError(f"it has no {part}: say what it shows")
        if not file.is_file():
            raise DrawingError(f"there is no {FOLDER}/{name}.typ: write it, or mend the name")
        svg, alt, slug = compiled(file), self.options["alt"], f"drawing-{name}"
        caption = caption_of(self, " ".join(self.content))
        pictures = {"svg": on_screen(svg, slug, alt), "print": on_paper(svg), "alt": alt}
        return figure_of(self, "drawing", slug, caption, **pictures)


def compiled(file: Path) -> str:
    """Return the drawing in `file` as SVG, with a mark in the place of each colour.

    DrawingError if Typst finds a fault, or if it isn't one page that fits the print.
    """
    import typst

    try:
        svg, warnings = typst.compile_with_warnings(
            file,
            root=file.parent,
            format="svg",
            ignore_system_fonts=True,
            sys_inputs={"colours": json.dumps({role: mark for mark, role in _MARKS.items()})},
        )
    except typst.TypstError as error:
        raise _fault(error.diagnostic, file) from None
    if warnings:
        raise _fault(warnings[0].diagnostic, file)
    if not isinstance(svg, bytes):
        raise DrawingError("it takes more than one page: give `canvas` its height", f"{file}:1")
    text = svg.decode()
    if (width := size_of(text)[0]) > WIDEST:
        problem = f"it is {width:g} pt wide, but {WIDEST} pt fit the print: make it narrower"
        raise DrawingError(problem, f"{file}:1")
    return text


def size_of(svg: str) -> tuple[float, float]:
    """Return width and height of what Typst wrote, in points."""
    match = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert match
    return float(match[1]), float(match[2])


def _fault(diagnostic: str, file: Path) -> DrawingError:
    match = _PLACE.search(diagnostic)
    place = f"{file.with_name(match[1])}:{match[2]}" if match else f"{file}:1"
    return DrawingError(diagnostic.partition("\n")[0].removeprefix("error: "), place)


def on_paper(svg: str) -> str:
    """Return Typst's SVG in greys."""
    return _MARK.sub(lambda mark: ROLES[_MARKS[mark[0]]], svg)


def on_screen(svg: str, slug: str, alt: str) -> str:
    """Return Typst's SVG as a page has it: colours by class, ids of its own, and no more than that.

    slug: begins its ids, which are then unique on a page.
    """
    width, height = size_of(svg)
    body = svg.partition(">")[2]
    own = f"d{zlib.crc32(slug.encode()):x}"
    ids = {id: f"{own}-{n}" for n, id in enumerate(re.findall(r'<symbol id="(\w+)"', body))}
    body = re.sub(r'(id="|href="#)(\w+)"', lambda match: f'{match[1]}{ids[match[2]]}"', body)
    body = re.sub(
        r'<g (transform="[^"]*")>(?=<use [^>]*?( fill="#\w+"))((?:<use [^>]*>)+)</g>',
        lambda run: f"<g {run[1]}{run[2]}>{run[3].replace(run[2], '')}</g>",
        body,
    )
    body = re.sub(r"<(?:path|g) [^>]*>", _classed, _USUAL.sub("", body))
    # A path needs no symbol around it, and letters stand a tenth of a point more or less.
    body = re.sub(r'<symbol (id="[^"]*")[^>]*><path ([^>]*)></symbol>', r"<path \1 \2>", body)
    body = re.sub(r'(?<= x=")[\d.]+', lambda number: f"{round(float(number[0]), 1):g}", body)
    body = re.sub(r"\d+\.\d{3,}", lambda number: f"{round(float(number[0]), 2):g}", body)
    body = re.sub(r'(?<= d=")[^"]*', _shorter, body)
    look = f'style="max-width:{width * 4 / 3:.0f}px;min-width:{width:.0f}px"'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'class="drawing" role="img" aria-labelledby="{own}-words" '
        f'viewBox="0 0 {width:g} {height:g}" {look}>'
        f'<desc id="{own}-words">{escape(alt)}</desc>{body}'
    )


def _shorter(path: re.Match[str]) -> str:
    """Leave out the spaces and zeros that a path's grammar doesn't need: a quarter of its size."""
    # A path begins with a move: where none follows, that to the origin stays.
    begun = re.sub(r"^M 0 0(?= *[Mm])", "", path[0]).strip()
    letters = re.sub(r" ?([A-Za-z]) ?", r"\1", begun)
    letters = re.sub("^m", "M", letters)
    return re.sub(r"(?<![\d.])0(?=\.)", "", letters).replace(" -", "-")


def _classed(tag: re.Match[str]) -> str:
    """Put classes in the place of the colours: `ink` for what is filled, `ink-line` for a line."""
    classes = []

    def taken(match: re.Match[str]) -> str:
        role = _MARKS[match[2]]
        classes.append(role if match[1] == "fill" else f"{role}-line")
        return ""

    rest = re.sub(rf' (fill|stroke)="({_MARK.pattern})"', taken, tag[0])
    return rest.replace(" ", f' class="{" ".join(classes)}" ', 1) if classes else rest
