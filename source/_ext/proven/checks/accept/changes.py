"""What is to be played: what differs from the last commit, or from a recording that is kept."""

from __future__ import annotations

import json
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from proven.book import Book, git
from proven.findings import loaded
from proven.shown import Shown, agree, key_of, sources_of


class Changes:
    """Tells which outputs of `book` changed since they were committed or accepted.

    recordings: the file of a build's Recordings: what it shows otherwise is to be played, too;
    accepted: the file that notes what was trusted; everything: play all, whatever changed.
    """

    def __init__(
        self, book: Book, recordings: Path, accepted: Path, *, everything: bool = False
    ) -> None:
        self._book, self._file, self.everything = book, accepted, everything
        self._kept: dict[str, list[str]] = loaded(recordings)
        self._accepted: dict[str, str] = loaded(accepted)

    def wants(self, shown: Shown) -> bool:
        """Tell whether an output is to be played."""
        if self.everything:
            return True
        snippets = self._book.settings.snippets
        key = key_of(shown.name, shown.terms, snippets)
        kept = self._kept.get(key)
        if kept is not None and not agree(shown.lines, kept, any_order=shown.any_order):
            return True
        if self._accepted.get(f"{shown.page} {shown.name}") == self._mark(shown):
            return False
        files = sources_of(shown.name, shown.terms, snippets)
        names = {self._book.settings.name_of(file.resolve()) for file in files}
        return bool(names & self.files) or self.touches(shown.page, "\n".join(shown.lines))

    def touches(self, page: str, text: str) -> bool:
        """Tell whether `page` has changed so that `text` in it is new."""
        return page in self.files and (not text or text not in self._committed(page))

    @cached_property
    def files(self) -> set[str]:
        """The pages and snippets that differ from the last commit: all where there is no git."""
        status = git(self._book.root, "status", "--porcelain", "-z", "--no-renames", "-uall")
        prefix = git(self._book.root, "rev-parse", "--show-prefix")
        if status is None or prefix is None:
            every = [*self._book.settings.page_files(), *self._book.settings.snippets.rglob("*.py")]
            return {self._book.settings.name_of(file) for file in every}
        names = (line[3:] for line in status.split("\0") if line)
        return {name.removeprefix(prefix.strip()) for name in names}

    def note(self, page: str) -> None:
        """Note that the outputs of `page` as they are now were trusted."""
        for shown in Book.at(self._book.root).outputs.values():
            if shown.page == page:
                self._accepted[f"{page} {shown.name}"] = self._mark(shown)
        self._file.parent.mkdir(parents=True, exist_ok=True)
        part = self._file.with_suffix(".part")
        part.write_text(json.dumps(self._accepted, indent=1, sort_keys=True), encoding="utf-8")
        part.replace(self._file)

    def _mark(self, shown: Shown) -> str:
        key = key_of(shown.name, shown.terms, self._book.settings.snippets)
        text = "\n".join([key, str(shown.any_order), *shown.lines])
        return sha256(text.encode()).hexdigest()[:16]

    def _committed(self, page: str) -> str:
        return git(self._book.root, "show", f"HEAD:./{page}") or ""
