"""Tries the mutants of a page, and tells each finding at once: it may hang and be killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from proven.book import Book, Outcome, Tried, gets, remembered
from proven.checks.mutants.mutations import Mutant, is_timed, mutants_of, mutants_of_proof
from proven.checks.mutants.prover import Hang, Prover, Trials, changed_proof, load, spent
from proven.findings import EQUAL, OWN_CODE
from proven.shown import Shown
from proven.stage import player

NOTICE, BREAK = "notice", "break"
"""What a worker does."""
OUTPUT = "output"
"""Who notices a mutant that prints something else than its page shows."""


@dataclass
class Worker:
    """Tries who notices the mutants of one page's snippets, or breaks its proofs: its `share`.

    names: of the snippets; done: how many mutants an earlier worker has tried; settled: claims of
    which it was known before what breaks their proof, or that nothing can; broken: of which it is
    known now; tell: sends a message to the parent; folder: of the snippets' copy; share: of a task
    which part of how many; within: the seconds that it may spend: what isn't tried by then is
    left, and told.
    """

    book: Book
    page: str
    test: str
    task: str
    names: list[str]
    share: tuple[int, int]
    done: int
    settled: list[str]
    broken: list[str]
    tell: Callable[..., None]
    folder: Path
    within: float
    _count: int = 0
    _is_doubtful: bool = False

    def work(self, prover: Prover) -> None:
        """Try everything; only what passed unchanged can notice anything."""
        self._is_first = self.task == NOTICE and not self.done and not self.share[0]
        tried = Tried(self.book.root, self.test)
        self.prover, more = prover, (tried, self.tell, self.within)
        self.trials = Trials(self.book, self.folder, prover, *more)
        which, of = self.share
        # The same ones for all workers, whatever is broken by then.
        ids = sorted(prover.items.keys() - set(self.settled))[which::of]
        if self.task == NOTICE:
            shown = [self.book.outputs[name] for name in self.names if name in self.book.outputs]
            mine = [each for each in shown if each.page == self.page]
            examples = self.trials.good_examples(mine, self._fault, self._is_first)
            named = (_concerned(self.book, prover, name) for name in self.names)
            ids = sorted({id for each in named for id in each})
        for id in self.trials.drop_failing(ids, self._fault):
            self._is_doubtful = True
            if self.task == BREAK:
                self.tell(left=id)
        self.tell(begins=True)
        self.threads = threading.active_count()
        # Most of a proof's programs have nothing to do with what a mutant changes.
        with player.sharing_scripts():
            if self.task == NOTICE:
                for name in self.names:
                    self._try_snippet(name, examples.get(name))
                return
            for id in ids:
                if id in prover.items:
                    self._break(id)

    def _fault(self, text: str) -> None:
        if self._is_first or self.task == BREAK:
            self.tell(fault=text)

    def _try_snippet(self, name: str, shown: Shown | None) -> None:
        # A proof names it, or what the proofs of its file share.  The cheapest notice first.
        ids = _concerned(self.book, self.prover, name)
        concerned = sorted(ids, key=self.trials.took.__getitem__)
        for mutant in _mutants(self.book, name):
            with self._turn(name) as is_mine:
                if not is_mine:
                    continue
                who_notices = partial(self._who_notices, shown, concerned, name, mutant)
                with self.trials.changed(name):
                    noticed = who_notices(mutant.source)
                    if not noticed and mutant.probe:
                        noticed = "" if who_notices(mutant.probe) else EQUAL
                if noticed in ("", EQUAL) and self._is_doubtful:
                    self.tell(left=name)
                else:
                    self.tell(snippet=name, mutation=mutant.mutation.entry(), noticed=noticed)

    def _who_notices(
        self, shown: Shown | None, concerned: list[str], name: str, mutant: Mutant, source: str
    ) -> str:
        """Return who noticed that the snippet is `source` now: a claim or "output", or ""."""
        self.trials.file(name).write_text(source, encoding="utf-8")
        if shown and not self.trials.within(name, lambda: self.trials.passes(shown)):
            return OUTPUT
        by = f"{name}: {mutant.mutation}"
        # One way stands for all until nobody notices.
        for ways in (False, True):
            for id in concerned:
                if not self.trials.may_spend(id):
                    self._is_doubtful = True
                    continue
                for item in self.prover.ways.get(id, ()) if ways else (self.prover.items[id],):
                    if self._fails(id, by, partial(self.trials.prove, id, item, {name: source})):
                        return id
        return OUTPUT if shown and not self.trials.passes_at_any_pace(shown) else ""

    def _fails(self, id: str, by: str, prove: Callable[[], Outcome], crashes: bool = False) -> bool:
        """Tell whether the proof fails; if so the mutant `by` breaks it.

        Not if it crashed or hung: so would a proof that asserts nothing.
        """
        outcome, how, _ = self.trials.within(id, prove)
        counts = how == "assertion" or (how == "crash" and crashes)
        if outcome == "failed" and counts and id not in self.broken:
            self.broken.append(id)
            self.tell(claim=id, by=by)
        return outcome == "failed"

    def _break(self, id: str) -> None:
        """Change the snippets, then the proof's own code, all but what it asserts: it must fail."""
        item = self.prover.items[id]
        for name in self.book.snippets_of(self.page, self.test):
            # Who goes on counts the broken, too.
            if id in _concerned(self.book, self.prover, name):
                self._break_by(id, item, name)
        source = Path(item.path).read_text(encoding="utf-8")
        mutants = list(mutants_of_proof(source, self.book.proofs[id].text))
        # The others only if that one doesn't break: there may be thirty.
        for way in (item, *self.prover.ways.get(id, ())):
            for mutant in mutants:
                with self._turn(id) as is_mine:
                    if is_mine and id not in self.broken:
                        _try_changed(self, id, way, mutant)

    def _break_by(self, id: str, item: Any, name: str) -> None:
        for mutant in _mutants(self.book, name):
            with self._turn(id) as is_mine, self.trials.changed(name):
                if is_mine and id not in self.broken:
                    self.trials.file(name).write_text(mutant.source, encoding="utf-8")
                    prove = partial(self.trials.prove, id, item, {name: mutant.source})
                    self._fails(id, f"{name}: {mutant.mutation}", prove)

    @contextmanager
    def _turn(self, what: str) -> Iterator[bool]:
        """Tell whether the next mutant of `what` is to be tried; end if it left threads behind."""
        self._count += 1
        which, of = self.share
        # Proofs are shared out as a whole.
        is_mine = self._count > self.done and (self.task == BREAK or self._count % of == which)
        if is_mine and what not in self.broken and not self.trials.may_spend():
            self.tell(left=what)
            is_mine = False
        yield is_mine
        if is_mine:
            self.tell(step=self._count, spent=spent())
            if threading.active_count() > self.threads:
                os._exit(0)


def _concerned(book: Book, prover: Prover, name: str) -> list[str]:
    return [id for id in prover.items if f'"{name}"' in gets(book, id)]


def _try_changed(worker: Worker, id: str, item: Any, mutant: Mutant) -> None:
    original, item.obj, done = item.obj, changed_proof(item, mutant), mutant.mutation
    # Without its `with pytest.raises` a proof shows that the exception does come.
    raises = done.details == ("with",) and done.line.startswith("with pytest.raises")
    prove = partial(worker.trials.prove, id, item, edit=worker.book.alone(id, mutant.source))
    worker._fails(id, f"{OWN_CODE}: {done}", prove, raises)
    item.obj = original


def _mutants(book: Book, name: str) -> Iterator[Mutant]:
    return mutants_of(book.code(name), timed=is_timed(book, name))


def _wake(*_: object) -> None:
    raise Hang


def _leave(*_: object) -> None:
    # What is told next finds nobody who listens; but what swallows the hang tells nothing.
    signal.alarm(5)
    raise Hang


def main() -> None:
    """Try the mutants of the page that the command names, and tell the pipe."""
    import pytest  # who starts workers needn't load it

    job = json.loads(sys.argv[1])
    pipe, folder = job.pop("pipe"), job.pop("home")
    book = remembered(".")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.set_inheritable(pipe, False)

    def tell(**message: Any) -> None:
        try:
            os.write(pipe, json.dumps(message).encode() + b"\n")
        except BrokenPipeError:
            os._exit(1)  # who began the work was interrupted

    signal.signal(signal.SIGUSR1, _wake)
    signal.signal(signal.SIGUSR2, _leave)
    snippets = Path(folder, "snippets")
    ignored = shutil.ignore_patterns(".*", "__pycache__")
    shutil.copytree(book.settings.snippets, snippets, ignore=ignored)
    # The stage looks for snippets in the working directory.
    os.chdir(folder)
    os.environ["PROVEN_DEADLINE"] = str(10 * load())
    worker = Worker(book, tell=tell, folder=snippets, **job)
    home = ["--rootdir", str(book.root), "-c", str(book.root / "pyproject.toml")]
    # A mutant may leave a loop open.
    without = ["-p", "no:cacheprovider", "-p", "no:unraisableexception"]
    options = [*home, "-q", *without, "-o", "faulthandler_timeout=0"]
    # What tells of a broken start is read by the parent; mutants could fill the disk.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
    prover = Prover(worker.work)
    code = pytest.main([*options, str(book.root / worker.test)], plugins=[prover])
    if code not in (0, 5):
        place, why = prover.ended_by(worker.test)
        tell(fault=f"{place}: pytest ended with {int(code)}{why}")
    tell(end=True, spent=spent())
    os._exit(0)  # threads that hang must not hold it up


if __name__ == "__main__":
    main()
