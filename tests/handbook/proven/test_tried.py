"""What passed isn't tried again while nothing changes on which it hangs, and only then."""

import json
import re
import shutil
import subprocess
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from proven.book import Book, Outcome, Tried, inputs_of
from proven.book.tried import machinery
from proven.findings import this_python

PROOF = "tests/tasks/test_hello.py"
SECOND = """

@pytest.mark.always("second")
def test_second() -> None:
    from proven.stage import load

    assert {} and load("tasks/other")
"""


@pytest.fixture
def small(book: Any) -> Any:
    """Return a small book of two proofs, and how many of them a run leaves out."""
    verbs = "".join(f"  {verb}(id)\n" for verb in ("always", "sometimes", "never"))
    book.write("pytest.ini", f"[pytest]\naddopts = --strict-markers\nmarkers =\n{verbs}")
    book.write("snippets/tasks/other.py", "from shared import word\n\nprint(word)\n")
    book.write("snippets/tasks/shared.py", 'word = "here"\n')
    book.write("snippets/tasks/lonely.py", 'print("alone")\n')
    proof = (book.root / PROOF).read_text(encoding="utf-8")
    book.write(PROOF, proof + SECOND.format("True"))
    return book


def left_out(book: Any) -> int:
    """Run the proofs and return how many weren't."""
    options = ["-q", "-p", "proven.checks.passed", "--rootdir", str(book.root)]
    with chdir(book.root):  # where the stage looks for snippets
        done = book.run("pytest", *options, PROOF)
    found = re.search(r"(\d+) deselected", done.stdout)
    return int(found[1]) if found else 0


@pytest.mark.parametrize("outcome", ["assert False", "pytest.skip('no')"])
def test_what_did_not_pass_is_run_again(small: Any, outcome: str) -> None:
    small.replace(PROOF, "    assert True", f"    {outcome}\n    assert True")
    assert left_out(small) == 0
    assert left_out(small) == 1


@pytest.mark.parametrize(("outcome", "how_many"), [("passed", 1), ("failed", 0)])
def test_what_the_evidence_of_this_python_says_counts(
    small: Any, outcome: str, how_many: int
) -> None:
    small.replace(PROOF, "    assert True", "    assert False")  # the second counts nowhere
    finding = {
        "outcome": outcome,
        "hash": Book.at(small.root).fingerprints["claims"]["hello-at-once"],
    }
    taken = {"interpreter": "", "date": "", "claims": {"hello-at-once": finding}, "examples": {}}
    small.write(f"source/_evidence/{this_python()}.json", json.dumps(taken))
    assert left_out(small) == how_many
    small.replace("snippets/tasks/hello.py", "goodbye", "farewell")
    assert left_out(small) == 0, "it says nothing of what changed since"


def test_what_the_evidence_says_of_the_last_commit_counts_for_what_hangs_on_the_same(
    small: Any,
) -> None:
    small.replace(PROOF, 'load("tasks/other")', '"tasks/other"')
    page = "source/tasks/hello.md"
    text = (small.root / page).read_text(encoding="utf-8")
    small.write(page, text + '\n[Вторая]{rests="cpython" .always #second}.\n')
    prints = Book.at(small.root).fingerprints["claims"]
    claims = {id: {"outcome": "passed", "hash": hash} for id, hash in prints.items()}
    taken = {"interpreter": "", "date": "", "claims": claims, "examples": {}}
    small.write(f"source/_evidence/{this_python()}.json", json.dumps(taken))
    for words in ("init", "-q"), ("add", "."), ("commit", "-qm", "all"):
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
        subprocess.run(command, cwd=small.root, check=True, capture_output=True)
    assert left_out(small) == 2
    shutil.rmtree(small.root / "build")
    small.replace("snippets/tasks/other.py", "print", "print  # told")
    assert not Book.at(small.root).fingerprints["claims"].items() & prints.items()
    assert left_out(small) == 1, "of the page's proofs one has to do with it"
    shutil.rmtree(small.root / "build")
    small.replace("snippets/tasks/hello.py", "goodbye", "farewell")
    assert left_out(small) == 0


def test_one_way_that_passed_tells_that_its_proof_was_run(small: Any) -> None:
    ways = '@pytest.mark.parametrize("way", "ab")\ndef test_second(way: str) -> None:'
    small.replace(PROOF, "def test_second() -> None:", ways)
    small.replace(PROOF, 'load("tasks/other")', '"tasks/other"')
    left_out(small)
    tried, inputs = Tried(small.root, PROOF), inputs_of(Book.at(small.root), "second")
    assert tried.get(tried.key_of_proof("test_second", inputs))
    assert tried.get(tried.key_of_proof("test_second[a]", inputs))
    assert not tried.get(tried.key_of_proof("test_second[c]", inputs))


BEFORE = "WORD = 'said'\nOTHER = 1\n\n\n@pytest.mark.always(\"hello"
INPUTS = {
    "the proof": (PROOF, "assert WORD", "assert WORD != 1", 1),
    "what its file shares": (PROOF, "WORD = 'said'", "WORD = 'meant'", 1),
    "what else its file holds": (PROOF, "OTHER = 1", "OTHER = 2", 2),
    "another proof": (PROOF, "== 0", "< 1", 1),
    "its snippet": ("snippets/tasks/other.py", "print(word)", "print(word, word)", 1),
    "what its snippet imports": ("snippets/tasks/shared.py", "here", "there", 1),
    "a snippet of others": ("snippets/tasks/lonely.py", "alone", "together", 2),
    "conftest beside it": ("tests/tasks/conftest.py", "1", "2", 0),
    "a helper that it imports": ("tests/helping.py", "helped = 1", "helped = 2", 0),
    "what else the helper holds": ("tests/helping.py", "other = 1", "other = 2", 2),
    "the packages": ("requirements.lock", "1", "2", 0),
    "the machinery's fixtures": ("tests/conftest.py", "# 1", "# 2", 0),
}
"""What changes: file, old text and new, and how many of the two proofs are left out then."""


@pytest.fixture
def shared(small: Any) -> Any:
    """Return a small book whose proofs pass, and share all that proofs can share."""
    small.write("tests/tasks/conftest.py", "beside = 1\n")
    small.write("tests/helping.py", "helped = 1\nother = 1\n")
    small.write("tests/conftest.py", "# 1\n")
    small.write("requirements.lock", "1\n")
    imports = "if __name__:\n    from tests.helping import helped\n"
    small.replace(PROOF, '@pytest.mark.always("hello', f"{imports}\n\n{BEFORE}")
    small.replace(PROOF, "import load", "import path_of")
    small.replace(PROOF, 'load("', 'path_of("')
    small.replace(PROOF, "assert True", "assert WORD")
    return small


def known(book: Any) -> set[str]:
    """Return under which keys the outcomes of the two proofs are kept."""
    machinery.cache_clear()
    tried, now = Tried(book.root, PROOF), Book.at(book.root)
    tests = {"hello-at-once": "test_hello_at_once", "second": "test_second"}
    return {tried.key_of_proof(test, inputs_of(now, id)) for id, test in tests.items()}


@pytest.mark.parametrize("what", INPUTS)
def test_what_is_known_counts_until_an_input_of_it_changes(shared: Any, what: str) -> None:
    file, old, new, still = INPUTS[what]
    before = known(shared)
    assert len(before - {""}) == 2
    shared.replace(file, old, new)
    assert len(before & known(shared)) == still
    shared.replace(file, new, old)
    assert known(shared) == before, "as it was, it is known still"


def test_what_passed_stays_out_until_an_input_of_it_changes(shared: Any) -> None:
    shared.write("tests/__init__.py", "")
    shared.replace("pytest.ini", "[pytest]\n", "[pytest]\npythonpath = .\n")
    assert left_out(shared) == 0
    assert left_out(shared) == 2
    shared.replace("snippets/tasks/shared.py", "here", "there")
    assert left_out(shared) == 1


def test_a_proof_that_reads_more_is_never_left_out(small: Any) -> None:
    small.replace(PROOF, "assert True", "assert EVIDENCE")
    assert inputs_of(Book.at(small.root), "hello-at-once")
    assert inputs_of(Book.at(small.root), "second") == []


def test_a_name_put_together_stands_for_all_that_begin_so(small: Any) -> None:
    small.replace(PROOF, 'load("tasks/other")', 'load(f"tasks/{name}")')
    named = [text.partition("\n")[0] for text in inputs_of(Book.at(small.root), "second")[2:]]
    assert named == ["hello.py", "lonely.py", "other.py", "shared.py"]


def test_a_changed_snippet_is_another_input(small: Any) -> None:
    book = Book.at(small.root)
    assert inputs_of(book, "second", {"tasks/other": "print(2)"}) != inputs_of(book, "second")
    assert inputs_of(book, "second", {"tasks/hello": "print(2)"}) == inputs_of(book, "second")


def test_what_was_noted_is_known_to_the_next(tmp_path: Path) -> None:
    tried = Tried(tmp_path, "tests/test_it.py")
    key = tried.key_of_proof("test", ["text"])
    tried.note(key, "failed", "hang", 1.234)
    (file,) = (tmp_path / "build/tried").iterdir()
    with file.open("a", encoding="utf-8") as more:
        more.write('["cut o')
    again = Tried(tmp_path, "tests/test_it.py")
    assert again.get(key) == Outcome("failed", "hang", 1.23)
    assert again.get(again.key_of_proof("test", ["other"])) is None
    assert again.key_of_proof("test", []) == "", "what hangs on who knows what"


def test_old_outcomes_go_before_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proven.book.tried._MOST", 4)
    tried = Tried(tmp_path, "a")
    for number in range(5):
        tried.note(f"{number}", "passed", "", 0)
    Tried(tmp_path, "a")
    again = Tried(tmp_path, "a")
    assert [again.get(f"{number}") is not None for number in range(5)] == [False] * 3 + [True] * 2
