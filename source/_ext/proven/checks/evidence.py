"""Takes evidence: which proof passed and which example came out as shown, on which interpreter.

`python -m proven.checks.evidence PYTHON…` (make evidence) runs everything on each
interpreter given and writes a file for each under source/_evidence.  An entry
keeps a fingerprint of what its outcome depends on: it counts only while the
sentence, the proof and the snippets are still what they were then.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

from proven.book import Book
from proven.checks import environment, parse, parser
from proven.findings import PARTS, Evidence, Finding, Part, read_file, without_empty
from proven.proofs import MACHINE, Outcomes, asked_by
from proven.shown import replay

_HEAD = re.compile(r"\A# pip install (.+)$", re.M)
"""How a snippet names the packages that it needs."""
_LACKED = "there is no {} for it"
"""Why what needs a package wasn't tried."""


def take(book: Book, python: str, *, only_changed: bool = False) -> Evidence | None:
    """Run everything on the interpreter `python` and write its file.

    only_changed: leave out the files of proofs and the pages of which its file knows that all
    passes as it is now.  The day of the file is then that of its oldest findings.
    None if nothing was found, as when `python` didn't start.
    """
    version = _ask(python, "'%d.%d' % sys.version_info[:2] + getattr(sys, 'abiflags', '')")
    name = _ask(python, "platform.python_implementation() + ' ' + platform.python_version()")
    file = book.settings.evidence / f"{version}.json"
    before = _taken_by(name, file) if only_changed else None
    tests = _changed(book, before) if before else []
    if before and not tests:
        return before
    folder = book.root / "build" / "evidence"
    needed = sorted({"pytest", "pytest-xdist", *_packages(book)})
    interpreter = _interpreter(python, folder / version, book.root / "requirements.lock", needed)
    out = folder / f"{version}.findings.json"
    out.unlink(missing_ok=True)
    subprocess.run(
        [interpreter, "-m", "proven.checks.evidence", "--inside", str(out), *tests],
        cwd=book.root,
        env=environment(),
        check=False,
    )
    if not out.is_file():
        return None
    data = json.loads(out.read_text(encoding="utf-8"))
    prints = book.fingerprints
    claims, examples = (
        {
            key: Finding(**entry | {"hash": prints[part][key]})
            for key, entry in data[part].items()
            if key in prints[part]
        }
        for part in PARTS
    )
    day = date.today().isoformat()
    if before:
        day, claims, examples = before.date, before.claims | claims, before.examples | examples
    evidence = Evidence(version, name, day, claims, examples)
    file.write_text(evidence.text(), encoding="utf-8")
    return evidence


def _taken_by(name: str, file: Path) -> Evidence | None:
    """Return what `file` holds if this very release of Python found it: another proves nothing."""
    before = read_file(file) if file.is_file() else None
    return before if before and before.interpreter == name else None


def _changed(book: Book, evidence: Evidence) -> list[str]:
    """Return the files of proofs and the pages of which it doesn't know that all passes now."""

    def is_open(part: Part, key: str) -> bool:
        finding = book.current(evidence, part).get(key)
        # What the machine lacked then it may have now.
        return finding is None or finding.outcome == "failed" or finding.why.startswith(MACHINE)

    files = {proof.file for id, proof in book.proofs.items() if is_open("claims", id)}
    pages = {shown.page for name, shown in book.outputs.items() if is_open("examples", name)}
    return sorted(files | pages)


def _ask(python: str, expression: str) -> str:
    code = f"import sys, platform; print({expression})"
    return subprocess.check_output([python, "-c", code], encoding="utf-8").strip()


def _packages(book: Book) -> set[str]:
    """Return the packages that snippets say they need, and what proofs ask of a machine."""
    proofs = {book.root / proof.file for proof in book.all_proofs}
    snippets = book.settings.snippets.rglob("*.py")
    return {
        package
        for files, named in ((snippets, _packages_of), (proofs, asked_by))
        for file in files
        for package in named(file.read_text("utf-8"))
    }


def _packages_of(code: str) -> list[str]:
    return [package for head in _HEAD.findall(code) for package in head.split()]


def _interpreter(python: str, folder: Path, lock: Path, needed: list[str]) -> str:
    """Return the interpreter of a fresh venv with what is `needed`, as `lock` has it.

    What has no wheel for it is told and left out: who needs it says so, or fails.
    """
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--clear", "--python", python, folder], check=True)
    locked = lock.read_text(encoding="utf-8")
    install = [*uv, "pip", "install", "-q", "--python", str(folder), "--only-binary", ":all:"]
    install += ["--require-hashes", "--constraints", str(lock)]
    for pinned in re.findall(rf"^(?:{'|'.join(needed)})==[^ ;]+", locked, re.M):
        if subprocess.run([*install, pinned], check=False).returncode:
            print(f"{pinned} has no wheel for {python}")
    return str(folder / "bin" / "python")


def _inside(book: Book, out: Path, tests: list[str]) -> None:
    """Run on the interpreter in question: the proofs, then the examples."""
    import pytest

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    outcomes, lacking = Outcomes(), _lacking(book)
    wanted = [proof for proof in book.all_proofs if proof.file.startswith(tuple(tests or [""]))]
    proofs = [proof for proof in wanted if _page(book, proof.id) not in lacking]
    options = ["-q", "-p", "no:cacheprovider", "-p", "xdist.plugin"]
    # What measures time runs alone, and waits until the machine is quiet.
    options += ["-o", "faulthandler_timeout=600"]
    files = {proof.file for proof in proofs}
    if book.all_laws and not tests:
        files.add(str((book.settings.tests / "laws").relative_to(book.root)))
    for which, processes in (f"({Outcomes.ONLY}) and not slow", "4"), ("slow", "0"):
        chosen = ["-m", which, "-n", processes]
        if not files:
            break  # only pages: pytest would run everything
        pytest.main([*options, *chosen, *sorted(files)], plugins=[outcomes])
    pages = {_page(book, proof.id) for proof in wanted}.union(tests)
    examples = _examples(book, lacking, pages if tests else None)
    claims = outcomes.claims | {
        proof.id: lacking[page] for proof in wanted if (page := _page(book, proof.id)) in lacking
    }
    findings = {"claims": claims, "examples": examples}
    kept = {
        part: {key: without_empty(finding) for key, finding in of.items()}
        for part, of in findings.items()
    }
    out.write_text(json.dumps(kept), encoding="utf-8")


def _examples(
    book: Book, lacking: dict[str, Finding], pages: set[str] | None
) -> dict[str, Finding]:
    """Replay the outputs of `pages`, of all if None, but for those that are `lacking` something."""
    wanted = [shown for shown in book.outputs.values() if pages is None or shown.page in pages]
    played = [shown for shown in wanted if shown.page not in lacking]
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        replays = pool.map(partial(replay, snippets=book.settings.snippets), played)
        replayed = dict(zip((shown.name for shown in played), replays, strict=True))
    return {shown.name: replayed.get(shown.name) or lacking[shown.page] for shown in wanted}


def _page(book: Book, id: str) -> str:
    return book.claims[id].file if id in book.claims else ""


def _lacking(book: Book) -> dict[str, Finding]:
    """Return the pages of which a snippet needs a package that this interpreter lacks, and why."""
    lacking = {}
    for shown in book.outputs.values():
        for package in _packages_of(book.code(shown.name)):
            if find_spec(package.replace("-", "_")) is None:
                lacking[shown.page] = Finding("skipped", why=_LACKED.format(package))
    return lacking


def packages_lacked(book: Book, page: str) -> set[str]:
    """Return why findings of `page` may have been skipped: each package that it needs."""
    shown = [each.name for each in book.outputs.values() if each.page == page]
    return {_LACKED.format(package) for name in shown for package in _packages_of(book.code(name))}


def main() -> int:
    """Take evidence on each interpreter given and tell what failed."""
    command = parser("evidence", main.__doc__)
    command.add_argument("pythons", nargs="*", metavar="PYTHON")
    command.add_argument("--changed", action="store_true", help="leave out what is fresh")
    command.add_argument("--inside", help=argparse.SUPPRESS)
    options, book = parse(command)
    if options.inside:
        _inside(book, Path(options.inside), options.pythons)
        return 0
    bad = 0
    for python in options.pythons or [sys.executable]:
        evidence = take(book, python, only_changed=options.changed)
        bad += 1 if evidence is None else _summarize(evidence)
    return int(bad > 0)


def _summarize(evidence: Evidence) -> int:
    """Print a summary and what failed; return how much did."""
    bad = 0
    print(f"{evidence.interpreter}:", end="")
    for part in PARTS:
        outcomes = [finding.outcome for finding in evidence.part(part).values()]
        counts = (f"{outcomes.count(kind)} {kind}" for kind in sorted(set(outcomes)))
        print(f" {part}: {', '.join(counts)};", end="")
        bad += outcomes.count("failed")
    print()
    for part in PARTS:
        for key, finding in evidence.part(part).items():
            if finding.outcome != "passed":
                print(f"  {finding.outcome} {key}: {finding.why}")
    return bad


if __name__ == "__main__":
    sys.exit(main())
