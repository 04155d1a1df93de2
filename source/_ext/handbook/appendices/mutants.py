"""What became of the mutants: changed copies of the snippets that somebody must notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from proven.findings import COVERAGE, EXCUSES, MUTANTS, OWN_CODE, Mutation

from handbook.appendices import screen
from handbook.appendices.ledger import statement
from handbook.appendices.rows import numbered
from handbook.appendices.tables import row, table
from handbook.domain import Handbook, handbook, reading_order

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

UNEXCUSED = "не обосновано"


@dataclass(frozen=True)
class Unnoticed:
    """A mutant of the snippet `name`, or the proof of the claim `name`, and why, of a `page`."""

    page: str
    name: str
    mutation: Mutation | None
    why: str


def mutants_of(store: Handbook) -> dict[str, Any]:
    """Return the mutants' report without entries that are out of date; {} if there is none."""
    if not (data := store.finding(MUTANTS)):
        return {}
    prints = store.book.fingerprints
    for part, now in (("snippets", prints["examples"]), ("claims", prints["proofs"])):
        data[part] = {key: each for key, each in data[part].items() if now.get(key) == each["hash"]}
    return data


def unnoticed(env: BuildEnvironment) -> dict[str, list[Unnoticed]]:
    """Return what nobody noticed: chapter by chapter, of each page its mutants, then its proofs."""
    store = handbook(env)
    if not (report := mutants_of(store)):
        return {}
    pages: dict[str, list[Unnoticed]] = {}
    for name, entry in report["snippets"].items():
        page = store.page_of(store.book.outputs[name].page)
        for each in (*entry["survivors"], *entry["justified"]):
            found = Unnoticed(page, name, Mutation.of(each), each.get("why", UNEXCUSED))
            pages.setdefault(page, []).append(found)
    for _, page, id in numbered(env):
        entry = report["claims"].get(id, {"broken": ""})
        if "broken" not in entry:
            found = Unnoticed(page, id, None, entry.get("justified", UNEXCUSED))
            pages.setdefault(page, []).append(found)
    chapters: dict[str, list[Unnoticed]] = {}
    for page in reading_order(env):
        if page in pages:
            chapters.setdefault(page.partition("/")[0], []).extend(pages[page])
    return chapters


def tables(app: Sphinx, docname: str) -> Iterator[nodes.Node]:
    """Yield what the appendix shows: chapter by chapter, and the proofs that nothing breaks.

    On the site each chapter has a page for those, as all in one take a phone too long.
    """
    store, on_site = handbook(app.env), app.builder.name == "html"
    report = mutants_of(store)
    if not report:
        yield nodes.paragraph("", "Мутанты ещё не проверены.")
        return
    snippets, claims, silent = report["snippets"], report["claims"], unnoticed(app.env)
    yield _by_chapter(app, docname, snippets, set(silent) if on_site else set())
    if on_site:
        text = "Чего никто не замечает и почему, сказано на странице главы: туда ведёт её название."
        yield nodes.paragraph("", text)
    if stale := len(store.book.fingerprints["examples"]) - len(snippets):
        yield nodes.paragraph("", f"Примеров новых или изменённых с тех пор: {stale}.")
    everything = [each for chapter in silent.values() for each in chapter]
    for each in everything:
        if each.mutation and each.why == UNEXCUSED:
            label = nodes.literal("", str(each.mutation))
            code = [nodes.literal("", each.name), nodes.Text(": "), label]
            yield nodes.paragraph("", "", nodes.Text("Не замечен и не обоснован: "), *code)
    excused = store.finding(COVERAGE).get("justified", {})
    yield nodes.paragraph(
        "",
        "",
        nodes.Text("Причина, по которой обоснованного мутанта никто не замечает, записана рядом "),
        nodes.Text("с доказательствами главы, в файле "),
        nodes.literal("", EXCUSES),
        nodes.Text(". Там же названы строки примеров, до которых дело не доходит: их "),
        nodes.Text(f"{sum(map(len, excused.values()))}."),
    )
    breaking = [entry["broken"] for entry in claims.values() if "broken" in entry]
    own = sum(by.startswith(OWN_CODE) for by in breaking)
    yield nodes.rubric("", "Доказательства, которых не сломать")
    text = f"Таких {len(claims) - len(breaking)}. Остальные ломаются: {len(breaking) - own}"
    yield nodes.paragraph("", f"{text} правкой примера, {own} лишь правкой собственного кода.")
    if not on_site:
        rows = [
            row(statement(app, docname, each.page, each.name), each.why)
            for each in everything
            if not each.mutation
        ]
        yield table(("Утверждение", "Почему"), (60, 40), rows, "checked")


def _by_chapter(
    app: Sphinx, docname: str, snippets: dict[str, Any], linked: set[str]
) -> nodes.table:
    rows = []
    for page in reading_order(app.env):
        chapter, _, name = page.partition("/")
        if name != "index":
            continue
        entries = [entry for name, entry in snippets.items() if name.startswith(f"{chapter}/")]
        title: nodes.Node = nodes.Text(screen.title_of(app, chapter))
        if chapter in linked:
            uri = app.builder.get_relative_uri(docname, screen.ledger_of(docname, chapter))
            title = nodes.reference("", "", title, refuri=uri, internal=True)
        rows.append(row(title, *_counts(entries)))
    rows.append(row("Всего", *_counts(list(snippets.values()))))
    heads = ("Глава", "Примеры", "Мутанты", "Замечены", "Равносильны", "Обоснованы", "Остались")
    return table(heads, (34, 11, 11, 11, 11, 11, 11), rows, "checked")


def _counts(entries: list[dict[str, Any]]) -> list[str]:
    total = sum(entry["mutants"] for entry in entries)
    equal = sum(entry["equal"] for entry in entries)
    justified, rest = (
        sum(len(entry[key]) for entry in entries) for key in ("justified", "survivors")
    )
    noticed = total - equal - justified - rest
    return [str(n) for n in (len(entries), total, noticed, equal, justified, rest)]


def state(env: BuildEnvironment) -> Any:
    """Return all that these pages show, to be compared with what they showed before."""
    store = handbook(env)
    claims = [(page, id, store.sentences[page][id].astext()) for _, page, id in numbered(env)]
    outputs = [(shown.name, shown.page) for shown in store.book.outputs.values()]
    return [mutants_of(store), claims, outputs]


def by_chapter(app: Sphinx) -> Iterator[tuple[str, str, str]]:
    """Yield page, title and table of each chapter in which somebody went unnoticed."""
    for chapter, found in unnoticed(app.env).items():
        page = screen.ledger_of(FOLDER, f"{chapter}/")
        rows = (_found(app, page, each) for each in found)
        title = f"Мутанты: {escape(screen.title_of(app, chapter))}"
        yield page, title, screen.table(app, FOLDER, _SHOWN, _COLUMNS, rows)


def _found(app: Sphinx, docname: str, found: Unnoticed) -> str:
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
