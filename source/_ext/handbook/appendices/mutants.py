"""What became of the mutants: changed copies of the snippets that somebody must notice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from docutils import nodes
from proven.findings import COVERAGE, EXCUSES, MUTANTS, OWN_CODE, Mutation

from handbook.appendices.ledger import statement
from handbook.appendices.tables import row, table
from handbook.domain import Handbook, handbook, reading_order

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def mutants_of(store: Handbook) -> dict[str, Any]:
    """Return the mutants' report without entries that are out of date; {} if there is none."""
    if not (data := store.finding(MUTANTS)):
        return {}
    prints = store.book.fingerprints
    for part, now in (("snippets", prints["examples"]), ("claims", prints["proofs"])):
        data[part] = {key: each for key, each in data[part].items() if now.get(key) == each["hash"]}
    return data


def tables(app: Sphinx, docname: str) -> Iterator[nodes.Node]:
    """Yield what the appendix shows: chapter by chapter, and the proofs that nothing breaks."""
    store = handbook(app.env)
    report = mutants_of(store)
    if not report:
        yield nodes.paragraph("", "Мутанты ещё не проверены.")
        return
    snippets, claims = report["snippets"], report["claims"]
    yield _by_chapter(app.env, snippets)
    if stale := len(store.book.fingerprints["examples"]) - len(snippets):
        yield nodes.paragraph("", f"Примеров новых или изменённых с тех пор: {stale}.")
    for name, entry in snippets.items():
        for mutation in entry["survivors"]:
            label = nodes.literal("", str(Mutation.of(mutation)))
            code = [nodes.literal("", name), nodes.Text(": "), label]
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
    text = f"Из остальных {len(breaking) - own} ломает правка примера"
    yield nodes.paragraph("", f"{text}, {own} — только правка собственного кода.")
    rows = [
        row(
            statement(app, docname, store.page_of(store.book.claims[id].file), id),
            entry.get("justified", "не обосновано"),
        )
        for id, entry in claims.items()
        if "broken" not in entry
    ]
    yield table(("Утверждение", "Почему"), (60, 40), rows, "checked")


def _by_chapter(env: BuildEnvironment, snippets: dict[str, Any]) -> nodes.table:
    chapters = [page.partition("/")[0] for page in reading_order(env) if page.endswith("/index")]
    rows = []
    for chapter in chapters:
        entries = [entry for name, entry in snippets.items() if name.startswith(f"{chapter}/")]
        rows.append(row(env.titles[f"{chapter}/index"].astext(), *_counts(entries)))
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
