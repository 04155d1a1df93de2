"""make check names each fault of a page with its place."""

from typing import Any

import pytest

VACUOUS = 'assert play("tasks/hello").at("hello") == 0'


def told(book: Any) -> str:
    done = book.run("handbook.authors.check", "--root", str(book.root), "tasks/hello")
    assert done.returncode == 1, done.stdout
    return str(done.stdout)


@pytest.fixture
def small(book: Any) -> Any:
    """Return a small book in which pytest finds its marks."""
    verbs = "".join(f"  {verb}(id)\n" for verb in ("always", "sometimes", "never"))
    book.write("pytest.ini", f"[pytest]\nmarkers =\n{verbs}")
    book.write("source/_terms.toml", "")
    return book


def test_outputs_proofs_and_style_are_told_with_their_places(small: Any) -> None:
    small.replace("source/tasks/hello.md", "1.0 │ goodbye", "1.0 │ farewell")
    small.replace("source/tasks/hello.md", "Программа.", 'Программа "видна".')
    small.replace("tests/tasks/test_hello.py", "== 0", "== 7")
    lines = told(small)
    assert "source/tasks/hello.md:11: output: tasks/hello: other output: run make accept" in lines
    assert "tests/tasks/test_hello.py:7" in lines
    assert "source/tasks/hello.md:5: typography" in lines


def test_a_proof_that_nothing_breaks_is_told(small: Any) -> None:
    small.replace("tests/tasks/test_hello.py", VACUOUS, 'assert play("tasks/hello") is not None')
    assert "hello-at-once" in (lines := told(small))
    assert "vacuous: nothing breaks this proof" in lines
