"""Whatever a program does, the stage records what Python prints on a terminal."""

import os
import pty
import signal
import socket
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import pytest
from proven.checks.accept.distrust import _differs
from proven.shown import Shown, Terms, on_page, record
from proven.stage import SnippetError, play, player, process

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


FLOODS = {
    "lines": "while True: print('x')",
    "one line": "while True: print('x', end='', flush=True)",
    "a child's": "import subprocess; print('x', flush=True); subprocess.run(['yes'])",
    "stderr": "import subprocess; print('x', flush=True); subprocess.run('yes >&2', shell=True)",
    "asyncio": "import asyncio\nasync def f():\n while True: print('x' * 99)\nasyncio.run(f())",
}


@pytest.mark.parametrize("kind", FLOODS)
def test_who_prints_without_end_is_stopped(
    kind: str, snippet: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "MOST_BYTES", 1 << 17)
    snippet(FLOODS[kind])
    with pytest.raises(SnippetError, match=r"planted\.py: it prints more than .* or print less"):
        play("planted")


STACKS = """\
import asyncio, inspect, sys, threading, traceback, warnings
def seen():
    frame, names = sys._getframe(), []
    while frame:
        names.append(frame.f_code.co_name)
        frame = frame.f_back
    depth = 0
    try:
        while True: depth += bool(sys._getframe(depth))
    except ValueError: pass
    print(names == [each.function for each in inspect.stack()], names, depth)
    print([each.name for each in traceback.extract_stack()], len(traceback.format_stack()))
    print(threading.current_thread().name, len(sys._current_frames()), sys.argv == [__file__])
    with warnings.catch_warnings(record=True) as found:
        for level in range(1, 20): warnings.warn(str(level), RuntimeWarning, stacklevel=level)
    print([(each.filename.rpartition("/")[2], each.lineno) for each in found])
def fail(): raise KeyError
def parts(error):
    trace, names = error.__traceback__, []
    while trace:
        names.append(trace.tb_frame.f_code.co_name)
        trace = trace.tb_next
    print(names, len(traceback.extract_tb(error.__traceback__)))
async def main():
    seen()
    loop = asyncio.get_running_loop()
    loop.call_soon(seen), loop.call_later(0.01, seen)
    await asyncio.sleep(0.1)
    await asyncio.to_thread(seen)
    asyncio.current_task().print_stack(file=sys.stdout)
    try: await asyncio.to_thread(fail)
    except KeyError as error: parts(error)
calls = []
def trace(frame, event, arg): calls.append(frame.f_code.co_name)
sys.excepthook = lambda kind, error, trace: parts(error)
"""
SEEN = {
    "tasks": "asyncio.run(main())",
    "debug": "asyncio.run(main(), debug=True)",
    "main": "seen()\nfail()",
    "thread": "one = threading.Thread(target=seen)\none.start(), one.join()",
    "locks": (
        "lock, semaphore = threading.Lock(), threading.BoundedSemaphore()\n"
        "for wrong in (lock.release, semaphore.release, threading.Barrier(2).wait):\n"
        "    try: wrong(*[0.01] * (wrong.__name__ == 'wait'))\n"
        "    except Exception as error: parts(error)\n"
    ),
    "tracing": (
        "for watch in (threading.settrace, threading.setprofile):\n"
        "    watch(trace)\n"
        "    one = threading.Thread(target=len, args=('',))\n"
        "    one.start(), one.join(), watch(None)\n"
        "print([name for name in calls if name != '_make_invoke_excepthook'])"
    ),
    "profiling": (
        "import os, time\n"
        "def note(frame, event, arg):\n"
        "    calls.append((event, frame.f_code.co_name, getattr(arg, '__name__', arg)))\n"
        "def work(): time.monotonic(), time.sleep(0), os.getpid(), print('x')\n"
        "sys.setprofile(note)\n"
        "work()\n"
        "sys.setprofile(None)\n"
        "print(calls, sys.getprofile())"
    ),
    "profiling a loop": (
        "async def wait(): await asyncio.sleep(0.01); print('x')\n"
        "sys.setprofile(lambda frame, *_: calls.append(frame.f_code.co_filename))\n"
        "asyncio.run(wait())\n"
        "sys.setprofile(None)\n"
        "print(sorted({call.rpartition('/')[2] for call in calls if 'import' not in call}))"
    ),
    "finders": (
        "import multiprocessing, queue, subprocess\n"
        "print([getattr(each, '__name__', type(each)) for each in sys.meta_path])"
    ),
    "main module": (
        "import __main__\n"
        "print(__name__, sys.modules['__main__'] is __main__, sorted(vars(__main__)), __spec__)\n"
        "print(sys.orig_argv[1:] == [__file__], sys.stdin, sys.stdout.name, sys.stderr)"
    ),
    "told by Python": "sys.excepthook = sys.__excepthook__\nasyncio.run(main())\nfail()",
}


@pytest.mark.parametrize("clock", ["real", "virtual"])
@pytest.mark.parametrize("kind", SEEN)
def test_no_frame_of_the_stage_is_seen(
    kind: str, clock: Literal["real", "virtual"], snippet: Write, tmp_path: Path
) -> None:
    snippet(f"{STACKS}{SEEN[kind]}\n")
    trace = play("planted", clock=clock, may_fail=True)
    (tmp_path / "work").mkdir()
    path = tmp_path / "snippets/planted.py"
    lines, code = on_a_terminal(path, tmp_path / "work")
    assert trace.lines == [line.replace(f"{tmp_path}/", "") for line in lines]
    assert trace.exit == code
    assert "_ext" not in trace.stderr


ERRORS = {
    "one that is deep": (
        "sys.setrecursionlimit(10_000)\ndef deep(n): return deep(n - 1) if n else 1 / 0\ndeep(5000)"
    ),
    "one with a long history": (
        "def fail():\n"
        "    error = ValueError(0)\n"
        "    for n in range(1, 5): error.__context__, error = error, ValueError(n)\n"
        "    raise ExceptionGroup('all', [error]) from error\n"
        "fail()"
    ),
    "a hook that fails": (
        "def hook(*_): raise KeyError('in the hook')\nsys.excepthook = hook\nraise ValueError('x')"
    ),
    "a hook that exits": (
        "def hook(*_): sys.exit(7)\nsys.excepthook = hook\nraise ValueError('x')"
    ),
}


@pytest.mark.parametrize("clock", ["real", "virtual"])
@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_is_told_as_python_tells_it(
    kind: str, clock: Literal["real", "virtual"], snippet: Write, tmp_path: Path
) -> None:
    snippet(f"import sys\nprint('x')\n{ERRORS[kind]}\n")
    trace = play("planted", clock=clock, may_fail=True)
    command = [sys.executable, str(tmp_path / "snippets/planted.py")]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert trace.stderr == told.stderr.replace(f"{tmp_path}/", "")
    assert (trace.lines, trace.exit) == (["x"], told.returncode)


def test_who_would_hear_the_stage_itself_is_refused(snippet: Write) -> None:
    snippet("import asyncio, sys\nprint('x')\nsys.addaudithook(print)\nasyncio.run(print())\n")
    with pytest.raises(SnippetError, match=r"planted\.py: line 3 uses sys\.addaudithook"):
        play("planted")


def test_a_failing_thread_tells_no_frame_of_the_stage(snippet: Write) -> None:
    code = "import threading\nprint('x')\nthreading.Thread(target=lambda: 1 / 0).start()\n"
    trace = play(snippet(code))
    assert "ZeroDivisionError" in trace.stderr
    assert "in <lambda>" in trace.stderr
    assert "_ext" not in trace.stderr


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


@pytest.mark.parametrize(
    "code",
    [
        "print('a', flush=True)\nopen('/dev/stdout', 'w').write('b\\n')\nprint('c')\n",
        "import os\nprint('a', flush=True)\nos.system('echo b > /dev/stdout')\nprint('c')\n",
        "import asyncio\nasync def main():\n    print('a')\n"
        "    with open('/dev/stdout', 'w') as out: out.write('bbb\\n')\nasyncio.run(main())\n",
    ],
)
def test_an_output_that_the_program_empties_is_refused(code: str, snippet: Write) -> None:
    """A terminal can't be emptied so, and none of it would be lost there."""
    with pytest.raises(SnippetError, match=r"planted\.py: what it had printed was emptied"):
        play(snippet(code))


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
    "a lock of _thread": (
        "import _thread\n"
        "lock = _thread.allocate_lock()\n"
        "print('x')\n"
        "with lock:\n"
        "    lock.acquire()\n",
        ["MainThread waits for Lock lock, held by MainThread"],
    ),
    "a child without the recorder that nobody reads from": (
        "import subprocess, sys\n"
        "print('x', flush=True)\n"
        "write = [sys.executable, '-c', 'print(9 * 1_000_000 * \"x\")']\n"
        "subprocess.Popen(write, stdout=subprocess.PIPE).wait()\n",
        ["MainThread waits for the end of a process", "a process waits for room in a pipe"],
    ),
    "a child of asyncio that nobody reads from": (
        "import asyncio, sys\n"
        "async def main():\n"
        "    write = [sys.executable, '-c', 'print(9 * 1_000_000 * \"x\")']\n"
        "    child = await asyncio.create_subprocess_exec(*write, stdout=asyncio.subprocess.PIPE)\n"
        "    print('x')\n"
        "    await child.wait()\n"
        "asyncio.run(main())\n",
        ["Task-1 waits for Process.wait", "a process waits for room in a pipe"],
    ),
    "a child that no Python is and nobody writes to": (
        "import subprocess\n"
        "print('x', flush=True)\n"
        "subprocess.Popen(['cat'], stdin=subprocess.PIPE).wait()\n",
        [
            "MainThread waits for the end of a process",
            "a process waits for what comes through a pipe",
        ],
    ),
    "a child of asyncio whose stdin nobody closes": (
        "import asyncio, sys\n"
        "async def main():\n"
        "    read = [sys.executable, '-c', 'import sys; sys.stdin.read()']\n"
        "    child = await asyncio.create_subprocess_exec(*read, stdin=asyncio.subprocess.PIPE)\n"
        "    print('x')\n"
        "    await child.wait()\n"
        "asyncio.run(main())\n",
        ["Task-1 waits for Process.wait", "a process waits for what comes through a pipe"],
    ),
    "a child of asyncio that is asked for more than it says": (
        "import asyncio\n"
        "from asyncio.subprocess import PIPE\n"
        "async def main():\n"
        "    child = await asyncio.create_subprocess_exec('cat', stdin=PIPE, stdout=PIPE)\n"
        "    child.stdin.write(b'x\\n')\n"
        "    print((await child.stdout.readline()).decode().strip())\n"
        "    await child.stdout.read()\n"
        "asyncio.run(main())\n",
        ["Task-1 waits for StreamReader.read", "a process waits for what comes through a pipe"],
    ),
    "a child whose stdin nobody closes is read from": (
        "import subprocess\n"
        "print('x', flush=True)\n"
        "child = subprocess.Popen(['cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "child.stdout.read()\n",
        [
            "MainThread waits for what comes through a pipe",
            "a process waits for what comes through a pipe",
        ],
    ),
    "a fork whose pipe has a writer left": (
        "import os\n"
        "ear, mouth = os.pipe()\n"
        "print('x', flush=True)\n"
        "if os.fork() == 0:\n"
        "    os.close(mouth)\n"
        "    os.read(ear, 1)\n"
        "os.wait()\n",
        [
            "MainThread waits for the end of a process",
            "a process waits for what comes through a pipe",
        ],
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
    "simple queue": (
        "import queue\nbox = queue.SimpleQueue()\nprint('x')\nbox.get()\n",
        ["MainThread waits for SimpleQueue box"],
    ),
    "barrier": (
        "import threading\ngate = threading.Barrier(2)\nprint('x')\ngate.wait()\n",
        ["MainThread waits for Barrier gate"],
    ),
    "futures": (
        "from concurrent.futures import Future, as_completed\n"
        "print('x')\n"
        "for done in as_completed([Future()]): pass\n",
        ["MainThread waits for futures"],
    ),
    "a child waits for its parent's lock": (
        "import multiprocessing\n"
        "def work(lock):\n"
        "    with lock: print('never')\n"
        "if __name__ == '__main__':\n"
        "    fork = multiprocessing.get_context('fork')\n"
        "    lock = fork.Lock()\n"
        "    child = fork.Process(target=work, args=(lock,), name='child')\n"
        "    with lock:\n"
        "        child.start()\n"
        "        print('x')\n"
        "        child.join()\n",
        ["MainThread waits for the end of child", "child waits for Lock lock"],
    ),
    "a child that nobody reads from": (
        "import multiprocessing\n"
        "def work(queue): queue.put('x' * 1_000_000)\n"
        "if __name__ == '__main__':\n"
        "    fork = multiprocessing.get_context('fork')\n"
        "    queue = fork.Queue()\n"
        "    child = fork.Process(target=work, args=(queue,), name='child')\n"
        "    child.start()\n"
        "    print('x')\n"
        "    child.join()\n",
        [
            "MainThread waits for the end of child",
            "QueueFeederThread waits for room in the pipe of a Queue",
            "child waits for the end of QueueFeederThread",
        ],
    ),
    "spawned ones wait for each other": (
        "import multiprocessing\n"
        "def work(event): event.wait()\n"
        "if __name__ == '__main__':\n"
        "    spawn = multiprocessing.get_context('spawn')\n"
        "    event, pipe = spawn.Event(), spawn.Pipe()\n"
        "    child = spawn.Process(target=work, args=(event,), name='child')\n"
        "    child.start()\n"
        "    print('x')\n"
        "    pipe[0].recv()\n",
        ["MainThread waits for Connection pipe[0]", "child waits for Event event"],
    ),
    "a loop whose thread is stuck": (
        "import asyncio, threading\n"
        "lock = threading.Lock()\n"
        "async def main():\n"
        "    lock.acquire()\n"
        "    print('x')\n"
        "    await asyncio.to_thread(lock.acquire)\n"
        "asyncio.run(main())\n",
        ["Task-1 waits for to_thread", "asyncio_0 waits for Lock lock, held by MainThread"],
    ),
    "a loop that waits for itself": (
        "import asyncio, threading\n"
        "async def inner(): print('never')\n"
        "async def main():\n"
        "    print(threading.active_count())\n"
        "    loop = asyncio.get_running_loop()\n"
        "    asyncio.run_coroutine_threadsafe(inner(), loop).result()\n"
        "asyncio.run(main())\n",
        ["MainThread waits for Future"],
    ),
    "a child without multiprocessing": (
        "import subprocess, sys\n"
        "print('x', flush=True)\n"
        "subprocess.run([sys.executable, '-c', 'import threading; threading.Event().wait()'])\n",
        ["MainThread waits for Event", "MainThread waits for the end of a process"],
    ),
    "a forkserver's child at a lock": (
        "import multiprocessing as mp\n"
        "def work(lock): lock.acquire()\n"
        "if __name__ == '__main__':\n"
        "    context = mp.get_context('forkserver')\n"
        "    lock = context.Lock()\n"
        "    print(lock.acquire(), flush=True)\n"
        "    child = context.Process(target=work, args=(lock,), name='child')\n"
        "    child.start(), child.join()\n",
        ["MainThread waits for the end of child", "child waits for Lock lock"],
    ),
    "a manager's queue": (
        "import multiprocessing as mp\n"
        "with mp.get_context('fork').Manager() as manager:\n"
        "    box = manager.Queue()\n"
        "    print('x', flush=True)\n"
        "    box.get()\n",
        ["MainThread waits for Queue box"],
    ),
    "a manager's lock": (
        "import multiprocessing as mp\n"
        "def work(lock): lock.acquire()\n"
        "context = mp.get_context('fork')\n"
        "with context.Manager() as manager:\n"
        "    lock = manager.Lock()\n"
        "    print(lock.acquire(), flush=True)\n"
        "    child = context.Process(target=work, args=(lock,), name='child')\n"
        "    child.start(), child.join()\n",
        ["MainThread waits for the end of child", "child waits for Lock lock"],
    ),
}


@pytest.mark.parametrize("kind", STUCK)
def test_a_deadlock_of_threads_ends_at_once_and_tells_why(kind: str, snippet: Write) -> None:
    code, waits = STUCK[kind]
    trace = play(snippet(code), may_fail=True)
    assert list(map(str, trace.deadlock)) == waits
    assert trace.events
    assert trace.elapsed < 10, "no deadline is waited for"
    # What play() says of this trace unless it may fail: another play would wait once more.
    with pytest.raises(SnippetError, match=r"planted\.py: a deadlock.*:deadlock:\n.*line \d"):
        player._refuse_failure("planted", trace)


def test_a_deadlock_that_may_not_be_is_refused(snippet: Write) -> None:
    with pytest.raises(SnippetError, match=r"planted\.py: a deadlock.*:deadlock:\n.*line \d"):
        play(snippet(STUCK["locks"][0]))


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
    "process": (
        "q = multiprocessing.Queue()\n"
        "def work(): time.sleep(0.5), q.put(1)\n"
        "multiprocessing.get_context('fork').Process(target=work).start()\n"
        "q.get()"
    ),
    "processes in turn": (
        "a, b = multiprocessing.Queue(), multiprocessing.Queue()\n"
        "def work():\n"
        "    for _ in range(20): time.sleep(0.02), b.put(a.get())\n"
        "multiprocessing.get_context('fork').Process(target=work).start()\n"
        "for n in range(20): a.put(n), b.get()"
    ),
    "child of a child": (
        "q = multiprocessing.Queue()\n"
        "def work(): subprocess.run(['sleep', '0.5']), q.put(1)\n"
        "multiprocessing.get_context('fork').Process(target=work).start()\n"
        "q.get()"
    ),
    "lock with a limit": (
        "lock = multiprocessing.Lock()\n"
        "lock.acquire()\n"
        "work = lambda: lock.acquire(timeout=0.5)\n"
        "p = multiprocessing.get_context('fork').Process(target=work)\n"
        "p.start(), p.join()"
    ),
    "computing": (
        "q = multiprocessing.Queue()\n"
        "def work(): q.put(sum(range(20_000_000)))\n"
        "multiprocessing.get_context('fork').Process(target=work).start()\n"
        "q.get()"
    ),
    "loop": (
        "async def main():\n"
        "    e = asyncio.Event()\n"
        "    ring = asyncio.get_running_loop().call_soon_threadsafe\n"
        "    threading.Thread(target=lambda: (time.sleep(0.5), ring(e.set))).start()\n"
        "    await e.wait()\n"
        "asyncio.run(main())"
    ),
    "simple queue": (
        "q = queue.SimpleQueue()\n"
        "threading.Timer(0.5, q.put, [1]).start()\n"
        "q.get()\n"
        "try: q.get(timeout=0.3)\n"
        "except queue.Empty: pass"
    ),
    "forkserver": (
        "context = multiprocessing.get_context('forkserver')\n"
        "child = context.Process(target=time.sleep, args=(0.9,))\n"
        "if __name__ == '__main__': child.start(), child.join()\n"
        "else: print = lambda _: None"
    ),
    "manager": (
        "with multiprocessing.get_context('fork').Manager() as manager:\n"
        "    q = manager.Queue()\n"
        "    threading.Timer(0.9, q.put, [1]).start()\n"
        "    q.get()"
    ),
    "pipeline": (
        "write = ['sh', '-c', 'head -c 200000 /dev/zero']\n"
        "a = subprocess.Popen(write, stdout=subprocess.PIPE)\n"
        "b = subprocess.Popen(['sh', '-c', 'sleep 0.9; cat > /dev/null'], stdin=a.stdout)\n"
        "a.stdout.close(), a.wait(), b.wait()"
    ),
    "a reader that takes no part": (
        "read = ['sh', '-c', 'sleep 0.9; cat > /dev/null']\n"
        "b = subprocess.Popen(read, stdin=subprocess.PIPE, start_new_session=True)\n"
        "a = subprocess.Popen(['head', '-c', '200000', '/dev/zero'], stdout=b.stdin)\n"
        "b.stdin.close(), a.wait(), b.wait()"
    ),
    "a signal that the program blocks": (
        "threading.Event().wait(0.01)\n"
        "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2})\n"
        "os.kill(os.getpid(), signal.SIGUSR2)\n"
        "signal.sigwait({signal.SIGUSR2})"
    ),
    "a child with an alarm": (
        "wait = 'import signal, sys; signal.signal(14, lambda *_: sys.exit(0)); '\n"
        "wait += 'signal.setitimer(0, 1.5); sys.stdin.read()'\n"
        "subprocess.Popen([sys.executable, '-c', wait], stdin=subprocess.PIPE).wait()"
    ),
    "a pipe of a child that takes its time": (
        "child = subprocess.Popen('sleep 1.5; cat', shell=True, stdin=subprocess.PIPE,\n"
        "    stdout=subprocess.PIPE)\n"
        "child.stdin.write(b'x'), child.stdin.close(), child.stdout.read(), child.wait()"
    ),
    "a pipe of asyncio's child that takes its time": (
        "async def main():\n"
        "    child = await asyncio.create_subprocess_shell('sleep 1.5; cat', stdin=-1, stdout=-1)\n"
        "    child.stdin.write(b'x\\n')\n"
        "    await child.stdout.readline()\n"
        "    child.stdin.close()\n"
        "    await child.wait()\n"
        "asyncio.run(main())"
    ),
    "a child in a session of its own": (
        "ear, mouth = os.pipe()\n"
        "subprocess.Popen(['sh', '-c', f'sleep 1.5; echo x >&{mouth}'], pass_fds=[mouth],\n"
        "    start_new_session=True)\n"
        "os.read(ear, 1)"
    ),
    "a fork that takes its time": (
        "ear, mouth = os.pipe()\n"
        "if os.fork() == 0: time.sleep(1.5), os.write(mouth, b'x'), os._exit(0)\n"
        "os.read(ear, 1), os.wait()"
    ),
    "kill": (
        "e = threading.Event()\n"
        "signal.signal(signal.SIGUSR1, lambda *_: e.set())\n"
        "subprocess.Popen(['sh', '-c', f'sleep 0.5; kill -USR1 {os.getpid()}'])\n"
        "e.wait()"
    ),
}


@pytest.mark.parametrize("kind", NOT_STUCK)
def test_who_waits_for_what_still_comes_is_not_stuck(kind: str, snippet: Write) -> None:
    imports = (
        "import asyncio, multiprocessing, os, queue, signal, subprocess, sys, threading, time\n"
    )
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


TCP_SERVER = SERVER.replace(
    'start_unix_server(serve, "shop.sock")', 'start_server(serve, "127.0.0.1", PORT)'
).replace("    writer.write", "    await asyncio.sleep(0.5)\n    writer.write")
THREADED = """\
import socketserver
class Shop(socketserver.StreamRequestHandler):
    def handle(self):
        print("asked for", self.rfile.readline().decode().strip())
        self.wfile.write(b"cake\\n")
socketserver.TCPServer.allow_reuse_address = True
with socketserver.ThreadingTCPServer(("127.0.0.1", PORT), Shop) as server:
    print("open")
    server.serve_forever()
"""
TCP_CLIENT = CLIENT.replace('open_unix_connection("shop.sock"', 'open_connection("127.0.0.1", PORT')
BLOCKING = """\
import socket
with socket.create_connection(("127.0.0.1", PORT)) as peer, peer.makefile("rw") as file:
    print("bread", file=file, flush=True)
    print("got", file.readline().strip())
"""


@pytest.mark.parametrize("client", [TCP_CLIENT, BLOCKING])
@pytest.mark.parametrize("server", [TCP_SERVER, THREADED])
def test_a_server_and_its_client_are_two_programs(server: str, client: str, snippet: Write) -> None:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = str(one.getsockname()[1])
    snippet(server.replace("PORT", port), "server")
    trace = play(snippet(client.replace("PORT", port), "client"), beside="server")
    assert trace.shown() == ["server │ open", "server │ asked for bread", "client │ got cake"]


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
        ("import asyncio, os\nprint(os.stat('.').st_mtime > 0)", False),
        ("import time\nprint('x')", False),
    ],
)
def test_the_clock_follows_what_a_program_uses(code: str, virtual: bool, snippet: Write) -> None:
    trace = play(snippet(code))
    assert trace.timed is virtual
    assert bool(trace.why) is not virtual
    assert not play("planted", clock="real").timed


TIES = {
    "equal sleeps": (
        "def work(n, seconds): time.sleep(seconds), print(n)\n"
        "for pair in enumerate((0.2, 0.1, 0.2)): threading.Thread(target=work, args=pair).start()",
        {"0", "2"},
    ),
    "a chain": (
        "threading.Thread(target=lambda: (time.sleep(0.3), print('one'))).start()\n"
        "time.sleep(0.1), time.sleep(0.2), print('two')",
        {"one", "two"},
    ),
    "waits in vain": (
        "e = threading.Event()\n"
        "threading.Timer(0.2, print, ['timer']).start()\n"
        "e.wait(0.2), print('main')",
        {"timer", "main"},
    ),
    "a free lock": (
        "lock = threading.Lock()\n"
        "def work(n):\n"
        "    time.sleep(0.1)\n"
        "    with lock: print(n)\n"
        "for n in range(2): threading.Thread(target=work, args=(n,)).start()",
        {"0", "1"},
    ),
    "an order that is forced": (
        "e = threading.Event()\n"
        "first = threading.Thread(target=lambda: (time.sleep(0.2), print('first'), e.set()))\n"
        "first.start()\n"
        "time.sleep(0.2), e.wait(), print('second'), first.join(), print('end')",
        set(),
    ),
    "after a barrier": (
        "b = threading.Barrier(2)\n"
        "def work(n):\n"
        "    time.sleep(0.1 * n), b.wait(), time.sleep(0.1)\n"
        "    if n == 1: print('met')\n"
        "for n in (1, 2): threading.Thread(target=work, args=(n,)).start()\n"
        "time.sleep(0.2), print('main')",
        set(),
    ),
    "after a result": (
        "with concurrent.futures.ThreadPoolExecutor() as pool:\n"
        "    threading.Thread(target=lambda: (time.sleep(0.1), print('early'))).start()\n"
        "    pool.submit(time.sleep, 0.2).result(), time.sleep(0.1), print('late')",
        set(),
    ),
    "after a task of a pool": (
        "with concurrent.futures.ThreadPoolExecutor(1) as pool:\n"
        "    pool.submit(int).result(), time.sleep(0.2)\n"
        "    threading.Thread(target=lambda: (time.sleep(0.2), print('late'))).start()\n"
        "    pool.submit(lambda: (time.sleep(0.1), print('early')))",
        set(),
    ),
    "equal tasks of a pool": (
        "def work(n): time.sleep(0.1), print(n)\n"
        "with concurrent.futures.ThreadPoolExecutor(2) as pool: list(pool.map(work, (1, 2)))",
        {"1", "2"},
    ),
    "after a timer of a loop": (
        "async def main():\n"
        "    await asyncio.sleep(0.1)\n"
        "    thread = threading.Thread(target=lambda: (time.sleep(0.15), print('late')))\n"
        "    thread.start(), await asyncio.to_thread(thread.join)\n"
        "threading.Thread(target=lambda: (time.sleep(0.15), print('early'))).start()\n"
        "asyncio.run(main())",
        set(),
    ),
    "other moments": (
        "threading.Thread(target=lambda: (time.sleep(0.3), print('late'))).start()\n"
        "time.sleep(0.2), print('early')",
        set(),
    ),
    "the same line": (
        "for _ in range(2): threading.Thread(target=lambda: (time.sleep(0.1), print('x'))).start()",
        set(),
    ),
}


@pytest.mark.parametrize("kind", TIES)
def test_sleeps_of_threads_that_end_at_one_moment_are_told(kind: str, snippet: Write) -> None:
    code, tied = TIES[kind]
    name = snippet(f"import asyncio, concurrent.futures, subprocess, threading, time\n{code}\n")
    assert set(play(name, clock="real").ties) == tied
    if tied:
        with pytest.raises(SnippetError, match=r"planted\.py: two waits end at the same moment"):
            record(name)
    record(name, ordered=False)


OF_ADDRESSES = {
    "objects": (
        "class A: pass\n"
        "known = [A() for _ in range(8)]\n"
        "print(*(known.index(a) for a in {*known}))\n"
    ),
    "tasks": (
        "import asyncio\n"
        "async def main():\n"
        "    known = [asyncio.create_task(asyncio.sleep(0)) for _ in range(8)]\n"
        "    print(*(known.index(task) for task in frozenset(known)))\n"
        "asyncio.run(main())\n"
    ),
    "tasks in a WeakSet": (
        "import asyncio, weakref\n"
        "async def main():\n"
        "    known = [asyncio.create_task(asyncio.sleep(0)) for _ in range(8)]\n"
        "    print(*(known.index(task) for task in weakref.WeakSet(known)))\n"
        "asyncio.run(main())\n"
    ),
}


@pytest.mark.parametrize("kind", OF_ADDRESSES)
def test_an_order_of_addresses_shows_to_who_plays_again(
    kind: str, snippet: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = snippet(OF_ADDRESSES[kind])
    seen = set()
    for seed in ("0", "1", "2", "3"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        seen.add(tuple(play(name).lines))
    assert len(seen) > 1


LET_GO = {
    "an event": ("e = threading.Event()", "e.wait()", "e.set()", "MainProcess"),
    "a condition": (
        "c = threading.Condition()",
        "\n    with c: c.wait()",
        "\nwith c: c.notify_all()",
        "MainProcess",
    ),
    "a barrier": ("b = threading.Barrier(3)", "b.wait()", "b.wait()", "others"),
    "a queue": ("q = queue.Queue()", "q.get()", "q.put(1), q.put(1)", ""),
}


@pytest.mark.parametrize("kind", LET_GO)
def test_lines_of_threads_that_one_thing_lets_go_on_have_no_order(
    kind: str, snippet: Write
) -> None:
    make, wait, wake, by = LET_GO[kind]
    code = (
        f"import queue, threading, time\n{make}\n"
        f"def work(n):\n    {wait}\n    print(n)\n"
        "for n in 'ab': threading.Thread(target=work, args=(n,), name=n).start()\n"
        f"time.sleep(0.2)\n{wake}\n"
    )
    trace = play(snippet(code))
    by = by.replace("MainProcess", "MainProcess")
    why = f"a and b went on by the same doing of {by}" if by else ""
    assert trace.why_unordered("a", "b") == trace.why_unordered("b", "a") == why
    assert trace.why_unordered("a", "a") == trace.why_unordered("a", "none") == ""
    shown = Shown("page.md", "planted", ("a", "b"), any_order=False)
    told = _differs(shown, trace, ["a", "b"], ["b", "a"])
    assert "«a» comes here" in told
    assert (f"({why}, and the system chooses" in told) is bool(why)


def test_a_program_that_swallows_all_is_ended(
    snippet: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVEN_DEADLINE", "1")
    code = "print('x')\nwhile True:\n    try:\n        while True: pass\n"
    snippet(f"{code}    except BaseException: pass\n")
    with pytest.raises(
        SnippetError,
        match=r"(?s)still running after 1 s.*planted\.py\", line 4.*the real clock.*DEADLINE",
    ):
        play("planted")
