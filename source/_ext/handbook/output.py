"""The ``{output}`` directive: what a snippet prints, recorded and checked.

Its body is the expected output.  The same text becomes a testcode/testoutput
pair for Sphinx's doctest builder, so that `make doctest` compares exactly what
the reader sees with a fresh recording.  `python -m handbook.output` (make
accept) rewrites the bodies from fresh recordings.

``:timeline:`` draws the recording under it; its value is the figure's caption.
``:compare:`` names snippets to draw above on the same scale.  ``:guess:`` hides
the answer until the reader asks for it.  ``:since:``, ``:before:`` and ``:gil:``
tell on which interpreters the output is as shown; elsewhere it isn't checked.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from proven.book import Book
from proven.claims import RANGES, excluded, has_gil
from proven.shown import BLOCK
from proven.stage import SnippetError, play
from proven.stage.trace import BAR
from proven.timeline import drawing, lanes
from pygments.lexer import RegexLexer
from pygments.token import Generic
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from handbook.books import book_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)


class timeline_picture(nodes.General, nodes.Element):
    """A timeline: `svg` for the site, `print` for paper, `alt` in words, `name` of its snippet."""


class guess(nodes.General, nodes.Element):
    """What the reader is asked to guess before seeing it: the output of snippet `name`."""


class Output(SphinxDirective):
    """```{output} tasks/gather_order`` with the recorded lines as its body."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {
        "order": lambda value: directives.choice(value, ("any",)),
        "timeline": directives.unchanged_required,
        "compare": lambda value: directives.unchanged_required(value).split(),
        "guess": directives.flag,
        **dict.fromkeys(RANGES, directives.unchanged_required),
    }

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        book = book_of(self.config)
        self.env.note_dependency(str(book.snippet(name)))
        if not self.content:
            logger.warning(
                "the output of %s is empty: run make accept",
                name,
                location=self.get_location(),
                type="handbook",
            )
        any_order = "order" in self.options
        lines = list(self.content)
        code = nodes.comment("", "", testnodetype="testcode", groups=[name])
        code["test"] = f"check({name!r}, any_order={any_order})"
        text = "\n".join(lines)
        shown = nodes.literal_block(
            text, text, testnodetype="testoutput", groups=[name], language="output"
        )
        shown["test"] = "\n".join(sorted(lines) if any_order else lines)
        shown["classes"].append("output")
        shown["output_of"] = name
        for node in (code, shown):
            self.set_source_info(node)
        only = {key: self.options[key] for key in RANGES if key in self.options}
        if excluded(only, sys.version_info[:2], gil=has_gil()):
            del code["testnodetype"], shown["testnodetype"]
        # The doctest builder counts the line of a testcode twice.
        code.line = (self.lineno + 1) // 2
        answer: list[nodes.Node] = [shown]
        if any_order:
            text = "Порядок строк не обещан."
            answer.append(nodes.paragraph("", text, classes=["any-order"]))
        if "timeline" in self.options:
            try:
                answer.append(self._figure(name, lines))
            except (SnippetError, ValueError) as error:
                message, place = f"the timeline of {name}: {error}", self.get_location()
                logger.warning("%s", message, location=place, type="handbook")
        if "guess" in self.options:
            answer = [guess("", *answer, name=name)]
            self.set_source_info(answer[0])
        return [code, *answer]

    def _figure(self, name: str, lines: list[str]) -> nodes.figure:
        """Play the snippet, and those to compare it with, and draw what happened."""
        ordered = "order" not in self.options
        book = book_of(self.config)
        for file in (lanes.__file__, drawing.__file__):
            self.env.note_dependency(file)
        traces = {}
        for part in (*self.options.get("compare", ()), name):
            self.env.note_dependency(str(book.snippet(part)))
            snippets = book.settings.snippets
            trace = play(part, snippets=snippets, ordered=ordered)
            traces[f"{part.rpartition('/')[2]}.py"] = trace
        if sorted(trace.shown()) != sorted(lines) or (ordered and trace.shown() != lines):
            raise ValueError("the output above it is out of date, run make accept")
        slug = f"timeline-{name.replace('/', '-').replace('_', '-')}"
        inline, messages = self.parse_inline(self.options["timeline"])
        caption = nodes.caption("", "", *inline, *messages)
        title = caption.astext()
        picture = timeline_picture(
            "",
            name=name,
            svg=drawing.draw(traces, title=title, name=slug),
            print=drawing.draw(traces, title=title, name=slug, theme="print"),
            alt=f"{title}. {drawing.tell(traces)}",
        )
        figure = nodes.figure("", picture, caption, classes=["timeline"], names=[slug])
        self.state.document.note_explicit_target(figure, figure)
        for node in (picture, caption, figure):
            self.set_source_info(node)
        return figure


def _picture_html(self: HTML5Translator, node: timeline_picture) -> None:
    # A keyboard scrolls only what can have the focus.
    self.body.append(f'<div class="timeline" tabindex="0">{node["svg"]}</div>')
    raise nodes.SkipNode


def _guess_html(self: HTML5Translator, node: guess) -> None:
    summary = "Что напечатает? Подумайте, потом откройте"
    self.body.append(f'<details class="guess"><summary>{summary}</summary>')


def _depart_guess_html(self: HTML5Translator, node: guess) -> None:
    self.body.append("</details>")


class OutputLexer(RegexLexer):
    """Marks the column of seconds as a prompt: highlighted, never copied."""

    name = "output"
    tokens: ClassVar[dict[str, list[Any]]] = {
        "root": [
            (rf"^ *[\d.]+{BAR.rstrip()} ?", Generic.Prompt),
            (r".*\n", Generic.Output),
        ]
    }


def check(name: str, *, any_order: bool, snippets: Path | None = None) -> None:
    """Print what snippet `name` prints now, in the form that its page shows.

    snippets: their folder, if it isn't the one of the working directory;
    any_order: sort the lines, as the comparison is one of multisets.
    If the snippet fails, print why: doctest shows it as the difference.
    """
    try:
        lines = play(name, snippets=snippets).shown()
    except SnippetError as error:
        print(error)
    else:
        print("\n".join(sorted(lines) if any_order else lines))


def accept(page: Path) -> bool:
    """Rewrite the outputs of `page` from fresh recordings; tell whether anything changed.

    The page is written only when every recording of it succeeded.
    """
    before = page.read_text(encoding="utf-8")
    after = BLOCK.sub(_rewritten, before)
    if after == before:
        return False
    page.write_text(after, encoding="utf-8")
    return True


def _rewritten(block: re.Match[str]) -> str:
    indent, old = block["indent"], block["body"].splitlines()
    new = [f"{indent}{line}".rstrip() for line in play(block["name"]).shown()]
    if ":order: any" in block["options"] and sorted(old) == sorted(new):
        return block[0]
    head = block[0][: block.start("body") - block.start()]
    return "".join([head, *(f"{line}\n" for line in new), indent, block["fence"]])


def main() -> int:
    """Rewrite every page; report each change and each failure."""
    failed = False
    settings = Book.at(".").settings
    for page in sorted(settings.pages.rglob("*.md")):
        place = settings.name_of(page)
        try:
            if accept(page):
                print(f"{place}: outputs rewritten, review them with git diff")
        except SnippetError as error:
            failed = True
            print(f"{place}: left as it is\n{error}", file=sys.stderr)
    return int(failed)


def _let_doctest_check(app: Sphinx, config: Config) -> None:
    """Give the examples of this book to doctest's namespace."""
    snippets = str(book_of(config).settings.snippets)
    config["doctest_global_setup"] = (
        "from functools import partial\nfrom pathlib import Path\n"
        "from handbook.output import check\n"
        f"check = partial(check, snippets=Path({snippets!r}))"
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive, its lexer and the doctest settings that it needs."""
    app.setup_extension("sphinx.ext.doctest")
    app.connect("config-inited", _let_doctest_check)
    app.add_node(timeline_picture, html=(_picture_html, None))
    app.add_node(guess, html=(_guess_html, _depart_guess_html))
    app.add_directive("output", Output)
    app.add_lexer("output", OutputLexer)
    return {"version": "1", "parallel_read_safe": True}


if __name__ == "__main__":
    sys.exit(main())
