"""Tries the mutants of a page, and tells each finding at once: it may hang and be killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from proven.book import Book
from proven.checks.mutants.mutations import Mutant, is_timed, mutants_of, mutants_of_proof
from proven.checks.mutants.prover import Hang, Prover
from proven.claims import excluded_here
from proven.findings import EQUAL, OWN_CODE
from proven.shown import Shown, at_other_paces, replay
from proven.stage import player
from proven.stage.virtual.perform import deadline


@dataclass(frozen=True)
class Copy:
    """A copy of the book's snippets in `folder`, to be changed and replayed by `prover`."""

    book: Book
    folder: Path
    prover: Prover

    def file(self, name: str) -> Path:
        return self.folder / f"{name}.py"

    def passes(self, shown: Shown) -> bool:
        """Tell whether the snippet as it is now prints what its page shows."""
        return self.prover.passes(lambda: replay(shown, self.folder))

    def passes_at_any_pace(self, shown: Shown) -> bool:
        """Tell whether it prints that also if its threads dawdle; always on the virtual clock."""
        if is_timed(self.book, shown.name):
            return True
        file = self.file(shown.name)
        source = file.read_text(encoding="utf-8")
        try:
            for dawdling in at_other_paces(source):
                file.write_text(dawdling, encoding="utf-8")
                if not self.passes(shown):
                    return False
        finally:
            file.write_text(source, encoding="utf-8")
        return True

    @contextmanager
    def changed(self, name: str) -> Iterator[None]:
        """Let the block change the snippet and put it back."""
        try:
            yield
        finally:
            self.file(name).write_text(self.book.code(name), encoding="utf-8")


@dataclass
class Worker:
    """Tries the mutants of one page's snippets, then those of its proofs' own code.

    done: how many mutants an earlier worker has tried; broken: claims whose proof a
    mutant has broken; tell: sends a message to the parent; folder: of the snippets' copy.
    """

    book: Book
    page: str
    test: str
    done: int
    broken: set[str]
    tell: Callable[..., None]
    folder: Path
    _limits: dict[str, float] = field(default_factory=dict)
    _tried: int = 0

    def work(self, prover: Prover) -> None:
        """Try everything; in the end only what passed unchanged can notice anything."""
        self.prover, self.copy = prover, Copy(self.book, self.folder, prover)
        examples = self._good_examples()
        self._set_limits()
        self.threads = threading.active_count()
        # Most of a proof's programs have nothing to do with what a mutant changes.
        with player.sharing_scripts():
            for name in self.book.snippets_of(self.page, self.test):
                self._try_snippet(name, examples.get(name))
            for id in sorted(prover.items):
                self._try_own_code(id)

    def _good_examples(self) -> dict[str, Shown]:
        """Play all examples; let what hangs from now on be a matter of their own seconds."""
        self.tell(limit=60)
        good, slowest = {}, 0.0
        for shown in self.book.outputs.values():
            if shown.page != self.page or excluded_here(dict(shown.only)):
                continue
            began = monotonic()
            if not self.copy.passes(shown):
                self._fault(f"{shown.name}: the unchanged snippet prints something else")
                continue
            good[shown.name] = shown
            slowest = max(slowest, monotonic() - began)
            if not self.done and not self.copy.passes_at_any_pace(shown):
                self._fault(f"{shown.name}: prints something else if threads dawdle")
        os.environ["PROVEN_DEADLINE"] = str(2 + 8 * slowest)
        return good

    def _set_limits(self) -> None:
        """Run all proofs; those that fail unchanged can notice nothing."""
        for id, item in list(self.prover.items.items()):
            began = monotonic()
            outcome, _ = self.prover.prove(item)
            self._limits[id] = deadline() + 2 + 8 * (monotonic() - began)
            if outcome != "passed":
                del self.prover.items[id]
            if outcome != "passed" and not excluded_here(dict(self.book.claims[id].only)):
                self._fault(f"{id}: {outcome} on the unchanged snippet")

    def _fault(self, text: str) -> None:
        if not self.done:
            self.tell(fault=text)

    def _try_snippet(self, name: str, shown: Shown | None) -> None:
        # A proof names it, or what the proofs of its file share.
        concerned = [id for id in self.prover.items if f'"{name}"' in self.book.alone(id)]
        for mutant in mutants_of(self.book.code(name), timed=is_timed(self.book, name)):
            with self._turn() as is_mine:
                if not is_mine:
                    continue
                with self.copy.changed(name):
                    noticed = self._who_notices(shown, concerned, name, mutant, mutant.source)
                    if not noticed and mutant.probe:
                        matters = self._who_notices(shown, concerned, name, mutant, mutant.probe)
                        noticed = "" if matters else EQUAL
                self.tell(snippet=name, mutation=mutant.mutation.entry(), noticed=noticed)

    def _who_notices(
        self, shown: Shown | None, concerned: list[str], name: str, mutant: Mutant, source: str
    ) -> str:
        """Return who noticed that the snippet is `source` now: a claim or "output", or ""."""
        self.copy.file(name).write_text(source, encoding="utf-8")
        noticed = ""
        if shown:
            self.tell(limit=deadline() + 7)
            if not (self.copy.passes(shown) and self.copy.passes_at_any_pace(shown)):
                noticed = "output"
        by = f"{name}: {mutant.mutation}"
        for id in concerned:
            if not noticed or id not in self.broken:
                noticed = self._fails(id, self.prover.items[id], by) or noticed
        # One way stands for all until nobody notices.
        for id in concerned:
            for item in self.prover.ways.get(id, ()):
                noticed = noticed or self._fails(id, item, by)
        return noticed

    def _fails(self, id: str, item: Any, by: str, crashes: bool = False) -> str:
        """Return the proof's id if it fails, as then the mutant `by` breaks it, or ""."""
        self.tell(limit=self._limits[id])
        outcome, how = self.prover.prove(item)
        if outcome == "failed" and (how != "crash" or crashes) and id not in self.broken:
            self.broken.add(id)
            self.tell(claim=id, by=by)
        return id if outcome == "failed" else ""

    def _try_own_code(self, id: str) -> None:
        """Change the proof's own code, all but what it asserts, until it fails."""
        item = self.prover.items[id]
        source = Path(item.path).read_text(encoding="utf-8")
        mutants = list(mutants_of_proof(source, self.book.proofs[id].text))
        # The others only if that one doesn't break: there may be thirty.
        for way in (item, *self.prover.ways.get(id, ())):
            for mutant in mutants:
                with self._turn() as is_mine:
                    if is_mine and id not in self.broken:
                        self._try_changed(id, way, mutant)

    def _try_changed(self, id: str, item: Any, mutant: Mutant) -> None:
        space: dict[str, Any] = {"__name__": "mutant", "__file__": str(item.path)}
        exec(compile(mutant.source, str(item.path), "exec"), space)
        original, item.obj = item.obj, space[item.obj.__name__]
        # Without its `with pytest.raises` a proof shows that the exception does come.
        done = mutant.mutation
        raises = done.details == ("with",) and done.line.startswith("with pytest.raises")
        self._fails(id, item, f"{OWN_CODE}: {done}", raises)
        item.obj = original

    @contextmanager
    def _turn(self) -> Iterator[bool]:
        """Tell whether the next mutant is still to be tried; end if it left threads behind."""
        self._tried += 1
        is_mine = self._tried > self.done
        yield is_mine
        if is_mine:
            self.tell(step=self._tried)
            if threading.active_count() > self.threads:
                os._exit(0)


def main() -> None:
    """Try the mutants of the page that the command names, and tell the pipe."""
    page, test, done, broken, pipe = sys.argv[1:]
    book = Book.at(".")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.set_inheritable(int(pipe), False)

    def tell(**message: Any) -> None:
        os.write(int(pipe), json.dumps(message).encode() + b"\n")

    def wake(*_: object) -> None:
        raise Hang

    signal.signal(signal.SIGUSR1, wake)
    with tempfile.TemporaryDirectory() as folder:
        snippets = Path(folder, "snippets")
        ignored = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(book.settings.snippets, snippets, ignore=ignored)
        # The stage looks for snippets in the working directory.
        os.chdir(folder)
        os.environ["PROVEN_DEADLINE"] = "10"
        already_broken = {id for id in broken.split(",") if id}
        worker = Worker(book, page, test, int(done), already_broken, tell, snippets)
        home = ["--rootdir", str(book.root), "-c", str(book.root / "pyproject.toml")]
        options = [*home, "-q", "-p", "no:cacheprovider", "-o", "faulthandler_timeout=0"]
        # A mutant may leave a loop open.
        options += ["-p", "no:unraisableexception"]
        code = pytest.main([*options, str(book.root / test)], plugins=[Prover(worker.work)])
        if code not in (0, 5):
            tell(fault=f"{test}: pytest ended with {code}")
        tell(end=True)
    os._exit(0)  # threads that hang must not hold it up


if __name__ == "__main__":
    main()
