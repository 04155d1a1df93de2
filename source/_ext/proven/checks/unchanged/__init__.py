"""A pytest plugin: leaves out the files of tests of which nothing changed since they passed here.

`pytest -p proven.checks.unchanged` (make test) keeps in `build` with which content each file
passed.  That is the content of all that its tests can come by:

* its own, that of the helpers that it names, of data beside it, of the settings and the lock;
* the snippets that one of these names, as "tasks/gather_order", with what they import;
* the modules of proven that one of these names, with what they name, and this Python;
* for tests that build small books or name handbook: the machinery, but no page, snippet, finding;
* the files and folders that it takes from the root of the repository by name, and everything for
  one that takes the root itself.

A clone that never passed, as in CI, leaves nothing out.

Bottom to top: ``names`` stand in a text; ``files`` are a book's, with their digests; ``links`` are
what a file names; ``contents`` is what a test can come by.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from proven.book.settings import Settings
from proven.checks.unchanged.contents import Contents

__all__ = ["Contents", "Unchanged"]


class Unchanged:
    """The plugin of a run; under pytest-xdist the workers leave out what the controller says."""

    def __init__(self, config: pytest.Config) -> None:
        self._settings = Settings.at(config.rootpath)
        self._file = self._settings.root / "build/passed.json"
        self._ran: set[str] = set()
        self._failed: set[str] = set()
        workerinput = getattr(config, "workerinput", None)
        self._is_worker = workerinput is not None
        # A run of a part tells nothing of whole files.
        self._is_whole = config.args_source.name == "TESTPATHS" and not config.option.keyword
        if workerinput is not None:
            self.left_out = set(workerinput["left_out"])
            return
        self._prints = Contents(self._settings).prints()
        passed = json.loads(self._file.read_text("utf-8")) if self._file.is_file() else {}
        self.left_out = {name for name, print in self._prints.items() if passed.get(name) == print}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist."""
        node.workerinput["left_out"] = sorted(self.left_out)

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        """Leave out a file."""
        if not collection_path.is_relative_to(self._settings.root):
            return None
        return self._settings.name_of(collection_path) in self.left_out or None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take note of how a file does."""
        name = report.nodeid.partition("::")[0]
        self._ran.add(name)
        if report.failed:
            self._failed.add(name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Keep what passed, if the run came to its end."""
        if self._is_worker:
            return
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self.left_out:
            session.exitstatus = pytest.ExitCode.OK
        is_over = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if not (is_over and self._is_whole) or session.shouldfail or session.shouldstop:
            return
        # What changed while its tests ran may not be what they saw.
        now = Contents(self._settings).prints()
        passed = self.left_out | (self._ran - self._failed)
        kept = {name: print for name, print in self._prints.items() if name in passed}
        self._file.parent.mkdir(exist_ok=True)
        text = json.dumps({name: print for name, print in kept.items() if now.get(name) == print})
        self._file.write_text(text, encoding="utf-8")

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was left out."""
        if self.left_out:
            terminalreporter.write_line(
                f"left out: {len(self.left_out)} files of tests that passed here and of which "
                "nothing changed since; ALL=1 runs them, too"
            )


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin of this run."""
    config.pluginmanager.register(Unchanged(config))
