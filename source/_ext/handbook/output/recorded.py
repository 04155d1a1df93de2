"""The ``{output}`` directive: what a snippet prints, recorded and checked.

Its body is the expected output.  The same text becomes a testcode/testoutput
pair for Sphinx's doctest builder, so that `make doctest` compares exactly what
the reader sees with a fresh recording; `make accept` rewrites the bodies.

``:timeline:`` draws the recording under it; its value is the figure's caption.
``:compare:`` names snippets to draw above on the same scale.  ``:guess:`` hides
the answer until the reader asks for it.  ``:since:``, ``:before:`` and ``:gil:``
tell on which interpreters the output is as shown; elsewhere it isn't checked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from proven.claims import RANGES, excluded_here
from proven.shown import Terms, agree, as_read, key_of, normal, on_page, record
from proven.stage import SnippetError
from proven.stage.trace import BAR, Trace
from proven.timeline import drawing, lanes
from proven.timeline.words import Words, tell
from pygments.lexer import RegexLexer
from pygments.token import Generic
from sphinx.util.docutils import SphinxDirective

from handbook.badges import badges
from handbook.domain import Fault, handbook, warn
from handbook.output.figure import caption_of, figure_of
from handbook.output.runs import DEADLOCK, deadlock_table

if TYPE_CHECKING:
    from sphinx.writers.html5 import HTML5Translator


TIMELINE = Words(
    axis="секунды",
    unit=" с",
    order="порядок событий →",
    legend={
        "works": "работает",
        "ready": "готова, но ждёт цикла",
        "waits": "ждёт",
        "queues": "ждёт {}",
        "holds": "держит {}",
        "wakes": "будит",
        "cancels": "отменяет",
        "cut": "пришла отмена",
    },
    causes={"created": "запуск из {}", "wakes": "сигнал от {}", "cancels": "отмена от {}"},
    ends={"cancel": "отмена", "collected": "исчезла"},
    end="конец",
    stretch="с {} до {} {}",
    printed="«{}»",
)
"""What a timeline says of itself."""


class guess(nodes.Admonition, nodes.Element):
    """What the reader is asked to guess before seeing it: the output of snippet `name`.

    Other answers have a `name` of their own, and tell their `summary`, `caption` and `question`.
    """


class Output(SphinxDirective):
    """```{output} tasks/gather_order`` with the recorded lines as its body."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Callable[[str], Any]]] = {
        "order": lambda value: directives.choice(value, ("any",)),
        "timeline": directives.unchanged_required,
        "compare": lambda value: directives.unchanged_required(value).split(),
        "guess": directives.flag,
        "clock": lambda value: directives.choice(value, ("virtual", "real")),
        "exit": int,
        "raises": directives.unchanged_required,
        "stderr": directives.flag,
        "deadlock": directives.flag,
        "with": directives.unchanged_required,
        **dict.fromkeys(RANGES, directives.unchanged_required),
    }

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        self._note(name)
        if not self.content:
            problem = f"the output of {name} is empty: run make accept PAGE={self.env.docname}"
            warn(Fault.OUTPUT, problem, self.get_location())
        any_order, terms = "order" in self.options, Terms.of(self.options)
        if terms.beside:
            self._note(terms.beside)
        lines = as_read(self.content)
        code = nodes.comment("", "", testnodetype="testcode", groups=[name])
        more = "".join(f", {key}={value!r}" for key, value in terms.unusual().items())
        code["test"] = f"print_now({name!r}, any_order={any_order}{more})"
        waits = [line for line in lines if terms.deadlock and line.startswith(DEADLOCK)]
        text = "\n".join(line for line in lines if line not in waits)
        shown = nodes.literal_block(
            text, text, testnodetype="testoutput", groups=[name], language="output"
        )
        shown["test"] = "\n".join(normal(lines, any_order=any_order))
        shown["classes"].append("output")
        shown["output_of"] = name
        for node in (code, shown):
            self.set_source_info(node)
        only = {key: self.options[key] for key in RANGES if key in self.options}
        if excluded_here(only):
            del code["testnodetype"], shown["testnodetype"]
        # The doctest builder counts the line of a testcode twice.
        code.line = (self.lineno + 1) // 2
        answer: list[nodes.Node] = [shown, *([deadlock_table(waits)] if waits else [])]
        if only:
            where = nodes.Text("На других версиях вывод может быть иным.")
            answer.append(nodes.paragraph("", "", *badges(only.items()), where, classes=["only"]))
        if any_order:
            text = "Порядок строк не обещан."
            answer.append(nodes.paragraph("", text, classes=["any-order"]))
        if "timeline" in self.options:
            try:
                answer.append(self._figure(name, lines, terms))
            except (SnippetError, ValueError) as error:
                problem = f"the timeline of {name}: {error}"
                warn(Fault.OUTPUT, problem, self.get_location())
        if "guess" in self.options:
            answer = [guess("", *answer, name=name)]
            self.set_source_info(answer[0])
        return [code, *answer]

    def _note(self, name: str) -> None:
        self.env.note_dependency(str(handbook(self.env).book.snippet(name)))

    def _recorded(self, name: str, terms: Terms, *, ordered: bool) -> Trace:
        """Play snippet `name`, unless an earlier build did and nothing changed since."""
        book = handbook(self.env).book
        snippets = book.settings.snippets
        key = key_of(name, terms, snippets)
        make = partial(record, name, terms, snippets, ordered=ordered)
        return book.memo.of(f"trace, {ordered=}", [key], make)

    def _figure(self, name: str, lines: list[str], terms: Terms) -> nodes.figure:
        """Play the snippet, and those to compare it with, and draw what happened."""
        ordered = "order" not in self.options
        for file in (lanes.__file__, drawing.__file__):
            self.env.note_dependency(file)
        traces = {}
        for part in (*self.options.get("compare", ()), name):
            self._note(part)
            own = terms if part == name else Terms()
            trace = self._recorded(part, own, ordered=ordered)
            traces[f"{part.rpartition('/')[2]}.py"] = trace
        if not agree(lines, on_page(trace, terms), any_order=not ordered):
            page = self.env.docname
            raise ValueError(f"the output above it is out of date, run make accept PAGE={page}")
        slug = f"timeline-{name.replace('/', '-').replace('_', '-')}"
        if not self.env.docname.startswith(f"{name.partition('/')[0]}/"):
            slug += f"-{self.env.docname}"  # Another page shows it, too.
        caption = caption_of(self, self.options["timeline"])
        title = caption.astext()
        return figure_of(
            self,
            "timeline",
            slug,
            caption,
            svg=drawing.draw(traces, TIMELINE, title=title, name=slug),
            print=drawing.draw(traces, TIMELINE, title=title, name=slug, theme="print"),
            alt=f"{title}. {tell(traces, TIMELINE)}",
        )


def visit_guess_html(self: HTML5Translator, node: guess) -> None:
    """Open the fold over the answer."""
    summary = node.get("summary", "Что напечатает? Подумайте, потом откройте")
    self.body.append(f'<details class="guess"><summary>{summary}</summary>')


def depart_guess_html(self: HTML5Translator, node: guess) -> None:
    """Close the fold over the answer."""
    self.body.append("</details>")


def visit_guess_typst(self: Any, node: guess) -> None:
    """Ask the question; its answer goes to the end of the chapter."""
    caption = node.get("caption", f"snippets/{node['name']}.py")
    self.body.append(self.ask(node["name"], caption, self.inside(node), node.get("question", "")))
    raise nodes.SkipNode


class OutputLexer(RegexLexer):
    """Marks the column of seconds as a prompt: highlighted, never copied."""

    name = "output"
    tokens: ClassVar[dict[str, list[Any]]] = {
        "root": [
            (rf"^ *([\d.]+|stderr){BAR.rstrip()} ?", Generic.Prompt),
            (r".*\n", Generic.Output),
        ]
    }
