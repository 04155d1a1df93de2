"""How it was checked, for the reader: each page's foot, the numbers and the mutants' report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from docutils import nodes
from proven.claims import VERBS, excluded
from proven.findings import (
    COVERAGE,
    STRESS,
    Evidence,
    Finding,
)
from sphinx.util.docutils import SphinxDirective

from handbook.appendices import mutants
from handbook.appendices.rows import IN_RUSSIAN
from handbook.appendices.tables import row, table
from handbook.domain import Handbook, handbook, is_question

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


Part = Literal["claims", "examples"]


class report(nodes.General, nodes.Element):
    """The place of a table; `what` is figures or mutants."""


class Report(SphinxDirective):
    """``{figures}``: the numbers of this build; ``{mutants}``: what became of the mutants."""

    def run(self) -> list[nodes.Node]:
        handbook(self.env).tables.setdefault(self.env.docname, []).append(self.name)
        return [report(what=self.name)]


# ---- The foot of a question's page


_LACKING = {
    "unchecked": "после последней правки ещё не проверено утверждений и примеров: {} из {}.",
    "failed": "не прошло утверждений и примеров: {} из {}.",
    "skipped": "не запускалось утверждений и примеров: {} из {} (причины — в реестре).",
}
"""What is told of outcomes that readers don't expect, with how many of how many."""


@lru_cache(1)
def feet(store: Handbook) -> dict[str, list[str]]:
    """Return for each page the sentences at its foot: checked where and when, and what isn't."""
    keys: dict[str, dict[Part, list[str]]] = {}
    page_of = lru_cache(None)(store.page_of)
    for claim in store.book.claims.values():
        keys.setdefault(page_of(claim.file), {}).setdefault("claims", []).append(claim.id)
    for shown in store.book.outputs.values():
        keys.setdefault(page_of(shown.page), {}).setdefault("examples", []).append(shown.name)
    return {page: _foot(store, own) for page, own in keys.items() if is_question(page)}


def _foot(store: Handbook, keys: dict[Part, list[str]]) -> list[str]:
    passed: dict[str, list[str]] = {}
    rest: dict[str, list[str]] = {}
    for evidence in store.book.evidence:
        outcomes = [
            outcome
            for part, own in keys.items()
            for outcome in _outcomes(store, evidence, part, own)
        ]
        if {"unchecked", "failed"}.isdisjoint(outcomes):
            passed.setdefault(evidence.date, []).append(evidence.version)
        for outcome, words in _LACKING.items():
            if count := outcomes.count(outcome):
                told = words.format(count, len(outcomes))
                rest.setdefault(told, []).append(evidence.version)
    sentences = [
        f"Проверено {in_russian(day)} на CPython {', '.join(versions)}."
        for day, versions in passed.items()
    ]
    return [
        *sentences,
        *(f"На CPython {', '.join(versions)} {told}" for told, versions in rest.items()),
    ]


def _outcomes(
    store: Handbook, evidence: Evidence, part: Part, keys: Iterable[str]
) -> Iterator[str]:
    """Yield what came out for each of `keys`; what isn't about this version counts as passed."""
    findings = store.book.current(evidence, part)
    claims, outputs = store.book.claims, store.book.outputs
    version = tuple(int(number) for number in evidence.version.rstrip("t").split("."))
    for key in keys:
        finding: Finding | None = findings.get(key)
        outcome = finding.outcome if finding else "unchecked"
        if outcome == "skipped" and (about := claims.get(key) or outputs.get(key)):
            elsewhere = excluded(dict(about.only), version, gil="t" not in evidence.version)
            outcome = "passed" if elsewhere else outcome
        yield outcome


def in_russian(day: str) -> str:
    """Return 2026-11-23 as 23.11.2026."""
    return date.fromisoformat(day).strftime("%d.%m.%Y")


# ---- The tables


def figures(env: BuildEnvironment) -> list[list[str]]:
    """Return what was counted and how much."""
    store = handbook(env)
    book, evidence = store.book, store.book.evidence
    verbs = [claim.verb for claim in book.claims.values()]
    counts = ", ".join(f"«{IN_RUSSIAN[verb]}» {verbs.count(verb)}" for verb in VERBS)
    rows = [
        ["Вопросы", str(sum(map(is_question, env.all_docs)))],
        ["Примеры, вывод которых записан", str(len(book.outputs))],
        ["Утверждения", f"{len(verbs)}: {counts}"],
    ]
    proven = [book.current(each, "claims").values() for each in evidence]
    explored = max((sum(finding.explored for finding in part) for part in proven), default=0)
    if explored:
        rows.append(["Перебрано чередований и входов", str(explored)])
    for each in evidence:
        build = ", сборка без GIL" if each.version.endswith("t") else ""
        name = f"{each.interpreter}{build}, {in_russian(each.date)}"
        rows.append([name, _passed(store, each)])
    examples = [book.current(each, "examples").values() for each in evidence]
    seconds = max((sum(finding.seconds for finding in part) for part in examples), default=0)
    if seconds:
        minutes = f"{seconds / 60:.0f} мин"
        rows.append(["Ожидания в примерах asyncio, пройденные на виртуальных часах", minutes])
    if counted := mutants.mutants_of(store):
        count = sum(entry["mutants"] for entry in counted["snippets"].values())
        rows.append(["Мутанты примеров", str(count)])
    if reached := store.finding(COVERAGE):
        excused = sum(map(len, reached["justified"].values()))
        text = "строк {lines}, ветвлений {branches}".format(**reached)
        text += f"; не пройдено мест {reached['unreached'] + excused}"
        rows.append(["Код примеров", f"{text}, с названной причиной {excused}"])
    if stress := store.finding(STRESS):
        name = f"Прогоны на занятой машине, {in_russian(stress['date'])}"
        parts = ("runs", "tests", "failed")
        runs, tests, failed = ([had[part] for had in stress["files"].values()] for part in parts)
        least = min(runs, default=0)
        text = f"не меньше {least} у каждого из {sum(tests)} тестов, с ошибкой {sum(failed)}"
        rows.append([name, text])
    return rows


def _passed(store: Handbook, evidence: Evidence) -> str:
    texts = []
    names: dict[Part, str] = {"claims": "утверждения", "examples": "примеры"}
    for part, name in names.items():
        outcomes = list(_outcomes(store, evidence, part, store.book.fingerprints[part]))
        texts.append(f"{name} {outcomes.count('passed')} из {len(outcomes)}")
    return ", ".join(texts)


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put in the tables and the foot."""
    for place in list(doctree.findall(report)):
        if place["what"] == "figures":
            rows = [row(*cells) for cells in figures(app.env)]
            parts: list[nodes.Node] = [table(("Что", "Сколько"), (45, 55), rows, "checked")]
        else:
            parts = list(mutants.tables(app, docname))
        if app.builder.format == "html":
            # The theme does it to the tables that it sees earlier: on a phone they scroll.
            parts = [_scrolling(part) for part in parts]
        place.replace_self(parts)
    if is_question(docname) and (sentences := feet(handbook(app.env)).get(docname)):
        section = next(doctree.findall(nodes.section), doctree)
        section += nodes.paragraph("", " ".join(sentences), classes=["checked"])


def _scrolling(part: nodes.Node) -> nodes.Node:
    wrapped = isinstance(part, nodes.table)
    return nodes.container("", part, classes=["table-wrapper", "checked"]) if wrapped else part
