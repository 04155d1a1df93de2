"""make test leaves out what nothing changed of since it passed, and nothing else."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from proven.book import Book
from proven.checks import environment
from proven.checks.unchanged import Contents

ALL_OF_IT = "RO" + "OT"
"""In one piece it would make this file itself hang on everything."""
FILES = {
    "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
    "source/_ext/proven/claims.py": 'import proven.names\n# -m\n"proven.other"\n',
    "source/_ext/proven/other.py": "",
    "source/_ext/proven/names.py": "# as handbook.page and proven.timeline use it\n",
    "source/_ext/proven/timeline.py": "",
    "source/_ext/proven/stage/play.py": "",
    "source/_ext/proven/stage/child.py": "",
    "source/_ext/handbook/page.py": "",
    "source/_static/style.css": "",
    "source/_evidence/3.11.toml": "",
    "source/tasks/one.md": "",
    "source/races/one.md": "",
    "snippets/tasks/one.py": "from beside import word\n",
    "snippets/tasks/beside.py": "word = 1\n",
    "snippets/tasks/one_more.py": "",
    "snippets/races/one.py": "",
    "snippets/races/two.py": "",
    "snippets/pools/one.py": "",
    "tests/conftest.py": "def pytest_configure(): pass  # proven.claims\n",
    "tests/ways.py": "# from tests.more import of\n",
    "tests/more.py": "# pools/one\n",
    "tests/helper.py": "",
    "tests/data.txt": "",
    "tests/tasks/conftest.py": "word = 1\n",
    "tests/tasks/test_one.py": "def test(): pass  # tests.ways, tasks/one, proven.stage.play\n",
    "tests/tasks/test_two.py": "def test(): pass\ndef test_more(): pass  # f'races/t{o}'\n",
    "tests/house/conftest.py": "import pytest  # and handbook.page\n@pytest.fixture\n"
    "def book(): pass\n",
    "tests/house/test_alone.py": "def test(): 'without a book'\n",
    "tests/house/test_build.py": "def test(book): pass\n",
    "tests/house/test_part.py": "from pathlib import Path\ndef test():\n"
    '    Path(__file__).parents[2] / "source/tasks"\n',
    "tests/house/test_all.py": f"def test(): 0 and {ALL_OF_IT}\n",
}
ONE, TWO = "tests/tasks/test_one.py", "tests/tasks/test_two.py"
ALONE, BUILD, PART, ALL = (
    f"tests/house/test_{name}.py" for name in ("alone", "build", "part", "all")
)
EACH = {ONE, TWO, ALONE, BUILD, PART, ALL}
HOUSE = EACH - {ONE, TWO}


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
        ("pyproject.toml", EACH),
        ("requirements.lock", EACH),
        ("README.md", {ALL}),
        ("source/_ext/proven/claims.py", EACH),
        ("source/_ext/proven/names.py", EACH),
        ("source/_ext/proven/other.py", EACH),
        ("source/_ext/proven/timeline.py", {BUILD, ALL}),
        ("source/_ext/proven/stage/child.py", {ONE, BUILD, ALL}),
        ("source/_ext/handbook/page.py", {BUILD, ALL}),
        ("source/_static/style.css", {BUILD, ALL}),
        ("source/_evidence/3.11.toml", {ALL}),
        ("source/tasks/one.md", {PART, ALL}),
        ("source/races/one.md", {ALL}),
        ("snippets/tasks/one.py", {ONE, ALL}),
        ("snippets/tasks/beside.py", {ONE, ALL}),
        ("snippets/tasks/one_more.py", {ALL}),
        ("snippets/races/two.py", {TWO, ALL}),
        ("snippets/races/three.py", {TWO, ALL}),
        ("snippets/races/one.py", {ALL}),
        ("snippets/pools/one.py", {ONE, ALL}),
        ("tests/conftest.py", EACH),
        ("tests/ways.py", {ONE, ALL}),
        ("tests/more.py", {ONE, ALL}),
        ("tests/helper.py", {ALL}),
        ("tests/data.txt", EACH),
        ("tests/tasks/conftest.py", {ONE, TWO, ALL}),
        ("tests/tasks/new.txt", {ONE, TWO, ALL}),
        (ONE, {ONE, ALL}),
        ("tests/house/conftest.py", HOUSE),
        (BUILD, {BUILD, ALL}),
        ("build/html/index.html", set()),
    ],
)
def test_a_change_is_seen_by_all_tests_that_can_come_by_it(
    root: Path, file: str, seen_by: set[str]
) -> None:
    before = Contents(Book.at(root).settings).prints()
    assert set(before) == EACH
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


EVERYTHING = sorted(name.rpartition("/")[2] for name in EACH)


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


def test_whoever_takes_the_pages_takes_what_they_show(root: Path) -> None:
    (root / PART).write_text(FILES[PART].replace("/tasks", ""), encoding="utf-8")
    contents = Contents(Book.at(root).settings)
    assert contents.inputs(PART) == contents.inputs(ALL) == set(FILES)


@pytest.mark.parametrize("does", ["def pytest_configure(): pass", "# autouse"])
def test_a_conftest_that_does_something_by_itself_counts_as_used(root: Path, does: str) -> None:
    conftest = "tests/house/conftest.py"
    assert Contents(Book.at(root).settings).inputs(ALONE).isdisjoint({"source/_static/style.css"})
    (root / conftest).write_text(f"{FILES[conftest]}\n{does}\n", encoding="utf-8")
    assert "source/_static/style.css" in Contents(Book.at(root).settings).inputs(ALONE)
