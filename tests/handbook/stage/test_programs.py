"""Random programs print the same lines in the same order on the virtual and on the real clock."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from proven.stage.virtual import play_virtually

sys.path.insert(0, str(Path(__file__).parents[2]))
from programs import seeded

COUNT = int(os.environ.get("PROGRAMS", "200"))
"""make programs tries thousands."""
FIRST = int(os.environ.get("PROGRAMS_FROM", "0"))
UNITS = (0.004, 0.03, 0.2)
"""Real seconds for one of a program: those that differ are run again, slower, since a busy
machine may be late by several milliseconds."""


def really(texts: list[str], unit: float) -> list[list[str]]:
    """Return what the programs print on the real clock."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parents[2] / "programs.py"), str(unit)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        check=True,
    )
    found: list[list[str]] = json.loads(done.stdout)
    return found


class Printed(NamedTuple):
    """What a program prints on the virtual clock.

    tied: its order hangs on a set, as that of the tasks which `asyncio.run` cancels at its end.
    """

    lines: list[str]
    tied: bool

    def agrees(self, real: list[str]) -> bool:
        """Tell whether the real clock prints the same, ties aside."""
        return sorted(real) == sorted(self.lines) if self.tied else real == self.lines


def virtually(text: str, folder: Path) -> Printed:
    """Return what the program prints on the virtual clock."""
    file = folder / "program.py"
    file.write_text(text, encoding="utf-8")
    trace = play_virtually("program", file)
    assert not trace.deadlock, f"{trace.deadlock}\n{text}"
    raised = [f"raised {trace.raised}"] if trace.raised else []
    return Printed([*trace.lines, *raised], bool(trace.ties))


def test_random_programs_print_the_same_on_both_clocks(tmp_path: Path) -> None:
    texts = [seeded(seed) for seed in range(FIRST, FIRST + COUNT)]
    on_stage = [virtually(text, tmp_path) for text in texts]
    assert sum(len(each.lines) for each in on_stage) > 8 * COUNT, "they do next to nothing"
    assert sum(each.tied for each in on_stage) <= COUNT // 50, "the programs avoid ties"
    differing = list(range(COUNT))
    for unit in UNITS:
        real = really([texts[number] for number in differing], unit)
        differing = [
            number
            for number, lines in zip(differing, real, strict=True)
            if not on_stage[number].agrees(lines)
        ]
        if not differing:
            return
    number = differing[0]
    wrong = really([texts[number]], UNITS[-1])[0]
    raise AssertionError(
        f"{len(differing)} programs differ, seed {FIRST + number} among them:\n{texts[number]}\n"
        f"virtual: {on_stage[number].lines}\nreal:    {wrong}"
    )
