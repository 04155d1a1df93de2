"""Every mutant of a source: a changed copy for each place where an operator applies."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from textwrap import dedent

from proven.book import Book
from proven.checks.mutants.operators import Change, changes
from proven.checks.mutants.text import Text, Where, parts, statements
from proven.findings import Mutation
from proven.stage.player import is_virtual


@dataclass(frozen=True)
class Mutant:
    """A changed copy: what was done, the whole changed text, and in which line, from 1.

    probe: a copy that somebody would notice if the change could matter.  For a changed
    wait it waits ever so long: unnoticed, something cuts the wait short, whatever its
    length.  For gather in a group's place it fails if a child does: unnoticed, none does,
    and then both do the same.
    """

    mutation: Mutation
    source: str
    probe: str = ""
    at: int = 0


def is_timed(book: Book, name: str) -> bool:
    """Tell whether snippet `name` is played on the virtual clock: its output may choose."""
    shown = book.outputs.get(name)
    if shown and shown.terms.clock != "auto":
        return shown.terms.clock == "virtual"
    return is_virtual(book.snippet(name))


def mutants_of(source: str, *, timed: bool, where: Where = lambda node: True) -> Iterator[Mutant]:
    """Yield every mutant of `source` that is another program, in the order of its lines.

    timed: whether the seconds are shown; if not, how long something waits isn't
    changed.  where: tells for a statement whether it and what is in it may change.
    """
    text, tree, lines = Text(source), ast.parse(source), source.splitlines()

    def mutation(change: Change) -> Mutation:
        return Mutation(change.operator, change.details, lines[change.line - 1].strip())

    made = [
        change
        for statement in statements(tree, where)
        for change in changes(text, tree, statement, timed=timed)
    ]
    seen: dict[Mutation, int] = {}
    for change in sorted(made, key=lambda each: (each.line, str(mutation(each)))):
        done = mutation(change)
        seen[done] = seen.get(done, 0) + 1
        if change.source != source and _compiles(change.source):
            numbered = replace(done, number=seen[done])
            yield Mutant(numbered, change.source, change.probe, change.at or change.line)


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def mutants_of_proof(source: str, proof: str) -> Iterator[Mutant]:
    """Yield every mutant of a proof in its file's `source`: all may change but its assertions."""
    first = source[: source.index(proof)].count("\n") + 1
    where = _within(first, first + proof.count("\n"))
    yield from mutants_of(source, timed=True, where=where)
    yield from mutants_in_strings(source, where=where)


def mutants_in_strings(source: str, *, where: Where = lambda node: True) -> Iterator[Mutant]:
    """Yield mutants of the programs that `source` keeps as strings of several lines."""
    text, tree = Text(source), ast.parse(source)
    for statement in statements(tree, where):
        for node in parts(statement):
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                continue
            if "\n" not in node.value:
                continue
            try:
                inner = list(mutants_of(dedent(node.value), timed=True))
            except SyntaxError:
                continue
            for each in inner:
                changed = text.replaced((*text.span(node), repr(each.source)))
                yield Mutant(each.mutation, changed)


def _within(first: int, last: int) -> Where:
    """Return what tells whether a statement may change: in the proof on these lines, but asserts.

    What stands around the proof may only change within it.
    """

    def may_change(node: ast.stmt) -> bool:
        end = node.end_lineno or 0
        inside = first <= node.lineno and end <= last
        around = node.lineno < first and end > last
        return (inside or around) and not isinstance(node, ast.Assert)

    return may_change
