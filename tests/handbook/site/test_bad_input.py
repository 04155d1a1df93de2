"""Each fault planted in a small copy gives one error with file and line, and a non-zero exit."""

import re
from typing import Any, NamedTuple

import pytest

PAGE = "source/tasks/hello.md"
SNIPPET = "snippets/tasks/hello.py"
PROOF = "tests/tasks/test_hello.py"


class Fault(NamedTuple):
    """A change of the small copy, the builder that must notice it, and what it must say."""

    name: str
    file: str
    old: str
    new: str
    builder: str
    message: str


FAULTS = [
    Fault(
        "snippet missing",
        *(PAGE, "snippets/tasks/hello.py", "snippets/tasks/absent.py", "dummy"),
        r"source/tasks/hello\.md:8: WARNING: Include file '.*absent\.py' not found",
    ),
    Fault(
        "snippet raises",
        *(SNIPPET, 'print("hello")', 'raise ValueError("planted")', "doctest"),
        r'tasks/hello\.md", line 1[01], in tasks/hello\n(.*\n)*'
        r".*snippets/tasks/hello\.py: the snippet ended with exit code 1;.*\n(.*\n)*"
        r'.*File "snippets/tasks/hello\.py", line 5, in main\n(.*\n)*.*ValueError: planted',
    ),
    Fault(
        "snippet hangs in its loop",
        *(SNIPPET, 'print("hello")', "await asyncio.Event().wait()", "doctest"),
        r'tasks/hello\.md", line 1[01], in tasks/hello\n(.*\n)*'
        r".*snippets/tasks/hello\.py: a deadlock, nobody can go on; .*show it by :deadlock:\n"
        r'.*File "snippets/tasks/hello\.py", line 5: Task-1 waits for Event\.wait\n',
    ),
    Fault(
        "snippet hangs without its loop",
        *(SNIPPET, 'print("hello")', "while True:\n        pass", "doctest"),
        r".*snippets/tasks/hello\.py: still running after 1 s\n(.*\n)*.*line [56], in main",
    ),
    Fault(
        "snippet hangs in a thread of to_thread",
        *(
            SNIPPET,
            'print("hello")',
            "def spin() -> None:\n        while True:\n            pass\n\n"
            "    await asyncio.to_thread(spin)",
            "doctest",
        ),
        r".*snippets/tasks/hello\.py: still running after 1 s\n",
    ),
    Fault(
        "snippet with a thread hangs",
        *(
            SNIPPET,
            'print("hello")',
            "import threading\n\n    threading.Event().wait(60)",
            "doctest",
        ),
        r".*snippets/tasks/hello\.py: still running after 1 s\n(.*\n)*"
        r".*hello\.py\", line 7 in main",
    ),
    Fault(
        "snippet with threads is stuck",
        *(SNIPPET, 'print("hello")', "import threading\n\n    threading.Event().wait()", "doctest"),
        r".*snippets/tasks/hello\.py: a deadlock, .* show it by :deadlock:\n"
        r".*snippets/tasks/hello\.py\", line 7: MainThread waits for Event",
    ),
    Fault(
        "snippet prints something else",
        *(SNIPPET, 'print("hello")', 'print("good day")', "doctest"),
        r'tasks/hello\.md", line 1[01], in tasks/hello\n(.*\n)*'
        r".*-0\.0 │ hello\n.*\+0\.0 │ good day",
    ),
    Fault(
        "snippet prints nothing",
        *(SNIPPET, "asyncio.run(main())", "pass", "doctest"),
        r"snippets/tasks/hello\.py: the snippet printed nothing",
    ),
    Fault(
        "output out of date",
        *(PAGE, "0.0 │ hello", "0.0 │ hi", "doctest"),
        r'tasks/hello\.md", line 1[01], in tasks/hello\n(.*\n)*.*-0\.0 │ hi\n.*\+0\.0 │ hello',
    ),
    Fault(
        "output empty",
        *(PAGE, "0.0 │ hello\n0.0 │ and\n1.0 │ goodbye\n", "", "dummy"),
        r"hello\.md:11: WARNING: the output of tasks/hello is empty: run make accept",
    ),
    Fault(
        "output on another page",
        *(
            PAGE,
            "```{output} tasks/hello\n0.0 │ hello\n0.0 │ and\n1.0 │ goodbye\n```\n",
            "",
            "dummy",
        ),
        r"hello\.md:8: WARNING: snippets/tasks/hello\.py is included, but its output is not",
    ),
    Fault(
        "claim without a proof",
        *(PROOF, '@pytest.mark.always("hello-at-once")\n', "", "dummy"),
        r"source/tasks/hello\.md:17: WARNING: claim 'hello-at-once' has no proof",
    ),
    Fault(
        "proof without a claim",
        *(
            PAGE,
            '[Строка печатается сразу]{rests="asyncio.run" .always #hello-at-once}',
            "Сразу",
            "dummy",
        ),
        r"tests/tasks/test_hello\.py:5: WARNING: proof 'hello-at-once' \(test_hello_at_once\) "
        "has no claim",
    ),
    Fault(
        "claim rests on nothing",
        *(PAGE, 'rests="asyncio.run" ', "", "dummy"),
        r"source/tasks/hello\.md:17: WARNING: claim 'hello-at-once' rests on nothing: name a "
        r'target .* or rests="cpython"',
    ),
    Fault(
        "claim rests on what isn't there",
        *(PAGE, "asyncio.run", "asyncio.nothing", "dummy"),
        r"source/tasks/hello\.md:17: WARNING: claim 'hello-at-once' rests on asyncio\.nothing: "
        "name a target",
    ),
    Fault(
        "verb mismatch",
        *(PROOF, "mark.always", "mark.never", "dummy"),
        r"source/tasks/hello\.md:17: WARNING: claim 'hello-at-once' says always, "
        r"its proof at tests/tasks/test_hello\.py:5 never",
    ),
    Fault(
        "claim id used twice",
        *(
            PAGE,
            "#hello-at-once}.",
            '#hello-at-once}.\n\n[И ещё раз]{rests="cpython" .always #hello-at-once}.',
            "dummy",
        ),
        r"source/tasks/hello\.md:19: WARNING: Duplicate explicit target name: \"hello-at-once\"",
    ),
    Fault(
        "claim id used on two pages",
        "source/ledger.md",
        "# Реестр",
        '# Реестр\n\n[Сразу]{rests="cpython" .always #hello-at-once}.',
        "dummy",
        r"source/tasks/hello\.md:17: WARNING: claim id 'hello-at-once' is already used at "
        r"source/ledger\.md:3",
    ),
    Fault(
        "proof id used twice",
        *(PROOF, "@pytest", '@pytest.mark.always("hello-at-once")\n@pytest', "dummy"),
        r"tests/tasks/test_hello\.py:6: WARNING: proof id 'hello-at-once' is already used at "
        r"tests/tasks/test_hello\.py:5",
    ),
    Fault(
        "claim without an id",
        *(
            PAGE,
            'сразу]{rests="asyncio.run" .always #hello-at-once}',
            'и]{rests="cpython" .always}[сразу]{rests="asyncio.run" .always #hello-at-once}',
            "dummy",
        ),
        r"source/tasks/hello\.md:17: WARNING: this claim has no id",
    ),
    Fault(
        "Python that nobody checks",
        *(PAGE, "[Строка", "```python\nprint(1)\n```\n\n[Строка", "dummy"),
        r"source/tasks/hello\.md:17: WARNING: nobody checks this Python",
    ),
    Fault(
        "prompt that nobody checks",
        *(PAGE, "[Строка", "```{code-block} pycon\n>>> 1 + 1\n3\n```\n\n[Строка", "dummy"),
        r"source/tasks/hello\.md:17: WARNING: nobody checks this Python",
    ),
    Fault(
        "code line too long",
        *(
            SNIPPET,
            'print("hello")',
            'print("hello")' + " " * 40 + "# a long remark",
            "dummy",
        ),
        r"snippets/tasks/hello\.py:5: WARNING: 73 columns, at most 72 fit the page",
    ),
    Fault(
        "broken reference",
        *(PAGE, "[Строка", "{ref}`tasks-absent`\n\n[Строка", "dummy"),
        r"source/tasks/hello\.md:17: WARNING: undefined label: 'tasks-absent'",
    ),
    Fault(
        "broken reference to the documentation",
        *(PAGE, "[Строка", "{py:func}`asyncio.absent`\n\n[Строка", "dummy"),
        r"source/tasks/hello\.md:17: WARNING: py:func reference target not found: asyncio\.absent",
    ),
    Fault(
        "verb misspelt at both ends",
        *(PAGE, ".always #hello-at-once}", ".allways #hello-at-once}", "dummy"),
        r"source/tasks/hello\.md:17: WARNING: claim 'hello-at-once': \.allways means nothing here",
    ),
    Fault(
        "range misspelt",
        *(PAGE, "#hello-at-once}", '#hello-at-once sinse="3.12"}', "dummy"),
        r"source/tasks/hello\.md:17: WARNING: claim 'hello-at-once': sinse means nothing here",
    ),
    Fault(
        "page in no toctree",
        *("source/index.md", "tasks/hello\n", "", "dummy"),
        r"source/tasks/hello\.md: WARNING: document isn't included in any toctree",
    ),
    Fault(
        "page without a short answer",
        *(PAGE, "```{short}\nПрограмма. Она печатает три строки.\n```\n", "Программа.\n", "dummy"),
        r"source/tasks/hello\.md:2: WARNING: a question's page begins with its \{short\} answer",
    ),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_fault_gives_one_error(book: Any, fault: Fault) -> None:
    book.replace(fault.file, fault.old, fault.new)
    # Nothing ends a thread that hangs but the end of its process.
    build = book.build_alone if "thread of to_thread" in fault.name else book.build
    # What is noticed at once needn't be noticed within a second on a busy machine.
    deadline = "1" if "still running" in fault.message else "20"
    result = build(fault.builder, PROVEN_DEADLINE=deadline)
    assert re.search(fault.message, result.stdout), result.stdout
    assert result.returncode != 0
    errors = re.findall("^Failed example:|: (?:WARNING|ERROR): ", result.stdout, re.M)
    assert len(errors) == 1, result.stdout


PYTHONS = '[project]\nversion = "1.0"\n\n[tool.proven]\npythons = ["3.11", "3.13t"]\n'


@pytest.mark.parametrize("only", ['since="3.99"', 'before="3.11"', 'since="3.12" gil="on"'])
def test_a_claim_that_no_interpreter_checks(book: Any, only: str) -> None:
    book.write("pyproject.toml", PYTHONS)
    book.replace(PAGE, "#hello-at-once}", f"#hello-at-once {only}}}")
    arguments = only.replace(" ", ", ")
    book.replace(PROOF, '("hello-at-once")', f'("hello-at-once", {arguments})')
    result = book.build("dummy")
    assert result.returncode != 0
    assert re.search(
        r"source/tasks/hello\.md:17: WARNING: claim 'hello-at-once': .* holds on no interpreter",
        result.stdout,
    ), result.stdout
    assert result.stdout.count("WARNING") == 1


def test_an_output_that_no_interpreter_checks(book: Any) -> None:
    book.write("pyproject.toml", PYTHONS)
    book.replace(PAGE, "```{output} tasks/hello\n", "```{output} tasks/hello\n:since: 3.99\n")
    result = book.build("dummy")
    assert result.returncode != 0
    told = (
        "source/tasks/hello.md:11: WARNING: the output of tasks/hello is checked on no interpreter"
    )
    assert told in result.stdout
    assert result.stdout.count("WARNING") == 1


UNREADABLE = [
    (PROOF, "def broken(:\n", r"test_hello\.py:1: .*: mend the test"),
    ("source/_evidence/3.11.json", '{"a":\n', r"3\.11\.json:2: .*: take it anew"),
    ("source/_evidence/3.11.json", "[]", r"3\.11\.json:1: it holds no object"),
    ("source/_evidence/3.11.json", "{}", r"3\.11\.json: no evidence, 'claims'"),
    ("source/_evidence/stress.json", '{"a":\n', r"stress\.json:2: .*: take it anew"),
    ("tests/tasks/justified.toml", "[a\n", r"justified\.toml: .*line 1"),
]


@pytest.mark.parametrize(("file", "text", "message"), UNREADABLE)
def test_what_cannot_be_read_is_named(book: Any, file: str, text: str, message: str) -> None:
    book.write(file, text)
    result = book.build("dummy")
    assert result.returncode != 0
    assert re.fullmatch(rf".*{message}.* \[handbook\.unreadable\]\n", result.stdout), result.stdout


@pytest.mark.parametrize("builder", ["dummy", "doctest"])
def test_sound_book_builds_in_any_locale(book: Any, builder: str) -> None:
    result = book.build_alone(builder, LC_ALL="C", PYTHONUTF8="0")
    assert result.returncode == 0, result.stdout


def test_errors_are_told_in_any_locale(book: Any) -> None:
    book.replace(PAGE, "0.0 │ hello", "0.0 │ привет")
    result = book.build_alone("doctest", LC_ALL="C", PYTHONUTF8="0")
    assert result.returncode != 0
    assert "in tasks/hello" in result.stdout


def test_accept_rewrites_outputs(book: Any) -> None:
    book.replace(PAGE, "0.0 │ hello", "7.0 │ stale\n8.0 │ lines")
    result = book.run("proven.checks.accept", "--root", str(book.root))
    assert result.returncode == 0
    assert "source/tasks/hello.md: outputs rewritten" in result.stdout
    assert book.build("doctest").returncode == 0


def test_accept_leaves_a_page_whose_snippet_fails(book: Any) -> None:
    book.replace(SNIPPET, 'print("hello")', 'raise ValueError("planted")')
    before = (book.root / PAGE).read_bytes()
    result = book.run("proven.checks.accept", "--root", str(book.root))
    assert result.returncode == 1
    assert "snippets/tasks/hello.py: the snippet ended with exit code 1" in result.stdout
    assert (book.root / PAGE).read_bytes() == before


def test_a_proof_mended_or_moved_changes_the_ledger(book: Any) -> None:
    assert book.build("html").returncode == 0
    assert "test_hello.py:5" in (book.root / "build/html/ledger/tasks.html").read_text(
        encoding="utf-8"
    )
    book.write(PROOF, "\n" + (book.root / PROOF).read_text(encoding="utf-8"))
    assert book.build("html").returncode == 0
    assert "test_hello.py:6" in (book.root / "build/html/ledger/tasks.html").read_text(
        encoding="utf-8"
    )
