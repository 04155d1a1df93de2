"""Pages made of other pages: the short answers and the corrections of the original FAQ."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from handbook.books import book_of
from handbook.ledger import proof_link, reading_order, statement
from handbook.pages import shorts

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

FAQ = Path("source", "_faq.toml")
"""Where each claim and listing of the original FAQ is answered."""


@dataclass(frozen=True)
class Answer:
    """What became of one claim or listing of the original FAQ.

    id: C1…C150 or S1…S11; page: where it is answered; claim: the id of the
    proven sentence, empty where nothing can be observed, and then why;
    was: the original in our own words, if it was wrong or outdated.
    """

    id: str
    page: str
    claim: str = ""
    why: str = ""
    was: str = ""


def answers(root: Path) -> list[Answer]:
    """Return what became of the original FAQ, in the order of its file."""
    file = root / FAQ
    if not file.is_file():
        return []
    entries = tomllib.loads(file.read_text(encoding="utf-8"))
    return [Answer(id, **fields) for id, fields in entries.items()]


class short_answers(nodes.General, nodes.Element):
    """The place of all short answers."""


class corrections(nodes.General, nodes.Element):
    """The place of the table of corrections."""


class ShortAnswers(SphinxDirective):
    """All questions with their short answers, chapter by chapter."""

    def run(self) -> list[nodes.Node]:
        return [short_answers()]


class Corrections(SphinxDirective):
    """What the original FAQ said wrong, and what is right."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(book_of(self.config).root / FAQ))
        return [corrections()]


class FillShortAnswers(SphinxPostTransform):
    """Put the short answers in, before their references are resolved."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        for place in list(self.document.findall(short_answers)):
            place.replace_self(list(self._chapters()))

    def _chapters(self) -> Iterator[nodes.Node]:
        asked = [page for page in reading_order(self.env) if page in shorts(self.env)]
        for chapter, pages in groupby(asked, key=lambda page: page.partition("/")[0]):
            yield nodes.rubric("", self.env.titles[f"{chapter}/index"].astext())
            items = (self._item(page) for page in pages)
            yield nodes.definition_list("", *items, classes=["short-answers"])

    def _item(self, page: str) -> nodes.definition_list_item:
        here = self.env.docname
        title = nodes.Text(self.env.titles[page].astext())
        question = make_refnode(self.app.builder, here, page, "", title)
        answer = nodes.definition("", *(node.deepcopy() for node in shorts(self.env)[page]))
        for link in answer.findall(addnodes.pending_xref):
            link["refdoc"] = here
        return nodes.definition_list_item("", nodes.term("", "", question), answer)


def fill_corrections(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace the placeholder by the table of what was wrong or outdated."""
    for place in list(doctree.findall(corrections)):
        book = book_of(app.config)
        proofs = book.proofs
        wrong = [answer for answer in answers(book.root) if answer.was]
        group = nodes.tgroup("", cols=3)
        group += [nodes.colspec("", colwidth=width) for width in (30, 45, 25)]
        group += nodes.thead("", _row(*map(nodes.Text, ("Было", "Верно", "Доказательство"))))
        group += nodes.tbody(
            "",
            *(
                _row(
                    nodes.Text(answer.was),
                    statement(app, docname, answer.page, answer.claim),
                    proof_link(app, docname, proofs[answer.claim]),
                )
                for answer in wrong
            ),
        )
        place.replace_self(nodes.table("", group, classes=["corrections", "colwidths-given"]))


def _row(*cells: nodes.Node) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


def refresh(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write the overview pages anew when what they show changed."""
    state = {page: [node.astext() for node in nodes] for page, nodes in shorts(env).items()}
    if state == getattr(env, "handbook_overview_state", None):
        return []
    env.handbook_overview_state = state  # type: ignore[attr-defined]
    return [page for page in ("short-answers",) if page in env.all_docs]


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Drop a page's short answer before it is read again or removed."""
    shorts(env).pop(docname, None)


def merge(app: Sphinx, env: BuildEnvironment, docnames: set[str], other: BuildEnvironment) -> None:
    """Take over the short answers that a parallel reader found."""
    shorts(env).update({name: shorts(other)[name] for name in docnames if name in shorts(other)})


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives and what fills them in."""
    app.add_node(short_answers)
    app.add_node(corrections)
    app.add_directive("short-answers", ShortAnswers)
    app.add_directive("corrections", Corrections)
    app.add_post_transform(FillShortAnswers)
    app.connect("doctree-resolved", fill_corrections)
    app.connect("env-updated", refresh)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    return {"version": "1", "parallel_read_safe": True, "env_version": 1}
