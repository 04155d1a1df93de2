"""Where a book keeps what: the settings in its pyproject.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Settings:
    """Where a book keeps what, and how wide it is.

    root: the folder of the repository; pages, snippets, tests, evidence: folders in it;
    width: columns of code that fit the page; ledger: the page with the table of all claims;
    pythons: the interpreters on which evidence is taken, as in "3.13t".
    """

    root: Path
    pages: Path
    snippets: Path
    tests: Path
    evidence: Path
    width: int = 72
    ledger: str = "ledger"
    pythons: tuple[str, ...] = ()

    @classmethod
    def at(cls, root: Path) -> Settings:
        """Return the settings of the book at `root`: its pyproject.toml's [tool.proven].

        It is read there, and not in Sphinx's conf.py, as interpreters that have no Sphinx
        check the book, too.  Folders are given relative to root.  ValueError, with the
        file, if a key is unknown or of another type.
        """
        root = root.resolve()
        file = root / "pyproject.toml"
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        table = tomllib.loads(text).get("tool", {}).get("proven", {})
        folders: dict[str, Any] = {
            "pages": "source",
            "snippets": "snippets",
            "tests": "tests",
            "evidence": "source/_evidence",
        }
        values = folders | {"width": cls.width, "ledger": cls.ledger, "pythons": []}
        allowed = ", ".join(f"{key} ({type(value).__name__})" for key, value in values.items())
        for key, value in table.items():
            if type(values.get(key)) is not type(value):
                raise ValueError(f"{file}: [tool.proven] {key} = {value!r}: it may hold {allowed}")
        values |= table
        values["pythons"] = tuple(values["pythons"])
        return cls(root, **values | {key: root / values[key] for key in folders})

    @property
    def folders(self) -> tuple[Path, ...]:
        """Those of which the book is made."""
        return self.pages, self.snippets, self.tests, self.evidence

    def page_files(self) -> list[Path]:
        """Return the pages; a folder whose name begins with _ holds none."""
        files = sorted(self.pages.rglob("*.md"))
        return [
            file
            for file in files
            if not any(part.startswith("_") for part in file.relative_to(self.pages).parts)
        ]

    def name_of(self, file: Path) -> str:
        """Return the path of `file` relative to root, as tools print it."""
        return file.relative_to(self.root).as_posix()
