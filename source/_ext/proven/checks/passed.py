"""A pytest plugin: leaves out the proofs that passed here with the same inputs (make check).

`pytest -p proven.checks.passed` keeps in `build/tried` which did, and how long they took, by
all that their outcome hangs on: see `proven.book.inputs_of`.  The check of mutants knows by it
what passes unchanged.  What the evidence of this Python says of a claim as it is now counts, too:
in a fresh clone no page would be checked in seconds.  Tests that are no proofs run each time.
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

import pytest

from proven.book import Book, Tried, committed, hangs_on_the_same, inputs_of, remembered
from proven.checks import ids_of
from proven.findings import this_python

EVIDENT = "evident"
"""What is noted of a proof that the evidence of this Python says passed."""


class Evident:
    """Tells of which claims the evidence of this Python says that they hold, as they are now.

    What holds in the last commit counts as well, if the proof hangs on the same now: prints take
    in all snippets of a page.  Unlike `build/tried` the evidence doesn't know the machinery:
    `make test` runs the proofs when that moves.
    """

    def __init__(self, book: Book) -> None:
        self._book, self._old = book, committed(book)
        self._now = _hold(book)
        self._then = _hold(self._old) - self._now if self._old else set()

    def holds(self, id: str) -> bool:
        """Tell it of claim `id`."""
        return id in self._now or bool(
            self._old and id in self._then and hangs_on_the_same(self._book, self._old, id)
        )


def _hold(book: Book) -> set[str]:
    return {
        id
        for evidence in book.evidence
        if evidence.version == this_python()
        for id, finding in book.current(evidence, "claims").items()
        if finding.outcome == "passed"
    }


def unknown(book: Book, test: str) -> list[str]:
    """Return the proofs in `test` that are to be run."""
    tried, evident = Tried(book.root, test), Evident(book)
    inputs = {
        proof.test: inputs_of(book, id)
        for id, proof in book.proofs.items()
        if proof.file == test and not evident.holds(id)
    }
    return [
        name
        for name, texts in inputs.items()
        if not any(tried.get(tried.key_of_proof(name, texts, what)) for what in ("", EVIDENT))
    ]


class Passed:
    """The plugin of a run, in each of its processes."""

    def __init__(self, config: pytest.Config) -> None:
        self._book = remembered(config.rootpath)
        self._inputs = cache(partial(inputs_of, self._book))  # the same for all ways of a proof
        self._evident = Evident(self._book)
        self._tried: dict[str, Tried] = {}
        self._called: dict[str, pytest.CallInfo[Any]] = {}
        self._longest: dict[str, float] = {}
        self._is_any_left_out = False

    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Leave out what passed."""
        passed = [item for item in items if self._has_passed(item)]
        if passed:
            self._is_any_left_out = True
            config.hook.pytest_deselected(items=passed)
            items[:] = [item for item in items if item not in passed]

    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> None:
        """Take note of a proof that passed, and left nothing behind that fails."""
        if call.when == "call":
            self._called[item.nodeid] = call
        elif call.when == "teardown" and not call.excinfo:
            called = self._called.pop(item.nodeid, None)
            if called and not called.excinfo:
                # The first way plays what the others share.
                proof, _, way = item.nodeid.partition("[")
                is_first = proof not in self._longest
                self._longest[proof] = max(self._longest.get(proof, 0.0), called.duration)
                self._of(item).note(self._key(item), "passed", "", self._longest[proof])
                if way and is_first:
                    # That one of its ways was run here tells how much there is to run.
                    name = item.name.partition("[")[0]
                    self._of(item).note(self._key(item, name), "passed", "", called.duration)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Let a run pass of which nothing is left."""
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self._is_any_left_out:
            session.exitstatus = pytest.ExitCode.OK

    def _has_passed(self, item: pytest.Item) -> bool:
        key, tried = self._key(item), self._of(item)
        result = tried.get(key)
        if result is not None and result.outcome == "passed":
            return True
        # The evidence's print takes in all snippets of the page: what it tells now is noted.
        evident_key = self._key(item, item.name.partition("[")[0], EVIDENT)
        if not tried.get(evident_key) and all(map(self._evident.holds, ids_of(item))):
            tried.note(evident_key, EVIDENT, "", 0.0)
        # Without a key it reads more than its fingerprint covers.
        return bool(tried.get(evident_key))

    def _of(self, item: pytest.Item) -> Tried:
        file = item.nodeid.partition("::")[0]
        if file not in self._tried:
            self._tried[file] = Tried(self._book.root, file)
        return self._tried[file]

    def _key(self, item: pytest.Item, name: str = "", what: str = "") -> str:
        ids = ids_of(item)
        if not ids or ids[0] not in self._book.proofs:
            return ""
        return self._of(item).key_of_proof(name or item.name, self._inputs(ids[0]), what)


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin of this run."""
    config.pluginmanager.register(Passed(config))
