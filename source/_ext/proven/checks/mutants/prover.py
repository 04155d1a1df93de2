"""Runs proofs and examples again and again, whatever a mutant does."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from typing import Any, Literal

import pytest

from proven.claims import VERBS
from proven.findings import Finding

How = Literal["assertion", "hang", "crash", ""]


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

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            marks = [mark for mark in item.iter_markers() if mark.name in VERBS]
            for mark in marks:
                id = mark.args[0]
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
