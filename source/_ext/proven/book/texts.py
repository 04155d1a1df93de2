"""The texts of a book's files, each of which is read once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from proven.book.prints import helpers_in


class Texts:
    """Reads files of the book at `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[Path, str] = {}
        self._helped: dict[str, list[str]] = {}

    def of(self, file: Path) -> str:
        """Return the text of `file`, empty if it isn't there."""
        if file not in self._texts:
            self._texts[file] = file.read_text(encoding="utf-8") if file.is_file() else ""
        return self._texts[file]

    def all_of(self, files: Iterable[Path]) -> dict[str, str]:
        """Return the texts of `files` by their path relative to root."""
        return {file.relative_to(self._root).as_posix(): self.of(file) for file in files}

    def helpers(self, file: str) -> list[str]:
        """Return the texts of what a file of proofs imports from among the tests, all the way."""
        if file not in self._helped:
            texts: dict[str, str] = {}
            waiting = [file]
            for each in waiting:
                for helper in helpers_in(self.of(self._root / each)):
                    text = self.of(self._root / helper)
                    if text and helper not in texts:
                        texts[helper] = text
                        waiting.append(helper)
            self._helped[file] = sorted(texts.values())
        return self._helped[file]
