"""What passed isn't tried again while nothing changes on which it hangs, and only then."""

import re
from contextlib import chdir
from pathlib import Path
from typing import Any

import pytest
from proven.book import Book, Outcome, Tried, inputs_of

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
