"""The report on all mutants: brought together from what the workers told of each page."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from proven.book import Book
from proven.claims import excluded_here
from proven.findings import EQUAL, EXCUSES, Mutation, excuse, lines_of

TWIN = "twin"
"""Who notices a mutant of code that a broken snippet shares with its fixed twin."""

ADVICE = {
    "survivor": "change the program or the proof so that somebody notices it, or say why nobody "
    f"can: by this key, under the snippet's name, in {EXCUSES} of its chapter",
    "vacuous": "nothing breaks this proof, a hang apart, of what is changed in the snippets it "
    "names, in its own statements and in its programs that are plain strings, whose statements "
    "at the top level aren't swapped (def main() helps): let it assert what the sentence says, "
    "or say in it why nothing can: # no mutant: reason in Russian",
    "unneeded": "somebody notices it, or there is no such mutant: take the reason out",
    "fault": "the check of mutants could not do its work here, so what it says of this file's "
    "proofs may be wrong: first let `pytest` pass this file, then mend what is named",
}
"""What to do about a finding of each kind."""

LEFT = "Mutants left to make changed, as they take long: "
"""Begins the line that names them."""

_BESIDE = re.compile(r"# no mutant: (.+)")


@dataclass
class PageReport:
    """What the workers told of a page.

    noticed: by snippet and mutation who noticed it, "" if nobody; broken: by claim the
    mutation that broke its proof; faults: what kept a worker from its work; left: of which
    snippets, and of which claims' proofs, how many mutants weren't tried in time; spent: how many
    seconds the workers took.
    """

    noticed: dict[str, dict[Mutation, str]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    left: Counter[str] = field(default_factory=Counter)
    spent: list[float] = field(default_factory=list)

    def blame(self, fault: str) -> None:
        """Take note of a fault, which several workers may have, once."""
        if fault not in self.faults:
            self.faults.append(fault)


def report(book: Book, pages: Mapping[str, PageReport]) -> dict[str, Any]:
    """Return the report: for each snippet how many mutants, for each claim what breaks its proof.

    pages: by file of proofs.

    {"snippets": {name: {"hash", "mutants", "equal": how many of them,
    "justified": [a mutation with its "why"…], "survivors": [mutation…]}},
    "claims": {id: {"hash"} and one of "broken": by which mutation, "justified": why it can't
    be, "vacuous": true}}.  An entry of which mutants are left has their number under "left".
    """
    noticed: dict[str, dict[Mutation, str]] = {}
    broken: dict[str, str] = {}
    for page in pages.values():
        broken |= page.broken
        for name, mutations in page.noticed.items():
            before = noticed.setdefault(name, {})
            before |= {done: before.get(done) or by for done, by in mutations.items()}
    left = sum((page.left for page in pages.values()), Counter[str]())
    for name in [name for name in left if "/" in name]:
        noticed.setdefault(name, {})
        # What a broken snippet shares with its twin that one may notice.
        left[name.removesuffix("_fixed") + "_broken"] += name.endswith("_fixed")
    _share_with_twins(book, noticed)
    snippets = {
        name: _of_snippet(book, name, noticed[name]) | _left(left[name]) for name in sorted(noticed)
    }
    claims = {
        id: {"hash": hash} | _of_claim(book.proofs[id].text, broken.get(id, ""), left[id])
        for id, hash in book.fingerprints["proofs"].items()
        if book.proofs[id].file in pages
    }
    return {"snippets": snippets, "claims": claims}


def text_of(data: dict[str, Any]) -> str:
    """Return the report as text: sorted, one line for each entry."""
    parts = [f' "{part}": {lines_of(data[part])}' for part in ("snippets", "claims")]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def left_in(data: dict[str, Any]) -> str:
    """Return which mutants there was no time for, "" if for all."""
    parts = (("snippets", "snippets/{}.py"), ("claims", "the proof of {}"))
    what = [
        f"{entry['left']} of {name.format(key)}"
        for part, name in parts
        for key, entry in data[part].items()
        if entry.get("left")
    ]
    return f"{LEFT}{', '.join(what)}" if what else ""


def unrun(book: Book, id: str) -> str:
    """Return that this Python doesn't run the proof of claim `id`, and why, "" if it does."""
    why = excluded_here(dict(book.claims[id].only))
    return f" ({why}, so it isn't run here)" if why else ""


def _of_snippet(book: Book, name: str, noticed: dict[Mutation, str]) -> dict[str, Any]:
    silent = [mutation for mutation, by in noticed.items() if not by]
    reasons = {mutation: excuse(book.excuses, name, str(mutation)) for mutation in silent}
    return {
        "hash": book.fingerprints["examples"].get(name, ""),
        "mutants": len(noticed),
        "equal": sum(by == EQUAL for by in noticed.values()),
        "justified": [done.entry() | {"why": why} for done, why in reasons.items() if why],
        "survivors": [mutation.entry() for mutation in silent if not reasons[mutation]],
    }


def _left(many: int) -> dict[str, Any]:
    """Return what makes an entry unfinished: what isn't noticed so far may be yet."""
    return {"left": many, "survivors": []} if many else {}


def _of_claim(proof: str, broken: str, left: int) -> dict[str, Any]:
    if broken:
        return {"broken": broken}
    if left:
        return _left(left)
    beside = _BESIDE.search(proof)
    return {"justified": beside[1]} if beside else {"vacuous": True}


def _share_with_twins(book: Book, noticed: dict[str, dict[Mutation, str]]) -> None:
    """Count a mutant of a broken snippet as noticed if it is in code that the fixed one shares.

    Much of a broken snippet never runs: that is its mistake.
    """
    for name, mutations in noticed.items():
        twin = name.removesuffix("_broken") + "_fixed"
        if not name.endswith("_broken") or twin not in noticed:
            continue
        shared = _functions(book.code(name)) & _functions(book.code(twin))
        for done, by in mutations.items():
            if not by and noticed[twin].get(done) and any(done.line in each for each in shared):
                mutations[done] = TWIN


def _functions(source: str) -> set[str]:
    """Return the texts of the functions and classes at the top of a module."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    tops = (node for node in ast.parse(source).body if isinstance(node, kinds))
    return {ast.get_source_segment(source, node) or "" for node in tops}
