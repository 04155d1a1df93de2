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
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

from proven.book import Book
from proven.checks import environment, parse, parser
from proven.findings import Evidence, Finding, read_file, without_empty
from proven.proofs import Outcomes
from proven.shown import replay

_PROVERS = ("pytest", "iniconfig", "packaging", "pluggy", "pygments", "looptime")
_EXPLORERS = ("frontrun",)  # has no wheel for some interpreters; its proofs are skipped there


def take(book: Book, python: str, tests: Iterable[str] = ()) -> Evidence | None:
    """Run everything, or only `tests`, on the interpreter `python` and write its file.

    What `tests` find takes its place in the file of the same day; without one it isn't kept.
    """
    version = _ask(python, "'%d.%d' % sys.version_info[:2] + getattr(sys, 'abiflags', '')")
    venvs = book.root / "build" / "evidence"
    own = _venv(python, version, venvs, book.root / "requirements.lock")
    out = venvs / f"{version}.findings.json"
    out.unlink(missing_ok=True)
    subprocess.run(
        [own, "-m", "proven.checks.evidence", "--inside", str(out), *tests],
        cwd=book.root,
        env=environment(),
        check=False,
    )
    if not out.is_file():
        return None
    data = json.loads(out.read_text(encoding="utf-8"))
    prints = book.fingerprints
    findings = (
        {
            key: Finding(**entry | {"hash": prints[part][key]})
            for key, entry in data[part].items()
            if key in prints[part]
        }
        for part in ("claims", "examples")
    )
    name = _ask(own, "platform.python_implementation() + ' ' + platform.python_version()")
    found = Evidence(version, name, date.today().isoformat(), *findings)
    file = book.settings.evidence / f"{version}.json"
    whole = found
    if tests and file.is_file():
        known = read_file(file)
        if known.date == found.date:
            claims, examples = known.claims | found.claims, known.examples | found.examples
            whole = replace(found, claims=claims, examples=examples)
    if not tests or whole is not found:
        file.write_text(whole.text(), encoding="utf-8")
    return found


def _ask(python: str, expression: str) -> str:
    code = f"import sys, platform; print({expression})"
    return subprocess.check_output([python, "-c", code], encoding="utf-8").strip()


def _venv(python: str, version: str, venvs: Path, lock: Path) -> str:
    """Return the interpreter of a venv with what proofs need, made anew when the lock changed."""
    folder = venvs / version
    own, stamp = str(folder / "bin" / "python"), folder / "lock"
    wanted = _locked(lock, _PROVERS), _locked(lock, _EXPLORERS)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == "\n".join(wanted):
        return own
    # Without pip: some interpreters come without ensurepip, and for some an old pip is too old.
    subprocess.run([python, "-m", "venv", "--clear", "--without-pip", folder], check=True)
    for text, needed in zip(wanted, (True, False), strict=True):
        if text:
            _install(folder, version, text, needed=needed)
    stamp.write_text("\n".join(wanted), encoding="utf-8")
    return own


def _install(folder: Path, version: str, text: str, *, needed: bool) -> None:
    """Let this interpreter's pip put the packages into the venv of another."""
    requirements = folder / "requirements"
    requirements.write_text(text, encoding="utf-8")
    number = version.rstrip("t")
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    target = ["--target", str(folder / "lib" / f"python{version}" / "site-packages")]
    kind = ["--python-version", number, "--abi", "none", "--abi", "abi3"]
    abi = ["--abi", f"cp{version.replace('.', '')}", "--implementation", "cp"]
    options = ["--no-deps", "--only-binary", ":all:", "--require-hashes"]
    subprocess.run(
        [*pip, *target, *kind, *abi, *options, "-r", str(requirements)],
        check=needed,
        stderr=None if needed else subprocess.DEVNULL,
    )


def _locked(lock: Path, names: Iterable[str]) -> str:
    """Return the entries of these packages from the lock."""
    text = lock.read_text(encoding="utf-8")
    entries = re.findall(r"^\S.*(?:\n[ ]+.*)*", text, re.M)
    return "\n".join(entry for entry in entries if re.split(r"[=\[ ]", entry)[0] in set(names))


def _inside(book: Book, out: Path, tests: list[str]) -> None:
    """Run on the interpreter in question: the proofs, then the examples."""
    import pytest

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    outcomes = Outcomes()
    options = ["-q", "-p", "no:cacheprovider", "--ignore=tests/handbook", "-m", ""]
    # What measures time waits until the machine is quiet.
    options += ["-o", "faulthandler_timeout=600"]
    pytest.main([*options, *tests], plugins=[outcomes])
    pages = {test.replace("tests", "source", 1) for test in tests}
    examples = {
        shown.name: without_empty(replay(shown, book.settings.snippets))
        for shown in book.outputs.values()
        if not tests or any(shown.page.startswith(page) for page in pages)
    }
    claims = {id: without_empty(finding) for id, finding in outcomes.claims.items()}
    out.write_text(json.dumps({"claims": claims, "examples": examples}), encoding="utf-8")


def main() -> int:
    """Take evidence on each interpreter given and tell what failed."""
    command = parser("evidence", main.__doc__)
    command.add_argument("pythons", nargs="*", metavar="PYTHON")
    command.add_argument("--only", action="append", default=[], help="tests/…: take these anew")
    command.add_argument("--inside", help=argparse.SUPPRESS)
    options, book = parse(command)
    if options.inside:
        _inside(book, Path(options.inside), options.pythons)
        return 0
    bad = 0
    for python in options.pythons or [sys.executable]:
        found = take(book, python, options.only)
        bad += found is None or _tell(found)
    return int(bad > 0)


def _tell(found: Evidence) -> int:
    """Print a summary and what failed; return how much did."""
    bad = 0
    print(f"{found.interpreter}:", end="")
    for part in ("claims", "examples"):
        outcomes = [finding.outcome for finding in getattr(found, part).values()]
        counts = (f"{outcomes.count(kind)} {kind}" for kind in sorted(set(outcomes)))
        print(f" {part}: {', '.join(counts)};", end="")
        bad += outcomes.count("failed")
    print()
    for part in ("claims", "examples"):
        for key, finding in getattr(found, part).items():
            if finding.outcome != "passed":
                print(f"  {finding.outcome} {key}: {finding.why}")
    return bad


if __name__ == "__main__":
    sys.exit(main())
