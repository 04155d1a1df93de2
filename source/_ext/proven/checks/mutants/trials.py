"""Plays outputs and runs proofs in a copy of the snippets, unless it is known what comes of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, TypeVar

from proven.book import Book, Outcome, Tried
from proven.checks.mutants.mutations import is_timed
from proven.checks.mutants.prover import Prover
from proven.shown import Shown, at_other_paces, replay

T = TypeVar("T")


def load() -> float:
    """Return how many times slower than alone a program runs now, one at least."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


@dataclass
class Trials:
    """Tries things in `folder`, a copy of the book's snippets, by `prover`; `tried` keeps them.

    tell: sends a message to the parent; took: the seconds that outputs, by snippet, and proofs,
    by claim, took unchanged.
    """

    book: Book
    folder: Path
    prover: Prover
    tried: Tried
    tell: Callable[..., None]
    took: dict[str, float] = field(default_factory=dict)

    def file(self, name: str) -> Path:
        """Return the copy of snippet `name`."""
        return self.folder / f"{name}.py"

    @contextmanager
    def changed(self, name: str) -> Iterator[None]:
        """Let the block change the snippet and put it back."""
        try:
            yield
        finally:
            self.file(name).write_text(self.book.code(name), encoding="utf-8")

    def passes(self, shown: Shown) -> bool:
        """Tell whether the snippet as it is now prints what its page shows."""
        key = self.tried.key_of_output(shown, self.folder)
        if (known := self.tried.get(key)) is None:
            began = monotonic()
            passed = self.prover.passes(lambda: replay(shown, self.folder))
            outcome = "passed" if passed else "failed"
            known = self.tried.note(key, outcome, "", monotonic() - began)
        self.took.setdefault(shown.name, known.seconds)
        return known.outcome == "passed"

    def passes_at_any_pace(self, shown: Shown) -> bool:
        """Tell whether it prints that also if its threads dawdle; always on the virtual clock."""
        if is_timed(self.book, shown.name):
            return True
        file = self.file(shown.name)
        source = file.read_text(encoding="utf-8")
        try:
            for dawdling in at_other_paces(source):
                file.write_text(dawdling, encoding="utf-8")
                if not self.within(shown.name, lambda: self.passes(shown)):
                    return False
        finally:
            file.write_text(source, encoding="utf-8")
        return True

    def prove(
        self, id: str, item: Any, snippets: Mapping[str, str] | None = None, edit: str = ""
    ) -> Outcome:
        """Run a proof with `snippets` changed, or itself by `edit`, unless it is known how it ends.

        Unchanged it is known only if it passed.
        """
        key = self.tried.key_of_proof(item.name, self.book.inputs(id, snippets), edit)
        known = self.tried.get(key)
        if known is None or (known.outcome != "passed" and not edit and not snippets):
            began = monotonic()
            known = self.tried.note(key, *self.prover.prove(item), monotonic() - began)
        self.took.setdefault(id, known.seconds)
        return known

    def within(self, what: str, run: Callable[[], T]) -> T:
        """Return run() of what unchanged took so long; what hangs ends after a few times that."""
        limit = 2 + 4 * self.took[what] * load()
        os.environ["PROVEN_DEADLINE"] = str(limit)
        self.tell(limit=2 * limit + 7)
        return run()
