"""How it was checked, for the reader: each page's foot, the numbers and the mutants' report."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from docutils import nodes
from proven.book import Book
from proven.claims import VERBS, excluded
from proven.findings import COVERAGE, OWN_CODE, STRESS, Evidence, Finding
from proven.findings import MUTANTS as REPORT
from sphinx.util.docutils import SphinxDirective

from handbook.books import book_of
from handbook.ledger import IN_RUSSIAN, reading_order, statement
from handbook.pages import is_question

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


class figures(nodes.General, nodes.Element):
    """The place of a table; `what` is figures or mutants."""


class Figures(SphinxDirective):
    """``{figures}``: the numbers of this build; ``{mutants}``: what became of the mutants."""

    def run(self) -> list[nodes.Node]:
        return [figures(what=self.name)]


# ---- The foot of a question's page


def foot(book: Book, evidence: list[Evidence], page: str) -> list[str]:
    """Return the sentences at the foot of a page: checked where and when, and what isn't."""
    claims = [id for id, claim in book.claims.items() if claim.file == page]
    examples = [shown.name for shown in book.outputs.values() if shown.page == page]
    checked: dict[str, list[str]] = {}
    rest = []
    for found in evidence:
        outcomes = [
            finding.outcome if finding else "unchecked"
            for known, keys in (
                (book.current(found, "claims"), claims),
                (book.current(found, "examples"), examples),
            )
            for finding in (_finding(book, found, known, key) for key in keys)
        ]
        if {"unchecked", "failed"}.isdisjoint(outcomes):
            checked.setdefault(found.date, []).append(found.version)
        unproven = outcomes.count("skipped")
        for outcome, words in (("unchecked", "ещё не проверено"), ("failed", "не прошло")):
            if count := outcomes.count(outcome):
                rest.append(f"На {found.version} {words}: {count} из {len(outcomes)}.")
        if unproven:
            rest.append(f"На {found.version} не запускалось: {unproven} (причины — в реестре).")
    sentences = [
        f"Проверено {in_russian(day)} на CPython {', '.join(versions)}."
        for day, versions in checked.items()
    ]
    return [*sentences, *rest]


def _finding(book: Book, found: Evidence, known: dict[str, Finding], key: str) -> Finding | None:
    """Return what was found; what isn't about this version counts as passed."""
    finding, about = known.get(key), book.claims.get(key) or book.outputs.get(key)
    if finding and finding.outcome == "skipped" and about:
        version = tuple(int(part) for part in found.version.rstrip("t").split("."))
        if excluded(dict(about.only), version, gil="t" not in found.version):
            return Finding("passed")
    return finding


def in_russian(day: str) -> str:
    """Return 2026-11-23 as 23.11.2026."""
    return date.fromisoformat(day).strftime("%d.%m.%Y")


# ---- The tables


def numbers_of(env: BuildEnvironment, book: Book, evidence: list[Evidence]) -> Iterator[list[str]]:
    """Yield what was counted and how much."""
    yield ["Вопросы", str(sum(is_question(page) for page in env.all_docs))]
    yield ["Примеры, вывод которых записан", str(len(book.outputs))]
    verbs = [claim.verb for claim in book.claims.values()]
    told = ", ".join(f"«{IN_RUSSIAN[verb]}» {verbs.count(verb)}" for verb in VERBS)
    yield ["Утверждения", f"{len(verbs)}: {told}"]
    proven = [book.current(found, "claims").values() for found in evidence]
    explored = max((sum(each.explored for each in known) for known in proven), default=0)
    if explored:
        yield ["Перебрано чередований и входов", str(explored)]
    for found in evidence:
        told = _of_version(book, found)
        build = ", сборка без GIL" if found.version.endswith("t") else ""
        yield [f"{found.interpreter}{build}, {in_russian(found.date)}", told]
    examples = [book.current(found, "examples").values() for found in evidence]
    seconds = max((sum(each.seconds for each in known) for known in examples), default=0)
    if seconds:
        minutes = f"{seconds / 60:.0f} мин"
        yield ["Ожидания в примерах asyncio, пройденные на виртуальных часах", minutes]
    report = mutants_of(book)
    if report:
        count = sum(entry["mutants"] for entry in report["snippets"].values())
        yield ["Мутанты примеров", f"{count}, проверены за {report['seconds']} с"]
    if covered := _file(book, COVERAGE):
        excused = sum(map(len, covered["justified"].values()))
        told = "строк {lines}, ветвлений {branches}".format(**covered)
        told += (
            f"; не пройдено мест {covered['unreached'] + excused}, с названной причиной {excused}"
        )
        yield ["Код примеров", told]
    if stress := _file(book, STRESS):
        told = "{runs} по {tests} тестов, с ошибкой {failed}".format(**stress)
        yield [f"Прогоны на занятой машине, {in_russian(stress['date'])}", told]


def _file(book: Book, name: str) -> dict[str, Any]:
    """Return what a check left in file `name` of the evidence; {} if it wasn't run."""
    file = book.settings.evidence / name
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _of_version(book: Book, found: Evidence) -> str:
    told = []
    for part, name in (("claims", "утверждения"), ("examples", "примеры")):
        known, all_of = book.current(found, part), book.fingerprints[part]
        passed = sum(
            (each := _finding(book, found, known, key)) is not None and each.outcome == "passed"
            for key in all_of
        )
        told.append(f"{name} {passed} из {len(all_of)}")
    return ", ".join(told)


def mutants_of(book: Book) -> dict[str, Any]:
    """Return the mutants' report without entries that are out of date; {} if there is none."""
    if not (data := _file(book, REPORT)):
        return {}
    for part, prints in (("snippets", "examples"), ("claims", "proofs")):
        now = book.fingerprints[prints]
        data[part] = {key: each for key, each in data[part].items() if now.get(key) == each["hash"]}
    return data


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put in the tables and the foot."""
    book = book_of(app.config)
    evidence = book.evidence
    for place in list(doctree.findall(figures)):
        if place["what"] == "figures":
            rows = [[_text(cell) for cell in row] for row in numbers_of(app.env, book, evidence)]
            place.replace_self(_table(("Что", "Сколько"), (60, 40), rows))
        else:
            place.replace_self(list(_mutants(app, docname, book)))
    if app.builder.format == "html":
        # The theme does it to the tables that it sees earlier: on a phone they scroll.
        for table in list(doctree.findall(_is_of_numbers)):
            table.replace_self(nodes.container("", table.deepcopy(), classes=["table-wrapper"]))
    if is_question(docname) and (sentences := _feet(app.env).get(docname)):
        section = next(doctree.findall(nodes.section), doctree)
        section += nodes.paragraph("", " ".join(sentences), classes=["checked"])


def _mutants(app: Sphinx, docname: str, book: Book) -> Iterator[nodes.Node]:
    report = mutants_of(book)
    if not report:
        yield nodes.paragraph("", "Мутанты ещё не проверены.")
        return
    snippets, claims = report["snippets"], report["claims"]
    rows = []
    pages = reading_order(app.env)
    for chapter in [page.partition("/")[0] for page in pages if page.endswith("/index")]:
        entries = [each for name, each in snippets.items() if name.startswith(f"{chapter}/")]
        rows.append([_text(app.env.titles[f"{chapter}/index"].astext()), *_counts(entries)])
    rows.append([_text("Всего"), *_counts(snippets.values())])
    heads = ("Глава", "Примеры", "Мутанты", "Замечены", "Равносильны", "Обоснованы", "Остались")
    yield _table(heads, (34, 11, 11, 11, 11, 11, 11), rows)
    stale = len(book.fingerprints["examples"]) - len(snippets)
    if stale:
        yield nodes.paragraph("", f"Примеров новых или изменённых с тех пор: {stale}.")
    yield nodes.rubric("", "Мутанты, которых никто не заметил")
    rows = [
        [nodes.literal("", name), in_words(label), _text(reason)]
        for name, entry in snippets.items()
        for label, reason in [
            *entry["justified"].items(),
            *((label, "не обосновано") for label in entry["survivors"]),
        ]
    ]
    yield _table(("Пример", "Что изменено", "Почему этого не видно"), (25, 40, 35), rows)
    breaking = [entry["broken"] for entry in claims.values() if "broken" in entry]
    own = sum(by.startswith(OWN_CODE) for by in breaking)
    yield nodes.rubric("", "Доказательства, которых не сломать")
    told = f"Из остальных {len(breaking) - own} ломает правка примера"
    told += f", {own} — только правка собственного кода."
    yield nodes.paragraph("", told)
    rows = [
        [statement(app, docname, book.claims[id].file[7:-3], id), _reason(entry)]
        for id, entry in claims.items()
        if "broken" not in entry
    ]
    yield _table(("Утверждение", "Почему"), (60, 40), rows)
    yield nodes.rubric("", "Строки примеров, до которых дело не доходит")
    rows = [
        [nodes.literal("", name), nodes.literal("", line), _text(reason)]
        for name, lines in _file(book, COVERAGE).get("justified", {}).items()
        for line, reason in lines.items()
    ]
    yield _table(("Пример", "Строка", "Почему"), (25, 40, 35), rows)


_OPERATORS = {
    "drop": "убрано",
    "flip": "переключено",
    "another than": "ловится другое вместо",
    "another exception": "другое исключение",
    "swap arguments": "переставлены аргументы",
    "gather → in a row": "ожидания по очереди вместо gather",
    "TaskGroup → gather": "gather вместо TaskGroup",
    "number": "число",
}
"""What the labels of mutants begin with, in Russian."""

_LABEL = re.compile(r"(swap «(?P<one>.*)» and «(?P<other>.*)»|(?P<what>.*?)): (?P<line>.*)")


def in_words(label: str) -> nodes.inline:
    """Return a mutant's label for the reader: what was done, and to which line of code."""
    found = _LABEL.fullmatch(label)
    assert found, label
    if found["one"]:
        one, other = (nodes.literal("", found[name]) for name in ("one", "other"))
        return nodes.inline("", "", _text("переставлены "), one, _text(" и "), other)
    what = next(
        found["what"].replace(english, russian, 1)
        for english, russian in _OPERATORS.items()
        if found["what"].startswith(english)
    )
    return nodes.inline("", "", _text(f"{what}: "), nodes.literal("", found["line"]))


def _reason(entry: dict[str, Any]) -> nodes.Node:
    return _text(entry.get("justified", "не обосновано"))


def _counts(entries: Iterable[dict[str, Any]]) -> list[nodes.Node]:
    entries = list(entries)
    total = sum(entry["mutants"] for entry in entries)
    equal = sum(entry["equal"] for entry in entries)
    justified, rest = (
        sum(len(entry[key]) for entry in entries) for key in ("justified", "survivors")
    )
    noticed = total - equal - justified - rest
    return [_text(str(n)) for n in (len(entries), total, noticed, equal, justified, rest)]


def _is_of_numbers(node: nodes.Node) -> bool:
    return isinstance(node, nodes.table) and "checked" in node["classes"]


def _text(text: str) -> nodes.Node:
    return nodes.Text(text)


def _table(
    heads: tuple[str, ...], widths: tuple[int, ...], rows: list[list[nodes.Node]]
) -> nodes.table:
    group = nodes.tgroup("", cols=len(heads))
    group += [nodes.colspec("", colwidth=width) for width in widths]
    group += nodes.thead("", _row([_text(head) for head in heads]))
    group += nodes.tbody("", *map(_row, rows))
    return nodes.table("", group, classes=["checked"])


def _row(cells: list[nodes.Node]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells))


# ---- Keeping pages up to date


def _feet(env: BuildEnvironment) -> dict[str, list[str]]:
    if not hasattr(env, "handbook_feet"):
        env.handbook_feet = {}  # type: ignore[attr-defined]
    return env.handbook_feet  # type: ignore[attr-defined,no-any-return]


def refresh(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Write anew the pages whose foot changed, and those of the tables."""
    book = book_of(app.config)
    evidence = book.evidence
    before = dict(_feet(env))
    for page in filter(is_question, env.all_docs):
        _feet(env)[page] = foot(book, evidence, f"source/{page}.md")
    changed = {page for page, text in _feet(env).items() if before.get(page) != text}
    state = [list(numbers_of(env, book, evidence)), mutants_of(book)]
    if state != getattr(env, "handbook_figures_state", None):
        env.handbook_figures_state = state  # type: ignore[attr-defined]
        changed |= {"how-checked", "mutants"}
    return sorted(changed & set(env.all_docs))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives and what fills them in."""
    app.add_node(figures)
    app.add_directive("figures", Figures)
    app.add_directive("mutants", Figures)
    app.connect("env-updated", refresh)
    app.connect("doctree-resolved", fill)
    return {"version": "1", "parallel_read_safe": True, "env_version": 1}
