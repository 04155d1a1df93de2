"""What the files of a book hold, and what of it the tests of each file can come by."""

from __future__ import annotations

import re
import sys
from functools import partial
from hashlib import sha256
from pathlib import Path

from proven.book.settings import Settings
from proven.checks.unchanged import names
from proven.checks.unchanged.files import Files, folder_of
from proven.checks.unchanged.links import Links

_ALL_OF_IT = re.compile(
    r"\bROOT\b|\.parents\[|\bcwd\(|\bPath\(\"(?:source|snippets|tests|\.)\"|\.at\(\"\.\"\)"
)
"""How a test comes by the folder of the repository, whatever it then does there."""
_GIVES_THE_ROOT = re.compile(
    r"^ROOT = Path\(__file__\)\.parents\[\d\]$|^\s*from [\w.]+ import [\w, ]*\bROOT\b[\w, ]*$", re.M
)
_PART_OF_IT = re.compile(r"(?:\bROOT|\bPath\(__file__\)\.parents\[(\d)\]) / f?\"([^\"{]+)")
"""How it comes by one file or folder there."""


class Contents:
    """The files of a book, and of each file of tests what of them its tests can come by."""

    def __init__(self, settings: Settings) -> None:
        self._files = Files(settings)
        self._links = Links(self._files)

    def prints(self) -> dict[str, str]:
        """Return of each file of tests a digest of all that its tests can come by."""
        return {test: self._print(self.inputs(test), sys.version) for test in self._tests()}

    def own_prints(self) -> dict[str, str]:
        """Return of each file of tests a digest of what itself, its helpers and snippets hold."""
        return {
            test: self._print(own.union(*map(self._links.snippets, own)))
            for test in self._tests()
            for own in [self._own(test)]
        }

    def _tests(self) -> list[str]:
        is_test = re.compile(rf"{self._files.tests}/.*\btest_\w+\.py").match
        return [name for name in self._files.digests if is_test(name)]

    def _print(self, names: set[str], beside: str = "") -> str:
        digest = sha256(beside.encode())
        for name in sorted(names):
            digest.update(f"{name}\0{self._files.digests[name]}\n".encode())
        return digest.hexdigest()

    def inputs(self, test: str) -> set[str]:
        """Return the files of the book on which the tests of the file `test` can hang."""
        own = self._own(test)
        parts: set[str] = set()
        for name in own:
            text = self._files.text(name)
            for up, part in _PART_OF_IT.findall(text):
                above = [f"{folder.as_posix()}/" for folder in Path(name).parents]
                parts.add((above[int(up)] if up else "./").removeprefix("./") + part)
            rest = _PART_OF_IT.sub("", _GIVES_THE_ROOT.sub("", text))
            # A page names whatever it shows.
            if self._files.pages in parts or _ALL_OF_IT.search(rest):
                return set(self._files.digests)
        conftests = self._conftests(test)
        needed = own.union(conftests, self._links.machinery(own), *map(self._links.snippets, own))
        return needed | {
            name
            for name in self._files.digests
            if name in ("pyproject.toml", "requirements.lock")
            or name.startswith(tuple(parts))
            or self._is_data_for(name, test)
        }

    def _own(self, test: str) -> set[str]:
        """Return it with its helpers, those of the conftests above it that it uses among them."""
        return self._modules([test, *filter(partial(self._is_used, test), self._conftests(test))])

    def _modules(self, files: list[str]) -> set[str]:
        """Return these files and the helpers that they name."""
        modules: set[str] = set()
        while files:
            name = files.pop()
            if name not in modules:
                modules.add(name)
                files += self._links.helpers(name)
        return modules

    def _conftests(self, test: str) -> list[str]:
        files = [f"{folder.as_posix()}/conftest.py" for folder in Path(test).parents]
        return [name for name in files if name in self._files.digests]

    def _is_used(self, test: str, conftest: str) -> bool:
        """Tell whether it does something by itself, or the test asks for what it defines."""
        text = self._files.text(conftest)
        if re.search("autouse|def pytest_", text):
            return True
        return bool(names.defined(text) & names.used(self._files.text(test)))

    def _is_data_for(self, name: str, test: str) -> bool:
        """Tell whether it is no module and lies beside the file, below it, or beside all tests."""
        folder = folder_of(name)
        beside = folder_of(test)
        return not name.endswith(".py") and (
            folder == self._files.tests or f"{folder}/".startswith(f"{beside}/")
        )
