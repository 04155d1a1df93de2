"""The shape of pages and their words: a good page passes, each planted fault is told once."""

from pathlib import Path
from typing import NamedTuple

import pytest
from handbook.style.command import code, findings
from handbook.style.page import sentences

ROOT = Path(__file__).parents[3]
GOOD = """\
(tasks-hello)=
# Кто здоровается?

```{index} single: приветствие
```

```{first} tasks/index
```

```{short}
Здоровается программа. Она печатает `hello` и завершается.
```

Вопрос возникает, когда программа молчит.

```{literalinclude} ../../snippets/tasks/hello.py
```

```{output} tasks/hello
hello
```

[Строка печатается сразу]{.always #hello-at-once rests="asyncio.run"}.

Это видно по секунде слева.

## Частая ошибка: забыт вызов

Без вызова не печатается ничего.

## Дальше

- {ref}`tasks-one`
- {ref}`tasks-two`

```{asked}
Когда печатается строка? => #hello-at-once
```
"""
INDEX = "(tasks-one)=\n(tasks-two)=\n# Задачи\n\n```{glossary}\nКорутина\n  Объект.\n```\n"
TERMS = """\
words = ["корутин*"]

[[term]]
word = "блокировка"
not = ['мьютекс\\w*']
"""


class Fault(NamedTuple):
    """What is put in the place of what, the finding's rule and a part of its text.

    line: where it is told, if not where `old` stands.
    """

    old: str
    new: str
    rule: str
    text: str
    line: int = 0


CYRILLIC = "\N{CYRILLIC SMALL LETTER A}"
OWN = "Это видно по секунде слева."
FAULTS = [
    Fault("Кто здоровается?", "Кто здоровается", "question", "isn't a question"),
    Fault("# Кто здоровается?", "Кто здоровается?", "title", "no title", 1),
    Fault("## Дальше", "# Дальше", "title", "a second title"),
    Fault(OWN, f"{OWN} {'Это видно и без неё. ' * 18}", "paragraph", "95 words in a paragraph"),
    Fault(OWN, '## [Глава]{.always #x rests="cpython"}', "claim", "a heading is no claim"),
    Fault("```{index} single: приветствие\n```\n", "", "index", "no index entry", 1),
    Fault(" Она печатает `hello` и завершается.", "", "short", "1 sentences", 10),
    Fault("завершается.", "завершается. Да. Да. Да.", "short", "5 sentences", 10),
    Fault("## Дальше", "## Ещё", "next", "doesn't end"),
    Fault(
        "Вопрос возникает, когда программа молчит.",
        "## Пример",
        "program",
        "a heading, then code",
        16,
    ),
    Fault("- {ref}`tasks-one`\n- {ref}`tasks-two`\n", "", "next", "leads to 0", 31),
    Fault(OWN, "```\nhello\n```", "code", "without a language"),
    Fault(OWN, "```text\n0.0 │ hello\n```", "typed", "typed by hand"),
    Fault(OWN, "```text\nimport asyncio\n```", "code", "nobody runs"),
    Fault(OWN, "```python\nx = 1\n```", "code", "a fence of 'python'"),
    Fault(OWN, "    await sleep(1)", "code", "nobody runs"),
    Fault(OWN, "```{code-block} python\nx\n```", "code", "nobody runs"),
    Fault(OWN, "~~~text\nx\n", "fence", "isn't closed"),
    Fault(
        OWN,
        "```{literalinclude} ../../snippets/tasks/hello.py\n:lines: 1-3\n```",
        "lines",
        "hides the rest",
    ),
    Fault(
        "```{index} single: приветствие\n```\n",
        "```{index} single: приветствие\n```\n" * 2,
        "index",
        "already",
        6,
    ),
    Fault("single: приветствие", "single: сообщения; молчит", "index", "write «сообщение»"),
    Fault("single: приветствие", "single: преветствие", "spelling", "«преветствие»"),
    Fault("single: приветствие", "single: признаки; молчит", "index", "write «признак»"),
    Fault("```{short}\n", "```{tip}\n", "short", "no short answer", 1),
    Fault("hello\n```", f"{'hello ' * 13}\n```", "width", "78 columns: at most 72"),
    Fault(OWN, f"```text\n{'hello ' * 13}\n```", "width", "78 columns: at most 72", 26),
    Fault(OWN, "```{raw} html\n<b>x</b>\n```", "raw", "raw HTML"),
    Fault(OWN, "<script>alert(1)</script>", "raw", "raw HTML"),
    Fault(OWN, "Текст <b>жирный</b>.", "raw", "raw HTML <b>"),
    Fault(OWN, "````{note}\n```{raw} html\n<b>x</b>\n```\n````", "raw", "raw HTML", 26),
    Fault(OWN, "````{note}\n```text\nimport asyncio\n```\n````", "code", "nobody runs", 26),
    Fault(OWN, "> ```text\n> import asyncio\n> ```", "code", "nobody runs"),
    Fault(OWN, "```{include} ../index.md\n```", "directive", "{include} isn't"),
    Fault(OWN, "```{eval-rst}\n.. raw:: html\n```", "directive", "{eval-rst} isn't"),
    Fault(OWN, "````{only} html\n```{raw} html\n```\n````", "directive", "{only} isn't"),
    Fault(OWN, "```{csv-table}\n1, 2\n```", "typed", "a table typed"),
    Fault(OWN, "| | да |\n|---|---|\n| а | б |", "column", "has no head"),
    Fault(OWN, "```{note}\nЭто видно.", "fence", "isn't closed"),
    Fault("(tasks-hello)=", "---\norphan: true\n---\n(tasks-hello)=", "hidden", "front matter"),
    Fault(OWN, "% Дописать.", "hidden", "a comment"),
    Fault(OWN, "Это\u200b видно.", "hidden", "U+200B"),
    Fault(OWN, "Это `cafe\u0301`.", "hidden", "in two parts"),
    Fault(OWN, "Это [здесь](javascript:alert).", "link", "is no link"),
    Fault(OWN, "Это [здесь](http://example.org).", "link", "only https:"),
    Fault(OWN, "![](/_static/a.svg)", "image", "no alternative text"),
    Fault(OWN, "![слово](https://example.org/a.png)", "image", "external"),
    Fault(OWN, "![слово](/_static/none.svg)", "image", "there is no image"),
    Fault(OWN, "![слово](/_static/evil.svg)", "image", "runs a script"),
    Fault(OWN, "![слово](/_static/big.png)", "image", "400 KB"),
    Fault(OWN, f"Зовите `{CYRILLIC}syncio`.", "letters", f"«{CYRILLIC}syncio»"),
    Fault(OWN, "Зовите `await asyncio.gahter(a)`.", "name", "«asyncio.gahter»"),
    Fault(OWN, "Зовите\n`Lock` и `threading.lock`.", "name", "«threading.lock»", 26),
    Fault(OWN, "Это мьютекс.", "term", "the word is «блокировка»"),
    Fault(OWN, "Это пагрешность.", "spelling", "«пагрешность»"),
    Fault(OWN, "Это еще видно.", "spelling", "«еще»"),
    Fault(OWN, 'Это "видно".', "typography", "«ёлочки»"),
    Fault(OWN, "Это - видно.", "typography", "em dash"),
    Fault(OWN, "Это видно...", "typography", "write …"),
    Fault(OWN, "Это это видно.", "typography", "twice"),
    Fault(OWN, "Это TODO видно.", "typography", "author"),
    Fault(OWN, "Это \N{PARTY POPPER} видно.", "typography", "emoji"),
    Fault(OWN, "Это [](https://docs.python.org) видно.", "link", "no text"),
    Fault(OWN, "Это так: видно: слева.", "colon", "more than one colon"),
    Fault(OWN, f"{'Это видно и '.strip()} {'очень даже ' * 23}ясно.", "length", "words"),
    Fault(OWN, "This sentence is written for nobody here.", "russian", "isn't Russian"),
    Fault("[Строка", "[строка", "claim", "begins with a small letter"),
    Fault(
        "[Строка",
        '[До 3.12 строка]{.always #x before="3.12" rests="cpython"} [С',
        "claim",
        "begin without it",
    ),
    Fault("ошибка: забыт вызов", "ошибка", "heading", "say which"),
    Fault("`tasks-one`", "`tasks-three`", "link", "no label 'tasks-three'"),
    Fault("{first} tasks/index", "{first} tasks/none", "link", "no page 'tasks/none'"),
    Fault("=> #hello-at-once", "=> #hello-never", "link", "no claim 'hello-never'"),
    Fault("=> #hello-at-once", "=> tasks/none", "link", "no page 'tasks/none'"),
    Fault('rests="asyncio.run"', 'rests="asyncio.ran"', "link", "rests on asyncio.ran"),
    Fault(OWN, "Это {term}`куча`.", "link", "no term 'куча'"),
    Fault(OWN, "Ждут {term}`задачу\n<задача>`.", "link", "no term 'задача'"),
    Fault(OWN, "Здесь {claim}`hello-never`.", "link", "no claim 'hello-never'"),
    Fault(OWN, "Зовите {py:func}`asyncio.gahter`.", "link", "no 'asyncio.gahter'"),
    Fault("(tasks-hello)=", "\ufeff(tasks-hello)=", "bytes", "byte order mark"),
    Fault(OWN + "\n", OWN + "\r\n", "bytes", "CR"),
]


BESIDE = {"next", "question", "title"}
"""What a fault of the headings or an open fence breaks as well."""


def check(root: Path, text: str) -> list[tuple[int, str, str]]:
    """Write `text` as the page and return the findings."""
    page = root / "source/tasks/hello.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_bytes(text.encode())
    page.with_name("index.md").write_text(INDEX, encoding="utf-8")
    (root / "source/_terms.toml").write_text(TERMS, encoding="utf-8")
    inventories = root / "source/_inventories"
    if not inventories.exists():
        inventories.symlink_to(ROOT / "source/_inventories")
    (root / "source/_static").mkdir(exist_ok=True)
    (root / "source/_static/a.svg").write_text("<svg/>", encoding="utf-8")
    (root / "source/_static/evil.svg").write_text("<svg onload='x()'/>", encoding="utf-8")
    (root / "source/_static/big.png").write_bytes(bytes(400_000))
    return [tuple(finding) for _, finding in findings(root)]


def test_a_good_page_passes(tmp_path: Path) -> None:
    assert check(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    "fault", FAULTS, ids=lambda fault: f"{fault.rule}-{fault.text.replace(' ', '-')}"
)
def test_a_fault_is_told_once(tmp_path: Path, fault: Fault) -> None:
    assert fault.old in GOOD
    found = check(tmp_path, GOOD.replace(fault.old, fault.new))
    matching = [each for each in found if each[1] == fault.rule and fault.text in each[2]]
    line = fault.line or GOOD[: GOOD.index(fault.old)].count("\n") + 1
    assert [each[0] for each in matching] == [line], found
    assert {rule for _, rule, _ in found} - BESIDE <= {fault.rule}, found


@pytest.mark.parametrize(
    "name",
    [
        "asyncio.gather",
        "asyncio.TaskGroup.create_task",
        "concurrent.interpreters.create",
        "asyncio.tasks._enter_task",
        "threading.py",
        "queue.put",
        "self.lock",
    ],
)
def test_a_name_that_there_is(tmp_path: Path, name: str) -> None:
    assert check(tmp_path, GOOD.replace(OWN, f"Зовите `{name}`.")) == []


def test_the_index_may_have_what_readers_type(tmp_path: Path) -> None:
    entry = GOOD.replace("single: приветствие", "single: абырвалг; хелло")
    assert [told[1] for told in check(tmp_path, entry)] == ["spelling", "spelling"]
    more = TERMS.replace("[[term]]", 'alike = ["привет хелло"]\n\n[[term]]')
    (tmp_path / "source/_terms.toml").write_text(f'{more}typed = ["абырвалг"]\n', "utf-8")
    assert list(findings(tmp_path)) == []


def test_a_page_that_is_not_utf8(tmp_path: Path) -> None:
    check(tmp_path, GOOD)
    page = tmp_path / "source/tasks/hello.md"
    page.write_bytes(page.read_bytes().replace("Строка".encode(), b"\xd1\n\xff"))
    ((_, finding),) = findings(tmp_path)
    assert finding.rule == "bytes"


def test_a_table_of_terms_that_cannot_be_read(tmp_path: Path) -> None:
    check(tmp_path, GOOD)
    (tmp_path / "source/_terms.toml").write_text("x =\ny = 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"_terms\.toml: .*line 1.*mend the table"):
        list(findings(tmp_path))


def test_a_page_that_is_not_there(tmp_path: Path) -> None:
    check(tmp_path, GOOD)
    with pytest.raises(ValueError, match="there is no such page"):
        list(findings(tmp_path, ["tasks/none"]))


def test_a_snippet_that_hides_a_standard_module(tmp_path: Path) -> None:
    for name in ("queue", "queues"):
        (tmp_path / f"snippets/tasks/{name}.py").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"snippets/tasks/{name}.py").write_text("", encoding="utf-8")
    assert [(file.name, told.rule) for file, told in code(tmp_path)] == [("queue.py", "module")]


def test_what_lies_beside_snippets_is_none(tmp_path: Path) -> None:
    for name in ("tasks/notes.txt", "tasks/hello.py", "ruff.toml", ".ruff_cache/x"):
        (tmp_path / "snippets" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "snippets" / name).write_text("", encoding="utf-8")
    assert [(file.name, told.rule) for file, told in code(tmp_path)] == [("notes.txt", "module")]


def test_a_link_to_a_file_elsewhere(tmp_path: Path) -> None:
    check(tmp_path, GOOD)
    (tmp_path / "snippets/tasks").mkdir(parents=True, exist_ok=True)
    (tmp_path / "elsewhere").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "snippets/tasks/linked.py").symlink_to(tmp_path / "elsewhere")
    told = [finding for file, finding in code(tmp_path) if file.name == "linked.py"]
    assert [(finding.line, finding.rule) for finding in told] == [(1, "bytes")]
    assert told[0].text.endswith("elsewhere: put the file itself here")


@pytest.mark.parametrize(
    ("line", "rule", "text"),
    [
        (f"{CYRILLIC} = 1", "letters", f"«{CYRILLIC}»: Cyrillic letters in a snippet"),
        (f"{CYRILLIC}s = 1", "letters", f"«{CYRILLIC}s» mixes"),
        ("x = 1\r", "bytes", "CR"),
        ("x = 1  # \u202e", "hidden", "U+202E"),
    ],
    ids=["one letter", "mixed", "CR", "other direction"],
)
def test_a_fault_of_a_snippet_is_told_once(tmp_path: Path, line: str, rule: str, text: str) -> None:
    file = tmp_path / "snippets/tasks/hello.py"
    file.parent.mkdir(parents=True)
    file.write_bytes(f"y = 1\n{line}\n".encode())
    ((_, finding),) = code(tmp_path)
    assert finding[:2] == (2, rule)
    assert text in finding.text


def test_sentences_end_where_the_next_begins() -> None:
    text = "Вызовите `a.b`. Он ждёт 0.5 с. «Так» можно! И всё."
    assert len(sentences(text)) == 4
