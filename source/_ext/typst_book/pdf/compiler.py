"""Lets the parts of a book be typeset until their page numbers agree.

A part refers to the pages of others, so each pass tells a part what the last one found; the
first of a build begins with what the last build found, and a part that reads and is told what it
read and was told then is taken as it is.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from typst_book import PrintError
from typst_book.pdf.part import Part

PASSES = 8
"""Three or three are usual; a book that needs more has page numbers that chase one another."""


class Book:
    """The parts in order, and sheets `beside` them; they lie in the folder `out`."""

    def __init__(
        self,
        out: Path,
        parts: Sequence[Part],
        beside: Sequence[Part] = (),
        *,
        recto: bool,
        timestamp: int,
    ) -> None:
        self.out = out
        self.parts = parts
        self.beside = beside
        self._recto = recto
        self._timestamp = timestamp

    def typeset(self) -> None:
        """Typeset all parts until nothing changes; PrintError if one can't be."""
        self._clear()
        common = [self.out / name for name in ("book.typ", "book.json", "letters.json")]
        ground = _digest(_version(), str(self._timestamp), *(file.read_bytes() for file in common))
        for part in (*self.parts, *self.beside):
            (self.out / f"parts/{part.name}.typ").write_text(part.body, encoding="utf-8")
            texts = (self.out / name for name in sorted(part.reads))
            part.source = _digest(ground, part.body, *(text.read_bytes() for text in texts))
            self._recall(part)
        self._number_pages()
        for _ in range(PASSES):
            # The contents come second, as their length tells where the others begin.
            late = [part for part in self.parts if part.kind in ("contents", "index")]
            early = [part for part in self.parts if part not in late]
            if not self._pass(early) | self._pass(late):
                break
        else:
            raise PrintError("the page numbers don't come to rest: two places push each other on")
        while self._pass(self.beside):
            pass

    def _pass(self, parts: Sequence[Part]) -> bool:
        """Typeset those of `parts` that are told anything new; tell whether there were any."""
        changed = [part for part in parts if self._tell(part)]
        if changed:
            self._typeset([part.name for part in changed])
        for part in changed:
            self._learn(part)
        self._number_pages()
        return bool(changed)

    @property
    def labels(self) -> dict[str, tuple[Part, int, float, float]]:
        """The places of all labels: part, page in it, x and y in points from its corner."""
        return {
            label: (part, page, x, y)
            for part in self.parts
            for label, page, x, y in part.places.get("labels", ())
        }

    def _number_pages(self) -> None:
        next_page = 1
        for part in self.parts:
            # In a bound book parts begin on the right.
            part.start = next_page + (self._recto and next_page % 2 == 0)
            next_page = part.start + part.places.get("pages", 1)

    def _tell(self, part: Part) -> bool:
        """Write what the part has to know; tell whether it is anything new."""
        labels = self.labels
        pages = {
            label: labels[label][0].start - 1 + labels[label][1]
            for label in sorted(part.refers)
            if label in labels
        }
        facts: dict[str, Any] = {
            "kind": part.kind,
            "number": part.number,
            "start": part.start,
            "known": pages,
            "floating": part.floating,
            "draft": not part.places,
        }
        if part.kind == "contents":
            facts["headings"] = self._headings(self.parts)
        text = json.dumps(facts, ensure_ascii=False, indent=0)
        made = _digest(part.source, text)
        if made == part.made:
            return False
        part.made = made
        (self.out / f"parts/{part.name}.json").write_text(text, encoding="utf-8")
        return True

    def _clear(self) -> None:
        """Remove the files of parts that are no more."""
        folder = self.out / "parts"
        folder.mkdir(exist_ok=True)
        names = {part.name for part in (*self.parts, *self.beside)}
        for file in folder.iterdir():
            if file.name.partition(".")[0] not in names:
                file.unlink()

    def _recall(self, part: Part) -> None:
        """Let the part begin with what the last build found in it."""
        try:
            made = json.loads((self.out / f"parts/{part.name}.made").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return
        part.places = made["places"]
        if made["source"] == part.source:
            part.made, part.floating = made["made"], made["floating"]
            part.warnings = made["warnings"]

    def _headings(self, parts: Iterable[Part]) -> list[dict[str, Any]]:
        """Return the headings of two levels, with their pages as printed."""
        return [
            {**heading, "page": part.start - 1 + heading["page"]}
            for part in parts
            for heading in part.places.get("headings", ())
            if heading["level"] <= 2
        ]

    def _typeset(self, names: Sequence[str]) -> None:
        """Typeset parts, each in a process of its own; PrintError if one of those fails."""
        command = [
            "-S",
            "-m",
            "typst_book.pdf.typesetter",
            str(self.out),
            str(self._timestamp),
            *names,
        ]
        path = os.pathsep.join([str(Path(__file__).parents[2]), *sys.path])
        environment = {**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"}
        done = subprocess.run(
            [sys.executable, *command], capture_output=True, text=True, env=environment, check=False
        )
        if done.returncode:
            raise PrintError(f"the book could not be typeset: {done.stderr}")

    def _learn(self, part: Part) -> None:
        """Take over what was found, and keep it for the next build; PrintError if it's an error."""
        results = json.loads((self.out / f"parts/{part.name}.found").read_text(encoding="utf-8"))
        if "error" in results:
            raise PrintError(results["error"])
        part.places = results["places"]
        part.floating = results["floating"]
        part.warnings = results["warnings"]
        kept = {"source": part.source, "made": part.made, **results}
        text = json.dumps(kept, ensure_ascii=False)
        (self.out / f"parts/{part.name}.made").write_text(text, encoding="utf-8")


def _digest(*parts: str | bytes) -> str:
    """Return the hash of all `parts`."""
    whole = hashlib.sha256()
    for part in parts:
        one = part.encode() if isinstance(part, str) else part
        whole.update(b"%d " % len(one) + one)
    return whole.hexdigest()


def _version() -> str:
    """Return what typesets: another version, other pages."""
    rooms = Path(__file__), Path(__file__).with_name("typesetter.py")
    return _digest(metadata.version("typst"), *(room.read_bytes() for room in rooms))
