"""Runs proofs and examples again and again, whatever a mutant does, unless their end is known."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from traceback import extract_tb
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from proven.book import Book, Outcome, Tried, inputs_of
from proven.checks import ids_of
from proven.checks.mutants.mutations import Mutant, is_timed
from proven.claims import excluded_here
from proven.findings import Finding
from proven.shown import Shown, at_other_paces, replay

if TYPE_CHECKING:
    import pytest  # only the workers load it

How = Literal["assertion", "hang", "crash", ""]
T = TypeVar("T")
_BEGAN = monotonic()


class Hang(BaseException):
    """Ends whatever the worker's main thread waits for."""


class Prover:
    """A pytest plugin: instead of running the proofs once, it hands them over to `work`.

    items: the proofs by the ids of their claims, of one that is tried in several ways
    the last; ways: what else there is of those.
    """

    def __init__(self, work: Callable[[Prover], None]) -> None:
        self.items: dict[str, Any] = {}
        self.ways: dict[str, list[Any]] = {}
        self._work = work
        self._raised: BaseException | None = None
        self._ended_by: BaseException | None = None

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self._ended_by = excinfo.value

    def ended_by(self, test: str) -> tuple[str, str]:
        """Return the place in the file `test`, and what was raised there, if that ended pytest."""
        if not (error := self._ended_by):
            return test, ""
        frames = extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename.endswith(test)]
        place = f"{test}:{lines[-1]}" if lines else test
        return place, f": {type(error).__name__}: {error}"

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            for id in ids_of(item):
                if id in self.items:
                    self.ways.setdefault(id, []).append(self.items[id])
                self.items[id] = item
        self._work(self)
        return True

    def pytest_runtest_makereport(self, item: Any, call: pytest.CallInfo[None]) -> None:
        if call.excinfo:
            self._raised = call.excinfo.value

    def prove(self, item: Any) -> tuple[str, How]:
        """Run a proof; return its outcome and, if it didn't pass, how it failed."""
        from _pytest.runner import runtestprotocol

        self._raised = None
        item._initrequest()
        reports = self._guarded(lambda: runtestprotocol(item, log=False, nextitem=None))
        if reports is None:
            return "failed", self._how()
        outcomes = [report.outcome for report in reports]
        for outcome in ("failed", "skipped"):
            if outcome in outcomes:
                return outcome, self._how()
        return "passed", ""

    def passes(self, replay: Callable[[], Finding]) -> bool:
        """Tell whether an example comes out as shown; whatever it raises, it doesn't."""
        finding = self._guarded(replay)
        return finding is not None and finding.outcome == "passed"

    def _how(self) -> How:
        error = self._raised
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, AssertionError) or type(error).__name__ == "Failed":
            return "assertion"
        hung = isinstance(error, Hang | TimeoutError | subprocess.TimeoutExpired)
        hung = hung or "still running" in str(error) or "deadlock" in str(error)
        return "hang" if hung else "crash"

    def _guarded(self, work: Callable[[], Any]) -> Any:
        """Return what `work` returns, None if it raises."""
        try:
            return work()
        except BaseException as error:  # a mutant may raise anything, at any moment
            self._raised = error
            return None


def changed_proof(item: Any, mutant: Mutant) -> Any:
    """Return the function of test `item` as the `mutant` of its file has it.

    A dataclass looks for its module by name, so the name is that of the file's own.
    """
    space: dict[str, Any] = {"__name__": item.module.__name__, "__file__": str(item.path)}
    exec(compile(mutant.source, str(item.path), "exec", dont_inherit=True), space)
    return space[item.obj.__name__]


def load() -> float:
    """Return how many times slower than alone a program runs now, one at least."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def spent() -> float:
    """Return how many seconds this process has taken: computing, or waiting on an idle machine."""
    own, children = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    computed = own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime
    return max(computed, (monotonic() - _BEGAN) / load())


@dataclass
class Trials:
    """Tries things in `folder`, a copy of the book's snippets, by `prover`; `tried` keeps them.

    tell: sends a message to the parent; seconds: how many all may take; took: the seconds that
    outputs, by snippet, and proofs, by claim, took unchanged.
    """

    book: Book
    folder: Path
    prover: Prover
    tried: Tried
    tell: Callable[..., None]
    seconds: float
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

    def good_examples(
        self, examples: Iterable[Shown], fault: Callable[[str], None], at_any_pace: bool
    ) -> dict[str, Shown]:
        """Play these examples and return those that come out as shown; `fault` is told."""
        good = {}
        for shown in examples:
            if excluded_here(dict(shown.only)):
                continue
            self.tell(limit=60 * load())
            if not self.passes(shown):
                fault(f"{shown.name}: the unchanged snippet prints something else")
                continue
            good[shown.name] = shown
            if at_any_pace and not self.passes_at_any_pace(shown):
                fault(f"{shown.name}: prints something else if threads dawdle")
        return good

    def passes(self, shown: Shown) -> bool:
        """Tell whether the snippet as it is now prints what its page shows."""
        key = self.tried.key_of_output(shown, self.folder)
        if (result := self.tried.get(key)) is None:
            began = monotonic()
            passed = self.prover.passes(lambda: replay(shown, self.folder))
            outcome = "passed" if passed else "failed"
            result = self.tried.note(key, outcome, "", monotonic() - began)
        self.took.setdefault(shown.name, result.seconds)
        return result.outcome == "passed"

    def passes_at_any_pace(self, shown: Shown) -> bool:
        """Tell whether it prints that also if its threads dawdle; always on the virtual clock."""
        if is_timed(self.book, shown.name):
            return True
        file = self.file(shown.name)
        source = file.read_text(encoding="utf-8")
        try:
            for dawdling in at_other_paces(source):
                file.write_text(dawdling, encoding="utf-8")
                # Who is traced waits at every call of whatever it imports.
                if not self.within(shown.name, lambda: self.passes(shown), times=20):
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
        key = self.tried.key_of_proof(item.name, inputs_of(self.book, id, snippets), edit)
        result = self.tried.get(key)
        if result is None or (result.outcome != "passed" and not edit and not snippets):
            began = monotonic()
            result = self.tried.note(key, *self.prover.prove(item), monotonic() - began)
        self.took.setdefault(id, result.seconds)
        return result

    def drop_failing(self, ids: Iterable[str], fault: Callable[[str], None]) -> Iterator[str]:
        """Run these proofs and drop those that fail unchanged: they can notice nothing.

        `fault` is told.  Yield those that are dropped as there is no time for them.
        """
        for id in ids:
            self.tell(limit=60 * load())
            if not self.may_spend():
                yield id
            elif (outcome := self.prove(id, self.prover.items[id]).outcome) == "passed":
                continue
            elif not excluded_here(dict(self.book.claims[id].only)):
                fault(f"{id}: {outcome} on the unchanged snippet")
            del self.prover.items[id]

    def may_spend(self, id: str = "") -> bool:
        """Tell whether there is time left, for the proof of `id` or for any."""
        return spent() + self.took.get(id, 0.0) / load() < self.seconds

    def within(self, what: str, run: Callable[[], T], times: int = 4) -> T:
        """Return run() of what unchanged took so long; what hangs ends after some times that."""
        limit = 2 + times * self.took[what] * load()
        os.environ["PROVEN_DEADLINE"] = str(limit)
        self.tell(limit=2 * limit + 7)
        return run()
