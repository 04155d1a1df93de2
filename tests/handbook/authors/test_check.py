"""make check names each fault of a page with its place."""

import sys
from contextlib import chdir, redirect_stdout
from io import StringIO
from typing import Any
from unittest import mock

import pytest
from handbook.authors.check.page import main

from tests.handbook.conftest import PAGE

SPARE = """\
    await asyncio.sleep(1)
    await asyncio.sleep(0)
"""
ANY_ORDER = "{output} tasks/hello\n:order: any\n"
TIE = """\
import asyncio


async def say(word: str, *seconds: int) -> None:
    for each in seconds:
        await asyncio.sleep(each)
    print(word)


async def main() -> None:
    print("hello")
    await asyncio.gather(say("a", 2), say("b", 1, 1))


if __name__ == "__main__":
    asyncio.run(main())
"""
TIED = "0.0 │ hello\n2.0 │ b\n2.0 │ a"
PYTHONS = '[project]\nversion = "1.0"\n\n[tool.proven]\npythons = ["3.11"]\n'
NOWHERE = "{output} tasks/hello\n:since: 3.99\n"
VACUOUS = 'assert play("tasks/hello").at("hello") == 0'


def told(book: Any) -> str:
    """Return what the command tells, in this process: its start would take most of the time."""
    said, command = StringIO(), ["check", "--root", str(book.root), "tasks/hello"]
    with chdir(book.root), mock.patch.object(sys, "argv", command), redirect_stdout(said):
        assert main() == 1, said.getvalue()
    return said.getvalue()


LOUD = '    __import__("sys").stderr.write("OSError\\n")\n    asyncio.run'


@pytest.fixture
def small(book: Any) -> Any:
    """Return a small book in which pytest finds its marks."""
    verbs = "".join(f"  {verb}(id)\n" for verb in ("always", "sometimes", "never"))
    book.write("pytest.ini", f"[pytest]\naddopts = --strict-markers\nmarkers =\n{verbs}")
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
    assert "tests/tasks/test_hello.py:5: mark: proof 'hello-at-once' tries one way only" in lines


def test_what_a_build_says_of_the_page_is_told_each_time(small: Any) -> None:
    assert small.build("dummy").returncode == 0
    asked = "".join(f"Вопрос {number}? => tasks/hello\n" for number in range(4))
    small.write("source/tasks/hello.md", f"{PAGE}\n```{{asked}}\n{asked}```\n")
    # A build that has read the page says nothing of it the next time.
    for _ in range(2):
        assert "source/tasks/hello.md:19: build: 4 questions that follow" in told(small)
    small.write("source/tasks/hello.md", f"{PAGE}\n{{claim}}`none-such`\n")
    # What lint says of a line is enough.
    assert "hello.md:19: link: there is no claim 'none-such'" in (lines := told(small))
    assert "hello.md:19: build" not in lines


def test_what_readers_see_on_stderr_the_page_names(small: Any) -> None:
    small.replace("snippets/tasks/hello.py", "    asyncio.run", LOUD)
    assert "hello.md:11: output: tasks/hello: its stderr, «OSError»" in told(small)
    small.replace("source/tasks/hello.md", "Программа.", "Программа пишет `OSError`.")
    assert "its stderr" not in told(small)


def test_an_output_is_compared_on_each_page_that_shows_it(small: Any) -> None:
    block = "```{output} tasks/hello\n0.0 │ hello\n0.0 │ and\n1.0 │ goodbye\n```"
    small.write("source/tasks/later.md", f"# Ещё?\n\n{block}\n")
    small.replace("source/tasks/hello.md", "1.0 │ goodbye", "1.0 │ farewell")
    assert "hello.md:11: output: tasks/hello: other output" in told(small)


def test_what_ruff_says_of_code_is_told(small: Any) -> None:
    small.replace("tests/tasks/test_hello.py", "import pytest\n", "import os, pytest\n")
    small.replace("snippets/tasks/hello.py", 'print("hello")', "print('hello')")
    lines = told(small)
    assert "tests/tasks/test_hello.py:1: ruff: F401" in lines
    assert "snippets/tasks/hello.py:5: ruff: unformatted" in lines


def test_a_proof_that_fails_elsewhere_is_told_by_its_own_line(small: Any) -> None:
    small.replace("tests/tasks/test_hello.py", 'at("hello")', 'at("farewell")')
    assert "tests/tasks/test_hello.py:7: " in (lines := told(small))
    assert "trace.py" not in lines


def test_of_a_program_that_failed_its_error_is_told(small: Any) -> None:
    said = repr('Traceback (most recent call last):\n  File "x.py", line 1\nKeyError: 5')
    small.replace("tests/tasks/test_hello.py", '.at("hello") == 0', f".lines == [], {said}")
    assert "tests/tasks/test_hello.py:7: AssertionError: KeyError: 5: proof" in told(small)


def test_a_proof_that_nothing_breaks_is_told(small: Any) -> None:
    small.replace("tests/tasks/test_hello.py", VACUOUS, 'assert play("tasks/hello") is not None')
    assert "hello-at-once" in (lines := told(small))
    assert "vacuous: nothing breaks this proof" in lines


def test_a_mutant_that_nobody_notices_is_told(small: Any) -> None:
    small.replace("snippets/tasks/hello.py", "    await asyncio.sleep(1)\n", SPARE)
    key = "drop await: await asyncio.sleep(0)"
    assert f"snippets/tasks/hello.py:8: '{key}': survivor" in (lines := told(small))
    assert "survivor: change the program or the proof so that somebody notices it" in lines


def test_an_order_that_the_program_decides_is_not_hidden(small: Any) -> None:
    small.replace("source/tasks/hello.md", "{output} tasks/hello\n", ANY_ORDER)
    assert "source/tasks/hello.md:11: order: tasks/hello: the program decides" in told(small)


def test_an_order_that_hangs_on_a_tie_may_be_hidden(small: Any) -> None:
    small.write("snippets/tasks/hello.py", TIE)
    small.replace("source/tasks/hello.md", "0.0 │ hello\n0.0 │ and\n1.0 │ goodbye", TIED)
    small.replace("source/tasks/hello.md", "{output} tasks/hello\n", ANY_ORDER)
    assert "order: tasks/hello" not in told(small)


def test_what_no_interpreter_checks_is_told(small: Any) -> None:
    small.write("pyproject.toml", PYTHONS)
    small.replace("source/tasks/hello.md", "#hello-at-once}", '#hello-at-once since="3.99"}')
    small.replace("source/tasks/hello.md", "{output} tasks/hello\n", NOWHERE)
    small.replace("tests/tasks/test_hello.py", '-once")', '-once", since="3.99")')
    lines = told(small)
    assert "hello.md:18: mark: claim 'hello-at-once': always since 3.99 holds on no" in lines
    assert "source/tasks/hello.md:11: output: tasks/hello: it is checked on no" in lines


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("mark.always", "mark.allways", "tests/tasks/test_hello.py: Failed: 'allways' not found"),
        ("import play", "import pley", "tests/tasks/test_hello.py:2: ImportError"),
        ("def test_hello_at_once() -> None:", "def test(:", "tests/tasks/test_hello.py:6"),
    ],
    ids=["verb", "import", "syntax"],
)
def test_a_test_that_does_not_run_is_told(small: Any, old: str, new: str, line: str) -> None:
    small.replace("tests/tasks/test_hello.py", old, new)
    lines = told(small)
    assert line in lines
    assert "vacuous" not in lines


def test_a_program_that_fails_is_not_to_be_accepted(small: Any) -> None:
    small.replace("snippets/tasks/hello.py", 'print("and")', "1 / 0")
    lines = told(small)
    assert "source/tasks/hello.md:11: output: tasks/hello: snippets/tasks/hello.py: the" in lines
    assert "make accept" not in lines


@pytest.mark.parametrize("rests", ["", 'rests="asyncio.rum" '], ids=["nothing", "no place"])
def test_a_claim_that_rests_on_nothing_is_told(small: Any, rests: str) -> None:
    small.replace("source/tasks/hello.md", 'rests="asyncio.run" ', rests)
    assert "hello.md:17: link: claim 'hello-at-once' rests on " in told(small)


RUN = """
```{interleaving} tasks/grow
:make: x = Counter()
:actors: A: x.add() | B: x.add()
:holds: x.value == 2

A │ 6 │ seen ← 0 │ !
= x.value is 2, not 1
```
"""
GROW = """\
class Counter:
    value = 0

    def add(self) -> None:
        seen = self.value
        self.value = seen + 1


print("grown")
"""


def test_a_run_that_the_explorer_does_not_find_is_told(small: Any) -> None:
    page = (small.root / "source/tasks/hello.md").read_text(encoding="utf-8")
    small.write("snippets/tasks/grow.py", GROW)
    small.write("source/tasks/hello.md", page + RUN)
    place = f"source/tasks/hello.md:{page.count(chr(10)) + 2}: interleaving: tasks/grow"
    assert f"{place}: the explorer finds another run: run make accept" in told(small)


LEADS = """
```{first} tasks/none tasks/hello
```

```{asked}
Почему? => #hello-at-once
Когда? => #never-heard
Где? => tasks/nowhere
Сколько?
```
"""


def test_what_leads_nowhere_is_told_with_its_line(small: Any) -> None:
    page = (small.root / "source/tasks/hello.md").read_text(encoding="utf-8")
    small.write("source/tasks/hello.md", page + LEADS)
    end = page.count("\n")
    lines = [line for line in told(small).splitlines() if ": link:" in line]
    places = [
        (2, "it leads to this very page"),
        (2, "there is no page 'tasks/none'"),
        (7, "there is no claim 'never-heard'"),
    ]
    places += [(8, "there is no page 'tasks/nowhere'"), (9, "it leads nowhere")]
    assert len(lines) == len(places)
    for line, (number, problem) in zip(lines, places, strict=True):
        assert line.startswith(f"source/tasks/hello.md:{end + number}: link: {problem}"), line
