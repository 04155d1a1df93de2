"""Stress: the runs differ and every core is busy."""

import os
from pathlib import Path

import pytest
from proven.checks.stress import busy_cores, surroundings


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
