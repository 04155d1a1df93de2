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

from handbook.appendices.ledger import proof_link, statement
from handbook.appendices.tables import row, table
from handbook.domain import handbook, reading_order

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
    """Return what became of the original FAQ, in the order of its file.

    SystemExit, with what is wrong, if it can't be read: see `handbook.domain.store`.
    """
    file = root / FAQ
    if not file.is_file():
        return []
    entries = []
    try:
        for id, fields in tomllib.loads(file.read_text(encoding="utf-8")).items():
            place = f"[{id}]: "
            entries.append(Answer(id, **fields))
    except tomllib.TOMLDecodeError as error:
        raise SystemExit(f"{FAQ}: {error}: mend the map") from None
    except TypeError as error:
        raise SystemExit(f"{FAQ}: {place}{error}: mend the map") from None
    return entries


class short_answers(nodes.General, nodes.Element):
    """The place of all short answers."""


class corrections(nodes.General, nodes.Element):
    """The place of the table of corrections."""


class ShortAnswers(SphinxDirective):
    """All questions with their short answers, chapter by chapter."""

    def run(self) -> list[nodes.Node]:
        handbook(self.env).tables.setdefault(self.env.docname, []).append("short-answers")
        return [short_answers()]


class Corrections(SphinxDirective):
    """What the original FAQ said wrong, and what is right."""

    def run(self) -> list[nodes.Node]:
        handbook(self.env).tables.setdefault(self.env.docname, []).append("corrections")
        return [corrections()]


class FillShortAnswers(SphinxPostTransform):
    """Put the short answers in, before their references are resolved."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        for place in list(self.document.findall(short_answers)):
            place.replace_self(list(self._chapters()))

    def _chapters(self) -> Iterator[nodes.Node]:
        asked = [page for page in reading_order(self.env) if page in handbook(self.env).shorts]
        for chapter, pages in groupby(asked, key=lambda page: page.partition("/")[0]):
            title = self.env.titles[f"{chapter}/index"].astext()
            yield nodes.rubric("", title, sheet=f"{chapter}-answers")
            items = (self._item(page) for page in pages)
            yield nodes.definition_list("", *items, classes=["short-answers"])

    def _item(self, page: str) -> nodes.definition_list_item:
        here = self.env.docname
        title = nodes.Text(self.env.titles[page].astext())
        question = make_refnode(self.app.builder, here, page, "", title)
        answer = nodes.definition(
            "", *(node.deepcopy() for node in handbook(self.env).shorts[page])
        )
        for link in answer.findall(addnodes.pending_xref):
            link["refdoc"] = here
        return nodes.definition_list_item("", nodes.term("", "", question), answer)


def state_of_answers(env: BuildEnvironment) -> Any:
    """Return all that the overview of short answers shows."""
    shorts = handbook(env).shorts
    return [
        (page, env.titles[page].astext(), [node.astext() for node in shorts[page]])
        for page in reading_order(env)
        if page in shorts
    ]


def state_of_corrections(env: BuildEnvironment) -> Any:
    """Return all that the table of corrections shows."""
    store = handbook(env)
    proofs = store.book.proofs
    return [
        (
            answer.was,
            store.sentences[answer.page][answer.claim].astext(),
            proofs[answer.claim].place,
        )
        for answer in answers(store.book.root)
        if answer.was
    ]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace the placeholder by the table of what was wrong or outdated."""
    for place in list(doctree.findall(corrections)):
        store = handbook(app.env)
        rows = (
            row(
                answer.was,
                statement(app, docname, answer.page, answer.claim),
                proof_link(app, docname, store.book.proofs[answer.claim]),
            )
            for answer in answers(store.book.root)
            if answer.was
        )
        heads = ("Было", "Верно", "Доказательство")
        place.replace_self(table(heads, (30, 45, 25), rows, "corrections", "colwidths-given"))
