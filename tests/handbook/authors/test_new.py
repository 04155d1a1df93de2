"""A new question is laid out whole, and stays red until it is filled."""

from pathlib import Path

import pytest
from handbook.authors.new import lay_out
from handbook.style.command import findings
from handbook.style.shape import FILL

INDEX = (
    "# Книга\n\n```{toctree}\n:caption: Главы\n\ntasks/index\n```\n\n```{toctree}\nledger\n```\n"
)
CHAPTER = "# Задачи\n\n```{toctree}\ngather\n```\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "source/tasks").mkdir(parents=True)
    (tmp_path / "source/index.md").write_text(INDEX, encoding="utf-8")
    (tmp_path / "source/tasks/index.md").write_text(CHAPTER, encoding="utf-8")
    return tmp_path


def written(root: Path, file: str) -> str:
    return (root / file).read_text(encoding="utf-8")


def test_a_question_in_a_chapter(root: Path) -> None:
    lay_out(root, "tasks/hung-program")
    assert written(root, "source/index.md") == INDEX
    assert written(root, "source/tasks/index.md") == CHAPTER.replace(
        "gather", "gather\nhung-program"
    )
    page = written(root, "source/tasks/hung-program.md")
    assert page.startswith("(tasks-hung-program)=\n# ")
    assert "```{output} tasks/hung_program\n```" in page
    assert "#hung-program}" in page
    assert '@pytest.mark.always("hung-program")' in written(
        root, "tests/tasks/test_hung_program.py"
    )
    compile(written(root, "snippets/tasks/hung_program.py"), "snippet", "exec")


def test_a_new_chapter(root: Path) -> None:
    lay_out(root, "debugging/hung-program")
    assert written(root, "source/index.md") == INDEX.replace(
        "tasks/index\n", "tasks/index\ndebugging/index\n"
    )
    assert written(root, "source/debugging/index.md").endswith("```{toctree}\nhung-program\n```\n")


def test_a_snippet_is_of_the_kind_that_its_chapter_has(root: Path) -> None:
    (root / "snippets/races").mkdir(parents=True)
    for name in "ab":
        (root / f"snippets/races/{name}.py").write_text("import threading\n", encoding="utf-8")
    lay_out(root, "races/new")
    assert "asyncio" not in written(root, "snippets/races/new.py")
    lay_out(root, "bridges/new")
    assert "asyncio" in written(root, "snippets/bridges/new.py")


def test_a_snippet_does_not_hide_a_standard_module(root: Path) -> None:
    lay_out(root, "tasks/asyncio")
    assert not (root / "snippets/tasks/asyncio.py").exists()
    assert (root / "snippets/tasks/asyncio_example.py").exists()
    assert "```{output} tasks/asyncio_example\n```" in written(root, "source/tasks/asyncio.md")


def test_every_place_to_fill_is_told(root: Path) -> None:
    lay_out(root, "tasks/hung-program")
    page = written(root, "source/tasks/hung-program.md")
    places = [number for number, line in enumerate(page.splitlines(), 1) if FILL in line]
    told = [
        each.line for _, each in findings(root, ["tasks/hung-program"]) if each.rule == "unfilled"
    ]
    assert told == places
    assert len(places) > 8


@pytest.mark.parametrize("name", ["hung", "a/Hung", "../x/y", "tasks/a_b", "a/b/c", ""])
def test_a_bad_name_writes_nothing(root: Path, name: str) -> None:
    before = sorted(root.rglob("*"))
    with pytest.raises(ValueError, match="is no name of a page"):
        lay_out(root, name)
    assert sorted(root.rglob("*")) == before


def test_what_is_there_stays(root: Path) -> None:
    lay_out(root, "tasks/hung-program")
    (root / "source/tasks/hung-program.md").unlink()
    before = written(root, "source/tasks/index.md")
    with pytest.raises(ValueError, match=r"snippets/tasks/hung_program\.py is there already"):
        lay_out(root, "tasks/hung-program")
    assert written(root, "source/tasks/index.md") == before
