"""Stress: the runs differ, every core is busy, and an interrupted series goes on."""

import json
import os
from pathlib import Path

import pytest
from proven.checks import stress
from proven.checks.stress import RESULT, busy_cores, surroundings


def test_neighbouring_runs_share_no_surroundings() -> None:
    for seed in range(1, 12):
        one, next = surroundings(seed), surroundings(seed + 1)
        assert one["PYTHONHASHSEED"] != next["PYTHONHASHSEED"]
        assert one["PYTHONUNBUFFERED"] != next["PYTHONUNBUFFERED"]
        assert one["HANDBOOK_SWITCH"] != next["HANDBOOK_SWITCH"]
    for name in ("PYTHONUNBUFFERED", "PYTHONASYNCIODEBUG"):
        assert {surroundings(seed)[name] for seed in range(12)} == {"", "1"}


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="only Linux tells children by /proc")
def test_every_core_has_its_loop_and_none_stays() -> None:
    def children() -> list[str]:
        return Path(f"/proc/self/task/{os.getpid()}/children").read_text(encoding="ascii").split()

    before = children()
    with busy_cores():
        assert len(children()) - len(before) == os.cpu_count()
    assert children() == before


@pytest.mark.parametrize(("seed", "runs"), [(1, 0), (3, 2), (4, 0)])
def test_a_series_goes_on_where_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, runs: int
) -> None:
    monkeypatch.setattr(stress, "ROOT", tmp_path)
    (tmp_path / RESULT).parent.mkdir(parents=True)
    found = {"date": "2026-11-26", "runs": 2, "tests": 7, "failed": 1}
    (tmp_path / RESULT).write_text(json.dumps(found), encoding="utf-8")
    assert stress._begun(seed)["runs"] == runs
