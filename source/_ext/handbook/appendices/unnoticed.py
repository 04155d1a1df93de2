"""What nobody noticed, for the site: a page for each chapter, with the reasons."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from proven.findings import Mutation

from handbook.appendices import screen
from handbook.appendices.mutants import Unnoticed, mutants_of, unnoticed
from handbook.appendices.rows import numbered
from handbook.domain import handbook

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

FOLDER = "mutants"
"""Where these pages are: beside the page of this name, which leads to them."""

_SHOWN = {"all": "всё", "mutant": "мутантов", "proof": "доказательства"}
"""Which rows can be shown alone."""
_COLUMNS = {"Чего никто не замечает": 60, "Почему": 40}
_DONE = {
    "drop": "убрано {}:",
    "flip": "переключено {}:",
    "swap": "переставлены {} и {} в блоке",
    "swap arguments": "переставлены аргументы:",
    "another type": "вместо {} другое исключение в блоке",
    "another exception": "другое исключение:",
    "number": "число {} → {}:",
    "gather in a row": "вместо <code>gather</code> ожидания по очереди:",
    "gather for a group": "вместо <code>TaskGroup</code> стоит <code>gather</code>:",
}
"""What was done, in Russian; the line in which it was follows."""


def state(env: BuildEnvironment) -> Any:
    """Return all that these pages show, to be compared with what they showed before."""
    store = handbook(env)
    claims = [(page, id, store.sentences[page][id].astext()) for _, page, id in numbered(env)]
    outputs = [(shown.name, shown.page) for shown in store.book.outputs.values()]
    return [mutants_of(store), claims, outputs]


def tables(app: Sphinx) -> Iterator[tuple[str, str, str]]:
    """Yield page, title and table of each chapter in which somebody went unnoticed."""
    for chapter, found in unnoticed(app.env).items():
        page = screen.ledger_of(FOLDER, f"{chapter}/")
        rows = (_row(app, page, each) for each in found)
        title = f"Мутанты: {escape(screen.title_of(app, chapter))}"
        yield page, title, screen.table(app, FOLDER, _SHOWN, _COLUMNS, rows)


def _row(app: Sphinx, docname: str, found: Unnoticed) -> str:
    page = app.builder.get_relative_uri(docname, found.page)
    if found.mutation:
        kind, place = "mutant", nodes.make_id(f"example-{found.name}")
        what = f'<a href="{page}#{place}"><code>{found.name}</code></a>: {_told(found.mutation)}'
    else:
        kind, sentence = "proof", handbook(app.env).sentences[found.page][found.name]
        what = f'<a href="{page}#{found.name}">{screen.text(sentence)}</a>'
    return f'<tr class="{kind}"><td>{what}</td><td>{escape(found.why)}</td></tr>'


def _told(done: Mutation) -> str:
    details = (f"<code>{escape(each, quote=False)}</code>" for each in done.details)
    number = f" ({done.number}-е такое место)" if done.number > 1 else ""
    line = escape(done.line, quote=False)
    return f"{_DONE[done.operator].format(*details)} <code>{line}</code>{number}"
