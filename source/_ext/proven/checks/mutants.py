"""Proof that the proofs can fail: every snippet is changed, and somebody must notice.

`python -m proven.checks.mutants` (make mutants) plays each mutant of each snippet: its
page's output and the proofs that name it are the ones who may notice.  A worker
process does a page; it tells its findings line by line, so that one that hangs
can be waked, and in the worst case killed, without losing them.
"""

from __future__ import annotations

import ast
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from proven.book import Book
from proven.checks import environment, parse, parser
from proven.checks.mutations import Mutation, in_strings, mutations
from proven.findings import MUTANTS as REPORT
from proven.findings import OWN_CODE, Finding, excuse
from proven.shown import Shown, replay
from proven.stage import player as stage

EQUAL = "equal"
"""Who notices a mutant whose probe goes unnoticed, too: nobody needs to."""
_SLOW = """
import itertools, sys, threading, time
lines, numbers, own = itertools.count(), itertools.count(1), threading.local()
def slow(frame, event, arg):
    if not hasattr(own, "number"):
        own.number = next(numbers)
    if frame.f_globals.get("__name__") == "__main__" and {which}:
        next(lines) < 40 and time.sleep(0.004)
        return slow
"""
_PACES = (
    *(
        f"{_SLOW.format(which=which)}threading.settrace(slow)"
        for which in ("True", "own.number % 2", "own.number % 2 == 0")
    ),
    f"{_SLOW.format(which=True)}sys.settrace(slow)",
)
"""Put before a snippet on the real clock: its threads dawdle, every other one, the main one.

An honest snippet prints the same at any pace; a mutant that races may show it."""
_WORKERS = 6  # on two cores: those that play threads mostly wait
_BESIDE = re.compile(r"# no mutant: (.+)")


# ---- In the worker


class Hang(BaseException):
    """Ends whatever the worker's main thread waits for."""


@dataclass
class Worker:
    """Does one page: a pytest plugin that runs the page's proofs again and again.

    done: how many steps an earlier worker has done; broken: claims whose proof a
    mutant has broken; tell: sends a message to the parent;
    folder: a copy of the snippets, to be changed.
    """

    page: str
    test: str
    done: int
    broken: set[str]
    tell: Callable[..., None]
    folder: Path
    book: Book
    _items: dict[str, Any] = field(default_factory=dict)
    _step: int = 0

    def pytest_runtestloop(self, session: Any) -> bool:
        for item in session.items:
            marks = [mark for mark in item.iter_markers() if mark.name in ("always", "sometimes")]
            marks += list(item.iter_markers("never"))
            self._items |= {mark.args[0]: item for mark in marks}
        examples = self._baseline()
        self.threads = threading.active_count()
        for name in self.book.snippets_of(self.page, self.test):
            self._snippet(name, examples.get(name))
        for id in sorted(self._items):
            self._own_code(id)
        return True

    def _baseline(self) -> dict[str, Shown]:
        """Play all unchanged: what fails then can notice nothing; set the deadlines."""
        self.tell(limit=60)
        began = monotonic()
        shown = [each for each in self.book.outputs.values() if each.page == self.page]
        good = {}
        slowest = 0.0
        for each in shown:
            began = monotonic()
            if self._differs(each):
                self._fault(f"{each.name}: the unchanged snippet prints something else")
                continue
            good[each.name] = each
            slowest = max(slowest, monotonic() - began)
            if not self.done and not stage.is_virtual(self.folder / f"{each.name}.py"):
                source = self.book.code(each.name)
                if self._differs_at_another_pace(each):
                    self._fault(f"{each.name}: prints something else if threads dawdle")
                (self.folder / f"{each.name}.py").write_text(source, encoding="utf-8")
        os.environ["PROVEN_DEADLINE"] = str(2 + 8 * slowest)
        self._limit = {}
        for id, item in list(self._items.items()):
            began = monotonic()
            outcome, _ = self._prove(item)
            self._limit[id] = stage.deadline() + 2 + 8 * (monotonic() - began)
            if outcome != "passed":
                del self._items[id]
                self._fault(f"{id}: {outcome} on the unchanged snippet")
        return good

    def _fault(self, text: str) -> None:
        if not self.done:
            self.tell(fault=text)

    def _snippet(self, name: str, shown: Shown | None) -> None:
        file = self.folder / f"{name}.py"
        source = file.read_text(encoding="utf-8")
        concerned = [id for id in self._items if self._names(id, name)]
        for mutation in mutations(source, timed=stage.is_virtual(self.folder / f"{name}.py")):
            with self._next_step() as fresh:
                if fresh:
                    file.write_text(mutation.source, encoding="utf-8")
                    try:
                        noticed = self._try(shown, concerned, name, mutation)
                        if not noticed and mutation.probe:
                            file.write_text(mutation.probe, encoding="utf-8")
                            matters = self._try(shown, concerned, name, mutation)
                            noticed = "" if matters else EQUAL
                    finally:
                        file.write_text(source, encoding="utf-8")
                    self.tell(snippet=name, mutant=mutation.label, noticed=noticed)

    def _try(self, shown: Shown | None, concerned: list[str], name: str, mutation: Mutation) -> str:
        """Return who noticed the mutant, "" if nobody did."""
        noticed = ""
        if shown:
            self.tell(limit=stage.deadline() + 7)
            noticed = "output" * self._differs(shown)
            if not noticed and not stage.is_virtual(self.folder / f"{name}.py"):
                noticed = "output" * self._differs_at_another_pace(shown)
        for id in concerned:
            if noticed and id in self.broken:
                continue
            self.tell(limit=self._limit[id])
            outcome, how = self._prove(self._items[id])
            if outcome == "failed":
                noticed = noticed or id
                if how != "crash" and id not in self.broken:
                    self.broken.add(id)
                    self.tell(claim=id, by=f"{name}: {mutation.label}")
        return noticed

    def _differs(self, shown: Shown) -> bool:
        return bool(self._guarded(lambda: replay(shown, self.folder)).outcome != "passed")

    def _differs_at_another_pace(self, shown: Shown) -> bool:
        file = self.folder / f"{shown.name}.py"
        source = file.read_text(encoding="utf-8")
        for code in _PACES:
            first = f"exec(compile({code!r}, '<pace>', 'exec'), {{}})\n"
            file.write_text(first + source, encoding="utf-8")
            if self._differs(shown):
                return True
        return False

    def _own_code(self, id: str) -> None:
        """Change the proof's own code, all but what it asserts, until it fails."""
        item = self._items[id]
        source = Path(item.path).read_text(encoding="utf-8")
        first, last = self._lines_of(id)
        wanted = {
            (node.lineno, node.col_offset)
            for each in ast.walk(ast.parse(source))
            if isinstance(each, ast.Assert)
            for node in ast.walk(each)
            if isinstance(node, ast.Constant)
        }

        def where(node: ast.AST) -> bool:
            inside = first <= node.lineno and (node.end_lineno or 0) <= last  # type: ignore[attr-defined]
            around = node.lineno < first and (node.end_lineno or 0) > last  # type: ignore[attr-defined]
            asserted = isinstance(node, ast.Constant) and (node.lineno, node.col_offset) in wanted
            return (inside or around) and not isinstance(node, ast.Assert) and not asserted

        original = item.obj
        for mutation in [
            *mutations(source, timed=True, where=where),
            *in_strings(source, where=where),
        ]:
            with self._next_step() as fresh:
                if not fresh or id in self.broken:
                    continue
                self.tell(limit=self._limit[id])
                space: dict[str, Any] = {"__name__": "mutant", "__file__": str(item.path)}
                exec(compile(mutation.source, str(item.path), "exec"), space)
                item.obj = space[original.__name__]
                outcome, how = self._prove(item)
                item.obj = original
                # Without its `with pytest.raises` a proof shows that the exception does come.
                raises = "drop with: with pytest.raises" in mutation.label
                if outcome == "failed" and (how != "crash" or raises):
                    self.broken.add(id)
                    self.tell(claim=id, by=f"{OWN_CODE}: {mutation.label}")

    def _lines_of(self, id: str) -> tuple[int, int]:
        proof = self.book.proofs[id]
        text = self.book.text(self.book.root / proof.file)
        first = text[: text.index(proof.text)].count("\n") + 1
        return first, first + proof.text.count("\n")

    def _names(self, id: str, name: str) -> bool:
        """Tell whether a proof, or what it shares with others of its file, names the snippet."""
        return f'"{name}"' in self.book.alone(id)

    def _prove(self, item: Any) -> tuple[str, str]:
        """Run a proof; return its outcome and how it failed: assertion, hang or crash."""
        from _pytest.runner import runtestprotocol

        self._raised: BaseException | None = None
        item._initrequest()
        reports = self._guarded(lambda: runtestprotocol(item, log=False, nextitem=None))
        if not isinstance(reports, list):
            return "failed", self._how()
        outcomes = [report.outcome for report in reports]
        for outcome in ("failed", "skipped"):
            if outcome in outcomes:
                return outcome, self._how()
        return "passed", ""

    def pytest_runtest_makereport(self, item: Any, call: Any) -> None:
        if call.excinfo:
            self._raised = call.excinfo.value

    def _how(self) -> str:
        error = self._raised
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, AssertionError) or type(error).__name__ == "Failed":
            return "assertion"
        hung = isinstance(error, Hang | TimeoutError | subprocess.TimeoutExpired)
        return (
            "hang"
            if hung or "still running" in str(error) or "deadlock" in str(error)
            else ("crash")
        )

    def _guarded(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except BaseException as error:  # a mutant may raise anything, at any moment
            self._raised = error
            return Finding("failed", why="raised")

    def _next_step(self) -> _Step:
        self._step += 1
        return _Step(self, self._step)


@dataclass
class _Step:
    """One mutant: skipped if done before; the worker ends if it leaves threads behind."""

    worker: Worker
    number: int

    def __enter__(self) -> bool:
        return self.number > self.worker.done

    def __exit__(self, error: object, *_: object) -> None:
        if error or self.number <= self.worker.done:
            return
        self.worker.tell(step=self.number)
        if threading.active_count() > self.worker.threads:
            os._exit(0)


def _work(book: Book, page: str, test: str, done: int, broken: list[str], pipe: int) -> None:
    import pytest

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    os.set_inheritable(pipe, False)

    def tell(**message: Any) -> None:
        os.write(pipe, json.dumps(message).encode() + b"\n")

    def wake(*_: object) -> None:
        raise Hang

    signal.signal(signal.SIGUSR1, wake)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "snippets")
        ignored = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(book.settings.snippets, copy, ignore=ignored)
        # The stage looks for snippets in the working directory.
        os.chdir(folder)
        os.environ["PROVEN_DEADLINE"] = "10"
        worker = Worker(page, test, done, set(broken), tell, copy, book)
        home = ["--rootdir", str(book.root), "-c", str(book.root / "pyproject.toml")]
        options = [*home, "-q", "-p", "no:cacheprovider", "-o", "faulthandler_timeout=0"]
        # A mutant may leave a loop open.
        options += ["-p", "no:unraisableexception"]
        code = pytest.main([*options, str(book.root / test)], plugins=[worker])
        if code in (0, 5):
            tell(end=True)
        else:
            tell(fault=f"{test}: pytest ended with {code}")
            tell(end=True)
    os._exit(0)  # threads that hang must not hold it up


# ---- In the parent


@dataclass
class Findings:
    """What the workers found for a page."""

    noticed: dict[str, dict[str, str]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def examine(book: Book, page: str, test: str) -> Findings:
    """Let workers do a page, each from where the one before ended."""
    found = Findings()
    done, ended = 0, False
    while not ended:
        before = done
        for message in _messages(book, page, test, done, sorted(found.broken)):
            match message:
                case {"snippet": name, "mutant": label, "noticed": by}:
                    found.noticed.setdefault(name, {})[label] = by
                case {"claim": id, "by": by}:
                    found.broken[id] = by
                case {"step": number}:
                    done = number
                case {"fault": text}:
                    found.faults.append(text)
                case {"end": _}:
                    ended = True
        if done == before and not ended:
            done += 1  # this mutant killed its worker
            found.faults.append(f"{page}: step {done} ended its worker")
    return found


def _messages(
    book: Book, page: str, test: str, done: int, broken: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield what one worker tells; wake it when it is silent too long, then kill it."""
    reader, writer = os.pipe()
    command = [sys.executable, "-m", "proven.checks.mutants", "--work", page, test, str(done)]
    with subprocess.Popen(
        [*command, ",".join(broken), str(writer)],
        cwd=book.root,
        env=environment(),
        pass_fds=(writer,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        os.close(writer)
        limit, woken, rest = 60.0, 0, b""
        try:
            while woken < 3:
                if not select.select([reader], [], [], limit)[0]:
                    woken += 1
                    process.send_signal(signal.SIGUSR1)
                    limit = 2.0
                    continue
                data = os.read(reader, 65536)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                for message in map(json.loads, lines):
                    limit, woken = message.get("limit", limit), 0
                    yield message
                    if "end" in message:
                        return
        finally:
            os.close(reader)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def report(book: Book, found: list[Findings], seconds: float) -> dict[str, Any]:
    """Bring the findings together: for each snippet and each claim."""
    noticed: dict[str, dict[str, str]] = {}
    for each in found:
        for name, mutants in each.noticed.items():
            known = noticed.setdefault(name, {})
            known |= {label: known.get(label) or by for label, by in mutants.items()}
    _share_with_twins(book, noticed)
    broken = {id: by for each in found for id, by in each.broken.items()}
    allowed = book.excuses
    snippets = {}
    for name, mutants in sorted(noticed.items()):
        silent = [label for label, by in mutants.items() if not by]
        found_reasons = {label: excuse(allowed, name, label) for label in silent}
        reasons = {label: reason for label, reason in found_reasons.items() if reason}
        snippets[name] = {
            "hash": book.fingerprints["examples"].get(name, ""),
            "mutants": len(mutants),
            "equal": sum(by == EQUAL for by in mutants.values()),
            "justified": reasons,
            "survivors": [label for label in silent if label not in reasons],
        }
    claims = {}
    for id, mark in book.fingerprints["proofs"].items():
        beside = _BESIDE.search(book.proofs[id].text)
        claims[id] = {"hash": mark} | (
            {"broken": broken[id]}
            if id in broken
            else {"justified": beside[1]}
            if beside
            else {"vacuous": True}
        )
    return {"seconds": round(seconds), "snippets": snippets, "claims": claims}


def _share_with_twins(book: Book, noticed: dict[str, dict[str, str]]) -> None:
    """Count a mutant of a broken snippet as noticed if it is in code that the fixed one shares.

    Much of a broken snippet never runs: that is its mistake.
    """
    for name, mutants in noticed.items():
        twin = name.removesuffix("_broken") + "_fixed"
        if not name.endswith("_broken") or twin not in noticed:
            continue
        shared = _functions(book.code(name)) & _functions(book.code(twin))
        for label, by in mutants.items():
            line = label.partition(" #")[0].partition(": ")[2]
            if not by and noticed[twin].get(label) and any(line in each for each in shared):
                mutants[label] = "twin"


def _functions(source: str) -> set[str]:
    """Return the texts of the functions and classes at the top of a module."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    tops = (node for node in ast.parse(source).body if isinstance(node, kinds))
    return {ast.get_source_segment(source, node) or "" for node in tops}


def text_of(data: dict[str, Any]) -> str:
    """Return the report as text: sorted, one line for each entry."""
    parts = [f' "seconds": {data["seconds"]}']
    for part in ("snippets", "claims"):
        lines = (
            f"  {json.dumps(key)}: {json.dumps(entry, ensure_ascii=False)}"
            for key, entry in sorted(data[part].items())
        )
        parts.append(f' "{part}": {{\n' + ",\n".join(lines) + "\n }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def pages(book: Book, only: list[str]) -> list[tuple[str, str]]:
    """Return pages with their files of proofs; those that play threads come first."""
    files = sorted(
        {(book.claims[id].file, book.proofs[id].file) for id in book.fingerprints["proofs"]}
    )
    wanted = [pair for pair in files if not only or any(pair[1].startswith(each) for each in only)]

    def quick(pair: tuple[str, str]) -> bool:
        names = book.snippets_of(*pair)
        return all(stage.is_virtual(book.snippet(name)) for name in names)

    return sorted(wanted, key=quick)


def main() -> int:
    """Examine all pages, write the report and tell what nobody noticed."""
    if sys.argv[1:2] == ["--work"]:
        page, test, done, broken, pipe = sys.argv[2:]
        known = [id for id in broken.split(",") if id]
        _work(Book.at("."), page, test, int(done), known, int(pipe))
    command = parser("mutants", main.__doc__)
    command.add_argument("only", nargs="*", metavar="tests/…", help="try these, write nothing")
    options, book = parse(command)
    only = options.only
    began = monotonic()
    with ThreadPoolExecutor(_WORKERS) as pool:
        found = list(pool.map(lambda pair: examine(book, *pair), pages(book, only)))
    data = report(book, found, monotonic() - began)
    if only:
        tests = {test for _, test in pages(book, only)}
        data["claims"] = {
            id: entry for id, entry in data["claims"].items() if book.proofs[id].file in tests
        }
    else:
        book.settings.evidence.mkdir(exist_ok=True)
        (book.settings.evidence / REPORT).write_text(text_of(data), encoding="utf-8")
    return _tell(book, data, [fault for each in found for fault in each.faults])


def _tell(book: Book, data: dict[str, Any], faults: list[str]) -> int:
    snippets, claims = data["snippets"], data["claims"]
    count = sum(entry["mutants"] for entry in snippets.values())
    survivors = [(name, label) for name, each in snippets.items() for label in each["survivors"]]
    vacuous = [id for id, entry in claims.items() if "vacuous" in entry]
    for name, label in survivors:
        print(f"survivor: snippets/{name}.py: {label}")
    for id in vacuous:
        print(f"vacuous: {book.proofs[id].place}: {id}")
    for fault in faults:
        print(f"fault: {fault}")
    justified = sum(len(entry["justified"]) for entry in snippets.values())
    print(
        f"{count} mutants of {len(snippets)} snippets:"
        f" {justified} unnoticed with reason, {len(survivors)} without;"
        f" {len(claims)} proofs: {len(vacuous)} that no mutant breaks; {data['seconds']} s"
    )
    return int(bool(survivors or vacuous or faults))


if __name__ == "__main__":
    sys.exit(main())
