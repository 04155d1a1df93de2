"""What came of trying something, kept for the next process: the same needn't be tried again."""

from __future__ import annotations

import json
import os
import sys
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import proven
from proven.shown import Shown, key_of

_MOST = 6000
"""Lines that a file may have; of more the older half goes."""


class Outcome(NamedTuple):
    """How a try ended, passed or failed, how it failed, and how many real seconds it took."""

    outcome: str
    how: str = ""
    seconds: float = 0.0


class Tried:
    """The outcomes by what was tried, in a file that several processes may add to at once.

    root: of the book; name: whose outcomes, as a file of proofs.
    """

    def __init__(self, root: Path, name: str) -> None:
        self._root = root
        self._file = root / "build" / "tried" / f"{name.replace('/', '.')}.jsonl"
        self._outcomes: dict[str, Outcome] = {}
        if not self._file.is_file():
            return
        lines = self._file.read_text(encoding="utf-8").splitlines()
        for line in lines:
            # One that was cut off while it was written is tried again.
            if line.endswith("]"):
                key, *outcome = json.loads(line)
                self._outcomes[key] = Outcome(*outcome)
        if len(lines) > _MOST:
            part = self._file.with_suffix(f".{os.getpid()}")
            part.write_text("\n".join([*lines[-_MOST // 2 :], ""]), encoding="utf-8")
            part.replace(self._file)

    def key_of_proof(self, name: str, inputs: list[str], edit: str = "") -> str:
        """Return what the outcome of test `name` counts for, which hangs on the texts `inputs`.

        edit: what is changed in it.  Other texts, machinery, packages or Python, another key;
        none if the inputs aren't known, as then nothing is.
        """
        return self._key("proof", name, edit, *inputs) if inputs else ""

    def key_of_output(self, shown: Shown, snippets: Path, what: str = "output") -> str:
        """Return what the outcome of an output counts for, played from the folder `snippets`."""
        played = key_of(shown.name, shown.terms, snippets)
        return self._key(what, played, str(shown.any_order), *shown.lines)

    def _key(self, *texts: str) -> str:
        return sha256("\0".join([machinery(self._root), *texts]).encode()).hexdigest()[:24]

    def get(self, key: str) -> Outcome | None:
        """Return what came of it, None if that isn't known."""
        return self._outcomes.get(key)

    def note(self, key: str, outcome: str, how: str, seconds: float) -> Outcome:
        """Keep what came of it, at once: the process may be killed."""
        new = Outcome(outcome, how, round(seconds, 2))
        if key:
            self._outcomes[key] = new
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, *new]) + "\n")
        return new


@cache
def machinery(root: Path) -> str:
    """Return a digest of all that every outcome hangs on: proven, packages and this Python."""
    folder = Path(proven.__file__).parent
    texts = [*sorted(folder.rglob("*.py")), root / "requirements.lock", root / "tests/conftest.py"]
    digest = sha256(sys.version.encode())
    for file in texts:
        digest.update(file.read_bytes() if file.is_file() else b"")
    return digest.hexdigest()
