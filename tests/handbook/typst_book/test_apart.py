"""What is printed apart from the book: chapters alone, sheets, booklets."""

from pathlib import Path
from typing import Any

import pypdf
import pypdfium2
import pytest
from typst_book.pdf.apart import booklet, imposed

from tests.handbook.conftest import Book

CHAPTER = """
# Потоки

Глава говорит о том же, что {doc}`/tasks/hello`.

```{toctree}
short
```
"""
PAGE = """
# Что короче?

```{short}
Этот вопрос короче, чем {doc}`тот </tasks/hello>`.
```

Смотрите и {ref}`сюда <there>`.

(there)=
## Сюда

Тут ничего нет.
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a printed book of two chapters."""
    book = Book(tmp_path_factory.mktemp("apart"))
    (book.root / "source/threads").mkdir()
    (book.root / "source/threads/index.md").write_text(CHAPTER, encoding="utf-8")
    (book.root / "source/threads/short.md").write_text(PAGE, encoding="utf-8")
    (book.root / "source/answers.md").write_text(
        "# Краткие ответы\n\n```{short-answers}\n```\n", encoding="utf-8"
    )
    tasks = "# Задачи\n\n```{toctree}\nhello\n```\n"
    (book.root / "source/tasks/index.md").write_text(tasks, encoding="utf-8")
    pages = "tasks/index\nthreads/index\nanswers\n"
    book.replace("source/index.md", "tasks/hello\n", pages)
    result = book.build("typst")
    assert result.returncode == 0, result.stdout
    return Path(book.root / "build/typst")


def texts(file: Path) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(file)]


def links(file: Path) -> list[Any]:
    """Return where each link leads: a page of the file, or a page of another and its name."""
    read = pypdf.PdfReader(file)
    numbers = {page.indirect_reference.idnum: n for n, page in enumerate(read.pages)}
    found: list[Any] = []
    for page in read.pages:
        for mark in page.get("/Annots", []):
            note = mark.get_object()
            if "/Dest" in note:
                found.append(numbers[note["/Dest"][0].idnum])
            elif note["/A"]["/S"] == "/GoToR":
                found.append((note["/A"]["/F"]["/UF"], note["/A"]["/D"][0]))
    return found


def test_each_chapter_stands_alone_under_the_pages_of_the_book(printed: Path) -> None:
    book = texts(printed / "handbook.pdf")
    alone = [text for name in ("tasks", "threads") for text in texts(printed / f"print/{name}.pdf")]
    first = book.index(alone[0])
    assert alone == book[first : first + len(alone)]


def test_what_leads_out_of_a_chapter_leads_into_the_book(printed: Path) -> None:
    book = texts(printed / "handbook.pdf")
    out = [link for link in links(printed / "print/threads.pdf") if isinstance(link, tuple)]
    within = [link for link in links(printed / "print/threads.pdf") if isinstance(link, int)]
    assert within
    assert {name for name, _page in out} == {"../handbook.pdf"}
    hello = texts(printed / "print/tasks.pdf")
    assert {book[page] for _name, page in out} <= set(hello)


def test_a_sheet_has_the_short_answers_of_its_chapter(printed: Path) -> None:
    (sheet,) = texts(printed / "print/threads-answers.pdf")
    assert sheet.startswith("Потоки. Краткие ответы")
    assert "Этот вопрос короче" in sheet
    (other,) = texts(printed / "print/tasks-answers.pdf")
    assert "Этот вопрос короче" not in other
    names = {file.name for file in (printed / "print").iterdir()}
    assert names == {
        f"{name}{kind}.pdf" for name in ("tasks", "threads") for kind in ("", "-answers")
    }


@pytest.mark.parametrize("count", range(1, 18))
def test_a_folded_booklet_reads_in_order(count: int) -> None:
    sides = list(imposed(count))
    assert len(sides) % 2 == 0
    # Turned over at its spine, a sheet has behind its right half the left one of the other side.
    leaves = [
        leaf
        for front, back in zip(sides[::2], sides[1::2], strict=True)
        for leaf in ((front[1], back[0]), (back[1], front[0]))
    ]
    read = [page for leaf in sorted(leaves) for page in leaf]
    assert read == list(range(len(sides) * 2))
    assert count <= len(read) < count + 4


def test_a_booklet_has_two_pages_to_a_side(printed: Path, tmp_path: Path) -> None:
    source, made = printed / "print/threads.pdf", tmp_path / "threads.pdf"
    booklet(source, made)
    pages, sides = texts(source), texts(made)
    assert len(sides) == -(-len(pages) // 4) * 2
    for number, page in enumerate(pages):
        (side,) = (n for n, pair in enumerate(imposed(len(pages))) if number in pair)
        assert set(page.split()) <= set(sides[side].split())
    width, height = pypdfium2.PdfDocument(made)[0].get_size()
    assert width > height
