"""A pytest plugin: leaves out the files of tests of which nothing changed since they passed here.

`pytest -p proven.checks.unchanged` (make test) keeps in `build` with which content each file
passed.  That is the content of all that its tests can come by:

* its own, that of the tests' modules that it names, and of what lies beside it but other tests;
* proven, the settings, the lock, and this Python;
* the snippets of each chapter that one of these names, as in "tasks/gather_order";
* for tests of the machinery, which a conftest beside or above them shows that takes the root of
  the repository, all but pages, snippets and other tests;
* for a file that takes the root itself: everything.

A clone that never passed, as in CI, leaves nothing out.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from proven.book.settings import Settings

_TAKES_THE_ROOT = re.compile(r"\bROOT\b|\.parents\[|\bcwd\(|\bPath\(\"\w|\bat\(\"")
_MODULE = re.compile(r"(?:from|import) (tests(?:\.\w+)+)")
_SKIPPED = ("build", "__pycache__")


class Contents:
    """What the files of a book hold, and what of it the tests of a file can come by."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        folders = settings.pages, settings.snippets, settings.tests
        self._pages, self._snippets, self._tests = map(settings.name_of, folders)

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {
            self._settings.name_of(file): sha256(file.read_bytes()).hexdigest()
            for file in self._files(self._settings.root)
        }

    @classmethod
    def _files(cls, folder: Path) -> Iterator[Path]:
        for file in sorted(folder.iterdir()):
            if file.name.startswith(".") or file.name in _SKIPPED or file.suffix == ".mo":
                continue
            if file.is_dir():
                yield from cls._files(file)
            elif file.is_file():
                yield file

    def prints(self) -> dict[str, str]:
        """Return of each file of tests a digest of all that its tests can come by."""
        files = [
            name for name in self._digests if re.match(rf"{self._tests}/.*\btest_\w+\.py", name)
        ]
        return {name: self._print(name) for name in files}

    def _print(self, test: str) -> str:
        digest = sha256(sys.version.encode())
        for name in sorted(self._inputs(test)):
            digest.update(f"{name}\0{self._digests[name]}\n".encode())
        return digest.hexdigest()

    def _inputs(self, test: str) -> set[str]:
        own = self._modules(test)
        if _TAKES_THE_ROOT.search(self._text(test)):
            return set(self._digests)
        texts = {name: self._text(name) for name in own if name.endswith(".py")}
        of_machinery = any(
            name.endswith("/conftest.py") and _TAKES_THE_ROOT.search(text)
            for name, text in texts.items()
        )
        chapters = tuple(
            f"{self._snippets}/{chapter}/"
            for chapter in self._chapters
            if any(f"{chapter}/" in text for text in texts.values())
        )
        return own | {
            name
            for name in self._digests
            if name.startswith((f"{self._pages}/_ext/proven/", *chapters))
            or "/" not in name
            or (of_machinery and self._is_machinery(name))
        }

    @cached_property
    def _chapters(self) -> set[str]:
        parts = (name.split("/") for name in self._digests)
        return {part[1] for part in parts if part[0] == self._snippets and len(part) > 2}

    def _is_machinery(self, name: str) -> bool:
        is_page = name.startswith(f"{self._pages}/") and name.endswith(".md")
        return not is_page and not name.startswith((f"{self._tests}/", f"{self._snippets}/"))

    def _modules(self, test: str) -> set[str]:
        """Return the file, what lies beside it but other tests, and the modules that it names."""
        found: set[str] = set()
        todo = [test, *(name for name in self._digests if self._is_beside(name, test))]
        while todo:
            name = todo.pop()
            if name in found:
                continue
            found.add(name)
            if name.endswith(".py"):
                for module in _MODULE.findall(self._text(name)):
                    path = module.replace(".", "/")
                    todo += [
                        other
                        for other in self._digests
                        if other == f"{path}.py" or other.startswith(f"{path}/")
                    ]
        return found

    def _is_beside(self, name: str, test: str) -> bool:
        folder = test.rpartition("/")[0]
        is_test = name.rpartition("/")[2].startswith("test_") and name.endswith(".py")
        if name.endswith("/conftest.py") or name.rpartition("/")[0] == self._tests:
            return f"{folder}/".startswith(f"{name.rpartition('/')[0]}/")
        return name.startswith(f"{folder}/") and not is_test

    def _text(self, name: str) -> str:
        return (self._settings.root / name).read_text(encoding="utf-8", errors="replace")


class Unchanged:
    """The plugin of a run; under pytest-xdist the workers leave out what the controller says."""

    def __init__(self, config: pytest.Config) -> None:
        self._settings = Settings.at(config.rootpath)
        self._file = self._settings.root / "build/passed.json"
        self._ran: set[str] = set()
        self._failed: set[str] = set()
        told = getattr(config, "workerinput", None)
        self._is_worker = told is not None
        # A run of a part tells nothing of whole files.
        self._is_whole = config.args_source.name == "TESTPATHS" and not config.option.keyword
        if told is not None:
            self.left_out = set(told["left_out"])
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
