"""How the tests are shared among processes: one that kills its process fails, once."""

import os
import subprocess
import sys
from pathlib import Path

DEADLY = """
import os, pytest

@pytest.mark.parametrize("way", range(4))
def test_deadly(way):
    if way == {way}:
        os._exit(1)
"""
KIND = """
def test_kind(): pass
"""


def test_a_test_that_kills_its_process_fails_once(tmp_path: Path) -> None:
    conftest = Path(__file__).parents[3] / "tests/conftest.py"
    machinery = Path(__file__).parents[3] / "source/_ext"
    (tmp_path / "conftest.py").write_text(conftest.read_text(encoding="utf-8"), encoding="utf-8")
    for name, way in {"first": 0, "last": 3}.items():
        (tmp_path / f"test_{name}.py").write_text(DEADLY.format(way=way), encoding="utf-8")
    (tmp_path / "test_kind.py").write_text(KIND, encoding="utf-8")
    options = ["-q", "-n", "2", *(f"-pno:{name}" for name in ("cacheprovider", "asyncio", "anyio"))]
    # Else each process looks through all folders above this one, however full they are.
    options += ["-c", "/dev/null", "--confcutdir", "."]
    run = subprocess.run(
        (sys.executable, "-m", "pytest", *options, "."),
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(machinery)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.stdout.count("crashed while running") >= 2, run.stdout + run.stderr
    assert "2 failed, 7 passed" in run.stdout
