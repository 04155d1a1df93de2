"""What the checks found: the files in the folder of evidence and their shapes."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

MUTANTS = "mutants.json"
COVERAGE = "coverage.json"
STRESS = "stress.json"

OWN_CODE = "own code"
"""What breaks a proof that no mutant of a snippet breaks."""
EXCUSES = "justified.toml"
"""In a chapter's tests: snippet, a mutant's label (may hold *) and why it may go unnoticed."""

_FILE = re.compile(r"\d+\.\d+t?\.json")


@dataclass(frozen=True)
class Finding:
    """What came out for one claim or example on one interpreter.

    outcome: passed, failed or skipped; why: of the latter two; explored: how many
    interleavings or inputs; seconds: that an example took on the virtual clock;
    hash: fingerprint of what the outcome depends on; ways: in how many ways a claim was tried.
    """

    outcome: str
    hash: str = ""
    why: str = ""
    explored: int = 0
    seconds: float = 0
    ways: int = 0


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
                f"  {json.dumps(key)}: {json.dumps(without_empty(finding), ensure_ascii=False)}"
                for key, finding in sorted(findings.items())
            )
            return ",\n".join(lines)

        return (
            f'{{\n "interpreter": {json.dumps(self.interpreter)},\n "date": "{self.date}",\n'
            f' "claims": {{\n{entries(self.claims)}\n }},\n'
            f' "examples": {{\n{entries(self.examples)}\n }}\n}}\n'
        )


def read(folder: Path) -> list[Evidence]:
    """Return the evidence in `folder`, oldest version first."""
    files = [file for file in folder.glob("*.json") if _FILE.fullmatch(file.name)]
    return sorted((read_file(file) for file in files), key=lambda found: version_key(found.version))


def version_key(version: str) -> tuple[int, str]:
    """Sort 3.9 before 3.13, and 3.13t behind it."""
    minor = version.partition(".")[2]
    return int(minor.rstrip("t")), minor


def read_file(file: Path) -> Evidence:
    """Return the evidence that `file` holds."""
    data = json.loads(file.read_text(encoding="utf-8"))
    findings = (
        {key: Finding(**entry) for key, entry in data[part].items()}
        for part in ("claims", "examples")
    )
    return Evidence(file.stem, data["interpreter"], data["date"], *findings)


def without_empty(finding: Finding) -> dict[str, Any]:
    """Return the fields of `finding` that say something."""
    return {key: value for key, value in asdict(finding).items() if value}


def excuses_in(tests: Path) -> dict[str, dict[str, str]]:
    """Return why mutants may go unnoticed: snippet, label's pattern, reason."""
    files = sorted(tests.glob(f"*/{EXCUSES}"))
    chapters = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    return {name: reasons for chapter in chapters for name, reasons in chapter.items()}


def excuse(allowed: dict[str, dict[str, str]], name: str, label: str) -> str:
    """Return the reason that `allowed` gives for `label` of snippet `name`, "" if none."""
    patterns = allowed.get(name, {}).items()
    fitting = [why for each, why in patterns if label == each or fnmatchcase(label, each)]
    return fitting[-1] if fitting else ""
