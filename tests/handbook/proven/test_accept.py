"""make accept trusts no output that another play, machine or day would not repeat."""

import platform
import socket
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from proven.checks.accept import Changes, Untrusted, accept
from proven.checks.accept.distrust import suspicions
from proven.stage import SnippetError

PAGE = "# Page\n\n```{output} odd\n```\n"
ASYNC = "import asyncio\nasync def main():\n{}\nasyncio.run(main())\n"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("saved to /tmp/tmpx1/a.txt", "an absolute path"),
        (r"C:\Users\ann\a.txt", "an absolute path"),
        ("<object object at 0x7f9c1c0b4e90>", "an address"),
        ("pid 4711", "an id"),
        ("Thread id: 140213", "an id"),
        ('File "sitecustomize.py", line 3', "the stage itself"),
        ("proven/stage/player.py", "the stage itself"),
        ("today {:%Y-%m-%d}", "the date or time of today"),
        (f"on {platform.python_version()}", "the version of this Python"),
        (f"here: {socket.gethostname()}.", "the name of this machine"),
        ("at {:%H:%M:%S}", "the date or time of today"),
        ("at {0:%s}.125", "the date or time of today"),
    ],
)
def test_what_would_be_other_elsewhere_is_refused(line: str, why: str) -> None:
    line = line.format(datetime.now(UTC)) if "{" in line else line
    (problem,) = suspicions(["1.0 │ fine", f"2.0 │ {line}"])
    assert why in problem


def test_what_is_the_same_everywhere_is_taken() -> None:
    lines = ["GET /users/7", "0xff", "2020-01-31", "page 1/2", "1000000007", "and/or", "Thread-1"]
    assert not list(suspicions(lines))


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Return a function that writes snippet `odd` and a page that shows it."""
    (tmp_path / "snippets").mkdir()
    monkeypatch.chdir(tmp_path)

    def write(code: str, options: str = "") -> Path:
        (tmp_path / "snippets/odd.py").write_text(code, encoding="utf-8")
        file = tmp_path / "page.md"
        file.write_text(PAGE.replace("odd\n", f"odd\n{options}"), encoding="utf-8")
        return file

    return write


RACE = """\
import threading

def say(word):
    for part in "a", "b", "c":
        if word:
            print(word, part)

threads = [threading.Thread(target=say, args=(word,)) for word in ("x", "y", "z")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""
TIE = ASYNC.format("""\
    async def say(word, *seconds):
        for each in seconds:
            await asyncio.sleep(each)
        print(word)
    await asyncio.gather(say('a', 2), say('b', 1, 1))""")

TASKS_OF_A_SET = ASYNC.format("""\
    {}
    tasks = {{asyncio.create_task(asyncio.sleep(n / 10, n)) for n in range({})}}
    for task in tasks:
        print(await task)""")
OBJECTS_OF_A_SET = """\
import threading
from concurrent.futures import Future
futures = [Future(), Future(), Future()]
print([futures.index(future) for future in {*futures}])
"""


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (TASKS_OF_A_SET.format("pass", 2), "the order of a set"),
        (TASKS_OF_A_SET.format("import logging", 2), "the order of a set"),
        (TASKS_OF_A_SET.format("here = [object() for _ in range(37)]", 3), "the order of a set"),
        (OBJECTS_OF_A_SET, "the order of a set"),
        (ASYNC.format("    print(sorted('abcdefgh', key=hash))"), "on hashing"),
        ("import os, threading\nprint(os.urandom(3).hex())\n", "it prints «"),
        ("import threading\nprint(__file__.count('/'))\n", "on the folder"),
        ("import threading, time\nprint(time.strftime('%z'))\n", "the time zone"),
        ("import threading, getpass\nprint(len(getpass.getuser()))\n", "the user"),
        (ASYNC.format("    import sys; print(1 + sys.stdout.isatty())"), "a terminal: make"),
        ("import os, threading\nprint('on' if os.isatty(1) else 'off')\n", "a terminal: make"),
        ("import sys, threading\nprint(sys.stdin.isatty() in (False, True))\n", ""),
        ("import threading\nprint(__file__)\n", ""),
        (RACE, "say :order: any"),
        (TIE, "two waits end at the same moment"),
        ("import threading\nprint(threading.Lock())\n", "an address"),
    ],
    ids=[
        "two tasks of a set",
        "two, others before them",
        "three",
        "futures of a set",
        "hash",
        "random",
        "folder",
        "zone",
        "user",
        "terminal",
        "descriptor",
        "any terminal",
        "own path",
        "race",
        "tie",
        "address",
    ],
)
def test_an_output_that_is_not_the_same_always_is_refused(
    code: str, why: str, page: Callable[..., Path]
) -> None:
    file = page(code)
    before = file.read_bytes()
    if not why:
        assert accept(file, file.parent / "snippets"), "the stage shows it as a reader knows it"
        return
    with pytest.raises(
        (Untrusted, SnippetError), match=r"page\.md:3: odd: |odd\.py: two waits"
    ) as told:
        accept(file, file.parent / "snippets")
    assert why in str(told.value)
    assert file.read_bytes() == before


@pytest.mark.parametrize("code", [RACE, TIE], ids=["race", "tie"])
def test_an_order_that_is_not_promised_is_taken(code: str, page: Callable[..., Path]) -> None:
    file = page(code, ":order: any\n")
    assert accept(file, file.parent / "snippets")


def test_only_what_changed_is_played(book: Any) -> None:
    def git(*words: str) -> None:
        config = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *config, *words], cwd=book.root, check=True, capture_output=True)

    def run(*more: str) -> str:
        done: str = book.run("proven.checks.accept", "--root", str(book.root), *more).stdout
        return done

    book.write(".gitignore", "build\n")
    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "all")
    assert run() == ""
    assert "source/tasks/hello.md: played again" in run("tasks/hello")
    assert "there is no such page" in run("tasks/none")
    book.replace("snippets/tasks/hello.py", '"goodbye"', '"farewell"')
    told = run()
    assert "-1.0 │ goodbye\n+1.0 │ farewell\n" in told, "its own diff, without git's"
    assert run() == "", "accepted once it is trusted"
    book.replace("source/tasks/hello.md", "1.0 │ farewell", "1.0 │ well")
    assert "-1.0 │ well\n+1.0 │ farewell\n" in run()


def test_what_a_build_recorded_otherwise_is_played_whatever_git_says(
    book: Any, tmp_path: Path
) -> None:
    from proven.book import Book
    from proven.shown import key_of

    own = Book.at(book.root)
    (shown,) = own.outputs.values()
    kept, accepted = tmp_path / "kept.json", tmp_path / "accepted.json"
    changes = Changes(own, kept, accepted)
    changes.note(shown.page)
    assert not Changes(own, kept, accepted).wants(shown)
    key = key_of(shown.name, shown.terms, own.settings.snippets)
    kept.write_text(f'{{"{key}": ["0.0 │ other"]}}', encoding="utf-8")
    assert Changes(own, kept, accepted).wants(shown)


def test_what_stands_on_stderr_unseen_is_told(
    page: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    loud = "import sys\nprint('done')\nprint('lost', file=sys.stderr)\n"
    odd = page(loud)
    assert accept(odd, odd.parent / "snippets")
    assert "page.md:3: odd: its stderr, «lost», is seen nowhere" in capsys.readouterr().out
    odd.write_text(odd.read_text("utf-8") + "\nIt says «lost» on stderr.\n", encoding="utf-8")
    accept(odd, odd.parent / "snippets")
    assert "stderr" not in capsys.readouterr().out, "its page tells of it"
