"""What the checks found: the files in the folder of evidence and their shapes."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

Part = Literal["claims", "examples"]
PARTS: tuple[Part, ...] = ("claims", "examples")
"""What evidence is about."""

MUTANTS = "mutants.json"
COVERAGE = "coverage.json"
STRESS = "stress.json"

OPERATORS = {
    "drop": "drop {}",
    "flip": "flip {}",
    "swap": "swap «{}» and «{}»",
    "swap arguments": "swap arguments",
    "another type": "another than {}",
    "another exception": "another exception",
    "number": "number {} → {}",
    "gather in a row": "gather → in a row",
    "gather for a group": "TaskGroup → gather",
    "not reached": "not reached",
}
"""What can be done to a line, and how it is told of the details."""

EQUAL = "equal"
"""Who notices a mutant whose probe goes unnoticed, too: nobody needs to."""
OWN_CODE = "own code"
"""What breaks a proof that no mutant of a snippet breaks."""
EXCUSES = "justified.toml"
"""In a chapter's tests: snippet, a mutant's label (may hold *) and why it may go unnoticed."""

_SAYS_WHAT = re.compile(
    rf"(?:{'|'.join({label.partition(' ')[0] for label in OPERATORS.values()})})\b"
    r".*?\b(?!and\b)\w|number \*"
)
"""The key of an excuse: the operator, and at least a word of what it does; or any number."""
_FILE = re.compile(r"\d+\.\d+t?\.json")


@dataclass(frozen=True)
class Finding:
    """What came out for one claim or example on one interpreter.

    outcome: passed, failed or skipped; why: of the latter two; explored: how many
    interleavings or inputs; seconds: that an example took on the virtual clock;
    hash: fingerprint of what the outcome depends on; ways: in how many ways a claim was tried;
    how: it was explored, as kind, bound and grain ("bounded 2, each bytecode"), "" if by inputs;
    programs: in how many random programs its law held.
    """

    outcome: str
    hash: str = ""
    why: str = ""
    explored: int = 0
    seconds: float = 0
    ways: int = 0
    how: str = ""
    programs: int = 0


@dataclass(frozen=True)
class Mutation:
    """What was done to a line: one of OPERATORS, to what in it, and the how manieth of its kind.

    str() gives the label that justified.toml names: "drop await: await task #2".
    """

    operator: str
    details: tuple[str, ...]
    line: str
    number: int = 1

    def __str__(self) -> str:
        done = OPERATORS[self.operator].format(*self.details)
        return f"{done}: {self.line}" + (f" #{self.number}" if self.number > 1 else "")

    def entry(self) -> dict[str, Any]:
        """Return it for a file."""
        return without_empty(self)

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Mutation:
        """Return the one that `entry` holds, whatever else it holds."""
        details = tuple(entry.get("details", ()))
        return cls(entry["operator"], details, entry["line"], entry.get("number", 1))


@dataclass(frozen=True)
class Evidence:
    """All findings on one interpreter: version ("3.13t"), its full name and the day."""

    version: str
    interpreter: str
    date: str
    claims: dict[str, Finding]
    examples: dict[str, Finding]

    def part(self, name: Part) -> dict[str, Finding]:
        """Return the findings on all claims or on all examples."""
        return self.claims if name == "claims" else self.examples

    def text(self) -> str:
        """Return the file's text: sorted, one line for each entry."""
        parts = [
            f' "interpreter": {json.dumps(self.interpreter)}',
            f' "date": "{self.date}"',
            *(f' "{part}": {lines_of(_without_empty(self.part(part)))}' for part in PARTS),
        ]
        return "{\n" + ",\n".join(parts) + "\n}\n"


def lines_of(entries: Mapping[str, Any]) -> str:
    """Return a JSON object, sorted, one line for each entry: it is read as a diff."""
    lines = (
        f"  {json.dumps(key)}: {json.dumps(entry, ensure_ascii=False)}"
        for key, entry in sorted(entries.items())
    )
    return "{\n" + ",\n".join(lines) + "\n }"


def loaded(file: Path) -> dict[str, Any]:
    """Return what the JSON in `file` holds, {} if it isn't there.

    ValueError with file and line if it is no JSON object.
    """
    if not file.is_file():
        return {}
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        problem = f"{error.msg}: take it anew, or get it back from git"
        raise ValueError(f"{file}:{error.lineno}: {problem}") from None
    if not isinstance(data, dict):
        raise ValueError(f"{file}:1: it holds no object: take it anew, or get it back from git")
    return data


def read(folder: Path) -> list[Evidence]:
    """Return the evidence in `folder`, oldest version first."""
    files = [file for file in folder.glob("*.json") if _FILE.fullmatch(file.name)]
    return sorted(
        (read_file(file) for file in files), key=lambda evidence: version_key(evidence.version)
    )


def save(file: Path, data: Mapping[str, Any], **long: Mapping[str, Any]) -> None:
    """Write what a check found as a whole, with its day; of what is `long` a line for each."""
    day = date.today().isoformat()
    text = json.dumps({"date": day, **data}, indent=1, ensure_ascii=False)
    parts = [text.removesuffix("\n}"), *(f' "{key}": {lines_of(long[key])}' for key in long)]
    text = ",\n".join(parts) + "\n}"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n", encoding="utf-8")


def this_python() -> str:
    """Return the version of this interpreter as evidence has it: "3.13t"."""
    return f"{sys.version_info[0]}.{sys.version_info[1]}{getattr(sys, 'abiflags', '')}"


def version_key(version: str) -> tuple[list[int], bool, list[int]]:
    """Sort 3.9 before 3.13, 3.13.5 before 3.13.12, and 3.13t behind them."""
    numbers = [int(number) for number in version.rstrip("t").split(".")]
    return numbers[:2], version.endswith("t"), numbers[2:]


def read_file(file: Path) -> Evidence:
    """Return the evidence that `file` holds."""
    data = loaded(file)
    try:
        claims, examples = (
            {key: Finding(**entry) for key, entry in data[part].items()} for part in PARTS
        )
        return Evidence(file.stem, data["interpreter"], data["date"], claims, examples)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{file}: no evidence, {error}: take it anew by make evidence") from None


def without_empty(finding: Finding | Mutation) -> dict[str, Any]:
    """Return the fields of `finding` that say something."""
    return {key: value for key, value in asdict(finding).items() if value}


def _without_empty(findings: Mapping[str, Finding]) -> dict[str, Any]:
    return {id: without_empty(finding) for id, finding in findings.items()}


def excuses_in(tests: Path) -> dict[str, dict[str, str]]:
    """Return why mutants may go unnoticed: snippet, label's pattern, reason."""
    files = sorted(tests.glob(f"*/{EXCUSES}"))
    chapters = []
    for file in files:
        try:
            chapters.append(tomllib.loads(file.read_text(encoding="utf-8")))
        except tomllib.TOMLDecodeError as error:
            raise ValueError(f"{file}: {error}") from None
        for name, reasons in chapters[-1].items():
            if wide := [key for key in reasons if not _SAYS_WHAT.match(key)]:
                problem = "say what is done to which line: so it would excuse anything"
                raise ValueError(f"{file}: {name}: {wide[0]!r}: {problem}")
            if bare := [key for key, why in reasons.items() if not why.strip()]:
                raise ValueError(f"{file}: {name}: {bare[0]!r}: say why nobody notices it")
    return {name: reasons for chapter in chapters for name, reasons in chapter.items()}


def excuse(allowed: dict[str, dict[str, str]], name: str, label: str) -> str:
    """Return the reason that `allowed` gives for `label` of snippet `name`, "" if none."""
    patterns = allowed.get(name, {}).items()
    fitting = [why for each, why in patterns if fits(label, each)]
    return fitting[-1] if fitting else ""


def fits(label: str, pattern: str) -> bool:
    """Tell whether a mutation's label is the pattern, or as the pattern says."""
    return label == pattern or fnmatchcase(label, pattern)
