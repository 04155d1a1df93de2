"""The book: its claims, proofs and outputs, and the fingerprints of what they depend on.

A finding counts only while the sentence, the proof and the snippets are still what
they were when it was taken: that is what the fingerprints tell.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from proven.claims import Mark, claims_in, proofs_in
from proven.findings import Evidence, Finding
from proven.shown import Shown, outputs_in

ROOT = Path(__file__).resolve().parents[3]

_OWN_IMPORT = re.compile(r"^[ ]*from (?:handbook|proven)[\w.]* import (?:\([^)]*\)|.*)$\n?", re.M)


@dataclass(frozen=True)
class Book:
    """The claims, proofs and examples of the handbook at `root`, and their fingerprints."""

    root: Path = ROOT
    known: dict[tuple[str, str, str], dict[str, Finding]] = field(default_factory=dict)
    _texts: dict[Path, str] = field(default_factory=dict)

    @cached_property
    def claims(self) -> dict[str, Mark]:
        """The claims by id."""
        return {claim.id: claim for claim in claims_in(self.root)}

    @cached_property
    def proofs(self) -> dict[str, Mark]:
        """The proofs by the id of their claim."""
        return {proof.id: proof for proof in proofs_in(self.root)}

    @cached_property
    def outputs(self) -> dict[str, Shown]:
        """The outputs shown, by snippet."""
        return {shown.name: shown for shown in outputs_in(self.root)}

    @cached_property
    def snippets(self) -> list[str]:
        """The names of all snippets."""
        folder = self.root / "snippets"
        files = sorted(folder.rglob("*.py"))
        return [file.relative_to(folder).with_suffix("").as_posix() for file in files]

    @cached_property
    def fingerprints(self) -> dict[str, dict[str, str]]:
        """Claims, their proofs and examples with the fingerprint of what the outcome depends on."""
        proven = {id: claim for id, claim in self.claims.items() if id in self.proofs}
        proofs = {id: list(self._proof_of(claim)) for id, claim in proven.items()}
        return {
            "claims": {
                id: _fingerprint(claim.verb, str(claim.only), claim.text, *proofs[id])
                for id, claim in proven.items()
            },
            # What breaks a proof doesn't depend on how the sentence is worded.
            "proofs": {id: _fingerprint(*texts) for id, texts in proofs.items()},
            "examples": {
                shown.name: _fingerprint(
                    self.code(shown.name), f"{shown.any_order} {shown.only}", *shown.lines
                )
                for shown in self.outputs.values()
            },
        }

    def code(self, name: str) -> str:
        """Return the text of snippet `name`."""
        return self.text(self.root / "snippets" / f"{name}.py")

    def text(self, file: Path) -> str:
        """Return the text of `file`, empty if it isn't there."""
        if file not in self._texts:
            self._texts[file] = file.read_text(encoding="utf-8") if file.is_file() else ""
        return self._texts[file]

    def snippets_of(self, page: str, test: str) -> list[str]:
        """Return the snippets that a page shows or its file of proofs names."""
        quoted = set(re.findall(r'"(\w+/\w+)"', self.text(self.root / test)))
        shown = {shown.name for shown in self.outputs.values() if shown.page == page}
        return sorted(quoted & set(self.snippets) | shown)

    def alone(self, id: str) -> str:
        """Return the file of a proof without the other proofs: it and what they share."""
        proof = self.proofs[id]
        text = self.text(self.root / proof.file)
        for other in self._proofs_by_file[proof.file]:
            if other.text != proof.text:
                text = text.replace(other.text, "")
        return text

    @cached_property
    def _proofs_by_file(self) -> dict[str, list[Mark]]:
        files: dict[str, list[Mark]] = {}
        for proof in self.proofs.values():
            files.setdefault(proof.file, []).append(proof)
        return files

    def _proof_of(self, claim: Mark) -> Iterator[str]:
        file = self.proofs[claim.id].file
        yield self.alone(claim.id)
        yield self.text((self.root / file).with_name("conftest.py"))
        if "from tests.ways import" in self.text(self.root / file):
            yield self.text(self.root / "tests" / "ways.py")
        for name in self.snippets_of(claim.file, file):
            yield self.code(name)


def _fingerprint(*texts: str) -> str:
    # Blank lines and the wrapping of a sentence change nothing.
    # Where the machinery's helpers live changes nothing either.
    texts = tuple(_OWN_IMPORT.sub("", text) for text in texts)
    normal = "\n".join("\n".join(filter(None, map(str.rstrip, t.splitlines()))) for t in texts)
    return hashlib.sha256(normal.encode()).hexdigest()[:12]


def current(book: Book, found: Evidence, part: str) -> dict[str, Finding]:
    """Return the findings that still count: about claims or examples as they are now."""
    key = (found.version, found.date, part)
    if key not in book.known:
        now = book.fingerprints[part]
        findings: dict[str, Finding] = getattr(found, part)
        counting = {id: each for id, each in findings.items() if now.get(id) == each.hash}
        book.known[key] = counting
    return book.known[key]
