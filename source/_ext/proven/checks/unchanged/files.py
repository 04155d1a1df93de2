"""The files of a book, their texts and digests, read once."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path

from proven.book.settings import Settings

_SKIPPED = ("build", "__pycache__")


class Files:
    """The files of a book by their names relative to its root; hidden and built ones don't count.

    pages, snippets, tests, evidence, machinery: the names of these folders.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        folders = settings.pages, settings.snippets, settings.tests, settings.evidence
        self.pages, self.snippets, self.tests, self.evidence = map(settings.name_of, folders)
        self.machinery = f"{self.pages}/_ext"
        self.text = cache(self._read)

    @cached_property
    def digests(self) -> dict[str, str]:
        """Of each file a digest of what it holds."""
        return {
            self._settings.name_of(file): sha256(file.read_bytes()).hexdigest()
            for file in self._within(self._settings.root)
        }

    def beginning(self, *begins: str) -> set[str]:
        """Return the files whose names begin with one of these texts."""
        return {name for name in self.digests if name.startswith(begins)}

    @classmethod
    def _within(cls, folder: Path) -> Iterator[Path]:
        for file in sorted(folder.iterdir()):
            if file.name.startswith(".") or file.name in _SKIPPED or file.suffix == ".mo":
                continue
            if file.is_dir():
                yield from cls._within(file)
            elif file.is_file():
                yield file

    def _read(self, name: str) -> str:
        return (self._settings.root / name).read_text(encoding="utf-8", errors="replace")


def folder_of(name: str) -> str:
    """Return the name of the folder of a file."""
    return name.rpartition("/")[0]
