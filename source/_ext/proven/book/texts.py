"""The texts of a book's files, each of which is read once."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

from proven.book.memo import Memo
from proven.book.prints import helpers_in, used

T = TypeVar("T")


class Texts:
    """Reads files of the book at `root`; `memo` knows what was found in them before.

    texts: of files that aren't to be read.
    """

    def __init__(self, root: Path, memo: Memo, texts: Mapping[Path, str] | None = None) -> None:
        self._root, self._memo = root, memo
        self._texts = dict(texts or {})
        self._helped: dict[str, list[str]] = {}

    def of(self, file: Path) -> str:
        """Return the text of `file`, empty if it isn't there."""
        if file not in self._texts:
            self._texts[file] = file.read_text(encoding="utf-8") if file.is_file() else ""
        return self._texts[file]

    def all_of(self, files: Iterable[Path]) -> dict[str, str]:
        """Return the texts of `files` by their path relative to root."""
        return {file.relative_to(self._root).as_posix(): self.of(file) for file in files}

    def entries(
        self, what: str, find: Callable[[Mapping[str, str]], Iterable[T]], files: Iterable[Path]
    ) -> list[T]:
        """Return what `find` finds in texts by file; only what changed is searched."""
        entries: list[T] = []
        for file, text in self.all_of(files).items():
            entries += self._memo.of(what, (file, text), partial(_listed, find, {file: text}))
        return entries

    def helpers(self, file: str) -> list[str]:
        """Return what a file of proofs uses of what it imports from among the tests, all the way.

        What else those files hold changes nothing for it.
        """
        if file not in self._helped:
            parts: list[str] = []
            waiting = [self.of(self._root / file)]
            for text in waiting:
                for helper, names in helpers_in(text):
                    source = self.of(self._root / helper)
                    part = self._memo.of(
                        "used", [source, *sorted(names)], partial(used, source, names)
                    )
                    if part and part not in parts:
                        parts.append(part)
                        waiting.append(part)
            self._helped[file] = sorted(parts)
        return self._helped[file]


def _listed(find: Callable[[Mapping[str, str]], Iterable[T]], texts: Mapping[str, str]) -> list[T]:
    return list(find(texts))


def stamp(folder: Path) -> str:
    """Return a hash of path, size and time of each file in `folder`."""
    return hashlib.sha256(str(sorted(_stamps(folder))).encode()).hexdigest()


def _stamps(folder: Path | str) -> Iterator[tuple[str, int, int]]:
    """Yield path, size and time of each file in `folder`, but for caches and what is compiled."""
    if not os.path.isdir(folder):
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith((".", "__pycache__")) or entry.name.endswith(".mo"):
                continue
            if entry.is_dir():
                yield from _stamps(entry.path)
            else:
                stat = entry.stat()
                yield entry.path, stat.st_size, stat.st_mtime_ns
