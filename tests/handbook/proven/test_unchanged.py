"""make test leaves out what nothing changed of since it passed, and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from proven.book import Book
from proven.checks import environment
from proven.checks.unchanged import Contents

FILES = {
    "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
    "source/_ext/proven/play.py": "",
    "source/_ext/handbook/page.py": "",
    "source/tasks/one.md": "",
    "snippets/tasks/one.py": "",
    "snippets/races/one.py": "",
    "tests/conftest.py": "",
    "tests/ways.py": "from tests.more import of\n",
    "tests/more.py": "",
    "tests/data.txt": "",
    "tests/tasks/helper.py": "",
    "tests/tasks/test_one.py": "def test(): pass  # tasks/one\n",
    "tests/tasks/test_two.py": "def test(): pass\ndef test_more(): pass\n",
    "tests/house/conftest.py": "ROOT = 1\n",
    "tests/house/test_build.py": "def test(): pass\n",
    "tests/house/test_all.py": "from tests.house.conftest import ROOT\ndef test(): pass\n",
}
ONE, TWO = "tests/tasks/test_one.py", "tests/tasks/test_two.py"
BUILD, ALL = "tests/house/test_build.py", "tests/house/test_all.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return the folder of a book that has tests of each kind."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "seen_by"),
    [
        ("pyproject.toml", {ONE, TWO, BUILD, ALL}),
        ("requirements.lock", {ONE, TWO, BUILD, ALL}),
        ("source/_ext/proven/play.py", {ONE, TWO, BUILD, ALL}),
        ("source/_ext/handbook/page.py", {BUILD, ALL}),
        ("source/tasks/one.md", {ALL}),
        ("snippets/tasks/one.py", {ONE, ALL}),
        ("snippets/races/one.py", {ALL}),
        ("tests/conftest.py", {ONE, TWO, BUILD, ALL}),
        ("tests/ways.py", {ONE, TWO, BUILD, ALL}),
        ("tests/more.py", {ONE, TWO, BUILD, ALL}),
        ("tests/data.txt", {ONE, TWO, BUILD, ALL}),
        ("tests/tasks/helper.py", {ONE, TWO, ALL}),
        ("tests/tasks/new.txt", {ONE, TWO, ALL}),
        (ONE, {ONE, ALL}),
        ("tests/house/conftest.py", {BUILD, ALL}),
        (BUILD, {BUILD, ALL}),
        ("build/html/index.html", set()),
    ],
)
def test_a_change_is_seen_by_all_tests_that_can_come_by_it(
    root: Path, file: str, seen_by: set[str]
) -> None:
    before = Contents(Book.at(root).settings).prints()
    assert set(before) == {ONE, TWO, BUILD, ALL}
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    (root / file).write_text(f"{FILES.get(file, '')}\n# changed\n", encoding="utf-8")
    after = Contents(Book.at(root).settings).prints()
    assert {name for name in before if before[name] != after[name]} == seen_by


def told(root: Path, *more: str) -> list[str]:
    """Run the tests of `root` and return the files that were run, and the exit code."""
    options = ("-v", "-p", "proven.checks.unchanged", "-p", "no:cacheprovider", *more)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=root,
        env=environment(),
        capture_output=True,
        encoding="utf-8",
    )
    lines = [line for line in done.stdout.splitlines() if re.search("PASSED|FAILED", line)]
    files = {name for line in lines for name in re.findall(r"(test_\w+\.py)::", line)}
    return [*sorted(files), f"code {done.returncode}"]


EVERYTHING = ["test_all.py", "test_build.py", "test_one.py", "test_two.py"]


def test_what_passed_is_left_out_until_it_changes(root: Path) -> None:
    broken = "def test(): pass\ndef test_more(): assert False\n"
    (root / TWO).write_text(broken, encoding="utf-8")
    assert told(root) == [*EVERYTHING, "code 1"]
    assert told(root, "-k", "not more") == ["test_two.py", "code 0"]
    assert told(root) == ["test_two.py", "code 1"], "what failed; and a part is not the whole"
    (root / TWO).write_text(FILES[TWO], encoding="utf-8")
    assert told(root) == ["test_all.py", "test_two.py", "code 0"]
    assert told(root) == ["code 0"], "nothing is left to be run, and that is well"


def test_workers_leave_out_what_their_controller_says(root: Path) -> None:
    assert told(root, "-n", "1") == [*EVERYTHING, "code 0"]
    (root / "snippets/tasks/one.py").write_text("# changed\n", encoding="utf-8")
    assert told(root, "-n", "1") == ["test_all.py", "test_one.py", "code 0"]
