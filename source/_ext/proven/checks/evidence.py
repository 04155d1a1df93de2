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

from proven.book import ROOT, Book
from proven.findings import FOLDER, Evidence, Finding, read_file, without_empty
from proven.proofs import Outcomes
from proven.shown import compare

VENVS = ROOT / "build" / "evidence"

_PROVERS = ("pytest", "iniconfig", "packaging", "pluggy", "pygments", "looptime")


def take(python: str, folder: Path, tests: Iterable[str] = ()) -> Evidence | None:
    """Run everything, or only `tests`, on the interpreter `python` and write its file.

    What `tests` find takes its place in the file of the same day; without one it isn't kept.
    """
    version = _ask(python, "'%d.%d' % sys.version_info[:2] + getattr(sys, 'abiflags', '')")
    own = _venv(python, version)
    out = VENVS / f"{version}.findings.json"
    out.unlink(missing_ok=True)
    environment = os.environ | {
        "PYTHONPATH": str(ROOT / "source" / "_ext"),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    subprocess.run(
        [own, "-m", "proven.checks.evidence", "--inside", str(out), *tests],
        cwd=ROOT,
        env=environment,
        check=False,
    )
    if not out.is_file():
        return None
    data = json.loads(out.read_text(encoding="utf-8"))
    prints = Book().fingerprints
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
    file = folder / f"{version}.json"
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


def _venv(python: str, version: str) -> str:
    """Return the interpreter of a venv with what proofs need, made anew when the lock changed."""
    folder = VENVS / version
    own, stamp = str(folder / "bin" / "python"), folder / "lock"
    wanted = _locked(_PROVERS)
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return own
    # Without pip: some interpreters come without ensurepip, and for some an old pip is too old.
    subprocess.run([python, "-m", "venv", "--clear", "--without-pip", folder], check=True)
    _install(folder, version, wanted)
    stamp.write_text(wanted, encoding="utf-8")
    return own


def _install(folder: Path, version: str, text: str) -> None:
    """Let this interpreter's pip put the packages into the venv of another."""
    requirements = folder / "requirements"
    requirements.write_text(text, encoding="utf-8")
    number = version.rstrip("t")
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    target = ["--target", str(folder / "lib" / f"python{version}" / "site-packages")]
    kind = ["--python-version", number, "--abi", "none", "--abi", "abi3"]
    abi = ["--abi", f"cp{version.replace('.', '')}", "--implementation", "cp"]
    options = ["--no-deps", "--only-binary", ":all:", "--require-hashes"]
    subprocess.run([*pip, *target, *kind, *abi, *options, "-r", str(requirements)], check=True)


def _locked(names: Iterable[str]) -> str:
    """Return the entries of these packages from the lock."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.findall(r"^\S.*(?:\n[ ]+.*)*", lock, re.M)
    return "\n".join(entry for entry in entries if re.split(r"[=\[ ]", entry)[0] in set(names))


def _inside(out: Path, tests: list[str]) -> None:
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
        shown.name: without_empty(compare(shown))
        for shown in Book().outputs.values()
        if not tests or any(shown.page.startswith(page) for page in pages)
    }
    claims = {id: without_empty(finding) for id, finding in outcomes.claims.items()}
    out.write_text(json.dumps({"claims": claims, "examples": examples}), encoding="utf-8")


def main() -> int:
    """Take evidence on each interpreter given and tell what failed."""
    parser = argparse.ArgumentParser(prog="proven.checks.evidence", description=main.__doc__)
    parser.add_argument("pythons", nargs="*", metavar="PYTHON")
    parser.add_argument("--only", action="append", default=[], help="tests/…: take these anew")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        _inside(Path(options.inside), options.pythons)
        return 0
    bad = 0
    for python in options.pythons or [sys.executable]:
        found = take(python, ROOT / FOLDER, options.only)
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
