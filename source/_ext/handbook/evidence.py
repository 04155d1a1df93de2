"""Evidence: which proof passed and which example came out as shown, on which interpreter.

`python -m handbook.evidence PYTHON…` (make evidence) runs everything on each
interpreter given and writes a file for each under source/_evidence.  An entry
keeps a fingerprint of what its outcome depends on: it counts only while the
sentence, the proof and the snippets are still what they were then.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from handbook.claims import RANGES, VERBS, Mark, claims_in, excluded, has_gil, proofs_in
from handbook.stage import ROOT, SnippetError, play

FOLDER = Path("source", "_evidence")
VENVS = ROOT / "build" / "evidence"

_PROVERS = ("pytest", "iniconfig", "packaging", "pluggy", "pygments", "looptime")
_EXPLORERS = ("frontrun",)  # has no wheel for some interpreters; its proofs are skipped there

_FILE = re.compile(r"\d+\.\d+t?\.json")
_OUTPUT = re.compile(
    r"^(?P<indent>[ ]*)(?P<fence>`{3,})\{output\}[ ]+(?P<name>\S+)[ ]*\n"
    r"(?P<options>(?:[ ]*:[\w-]+:.*\n)*)(?P<body>(?:.*\n)*?)(?P=indent)(?P=fence)[ ]*$",
    re.M,
)
_ONLY = re.compile(rf":({'|'.join(RANGES)}):[ ]*(\S+)")


@dataclass(frozen=True)
class Finding:
    """What came out for one claim or example on one interpreter.

    outcome: passed, failed or skipped; why: of the latter two; explored: how many
    interleavings or inputs; seconds: that an example took on the virtual clock;
    hash: fingerprint of what the outcome depends on.
    """

    outcome: str
    hash: str = ""
    why: str = ""
    explored: int = 0
    seconds: float = 0


@dataclass(frozen=True)
class Evidence:
    """All findings on one interpreter: version ("3.13t"), its full name and the day."""

    version: str
    interpreter: str
    date: str
    claims: dict[str, Finding]
    examples: dict[str, Finding]

    def text(self) -> str:
        """Return the file's text: sorted, one line for each entry."""

        def entries(findings: dict[str, Finding]) -> str:
            lines = (
                f"  {json.dumps(key)}: {json.dumps(_without_empty(finding), ensure_ascii=False)}"
                for key, finding in sorted(findings.items())
            )
            return ",\n".join(lines)

        return (
            f'{{\n "interpreter": {json.dumps(self.interpreter)},\n "date": "{self.date}",\n'
            f' "claims": {{\n{entries(self.claims)}\n }},\n'
            f' "examples": {{\n{entries(self.examples)}\n }}\n}}\n'
        )


def read(root: Path) -> list[Evidence]:
    """Return the evidence in the repo, oldest version first."""
    files = [file for file in (root / FOLDER).glob("*.json") if _FILE.fullmatch(file.name)]
    return sorted((_read(file) for file in files), key=lambda found: version_key(found.version))


def version_key(version: str) -> tuple[int, str]:
    """Sort 3.9 before 3.13, and 3.13t behind it."""
    minor = version.partition(".")[2]
    return int(minor.rstrip("t")), minor


def _read(file: Path) -> Evidence:
    data = json.loads(file.read_text(encoding="utf-8"))
    findings = (
        {key: Finding(**entry) for key, entry in data[part].items()}
        for part in ("claims", "examples")
    )
    return Evidence(file.stem, data["interpreter"], data["date"], *findings)


def _without_empty(finding: Finding) -> dict[str, Any]:
    return {key: value for key, value in asdict(finding).items() if value}


@dataclass(frozen=True)
class Shown:
    """An example's output as its page shows it; only: on which interpreters, if not on all."""

    page: str
    name: str
    lines: list[str]
    any_order: bool
    only: tuple[tuple[str, str], ...] = ()


def outputs_in(root: Path) -> Iterator[Shown]:
    """Yield the outputs that the pages show; page is the file, relative to root."""
    for page in sorted((root / "source").rglob("*.md")):
        for block in _OUTPUT.finditer(page.read_text(encoding="utf-8")):
            indent = len(block["indent"])
            lines = [line[indent:] for line in block["body"].splitlines()]
            any_order = ":order: any" in block["options"]
            only = tuple(_ONLY.findall(block["options"]))
            yield Shown(page.relative_to(root).as_posix(), block["name"], lines, any_order, only)


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
        for name in self.snippets_of(claim.file, file):
            yield self.code(name)


def _fingerprint(*texts: str) -> str:
    # Blank lines and the wrapping of a sentence change nothing.
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


# ---- Taking evidence


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
        [own, "-m", "handbook.evidence", "--inside", str(out), *tests],
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
        known = _read(file)
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
    wanted = _locked(_PROVERS), _locked(_EXPLORERS)
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


def _locked(names: Iterable[str]) -> str:
    """Return the entries of these packages from the lock."""
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    entries = re.findall(r"^\S.*(?:\n[ ]+.*)*", lock, re.M)
    return "\n".join(entry for entry in entries if re.split(r"[=\[ ]", entry)[0] in set(names))


class Outcomes:
    """A pytest plugin: keeps the proofs only, and notes what comes out for each claim."""

    def __init__(self) -> None:
        self.claims: dict[str, Finding] = {}
        self._ids: dict[str, list[str]] = {}

    def pytest_collection_modifyitems(self, items: list[Any]) -> None:
        for item in items:
            marks = [mark for mark in item.iter_markers() if mark.name in VERBS]
            self._ids[item.nodeid] = [mark.args[0] for mark in marks]
        items[:] = [item for item in items if self._ids[item.nodeid]]

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.outcome == "passed" and report.when != "call":
            return
        why = ""
        if report.skipped:
            why = report.longrepr[2].removeprefix("Skipped: ")
        elif report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            why = (crash.message if crash else str(report.longrepr)).strip().partition("\n")[0]
        explored = dict(report.user_properties).get("explored", 0) if report.when == "call" else 0
        for id in self._ids[report.nodeid]:
            self._note(id, Finding(report.outcome, "", why[:200], explored))

    def _note(self, id: str, new: Finding) -> None:
        """Keep the worst of several: one that was skipped isn't proven by another that passed."""
        old = self.claims.get(id, Finding("passed"))
        explored = old.explored + new.explored
        rank = ("passed", "skipped", "failed").index
        worst = max(old, new, key=lambda finding: rank(finding.outcome))
        self.claims[id] = Finding(worst.outcome, "", worst.why, explored)


def compare(shown: Shown) -> Finding:
    """Play an example and compare it with what its page shows."""
    if why := excluded(dict(shown.only), sys.version_info[:2], gil=has_gil()):
        return Finding("skipped", why=f"holds only {why}")
    try:
        trace = play(shown.name)
    except SnippetError as error:
        return Finding("failed", why=str(error).partition("\n")[0][:200])
    lines, expected = trace.shown(), shown.lines
    if shown.any_order:
        lines, expected = sorted(lines), sorted(expected)
    if lines != expected:
        return Finding("failed", why="other output")
    return Finding("passed", seconds=trace.elapsed if trace.timed else 0)


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
        shown.name: _without_empty(compare(shown))
        for shown in Book().outputs.values()
        if not tests or any(shown.page.startswith(page) for page in pages)
    }
    claims = {id: _without_empty(finding) for id, finding in outcomes.claims.items()}
    out.write_text(json.dumps({"claims": claims, "examples": examples}), encoding="utf-8")


def main() -> int:
    """Take evidence on each interpreter given and tell what failed."""
    parser = argparse.ArgumentParser(prog="handbook.evidence", description=main.__doc__)
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
