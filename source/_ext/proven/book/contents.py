"""All of a book: its claims, proofs and outputs, read once, and their fingerprints.

A finding counts only while the sentence, the proof and the snippets are still what
they were when it was taken: that is what the fingerprints tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import Literal, TypeVar

from proven.book.laws import laws_in
from proven.book.memo import Memo
from proven.book.prints import both, fingerprint
from proven.book.settings import Settings
from proven.book.texts import Texts, stamp
from proven.book.tried import machinery
from proven.claims import Mark, claims_in, proofs_in
from proven.findings import Evidence, Finding, Part, excuses_in, read
from proven.shown import Shown, outputs_in

Printed = Literal["claims", "proofs", "examples"]
"""What has a fingerprint."""

K = TypeVar("K")
V = TypeVar("V")


class Book:
    """The claims, proofs and outputs of a book, read once, and their fingerprints.

    stamps: by folder of the settings, a hash of what files lie there, of which size and time.
    """

    def __init__(self, settings: Settings, memo: Memo | None = None) -> None:
        self.settings = settings
        self.memo = memo or Memo()
        # Before anything is read: what changes in between has another stamp for the next process.
        self.stamps = {each: stamp(each) for each in settings.folders} if memo else {}
        self._texts = Texts(settings.root, self.memo)
        self._current: dict[tuple[str, str, Part], dict[str, Finding]] = {}

    @classmethod
    def at(cls, root: Path | str, memo: Memo | None = None) -> Book:
        """Return the book whose repository is the folder `root`; `memo` spares it reading anew."""
        return cls(Settings.at(Path(root)), memo)

    def with_texts(self, texts: Mapping[Path, str], name: str) -> Book:
        """Return the book with other texts of these files; `name` tells the memo which."""
        book = Book(self.settings)
        book.memo, book.stamps = self.memo, dict.fromkeys(self.settings.folders, name)
        book._texts = Texts(self.root, self.memo, texts)
        return book

    @property
    def root(self) -> Path:
        """The folder of the repository."""
        return self.settings.root

    @cached_property
    def all_claims(self) -> list[Mark]:
        """All claims of the pages by file and line, also those whose id is used twice."""
        return self._texts.entries("claims", claims_in, self.settings.page_files())

    @cached_property
    def all_proofs(self) -> list[Mark]:
        """All proofs of the tests by file and line, also those whose id is used twice."""
        files = sorted(self.settings.tests.rglob("test_*.py"))
        return self._texts.entries("proofs", proofs_in, files)

    @cached_property
    def all_laws(self) -> list[Mark]:
        """All laws of the tests by file and line: claims checked in random programs."""
        return self._texts.entries(
            "laws", laws_in, sorted(self.settings.tests.glob("laws/of_*.py"))
        )

    @cached_property
    def claims(self) -> dict[str, Mark]:
        """The claims by id."""
        return {claim.id: claim for claim in self.all_claims}

    @cached_property
    def proofs(self) -> dict[str, Mark]:
        """The proofs by the id of their claim."""
        return {proof.id: proof for proof in self.all_proofs}

    @cached_property
    def outputs(self) -> dict[str, Shown]:
        """The outputs shown, by snippet."""
        every = self._texts.entries("outputs", outputs_in, self.settings.page_files())
        return {shown.name: shown for shown in every}

    @cached_property
    def shown_on(self) -> dict[str, list[str]]:
        """The snippets whose outputs a page shows, by its file."""
        return _grouped((shown.page, shown.name) for shown in self.outputs.values())

    @cached_property
    def snippets(self) -> list[str]:
        """The names of all snippets."""
        folder = self.settings.snippets
        files = sorted(folder.rglob("*.py"))
        return [file.relative_to(folder).with_suffix("").as_posix() for file in files]

    @cached_property
    def evidence(self) -> list[Evidence]:
        """The evidence in the repository, oldest version first."""
        return read(self.settings.evidence)

    @cached_property
    def excuses(self) -> dict[str, dict[str, str]]:
        """Why mutants may go unnoticed: snippet, mutant's pattern, reason."""
        tests = self.settings.tests
        return self.memo.of("excuses", [self.stamps.get(tests, "")], partial(excuses_in, tests))

    @cached_property
    def fingerprints(self) -> dict[Printed, dict[str, str]]:
        """Claims, their proofs and examples with the fingerprint of what the outcome depends on."""
        return _Prints(self).all()

    def current(self, evidence: Evidence, part: Part) -> dict[str, Finding]:
        """Return the findings that still count: about claims or examples as they are now."""
        key = (evidence.version, evidence.date, part)
        if key not in self._current:
            now = self.fingerprints[part]
            findings = evidence.part(part).items()
            self._current[key] = {id: each for id, each in findings if now.get(id) == each.hash}
        return self._current[key]

    def snippet(self, name: str) -> Path:
        """Return the file of snippet `name` ("tasks/gather_order"), whether it is there or not."""
        return self.settings.snippets / f"{name}.py"

    def code(self, name: str) -> str:
        """Return the text of snippet `name`, empty if there is none."""
        return self.text(self.snippet(name))

    def text(self, file: Path) -> str:
        """Return the text of `file`, empty if it isn't there."""
        return self._texts.of(file)

    def snippets_of(self, page: str, test: str) -> list[str]:
        """Return the snippets that a page shows or its file of proofs names, each as "a/b"."""
        quoted = self._names.intersection(re.findall(r'"(\w+/\w+)"', self.text(self.root / test)))
        return sorted(quoted.union(self.shown_on.get(page, ())))

    def alone(self, id: str, changed: str = "") -> str:
        """Return the file of a proof, or it `changed`, without the other proofs."""
        proof = self.proofs[id]
        text = changed or self.text(self.root / proof.file)
        for other in self._proofs_by_file[proof.file]:
            if other.text != proof.text:
                text = text.replace(other.text, "")
        return text

    def shared_by(self, test: str) -> list[str]:
        """Return the texts that the proofs of a file share with other files."""
        beside = self.text((self.root / test).with_name("conftest.py"))
        return [beside, *self._texts.helpers(test)]

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(self.snippets)

    @cached_property
    def _proofs_by_file(self) -> dict[str, list[Mark]]:
        return _grouped((proof.file, proof) for proof in self.proofs.values())


class _Prints:
    """Makes the fingerprints of a book, but for what the memo knows by the stamps of its files."""

    def __init__(self, book: Book) -> None:
        self._book = book
        folders = (book.settings.tests, book.settings.snippets)
        # As long as these are the same, no test and no snippet needs be read.
        self._code = [book.stamps.get(folder, "") for folder in folders]

    def all(self) -> dict[Printed, dict[str, str]]:
        book = self._book
        proven = [id for id in book.claims if id in book.proofs]
        pairs = _grouped(
            ((book.claims[id].file, book.proofs[id].file), book.claims[id]) for id in proven
        )
        prints: dict[str, tuple[str, str]] = {}
        for (page, file), claims in pairs.items():
            prints |= self._of_claims(page, file, claims)
        return {
            "claims": {id: prints[id][0] for id in proven},
            # What breaks a proof doesn't depend on how the sentence is worded.
            "proofs": {id: prints[id][1] for id in proven},
            "examples": {
                name: print
                for page, names in book.shown_on.items()
                for name, print in self._of_outputs(page, names).items()
            },
        }

    def _of_claims(self, page: str, file: str, claims: list[Mark]) -> dict[str, tuple[str, str]]:
        """Return the prints of the claims of `page` that `file` proves, and of their proofs."""
        book = self._book
        sentences = {claim.id: (claim.verb, str(claim.only), claim.text) for claim in claims}

        def find() -> dict[str, tuple[str, str]]:
            shared = [*book.shared_by(file), *map(book.code, book.snippets_of(page, file))]
            texts = (book.text(book.root / file), *shared, str(sentences))
            return book.memo.of("prints", texts, lambda: both(sentences, book.alone, shared))

        own = (file, str(sentences), str(book.shown_on.get(page)))
        return book.memo.of("prints of claims", (*self._code, *own), find)

    def _of_outputs(self, page: str, names: list[str]) -> dict[str, str]:
        """Return the prints of the outputs `names` that `page` shows."""
        book = self._book

        def find() -> dict[str, str]:
            return {name: self._of_output(book.outputs[name]) for name in names}

        own = (book.text(book.root / page), str(names))
        return book.memo.of("prints of outputs", (*self._code, *own), find)

    def _of_output(self, shown: Shown) -> str:
        terms = f"{shown.any_order} {shown.only}{shown.terms}"
        return fingerprint(self._book.code(shown.name), terms, *shown.lines)


def remembered(root: Path | str) -> Book:
    """Return the book at `root` with what earlier commands found in it; its `memo` keeps more."""
    settings = Settings.at(Path(root))
    folder = settings.root / "build"
    folder.mkdir(exist_ok=True)
    return Book(settings, Memo(folder / "book.pickle", machinery(settings.root)))


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return groups
