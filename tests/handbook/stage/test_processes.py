"""Whatever a program does, the stage records what Python prints on a terminal."""

import os
import pty
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from proven.shown import Terms, on_page, record
from proven.stage import SnippetError, play

TEXT = Path(__file__).with_name("processes.txt").read_text(encoding="utf-8")
PROGRAMS = dict(part.split("\n", 1) for part in TEXT.split("=== ")[1:])

Write = Callable[..., str]

END = b"\0the program has ended\0"


@pytest.fixture
def snippet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that makes its argument a snippet and returns the snippet's name."""
    (tmp_path / "snippets").mkdir()
    monkeypatch.chdir(tmp_path)

    def write(code: str, name: str = "planted") -> str:
        (tmp_path / f"snippets/{name}.py").write_text(code, encoding="utf-8")
        return name

    return write


def on_a_terminal(path: Path, folder: Path) -> tuple[list[str], int]:
    """Run `python file.py` with a terminal as its output; return its lines and its exit code."""
    screen, output = pty.openpty()
    mode = termios.tcgetattr(output)
    mode[1] &= ~termios.OPOST  # no carriage returns
    termios.tcsetattr(output, termios.TCSANOW, mode)
    environment = os.environ | {"TERM": "dumb", "NO_COLOR": "1", "PYTHONUTF8": "1"}
    for name in ("PYTHONPATH", "PYTHONUNBUFFERED"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, str(path)],
        **{"cwd": folder, "env": environment, "start_new_session": True},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.DEVNULL,
    )
    shown = bytearray()

    def read() -> None:
        while not shown.endswith(END):
            shown.extend(os.read(screen, 1 << 16))

    reader = threading.Thread(target=read)
    reader.start()
    code = process.wait(60)
    with suppress(ProcessLookupError):
        for _ in range(100):
            os.killpg(process.pid, 0)
            time.sleep(0.01)
        os.killpg(process.pid, signal.SIGKILL)
    # A terminal whose other side nobody has open any more may lose what wasn't read yet.
    os.write(output, END)
    reader.join()
    os.close(output)
    os.close(screen)
    *lines, rest = shown.removesuffix(END).decode("utf-8", "surrogateescape").split("\n")
    return [*lines, *([rest] if rest else [])], code


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_stage_records_what_python_prints(name: str, snippet: Write, tmp_path: Path) -> None:
    snippet(PROGRAMS[name])
    trace = play("planted", clock="real", may_fail=True)
    (tmp_path / "work").mkdir()
    assert (trace.lines, trace.exit) == on_a_terminal(
        tmp_path / "snippets/planted.py", tmp_path / "work"
    )


ACTORS = """\
import os, multiprocessing, subprocess, sys, threading
def say(): print("say")
if __name__ == "__main__":
    print("main")
    for start in (
        threading.Thread(target=say, name="thread"),
        multiprocessing.get_context("spawn").Process(target=say, name="process"),
    ):
        start.start()
        start.join()
    if (pid := os.fork()) == 0:
        print("say")
        os._exit(0)
    os.waitpid(pid, 0)
    subprocess.run([sys.executable, "-c", "print('say')"])
    os.write(1, b"main\\n")
"""


def test_each_line_is_told_by_who_printed_it(snippet: Write) -> None:
    trace = play(snippet(ACTORS))
    assert [(event.actor, event.text) for event in trace.events] == [
        ("MainProcess", "main"),
        ("thread", "say"),
        ("process", "say"),
        ("Fork-1", "say"),
        ("python -c print('say')", "say"),
        ("MainProcess", "main"),
    ]
    assert len({moment.actor for moment in trace.moments if moment.what == "prints"}) == 5


def test_threads_that_share_a_line_share_it(snippet: Write) -> None:
    trace = play(snippet(PROGRAMS["t_dots"]))
    assert [event.text.lstrip(".") for event in trace.events] == [" done", "012 done", "0 1 2 "]


STUCK: dict[str, tuple[str, list[str]]] = {
    "locks": (
        "import threading, time\n"
        "left, right = threading.Lock(), threading.RLock()\n"
        "met = threading.Barrier(2)\n"
        "def work(first, second):\n"
        "    with first:\n"
        "        met.wait()\n"
        "        with second:\n"
        "            print('never')\n"
        "print('started')\n"
        "for name, pair in {'A': (left, right), 'B': (right, left)}.items():\n"
        "    threading.Thread(target=work, args=pair, name=name).start()\n",
        [
            "A waits for RLock second, held by B",
            "B waits for Lock second, held by A",
            "MainThread waits for the end of A, B",
        ],
    ),
    "itself": (
        "import threading\nlock = threading.Lock()\nprint('x')\nwith lock:\n    lock.acquire()\n",
        ["MainThread waits for Lock lock, held by MainThread"],
    ),
    "queue": (
        "import queue\nfull = queue.Queue(1)\nfull.put(1)\nprint('x')\nfull.put(2)\n",
        ["MainThread waits for room in Queue full"],
    ),
    "work": (
        "import queue\njobs = queue.Queue()\njobs.put(1)\nprint('x')\njobs.join()\n",
        ["MainThread waits for Queue jobs"],
    ),
    "event": (
        "import threading\n"
        "class Door:\n"
        "    def __init__(self): self.opened = threading.Event()\n"
        "def enter(door): door.opened.wait()\n"
        "t = threading.Thread(target=enter, args=(Door(),), name='guest')\n"
        "t.start()\n"
        "print('x')\n"
        "t.join()\n",
        ["MainThread waits for the end of guest", "guest waits for Event door.opened"],
    ),
    "condition": (
        "import threading\n"
        "ready = threading.Condition()\n"
        "ready.acquire()\n"
        "def look():\n"
        "    with ready: pass\n"
        "threading.Thread(target=look, name='eye').start()\n"
        "print('x')\n"
        "slots = [threading.Semaphore(0)]\n"
        "slots[0].acquire()\n",
        [
            "MainThread waits for Semaphore slots[0]",
            "eye waits for Condition ready, held by MainThread",
        ],
    ),
    "pool": (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(1, 'worker') as pool:\n"
        "    def outer():\n"
        "        inner = pool.submit(int)\n"
        "        return inner.result()\n"
        "    print('x')\n"
        "    done = pool.submit(outer)\n"
        "    done.result()\n",
        ["MainThread waits for Future done", "worker_0 waits for Future inner"],
    ),
}


@pytest.mark.parametrize("kind", STUCK)
def test_a_deadlock_of_threads_ends_at_once_and_tells_why(kind: str, snippet: Write) -> None:
    code, waits = STUCK[kind]
    trace = play(snippet(code), may_fail=True)
    assert list(map(str, trace.deadlock)) == waits
    assert trace.events
    assert trace.elapsed < 10, "no deadline is waited for"
    with pytest.raises(SnippetError, match=r"planted\.py: a deadlock.*:deadlock:\n.*line \d"):
        play("planted")


NOT_STUCK = {
    "timer": "e = threading.Event()\nthreading.Timer(0.5, e.set).start()\ne.wait()",
    "reader": (
        "e = threading.Event()\n"
        "r, w = os.pipe()\n"
        "threading.Thread(target=lambda: os.read(r, 1) and e.set()).start()\n"
        "threading.Thread(target=lambda: time.sleep(0.5) or os.write(w, b'x')).start()\n"
        "e.wait()"
    ),
    "child": (
        "e = threading.Event()\n"
        "threading.Thread(target=lambda: subprocess.run(['sleep', '0.5']) and e.set()).start()\n"
        "e.wait()"
    ),
    "signal": (
        "e = threading.Event()\n"
        "signal.signal(signal.SIGALRM, lambda *_: e.set())\n"
        "signal.setitimer(signal.ITIMER_REAL, 0.5)\n"
        "e.wait()"
    ),
}


@pytest.mark.parametrize("kind", NOT_STUCK)
def test_who_waits_for_what_still_comes_is_not_stuck(kind: str, snippet: Write) -> None:
    imports = "import os, signal, subprocess, threading, time\n"
    assert play(snippet(f"{imports}{NOT_STUCK[kind]}\nprint('woken')\n")).lines == ["woken"]


@pytest.mark.parametrize(
    ("code", "exit", "raised"),
    [
        ("raise ValueError('bad')", 1, "ValueError"),
        ("raise SystemExit(3)", 3, "SystemExit"),
        ("raise KeyboardInterrupt", -signal.SIGINT, "KeyboardInterrupt"),
        ("raise ExceptionGroup('all', [ValueError()])", 1, "ExceptionGroup"),
        ("import os; os._exit(4)", 4, ""),
        ("import os; os.kill(os.getpid(), 9)", -9, ""),
        ("raise SystemExit(0)", 0, ""),
    ],
)
def test_how_a_program_ends_is_told(code: str, exit: int, raised: str, snippet: Write) -> None:
    trace = play(snippet(f"print('x')\n{code}\n"), clock="real", may_fail=True)
    assert (trace.lines, trace.exit) == (["x"], exit)
    assert trace.raised in (raised, "" if raised == "SystemExit" else raised)


def test_an_output_may_show_how_its_program_fails(snippet: Write) -> None:
    code = "import json, threading\nprint('x')\ndef f():\n    json.loads('')\nf()\n"
    name = snippet(code)
    terms = Terms(exit=1, raises="JSONDecodeError", stderr=True)
    lines = on_page(record(name, terms), terms)
    assert lines[:2] == ["x", "stderr │ Traceback (most recent call last):"]
    assert lines[2] == 'stderr │   File "snippets/planted.py", line 5, in <module>'
    assert lines[-1].startswith("stderr │ json.decoder.JSONDecodeError: ")
    assert not [line for line in lines if "json/" in line], "only its own frames"
    for wrong in (Terms(exit=2), Terms(raises="KeyError"), Terms(deadlock=True), Terms()):
        with pytest.raises(SnippetError, match=r"planted\.py"):
            record(name, wrong)
    snippet("print('x')\n")
    with pytest.raises(SnippetError, match="should end with exit code 1, not 0"):
        record(name, Terms(exit=1))


SERVER = """\
import asyncio
async def serve(reader, writer):
    print("asked for", (await reader.readline()).decode().strip())
    writer.write(b"cake\\n")
    await writer.drain()
    writer.close()
async def main():
    server = await asyncio.start_unix_server(serve, "shop.sock")
    print("open")
    async with server:
        await server.serve_forever()
asyncio.run(main())
"""
CLIENT = """\
import asyncio
async def main():
    reader, writer = await asyncio.open_unix_connection("shop.sock")
    writer.write(b"bread\\n")
    print("got", (await reader.readline()).decode().strip())
    writer.close()
asyncio.run(main())
"""


def test_two_programs_are_played_beside_each_other(snippet: Write) -> None:
    snippet(SERVER, "server")
    trace = play(snippet(CLIENT, "client"), beside="server")
    assert trace.shown() == ["server │ open", "server │ asked for bread", "client │ got cake"]
    assert "beside server" in trace.why
    snippet("print('open')\nraise ValueError\n", "server")
    with pytest.raises(SnippetError, match=r"(?s)client\.py.*(server\.py beside it|No such file)"):
        play("client", beside="server")


@pytest.mark.parametrize(
    ("code", "virtual"),
    [
        ("import asyncio, os\nprint(os.sep)\nasyncio.run(asyncio.sleep(0))", True),
        ("import asyncio, signal\nprint(signal.SIGINT)\nasyncio.run(asyncio.sleep(0))", True),
        ("import asyncio, threading as t\nprint(t.current_thread().name)", True),
        ("import asyncio, os\nprint('x', flush=True)\nos.write(1, b'x')", False),
        ("import asyncio\nfrom os import fork as split\nprint('x')", False),
        ("import asyncio\nprint('x')\nrun = asyncio.create_subprocess_exec", False),
        ("import asyncio\nimport threading as t\nprint(t.Lock)", False),
        ("import time\nprint('x')", False),
    ],
)
def test_the_clock_follows_what_a_program_uses(code: str, virtual: bool, snippet: Write) -> None:
    trace = play(snippet(code))
    assert trace.timed is virtual
    assert bool(trace.why) is not virtual
    assert not play("planted", clock="real").timed


def test_a_program_that_swallows_all_is_ended(
    snippet: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVEN_DEADLINE", "1")
    code = "print('x')\nwhile True:\n    try:\n        while True: pass\n"
    snippet(f"{code}    except BaseException: pass\n")
    with pytest.raises(SnippetError, match=r"(?s)still running after 1 s.*planted\.py\", line 4"):
        play("planted")
