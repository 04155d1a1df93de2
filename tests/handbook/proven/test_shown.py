"""Any text is a valid output: what is accepted, every comparison finds again."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from proven.checks.accept import accept
from proven.shown import (
    Recordings,
    Terms,
    as_read,
    on_page,
    outputs_in,
    record,
    replay,
    rewritten,
)
from proven.stage import SnippetError
from proven.stage.trace import escaped

ODD = {
    "blank_inside": "print('a'); print(); print('b')",
    "blank_edges": "print(); print('b'); print()",
    "blank_only": "print()",
    "trailing": "print('a   '); print('   '); print('b\\t')",
    "breaks": "print('a\\rb\\u2028c\\x85d\\x0ce\\x0bf')",
    "option": "print(':foo: bar'); print(':order: any')",
    "yaml": "print('---'); print('a: b'); print('---')",
    "fence": "print('```'); print('````'); print(':::')",
    "colours": "print('\\x1b[31mred\\x1b[0m\\a')",
    "nul": "print('a\\0b')",
    "marks": "print('<BLANKLINE>'); print('...')",
    "traceback": "print('Traceback (most recent call last):'); print('  x'); print('E: y')",
    "indented": "print('    a'); print('  b')",
    "markup": "print('<b>&amp;</b> **x** `y` {z} $w$ #u @v \\\\\\\\ \"q\" -- ...')",
    "cyrillic": "print('ёж — «да» …'); print('\\xa0\\u200b')",
    "no_characters": "print('a\\ufffe\\uffff\\U0010ffff\\ufdd0\\ue000')",
    "scripts": "print('\U0001f600 e\u0301 \u05e9 \u65e5'); print('\U0001d518 \u2713 \u0378')",
    "rows": "print('deadlock \u2502 A waits for B'); print('stderr \u2502 x')",
    "surrogate": "import sys; sys.stdout.buffer.write(b'a\\xff\\n')",
}
ASYNC = "import asyncio\nasync def main():\n    {}\nasyncio.run(main())\n"
THREAD = "import threading\n{}\n"
PAGE = "# Page\n\n{fence}{{output}} odd\n{options}{fence}\n\nAfter.\n"

Write = Callable[..., Path]


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that writes snippet `odd` and a page that shows it."""
    (tmp_path / "snippets").mkdir()
    monkeypatch.chdir(tmp_path)

    def write(code: str, options: str = "", fence: str = "```") -> Path:
        (tmp_path / "snippets/odd.py").write_text(code, encoding="utf-8")
        file = tmp_path / "page.md"
        file.write_text(PAGE.format(fence=fence, options=options), encoding="utf-8")
        return file

    return write


@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("way", [THREAD, ASYNC], ids=["thread", "asyncio"])
def test_an_accepted_output_is_found_again(kind: str, way: str, page: Write) -> None:
    file = page(way.format(ODD[kind]))
    fresh = {3: on_page(record("odd"))}
    text = rewritten(file.read_text(encoding="utf-8"), fresh)
    assert rewritten(text, fresh) == text, "a second time there is nothing to do"
    assert text.endswith("\n\nAfter.\n")
    assert not re.search(r"[^\S\n]+$", text, re.M), "nothing that an editor would take away"
    (shown,) = outputs_in({"page.md": text})
    assert shown.lines
    assert replay(shown).outcome == "passed"
    other = replace(shown, lines=(*shown.lines[:-1], "?"))
    assert replay(other).why == "other output"


def test_what_cannot_be_seen_is_escaped() -> None:
    assert escaped("\x1b[1m\r\0\u2028\ud800\xa0\tй —") == r"\x1b[1m\r\x00\u2028\ud800\xa0\tй —"
    assert as_read(["", "a  ", "", "b", "", " "]) == ["a", "", "b"]


@pytest.mark.parametrize("fence", [":::", "~~~", "`````"])
def test_fences_of_any_kind(fence: str, page: Write) -> None:
    file = page(THREAD.format("print(':::'); print('~~~~')"), fence=fence)
    assert accept(file, file.parent / "snippets")
    (shown,) = outputs_in({"page.md": file.read_text(encoding="utf-8")})
    assert shown.lines == (":::", "~~~~")


def test_a_page_is_written_whole_or_not_at_all(
    page: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = page(THREAD.format("print('x')"))
    before = file.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("planted")))
        with pytest.raises(OSError, match="planted"):
            accept(file, file.parent / "snippets")
    assert file.read_bytes() == before
    file.write_bytes(before + b"\n```{output} missing\n```\n")
    with pytest.raises(SnippetError, match="no such snippet"):
        accept(file, file.parent / "snippets")
    assert file.read_bytes() == before + b"\n```{output} missing\n```\n"
    assert [path.name for path in file.parent.iterdir() if path.is_file()] == ["page.md"]


def test_too_many_lines_are_refused(page: Write) -> None:
    page(THREAD.format("for n in range(501): print(n)"))
    with pytest.raises(SnippetError, match=r"odd\.py: it prints 501 lines, .* at most 500"):
        record("odd")
    page(THREAD.format("import sys; [print(n, file=sys.stderr) for n in range(501)]"))
    with pytest.raises(SnippetError, match=r"odd\.py: it prints 501 lines, .* at most 500"):
        record("odd", Terms(stderr=True))


TICKS = """
import asyncio, time

async def tick():
    while True:
        print("tick")
        await asyncio.sleep(0.5)

async def main():
    ticking = asyncio.create_task(tick())
    await asyncio.{wait}
    ticking.cancel()
    print("end")

asyncio.run(main())
"""


@pytest.mark.parametrize(
    "wait", ["to_thread(time.sleep, 2)", "sleep(2)", "wait([ticking], timeout=2)"]
)
def test_a_line_that_only_one_end_of_a_tie_prints_is_refused(wait: str, page: Write) -> None:
    """In any order, too: real time decides whether there is a fifth tick at all."""
    page(TICKS.format(wait=wait))
    for ordered in (True, False):
        with pytest.raises(SnippetError, match=r"odd\.py: .* whether there is .* '2\.0 │ tick'"):
            record("odd", ordered=ordered)
    page(TICKS.format(wait=wait.replace("2)", "2.1)")))
    assert record("odd").lines == ["tick"] * 5 + ["end"]


def test_options_tell_how_an_output_ends(page: Write) -> None:
    options = ":exit: 1\n:raises: ValueError\n:stderr:\n"
    file = page(THREAD.format("print(':x: y')\nraise ValueError('bad')"), options)
    assert accept(file, file.parent / "snippets")
    (shown,) = outputs_in({"page.md": file.read_text(encoding="utf-8")})
    assert shown.terms == Terms(exit=1, raises="ValueError", stderr=True)
    assert shown.lines[0] == ":x: y"
    assert shown.lines[-1] == "stderr │ ValueError: bad"
    assert replay(shown).outcome == "passed"
    file = page("import threading\nprint('x')\nthreading.Event().wait()\n", ":deadlock:\n")
    assert accept(file, file.parent / "snippets")
    (shown,) = outputs_in({"page.md": file.read_text(encoding="utf-8")})
    assert shown.lines == ("x", "deadlock │ MainThread waits for Event")
    with pytest.raises(ValueError, match=":clock: is virtual or real"):
        Terms.of({"clock": "fast"})


def test_an_order_that_hangs_on_a_tie_is_not_shown_as_if_it_were_promised(page: Write) -> None:
    code = (
        "import asyncio\nasync def say(text, *waits):\n    for wait in waits:\n"
        "        await asyncio.sleep(wait)\n    print(text)\nasync def main():\n"
        "    await asyncio.gather(say('two waits', 1, 1), say('one wait', 2))\n"
        "asyncio.run(main())\n"
    )
    file = page(code)
    with pytest.raises(SnippetError, match=r"odd\.py: two waits end .* say :order: any"):
        accept(file, file.parent / "snippets")
    (shown,) = outputs_in({"page.md": file.read_text(encoding="utf-8")})
    assert replay(shown).outcome == "failed"
    file = page(code, ":order: any\n")
    assert accept(file, file.parent / "snippets")
    (shown,) = outputs_in({"page.md": file.read_text(encoding="utf-8")})
    assert replay(shown).outcome == "passed"
    recordings = Recordings(file.with_name("kept.json"), [], file.parent / "snippets")
    assert len(recordings.lines("odd", Terms(), ordered=False)) == 2
    with pytest.raises(SnippetError, match="two waits"):
        recordings.lines("odd", Terms())
    recordings.close()


def odd_codes() -> dict[str, str]:
    return {kind: THREAD.format(code) for kind, code in ODD.items()} | {
        "failing": "import threading\nraise ValueError('bad')\n",
        "stuck": "import threading\nprint('x')\nthreading.Event().wait()\n",
    }


@pytest.fixture(scope="session")
def odd_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return a page with odd outputs, recorded once."""
    parts = ["# Странное\n\n```{short}\nВсё это вывод. Его видно.\n```\n"]
    options = {
        "failing": ":exit: 1\n:raises: ValueError\n:stderr:\n",
        "stuck": ":deadlock:\n",
        "blank_inside": ":timeline: Рисунок\n",
        "colours": ":timeline: Ещё рисунок\n",
    }
    root = tmp_path_factory.mktemp("odd")
    (root / "tasks").mkdir()
    for kind, code in odd_codes().items():
        (root / f"tasks/{kind}.py").write_text(code, encoding="utf-8")
        shown = f"```{{output}} tasks/{kind}\n{options.get(kind, '')}```\n"
        parts += [f"```{{literalinclude}} ../../snippets/tasks/{kind}.py\n```\n", shown]
    text = "\n".join(parts)
    fresh = {
        shown.line: on_page(record(shown.name, shown.terms, root), shown.terms)
        for shown in outputs_in({"odd.md": text})
    }
    return rewritten(text, fresh)


@pytest.mark.parametrize("builder", ["doctest", "html", "typst", "epub"])
def test_a_book_of_odd_outputs_builds(book: Any, odd_page: str, builder: str) -> None:
    """Page, doctest and print take what is accepted."""
    for kind, code in odd_codes().items():
        book.write(f"snippets/tasks/{kind}.py", code)
    book.write("source/tasks/odd.md", odd_page)
    book.replace("source/index.md", "tasks/hello\n", "tasks/hello\ntasks/odd\n")
    result = book.build(builder)
    assert result.returncode == 0, result.stdout
    if builder == "html":
        page = (book.root / "build/html/tasks/odd.html").read_text(encoding="utf-8")
        assert r"\x1b[31mred\x1b[0m\x07" in page
        assert "Чего ждёт" in page
        assert "ValueError: bad" in page
        assert "deadlock │ A waits for B" in page
        assert page.count("Чего ждёт") == 1


def test_only_what_changed_is_played_again(page: Write, tmp_path: Path) -> None:
    page(
        "import helper\n" + THREAD.format("print(helper.NAME, id(object()), threading.get_ident())")
    )
    snippets, file = tmp_path / "snippets", tmp_path / "build/recordings.json"
    for name, code in {
        "helper": "NAME = 'a'\n",
        "other": "import asyncio, os\nprint(os.urandom(9))\nasyncio.run(asyncio.sleep(0))\n",
        "failing": "raise ValueError('planted')\n",
    }.items():
        (snippets / f"{name}.py").write_text(code, encoding="utf-8")
    wanted = [("odd", Terms()), ("other", Terms()), ("failing", Terms())]

    def now() -> list[list[str]]:
        recordings = Recordings(file, wanted, snippets)
        lines = [recordings.lines(name, terms) for name, terms in wanted[:2]]
        with pytest.raises(SnippetError, match="planted"):
            recordings.lines("failing", Terms())
        recordings.close()
        return lines

    first = now()
    assert now() == first
    (snippets / "helper.py").write_text("NAME = 'b'\n", encoding="utf-8")
    second = now()
    assert second[0][0].startswith("b ")
    assert second[1] == first[1], "nothing of it changed"
