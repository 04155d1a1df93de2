"""Settings of a book are its own: two books in one process don't know of each other."""

from pathlib import Path
from typing import Any

import pytest
from proven.book import Book, Settings

from tests.handbook.conftest import PAGE, SNIPPET
from tests.handbook.conftest import Book as Written

OTHER = """\
[project]
version = "1.0"

[tool.proven]
snippets = "programs"
tests = "proofs"
evidence = "found"
width = 30
ledger = "claims"
"""


@pytest.fixture
def other(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """Return a second book, whose folders have other names, and whose snippet prints "hi"."""
    book = Written(tmp_path_factory.mktemp("other"))
    book.write("pyproject.toml", OTHER)
    (book.root / "snippets").rename(book.root / "programs")
    (book.root / "tests").rename(book.root / "proofs")
    (book.root / "source/ledger.md").rename(book.root / "source/claims.md")
    book.replace("source/index.md", "ledger", "claims")
    book.write("programs/tasks/hello.py", SNIPPET.replace('"hello"', '"hi"'))
    page = PAGE.replace("snippets/", "programs/").replace("0.0 │ hello", "0.0 │ hi")
    book.write("source/tasks/hello.md", page)
    return book


def test_folders_are_relative_to_the_root(other: Written) -> None:
    book = Book.at(other.root)
    assert book.settings.pages == book.root / "source"
    assert book.settings.snippets == book.root / "programs"
    assert book.settings.evidence == book.root / "found"
    assert book.snippets == ["tasks/hello"]
    assert book.proofs["hello-at-once"].file == "proofs/tasks/test_hello.py"
    assert book.settings.name_of(book.snippet("tasks/hello")) == "programs/tasks/hello.py"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            'snipets = "s"',
            r"pyproject\.toml: \[tool\.proven\] snipets = 's': it may hold .*snippets",
        ),
        ('width = "72"', r"pyproject\.toml: \[tool\.proven\] width = '72': .*width \(int\)"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path, line: str, message: str) -> None:
    (tmp_path / "pyproject.toml").write_text(f"[tool.proven]\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        Settings.at(tmp_path)


def test_two_books_are_built_in_one_process(book: Any, other: Written) -> None:
    for _ in range(2):
        for each in (book, other):
            result = each.build("doctest", PROVEN_DEADLINE="5")
            assert result.returncode == 0, result.stdout
    # What is wrong with the one is told of it alone.
    other.replace("source/tasks/hello.md", "0.0 │ hi", "0.0 │ hello")
    assert "+0.0 │ hi" in other.build("doctest").stdout
    assert book.build("doctest").returncode == 0


def test_width_and_ledger_are_the_books_own(book: Any, other: Written) -> None:
    long = '    print("and")  # 72 columns would do\n'
    for each, snippet in ((book, "snippets"), (other, "programs")):
        each.replace(f"{snippet}/tasks/hello.py", '    print("and")\n', long)
    assert book.build("html").returncode == 0
    said = other.build("html").stdout
    assert "programs/tasks/hello.py:6: WARNING: 39 columns, at most 30 fit the page" in said
    page = (other.root / "build/html/tasks/hello.html").read_text(encoding="utf-8")
    assert "../claims/tasks.html#claim-hello-at-once" in page
