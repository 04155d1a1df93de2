"""What all proofs share: a `never` must tell how much it explored and show that it can fail."""

import gc
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from handbook.claims import VERBS, excluded, has_gil

Explored = Callable[..., None]


@pytest.fixture
def explored(record_property: Callable[[str, object], None]) -> Explored:
    """Return a function that takes note of what a `never` proof explored.

    count: interleavings or inputs in which the fault was looked for;
    twin_fails: whether the same exploration finds the fault in the broken twin.
    """

    def note(count: int, *, twin_fails: bool) -> None:
        assert count > 1, "one run explores nothing"
        assert twin_fails, "the same exploration must find the fault in the broken twin"
        record_property("explored", count)

    return note


def pytest_collection_finish() -> None:
    """Keep what is loaded by now out of the collections that proofs ask for, thousands of them."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a proof where its claim says that it doesn't hold."""
    for mark in item.iter_markers():
        only = mark.kwargs if mark.name in VERBS else {}
        if why := excluded(only, sys.version_info[:2], gil=has_gil()):
            pytest.skip(f"holds only {why}")


def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Collect what a proof leaves behind: it must not complain in the next one."""
    if any(item.get_closest_marker(verb) for verb in VERBS):
        gc.collect()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[Any]:
    """Fail a `never` that passed without telling what it explored."""
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
