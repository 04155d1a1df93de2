"""Stress: the runs differ, every core is busy, and what counts is of the tests as they are."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from proven.checks import environment
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


A, B = "tests/a/test_a.py", "tests/b/test_b.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the folder of a book with two files of tests, one of which names a snippet."""
    files = {
        "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
        "snippets/b/one.py": "",
        "source/_ext/proven/stage.py": "",
        A: "def test_it():\n    pass\n",
        B: "def test_it():\n    'b/one'\ndef test_more():\n    pass\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def stress(root: Path, *arguments: str) -> tuple[int, str, dict[str, Any]]:
    """Return how the command ended, what it said, and the record that it left."""
    command = [sys.executable, "-m", "proven.checks.stress", *arguments, "--root", str(root)]
    done = subprocess.run(
        command, env=environment(), capture_output=True, encoding="utf-8", check=False
    )
    record = root / "source/_evidence/stress.json"
    return done.returncode, done.stdout, json.loads(record.read_text("utf-8"))


def runs(record: dict[str, Any]) -> dict[str, tuple[int, int, int]]:
    return {
        file: (had["runs"], had["tests"], had["failed"]) for file, had in record["files"].items()
    }


def test_runs_of_several_sittings_add_up_and_go_on_with_new_seeds(root: Path) -> None:
    code, said, record = stress(root, "1")
    assert (code, said.count("passed: 3 tests"), record["seed"]) == (0, 1, 1)
    assert runs(record) == {A: (1, 1, 0), B: (1, 2, 0)}
    code, said, record = stress(root, "3")
    assert (code, said.count("passed: 3 tests"), record["seed"]) == (0, 2, 3)
    assert "HANDBOOK_STRESS=1," not in said
    assert runs(record) == {A: (3, 1, 0), B: (3, 2, 0)}
    assert stress(root, "3") == (0, "", record)


@pytest.mark.parametrize("changed", [B, "snippets/b/one.py"])
def test_what_changed_begins_anew_alone(root: Path, changed: str) -> None:
    stress(root, "1")
    with (root / changed).open("a", encoding="utf-8") as file:
        file.write("# another\n")
    (root / "source/_ext/proven/stage.py").write_text("# another\n", encoding="utf-8")
    code, said, record = stress(root, "1")
    assert (code, said.count("passed: 2 tests")) == (0, 1)
    assert runs(record) == {A: (1, 1, 0), B: (1, 2, 0)}


def test_a_failure_is_told_kept_and_begins_anew(root: Path) -> None:
    (root / A).write_text("def test_it():\n    assert open('switch').read()\n", encoding="utf-8")
    code, said, record = stress(root, "2")
    assert code == 1
    assert said.count("FAILED: 2 tests") == 2
    assert "No such file or directory: 'switch'" in said
    assert runs(record) == {A: (2, 0, 2), B: (2, 2, 0)}
    (root / "switch").write_text("on", encoding="utf-8")
    code, said, record = stress(root, "2")
    assert (code, said.count("passed: 1 tests")) == (0, 2)
    assert runs(record) == {A: (2, 1, 0), B: (2, 2, 0)}


def test_a_run_that_breaks_off_counts_for_nothing(root: Path) -> None:
    (root / B).write_text("def test_it(:\n", encoding="utf-8")
    code, said, record = stress(root, "2")
    assert code == 1
    assert "SyntaxError" in said
    assert runs(record) == {A: (0, 0, 0), B: (0, 0, 0)}


def test_a_seed_repeats_a_run_and_nothing_is_kept(root: Path) -> None:
    record = stress(root, "1")[2]
    code, said, after = stress(root, "--seed", "7")
    assert (code, said.count("HANDBOOK_STRESS=7,"), after) == (0, 1, record)
