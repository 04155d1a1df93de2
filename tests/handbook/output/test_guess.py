"""`{output}` with :timeline:, :compare: and :guess:, on the site."""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pypdf import PdfReader

PAGE = "source/tasks/hello.md"
SNIPPET = "snippets/tasks/hello.py"


def build(book: Any, options: str) -> tuple[str, str]:
    """Build the site of a copy whose output has `options`; return its page and the messages."""
    book.replace(PAGE, "{output} tasks/hello\n", "{output} tasks/hello\n" + options)
    result = book.build("html")
    page = Path(book.root, "build/html/tasks/hello.html").read_text(encoding="utf-8")
    return page, result.stdout


def figure(page: str) -> str:
    return re.findall(r"<figure.*?</figure>", page, re.S)[0]


def test_a_timeline_is_an_inline_numbered_figure(book: Any) -> None:
    book.write(PAGE, (book.root / PAGE).read_text() + "\n{numref}`timeline-tasks-hello`\n")
    page, messages = build(book, ":timeline: Привет и *пока*\n:guess:\n")
    assert messages == ""
    drawn = figure(page)
    svg = drawn[drawn.index("<svg") : drawn.index("</svg>") + 6]
    assert "Привет и пока" in [part.text for part in ElementTree.fromstring(svg)]
    assert re.search(r'caption-number">Рис. 1. </span><span.*Привет и <em>пока</em>', drawn)
    assert 'id="timeline-tasks-hello"' in drawn
    assert 'href="#timeline-tasks-hello"' in page
    # Above it the output; both are hidden until the reader opens them, without a script.
    hidden = page[page.index('<details class="guess">') : page.index("</details>")]
    assert "<summary>Что напечатает? Подумайте, потом откройте</summary>" in hidden
    assert hidden.index("goodbye") < hidden.index("<figure")
    assert 'tabindex="0"' in drawn, "a keyboard can scroll it"
    book.replace(SNIPPET, "goodbye", "bye")
    assert "-1.0 │ goodbye" in book.build("doctest").stdout, "it is checked like all others"


def test_compared_snippets_are_drawn_above(book: Any) -> None:
    book.write("snippets/tasks/other.py", (book.root / SNIPPET).read_text().replace("(1)", "(3)"))
    page, messages = build(book, ":timeline: Оба\n:compare: tasks/other\n")
    assert messages == ""
    heads = re.findall(r'class="label">(\w+\.py)', figure(page))
    assert heads == ["other.py", "hello.py"]


FAULTS = [
    (":timeline: x", "0.0 │ or", "the timeline of tasks/hello: the output above it is out of date"),
    (":timeline: x\n:compare: a/b", "", r"snippets/a/b\.py: there is no such snippet"),
    (":timeline: x\n:compare: tasks/many", "", "32 lanes, at most 24 can be told apart"),
    (":timeline:", "", ".*timeline"),
]


def test_each_fault_is_named_with_its_line(book: Any) -> None:
    snippet = (book.root / SNIPPET).read_text()
    many = "await asyncio.gather(*map(asyncio.sleep, [1] * 30))"
    book.write("snippets/tasks/many.py", snippet.replace("await asyncio.sleep(1)", many))
    lines = "0.0 │ hello\n0.0 │ and\n1.0 │ goodbye"
    blocks = [
        f"```{{output}} tasks/hello\n{options}\n{instead or lines}\n```\n"
        for options, instead, _ in FAULTS
    ]
    text = (book.root / PAGE).read_text()
    book.write(PAGE, text + "\n" + "\n".join(blocks))
    messages = book.build("dummy").stdout
    page = (book.root / PAGE).read_text().splitlines()
    places = [number for number, line in enumerate(page, 1) if "{output}" in line][1:]
    for place, (_, _, message) in zip(places, FAULTS, strict=True):
        # MyST names the line of an option, not of its directive.
        assert re.search(rf"hello\.md:({place}|{place + 1}): .*{message}", messages), messages
    assert len(re.findall("WARNING|ERROR", messages)) == len(FAULTS)


def test_in_print_the_answers_stand_at_the_end_of_the_chapter(book: Any) -> None:
    options = ":timeline: Привет и пока\n:guess:\n"
    book.replace(PAGE, "{output} tasks/hello\n", "{output} tasks/hello\n" + options)
    result = book.build("typst")
    assert result.returncode == 0, result.stdout
    pages = [
        " ".join(page.extract_text().split())
        for page in PdfReader(book.root / "build/typst/handbook.pdf").pages
    ]
    (asked,) = [number for number, text in enumerate(pages, 1) if "Что напечатает?" in text]
    (answered,) = [number for number, text in enumerate(pages, 1) if "К вопросу" in text]
    assert f"сверьтесь с ответом на с. {answered}" in pages[asked - 1]
    assert f"К вопросу на с. {asked}: snippets/tasks/hello.py" in pages[answered - 1]
    answer = pages[answered - 1].partition("Ответы")[2]
    assert "1.0 │ goodbye" in answer
    assert "Рис. 1. Привет и пока" in answer
    assert "goodbye" not in pages[asked - 1].partition("Что напечатает?")[2].partition("Ответы")[0]
