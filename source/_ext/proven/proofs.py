"""The pytest plugin: what all proofs share, and what comes out for each claim.

A `never` must tell how much it explored and show that it can fail.  No proof passes by not
being run: it may be skipped only where its claim says that it doesn't hold, and by `needs`
where the machine lacks what it asks for.
"""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import pytest

from proven.claims import VERBS, Mark, excluded_here
from proven.findings import Finding
from proven.stage.explore.schedule import EXPLORED, summary
from proven.stage.player import sharing
from proven.stage.trace import Trace

Explored = Callable[..., None]
LAW = "law"
"""The mark of a claim's law, which holds in random programs and tells in how many."""
_PROVES = "proves"
"""The property of a report that names its claims."""

LACKS: dict[str, Callable[[], bool]] = {
    "two cores": lambda: (os.cpu_count() or 1) < 2,
    "os.sched_setaffinity": lambda: not hasattr(os, "sched_setaffinity"),
    "POSIX exit codes": lambda: sys.platform == "win32",
    "no PYTHON_CPU_COUNT": lambda: bool(os.environ.get("PYTHON_CPU_COUNT")),
}
"""What a proof may ask of the machine, and whether this one lacks it."""

_RANGE, MACHINE = "holds only ", "this machine lacks: "
_NEEDS = re.compile(r'\bneeds\("(\w+)"\)')


def needs(*things: str) -> None:
    """Skip the proof that calls it on a machine that lacks one of `things`, keys of LACKS.

    Raises ValueError for another thing.  A package is no such thing: the file of proofs that
    imports it at its top is left out where there is none.
    """
    for thing in things:
        if thing not in LACKS:
            known = ", ".join(map(repr, LACKS))
            raise ValueError(f"needs({thing!r}): a machine is asked for {known} only")
        if LACKS[thing]():
            pytest.skip(f"{MACHINE}{thing}")


def asked_by(code: str) -> list[str]:
    """Return the packages and modules that the proofs in `code` ask of a machine by `needs`."""
    return _NEEDS.findall(code)


@pytest.fixture
def explored(record_property: Callable[[str, object], None]) -> Explored:
    """Return a function that takes note of what a `never` proof explored.

    count: interleavings or inputs in which the fault was looked for;
    twin_fails: whether the same exploration finds the fault in each of the broken twins, at
    least two that are wrong in different ways.  How the explorer went about it,
    exhaustively or not, is noted, too.
    """
    EXPLORED.clear()

    def note(count: int, *, twin_fails: Sequence[bool]) -> None:
        assert count > 1, "one run explores nothing"
        assert len(twin_fails) > 1, "show two broken twins, wrong in different ways"
        assert all(twin_fails), "the same exploration must find the fault in each broken twin"
        record_property("explored", count)
        record_property("how", summary(EXPLORED))

    return note


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Make tests without collections of garbage, of which there is next to none."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish() -> None:
    """Keep what is loaded by now out of the collections that proofs ask for, thousands of them."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note what a proof is for, and skip it where its claim says that it doesn't hold."""
    if ids := [mark.args[0] for mark in item.iter_markers() if mark.name in (*VERBS, LAW)]:
        item.user_properties.append((_PROVES, ids))
    for mark in item.iter_markers():
        only = mark.kwargs if mark.name in VERBS else {}
        if why := excluded_here(only):
            pytest.skip(f"{_RANGE}{why}")


def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Collect what a proof leaves behind: it must not complain in the next one.

    What outlives a file's tests stays, as the pages of a book that was built: with it, each
    collection of the proofs that come later would take 80 ms instead of one.
    """
    is_last = nextitem is not None and nextitem.path != item.path
    if is_last or any(item.get_closest_marker(verb) for verb in VERBS):
        gc.collect()
    if is_last:
        gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Fail a proof that was skipped, or expected to fail, for a reason that doesn't count."""
    report = yield
    marks = [mark for mark in item.iter_markers() if mark.name in VERBS]
    if not marks or (report.outcome != "skipped" and not hasattr(report, "wasxfail")):
        return report
    message = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    why = message.removeprefix("Skipped: ")
    ranges = {f"{_RANGE}{excluded_here(mark.kwargs)}" for mark in marks}
    lacks = {f"{MACHINE}{thing}" for thing, is_lacking in LACKS.items() if is_lacking()}
    if hasattr(report, "wasxfail") or why not in ranges | lacks:
        how = "expected to fail" if hasattr(report, "wasxfail") else f"skipped ({why})"
        path, line, _ = item.location
        ids = ", ".join(mark.args[0] for mark in marks)
        report.outcome = "failed"
        report.longrepr = (
            f"{path}:{(line or 0) + 1}: the proof of {ids} was {how}, so it proves nothing: say "
            "where it holds by since=, before= or gil= at both ends, ask for what the machine must "
            "have by proven.proofs.needs(), or mend it"
        )
        if hasattr(report, "wasxfail"):
            del report.wasxfail
    return report


_TRACES: dict[str, dict[tuple[object, ...], Trace]] = {}
"""What was played for the proof whose ways are being run, by its name."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[Any]:
    """Fail a `never` that passed without telling what it explored.

    All ways of a proof share what they play of the snippets: that is the same in each.
    """
    proof = item.nodeid.partition("[")[0]
    if proof not in _TRACES:
        _TRACES.clear()
        _TRACES[proof] = {}
    is_proof = any(item.get_closest_marker(verb) for verb in VERBS)
    with sharing(_TRACES[proof]) if is_proof else nullcontext():
        result = yield
    if item.get_closest_marker("never") and "explored" not in dict(item.user_properties):
        pytest.fail("a proof of «never» calls explored(count, twin_fails=...)", pytrace=False)
    return result


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many claims were proven and how much was explored for them."""
    passed = terminalreporter.getreports("passed")
    proven = ", ".join(
        f"{sum(verb in report.keywords for report in passed)} {verb}" for verb in VERBS
    )
    explored = sum(dict(report.user_properties).get("explored", 0) for report in passed)
    terminalreporter.write_line(
        f"proofs passed: {proven}; {explored} interleavings or inputs explored"
    )


def too_narrow(proofs: Iterable[Mark]) -> Iterator[tuple[Mark, str]]:
    """Yield each proof of a rule that tries one construction and doesn't say why that will do."""
    for proof in proofs:
        if proof.verb != "sometimes" and not (proof.several or proof.one_way):
            yield (
                proof,
                f"proof {proof.id!r} tries one way only: run it through @ways, explore, "
                'or say why one will do: "# one way: a fact about a type"',
            )


class Outcomes:
    """A pytest plugin that notes what comes out for each claim, in however many processes."""

    ONLY = " or ".join((*VERBS, LAW))
    """The expression of marks by which pytest selects proofs and laws."""

    def __init__(self) -> None:
        self.claims: dict[str, Finding] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.outcome == "passed" and report.when != "call":
            return
        why = ""
        if report.skipped:
            why = report.longrepr[2].removeprefix("Skipped: ")
        elif report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            why = (crash.message if crash else str(report.longrepr)).strip().partition("\n")[0]
        noted = dict(report.user_properties)
        counted = noted if report.when == "call" else {}
        explored, how = counted.get("explored", 0), counted.get("how", "")
        programs = counted.get("programs", 0)
        ways = int(LAW not in report.keywords)
        for id in noted.get(_PROVES, ()):
            new = Finding(
                report.outcome, "", why[:200], explored, ways=ways, how=how, programs=programs
            )
            self._note(id, new)

    def _note(self, id: str, new: Finding) -> None:
        """Keep the worst of several: one that was skipped isn't proven by another that passed."""
        old = self.claims.get(id, Finding("passed"))
        explored, ways = old.explored + new.explored, old.ways + new.ways
        rank = ("passed", "skipped", "failed").index
        worst = max(old, new, key=lambda finding: rank(finding.outcome))
        how = new.how or old.how
        programs = new.programs or old.programs
        self.claims[id] = Finding(
            worst.outcome, "", worst.why, explored, ways=ways, how=how, programs=programs
        )
