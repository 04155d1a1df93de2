"""Proofs for source/debugging/linter.md."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from functools import cache
from importlib import import_module
from pathlib import Path
from textwrap import dedent, indent

import pytest
from proven.proofs import needs
from proven.stage import play
from proven.stage.player import names, path_of

from tests.ways import ways

RULES = "ASYNC,RUF006,PLE1142,PLW1509,PLW2101"
"""Those of ruff that are about concurrency."""


def ruff() -> str:
    """Return the path of ruff's program."""
    needs("ruff")
    path: str = import_module("ruff").find_ruff_bin()
    return path


def found(code: str, rules: str = RULES) -> list[str]:
    """Return the codes of the rules that `code` breaks."""
    options = ["--isolated", "--quiet", "--select", rules, "--output-format", "json"]
    told = subprocess.run(
        [ruff(), "check", *options, "--stdin-filename", "program.py", "-"],
        input=dedent(code),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode in (0, 1), told.stderr
    return [one["code"] for one in json.loads(told.stdout)]


CALLS = {
    "sleep": ("import time", "time.sleep(1)", "ASYNC251"),
    "sleep by name": ("from time import sleep", "sleep(1)", "ASYNC251"),
    "sleep renamed": ("import time as clock", "clock.sleep(1)", "ASYNC251"),
    "sleep by another name": ("from time import sleep as pause", "pause(1)", "ASYNC251"),
    "open": ("", "open('notes.txt')", "ASYNC230"),
    "input": ("", "input()", "ASYNC250"),
    "program": ("import subprocess", "subprocess.run(['git'])", "ASYNC221"),
    "request": ("import requests", "requests.get('http://a')", "ASYNC210"),
}
Call = tuple[str, str, str]


@pytest.mark.always("linter-blocking-by-name")
@ways(call=CALLS)
def test_a_blocking_call_is_known_by_its_name(call: Call) -> None:
    # no mutant: правила не смотрят на числа и порядок шагов, которые меняют мутанты
    needs("ruff")
    told = play("debugging/linter_found").lines
    assert told[:2] == ["ASYNC251: time.sleep(1)", 'ASYNC230: open("notes.txt").close()']
    start, text, code = call
    assert found(f"{start}\nasync def main():\n    {text}\n") == [code]
    assert found(f"{start}\nasync def main():\n    if True:\n        {text}\n") == [code]


TRY = "try:\n    from time import sleep\nexcept ImportError:\n    {}"
UNKNOWN = {
    "star": ("from time import *", "sleep(1)"),
    "try, another value": (TRY.format("sleep = None"), "sleep(1)"),
    "try, another import": (TRY.format("from clocks import sleep"), "sleep(1)"),
    "variable": ("import time\npause = time.sleep", "pause(1)"),
    "local variable": ("import time", "pause = time.sleep\n    pause(1)"),
}


@pytest.mark.always("linter-blocking-unknown")
@ways(call=UNKNOWN)
def test_a_function_that_came_another_way_is_unknown(call: tuple[str, str]) -> None:
    # no mutant: правила не смотрят на числа и порядок шагов, которые меняют мутанты
    start, text = call
    assert not found(f"{start}\nasync def main():\n    {text}\n")


@pytest.mark.parametrize("otherwise", ["raise SystemExit", "pass", "import time"])
def test_an_import_in_try_alone_hides_nothing(otherwise: str) -> None:
    start = f"try:\n    import time\nexcept ImportError:\n    {otherwise}"
    assert found(f"{start}\nasync def main():\n    time.sleep(1)\n") == ["ASYNC251"]


NOT_LISTED = {
    "session": ("import requests\nsession = requests.Session()", "session.get('http://a')"),
    "new session": ("import requests", "requests.Session().get('http://a')"),
    "join": ("from threading import Thread\nthread = Thread()", "thread.join()"),
    "acquire": ("from threading import Lock\nlock = Lock()", "lock.acquire()"),
    "get": ("from queue import Queue\nqueue = Queue()", "queue.get()"),
    "socket": ("import socket", "socket.create_connection(('a', 80))"),
}


@pytest.mark.always("linter-blocking-not-listed")
@ways(call=NOT_LISTED)
def test_a_blocking_call_that_is_not_listed_is_unknown(call: tuple[str, str]) -> None:
    # no mutant: правила не смотрят на числа и порядок шагов, которые меняют мутанты
    start, text = call
    assert not found(f"{start}\nasync def main():\n    {text}\n")


@pytest.mark.always("linter-helper-hides")
@ways(call=CALLS)
def test_a_helper_hides_the_call(call: Call) -> None:
    # no mutant: правила не смотрят на числа и порядок шагов, которые меняют мутанты
    needs("ruff")
    assert play("debugging/linter_missed").lines == ["found: 0"]
    start, text, _ = call
    assert not found(f"{start}\ndef help():\n    {text}\nasync def main():\n    help()\n")


GONE = {
    "create_task": "asyncio.create_task(work())",
    "ensure_future": "asyncio.ensure_future(work())",
    "named": "task = asyncio.create_task(work())",
    "loop": "loop = asyncio.get_running_loop()\n    loop.create_task(work())",
    "loop, named": "loop = asyncio.get_running_loop()\n    task = loop.create_task(work())",
}


@pytest.mark.always("linter-dangling-task")
@ways(gone=GONE)
def test_a_task_that_nobody_holds_is_found(gone: str) -> None:
    # no mutant: правила не смотрят на числа и порядок шагов, которые меняют мутанты
    needs("ruff")
    assert "RUF006: asyncio.create_task(sleeps())" in play("debugging/linter_found").lines
    assert found(f"import asyncio\nasync def main():\n    {gone}\n") == ["RUF006"]
    kept = "task = asyncio.create_task(work())\n    await task"
    assert not found(f"import asyncio\nasync def main():\n    {kept}\n")


LET_GO = {
    "method": "asyncio.create_task(work()).add_done_callback(print)",
    "loop": "asyncio.get_running_loop().create_task(work())",
    "attribute": "self.loop.create_task(work())",
    "argument": "async def help(loop): loop.create_task(work())\n    await help(None)",
    "list": "[asyncio.create_task(work()) for _ in range(3)]",
    "and": "ready and asyncio.create_task(work())",
    "if else": "asyncio.create_task(work()) if ready else None",
}


@pytest.mark.always("linter-dangling-unknown")
@ways(gone=LET_GO)
def test_another_task_that_nobody_holds_is_not_found(gone: str) -> None:
    # no mutant: правила не смотрят на числа и порядок шагов, которые меняют мутанты
    assert not found(f"import asyncio\nasync def main():\n    {gone}\n")


@pytest.mark.always("linter-timeout-without-await")
# one way: a fact about one rule
def test_a_timeout_around_no_await_is_found() -> None:
    # no mutant: правила не смотрят на числа и порядок шагов, которые меняют мутанты
    body = "    async with asyncio.timeout(1):\n        {}asyncio.sleep(1)\n"
    forgotten, right = (found(HEAD + body.format(word)) for word in ("", "await "))
    assert (forgotten, right) == (["ASYNC100"], [])
    for other in ("await queue.get()", "async with lock: pass", "yield 1"):
        assert not found(HEAD + body.format("") + f"        {other}\n")
    assert not found(HEAD + body.format("") + "        async for each in queue: pass\n")


POLLS = {
    "nothing else": ("while not answers:\n    await asyncio.sleep(1)\n", True),
    "for ever": ("while True:\n    await asyncio.sleep(0)\n", True),
    "asks after it": (
        "while not answers:\n    await asyncio.sleep(1)\n    answers = await ask()\n",
        False,
    ),
    "asks before it": (
        "while True:\n    if await ask():\n        break\n    await asyncio.sleep(1)\n",
        False,
    ),
    "prints": ("while not answers:\n    await asyncio.sleep(1)\n    print('no')\n", False),
}
"""A loop, and whether it is found."""


@pytest.mark.always("linter-polling")
@ways(poll=POLLS)
def test_polling_is_found_if_the_loop_only_sleeps(poll: tuple[str, bool]) -> None:
    # no mutant: правила не смотрят на числа и порядок шагов, которые меняют мутанты
    needs("ruff")
    assert "ASYNC110: while not answers:" in play("debugging/linter_found").lines
    text, is_found = poll
    assert found(HEAD + indent(text, "    ")) == ["ASYNC110"] * is_found


PAIRS = {
    "await": ("await asyncio.sleep(1)", "asyncio.sleep(1)"),
    "lost update": (
        "left = stock['tea']\nstock['tea'] = left - 1\nawait asyncio.sleep(0)",
        "left = stock['tea']\nawait asyncio.sleep(0)\nstock['tea'] = left - 1",
    ),
    "lock twice": (
        "async with lock:\n    async with other:\n        print()",
        "async with lock:\n    async with lock:\n        print()",
    ),
    "computing": ("await asyncio.to_thread(sum, range(10**9))", "sum(range(10**9))"),
    "queue": ("item = await queue.get()\nqueue.task_done()", "item = await queue.get()"),
}
HEAD = """\
import asyncio


async def main(stock, lock, other, queue):
    await asyncio.sleep(0)
"""


@pytest.mark.always("linter-not-these")
@ways(pair=PAIRS)
def test_the_rules_dont_tell_the_wrong_program_from_the_right_one(pair: tuple[str, str]) -> None:
    # no mutant: правила не смотрят на числа и порядок шагов, которые меняют мутанты
    needs("ruff")
    assert play("debugging/linter_missed").lines == ["found: 0"]
    right, wrong = (found(HEAD + indent(body, "    ")) for body in pair)
    assert right == wrong == []


ORDERS = {
    "locks": (
        "def a(x, y):\n    with x, y:\n        pass\ndef b(x, y):\n    with x, y:\n        pass\n",
        "def a(x, y):\n    with x, y:\n        pass\ndef b(x, y):\n    with y, x:\n        pass\n",
    ),
    "check then act": (
        "def a(d, lock):\n    with lock:\n        if 'k' not in d:\n            d['k'] = 1\n",
        "def a(d, lock):\n    if 'k' not in d:\n        with lock:\n            d['k'] = 1\n",
    ),
}


@pytest.mark.always("linter-no-races-of-threads")
@ways(pair=ORDERS)
def test_races_of_threads_are_not_found(pair: tuple[str, str]) -> None:
    # no mutant: программы с потоками разобраны на своих страницах
    assert [found(program) for program in pair] == [[], []]


@pytest.mark.always("linter-few-of-the-book")
def test_few_of_the_books_mistakes_are_found() -> None:
    # no mutant: утверждение обо всех программах справочника сразу
    # one way: all programs of the book, each another mistake
    needs("ruff")
    broken = [path_of(name) for name in names() if name.endswith("_broken")]
    options = ["--isolated", "--ignore-noqa", "--quiet", "--select", RULES]
    told = subprocess.run(
        [ruff(), "check", *options, "--output-format", "json", *broken],
        capture_output=True,
        text=True,
        check=False,
    )
    hit = {Path(one["filename"]).stem for one in json.loads(told.stdout)}
    assert "vanishing_background_broken" in hit, "ruff has read them"
    assert len(broken) > 50
    assert len(hit) < len(broken) / 10


@pytest.mark.always("linter-helper-still-blocks")
def test_the_helper_holds_up_the_loop_all_the_same() -> None:
    # one way: the page's pair of programs; other blocking calls are on the page of blocking
    broken, fixed = (play(f"debugging/linter_helper_{end}") for end in ("broken", "fixed"))
    ticks = [
        [event.time for event in trace.events if event.text == "tick"] for trace in (broken, fixed)
    ]
    assert ticks[0] == pytest.approx([0, 2, 2.9])
    assert ticks[1] == pytest.approx([0, 0.9, 1.8])
    assert not found(path_of("debugging/linter_helper_broken").read_text(encoding="utf-8"))


FORGOTTEN = {
    "statement": ("fetch()", True),
    "awaited": ("await fetch()", False),
    "variable": ("page = fetch()", False),
    "print": ("print(fetch())", False),
    "f-string": ("print(f'got {fetch()}')", False),
    "logging": ("logging.info('got %s', fetch())", False),
}
"""A line, and whether it is found."""


@cache
def unused() -> list[str]:
    """Return the lines of FORGOTTEN in which mypy tells of a coroutine that nobody uses."""
    lines = [text for text, _ in FORGOTTEN.values()]
    head = "import logging\nasync def fetch() -> str:\n    return ''\nasync def main() -> None:\n"
    code = head + indent("\n".join(lines), "    ") + "\n"
    options = ["--config-file=", "--no-incremental", f"--cache-dir={os.devnull}"]
    told = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "-c", code],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    numbers = [
        int(line.split(":")[1]) for line in told.splitlines() if "[unused-coroutine]" in line
    ]
    return [lines[number - head.count("\n") - 1] for number in numbers]


@pytest.mark.always("linter-mypy-statement")
@ways(line=FORGOTTEN)
def test_mypy_finds_a_call_that_stands_alone(line: tuple[str, bool]) -> None:
    # no mutant: mypy не запускает программу, а примера с ним на странице нет
    needs("mypy")
    text, is_found = line
    assert (text in unused()) is is_found


HANDLERS = {
    "all": ("except BaseException:\n        pass", ["BLE001"]),
    "all, told": ("except BaseException as error:\n        print(error)", ["BLE001"]),
    "all, logged": ("except BaseException:\n        logging.exception('failed')", []),
    "all, raised": ("except BaseException:\n        raise", []),
    "the cancellation": ("except asyncio.CancelledError:\n        pass", []),
    "ordinary errors": ("except Exception:\n        pass", ["BLE001"]),
}


@pytest.mark.always("linter-swallowed-cancel")
@ways(handler=HANDLERS)
def test_which_handlers_are_found(handler: tuple[str, list[str]]) -> None:
    # no mutant: правила не смотрят на числа и порядок шагов, которые меняют мутанты
    text, codes = handler
    head = f"import logging\n{HEAD}    try:\n        await queue.get()\n"
    assert found(f"{head}    {text}\n", "BLE") == codes


@pytest.mark.always("linter-debug-names-the-step")
@ways(later={"ends in this step": 0, "waits after it": 1})
def test_the_debug_mode_names_the_step_and_not_the_call(
    later: int, caplog: pytest.LogCaptureFixture
) -> None:
    def save() -> None:
        until = time.thread_time() + 0.02
        while time.thread_time() < until:
            pass

    async def handle() -> None:
        save()
        for _ in range(later):
            await asyncio.sleep(0)

    async def main() -> None:
        asyncio.get_running_loop().slow_callback_duration = 0.01
        await asyncio.create_task(handle(), name="handling")

    with caplog.at_level("WARNING", "asyncio"):
        asyncio.run(main(), debug=True)
    slow = [text for text in caplog.messages if "handle()" in text and "took" in text]
    assert slow
    assert all("handling" in text and "save" not in text for text in slow)
