"""How print shows what leads elsewhere: references, footnotes, anchors."""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util import logging

from typst_book.words import markup, string

if TYPE_CHECKING:
    from sphinx.builders import Builder

logger = logging.getLogger(__name__)


class References:
    """The part of the translator that knows where things are.

    A place in the book has the label `page` or `page#id`.
    referred: the labels whose page numbers are shown.
    """

    builder: Builder
    docname: str
    book: Set[str]
    inside: Callable[[nodes.Element], str]
    render: Callable[[nodes.Node], str]
    answers: list[str]

    def __init__(self) -> None:
        self.referred: set[str] = set()
        self._footnotes: dict[str, nodes.footnote] = {}
        self._printed: set[str] = set()

    def anchor(self, label: str) -> str:
        """Return what marks a place that others lead to."""
        return f"#anchor({string(label)})"

    def anchors(self, node: nodes.Element) -> str:
        """Return what marks the place of all ids of `node`."""
        return "".join(self.anchor(f"{self.docname}#{id}") for id in node.get("ids", ()))

    def note_footnotes(self, doctree: nodes.document) -> None:
        """Remember the texts that are printed where they are referred to."""
        self._footnotes = {id: n for n in doctree.findall(nodes.footnote) for id in n["ids"]}

    def on_footnote_reference(self, node: nodes.Element) -> str:
        """Return the footnote itself, or its mark if it was printed before."""
        id = node["refid"]
        label = f"label({string(f'{self.docname}#note-{id}')})"
        if id in self._printed:
            return f"#footnote({label})"
        self._printed.add(id)
        text = "".join(
            self.render(child)
            for child in self._footnotes[id].children
            if not isinstance(child, nodes.label)
        )
        return f"#labelled({label})[#note[{text.strip()}]]"

    def on_reference(self, node: nodes.Element) -> str:
        """Return a link with the number of its page, or its address in a footnote."""
        body, address = self.inside(node), node.get("refuri", "")
        if "refid" in node:
            address = f"{self.builder.get_target_uri(self.docname)}#{node['refid']}"
        if address.startswith("%"):
            return self._see(node, address[1:].rstrip("#"), body)
        # One document is told once a page, however many of its names are linked.
        document = address.partition("#")[0] if node.get("internal") is False else address
        shown = address if document in node.astext() else document
        is_told = shown in self._printed or shown in node.astext() or _within(node, nodes.title)
        self._printed.add(shown)
        return f"#web({string(address)}, {'none' if is_told else string(shown)})[{body}]"

    def _see(self, node: nodes.Element, label: str, body: str) -> str:
        page = label.partition("#")[0]
        if page not in self.book and page != "genindex":
            problem = "%s isn't in the book"
            logger.warning(problem, page, location=node, type="typst", subtype="reference")
            return body
        # A glossary is in alphabetical order: its terms need no page number.
        inner: dict[str, Any] = getattr(node[0], "attributes", {}) if len(node) == 1 else {}
        kind = "term" if "std-term" in inner.get("classes", ()) else "see"
        self.referred.add(label)
        return f"#{kind}({string(label)})[{body}]"

    def ask(self, name: str, caption: str, answer: str, question: str = "") -> str:
        """Return a question whose `answer` stands at the end of the chapter; `name` is unique.

        question: with {} for the page of the answer, if it isn't what something prints.
        """
        self.referred |= {f"asked/{name}", f"answer/{name}"}
        self.answers.append(f"#answer({string(name)}, {string(caption)})[\n{answer}]\n\n")
        asked = f", question: {string(question)}" if question else ""
        return f"#asked({string(name)}{asked})\n\n"

    def on_abbreviation(self, node: nodes.Element) -> str:
        """Return the abbreviation and what it means."""
        meaning = node.get("explanation")
        return self.inside(node) + (f" \\({markup(meaning)}\\)" if meaning else "")

    def on_target(self, node: nodes.Element) -> str:
        """Return what the target is around."""
        return self.inside(node)

    def on_download_reference(self, node: nodes.Element) -> str:
        """Return the name of the file, which is attached to the PDF."""
        return self.inside(node)


def _within(node: nodes.Node, kind: type[nodes.Node]) -> bool:
    return node.parent is not None and (isinstance(node.parent, kind) or _within(node.parent, kind))
