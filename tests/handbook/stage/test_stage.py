"""The stage: exact virtual seconds in this process, whole lines from threads and processes."""

import asyncio
import logging
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from proven.stage import SnippetError, Trace, perform, play
from proven.stage.player import sharing

Write = Callable[[str], str]


@pytest.fixture
def snippet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Return a function that makes its argument a snippet and returns the snippet's name."""
    (tmp_path / "snippets").mkdir()
    monkeypatch.chdir(tmp_path)

    def write(code: str) -> str:
        (tmp_path / "snippets/planted.py").write_text(code, encoding="utf-8")
        return "planted"

    return write


def test_waiting_and_blocking_cost_virtual_seconds() -> None:
    async def ticks() -> None:
        for number in range(3):
            print("tick", number)
            await asyncio.sleep(1)

    async def main() -> None:
        task = asyncio.create_task(ticks())
        await asyncio.sleep(0.5)
        time.sleep(2.5)  # noqa: ASYNC251 - a task that blocks its loop
        print("unblocked")
        await task
        print(time.monotonic(), time.perf_counter(), asyncio.get_running_loop().time())

    began = time.monotonic()
    trace = perform(main)
    assert time.monotonic() - began < 1
    assert trace.at("tick 0") == 0
    assert trace.at("unblocked") == 3
    assert trace.at("tick 1") == 3, "the blocked loop delays the tick"
    assert trace.lines[-1] == "5.0 5.0 5.0"
    assert trace.elapsed == 5


def test_threads_of_to_thread_sleep_beside_the_loop() -> None:
    def work(seconds: float) -> str:
        time.sleep(seconds)
        print("worked", seconds)
        return f"after {seconds}"

    async def main() -> None:
        works = (asyncio.to_thread(work, seconds) for seconds in (3, 1, 2))
        print(await asyncio.gather(*works))
        try:
            async with asyncio.timeout(1):
                await asyncio.to_thread(work, 5)
        except TimeoutError:
            print("timeout")

    trace = perform(main)
    assert [trace.at(f"worked {n}") for n in (1, 2, 3, 5)] == [1, 2, 3, 8]
    assert trace.at("['after 3', 'after 1', 'after 2']") == 3
    assert trace.at("timeout") == 4
    assert trace.elapsed == 8, "asyncio.run waits for the thread"


def test_the_clock_goes_on_from_run_to_run(snippet: Write) -> None:
    name = snippet(
        "import asyncio, time\n"
        "time.sleep(1)\n"
        "asyncio.run(asyncio.sleep(2))\n"
        "print('between')\n"
        "time.sleep(1)\n"
        "asyncio.run(asyncio.sleep(0.5))\n"
        "print('end')\n"
    )
    trace = play(name)
    assert (trace.at("between"), trace.at("end")) == (3, 4.5)


def test_the_real_clock_is_back_after_a_play(snippet: Write) -> None:
    originals = (time.sleep, time.monotonic, time.perf_counter, asyncio.new_event_loop)
    with pytest.raises(SnippetError, match="planted"):
        play(snippet("import asyncio\nraise ValueError('planted')\n"))
    assert (time.sleep, time.monotonic, time.perf_counter, asyncio.new_event_loop) == originals


def test_task_names_do_not_depend_on_earlier_plays() -> None:
    async def main() -> None:
        print(asyncio.current_task().get_name())
        await asyncio.create_task(asyncio.sleep(0), name="own")

    for _ in range(2):
        assert [(event.actor, event.text) for event in perform(main).events] == [
            ("Task-1", "Task-1")
        ]


def test_an_unfinished_line_is_not_lost() -> None:
    async def main() -> None:
        print("begun", end="")

    assert perform(main).lines == ["begun"]


def test_warnings_and_asyncio_log_go_to_stderr() -> None:
    async def main() -> None:
        warnings.warn("planted warning", stacklevel=1)
        logging.getLogger("asyncio").error("planted error")

    trace = perform(main)
    assert "planted warning" in trace.stderr
    assert "planted error" in trace.stderr


def test_lines_of_threads_and_processes_stay_whole(snippet: Write) -> None:
    name = snippet(
        "import multiprocessing, sys, threading\n"
        "def work(name):\n"
        "    for number in range(50):\n"
        "        print(name, 'line', number)\n"
        "if __name__ == '__main__':\n"
        "    sys.setswitchinterval(1e-6)\n"
        "    threads = [threading.Thread(target=work, args=(n,), name=n) for n in ('t1', 't2')]\n"
        "    context = multiprocessing.get_context('spawn')\n"
        "    process = context.Process(target=work, args=('p',), name='p')\n"
        "    for actor in (*threads, process): actor.start()\n"
        "    for actor in (*threads, process): actor.join()\n"
        "    print('last', end='')\n"
    )
    trace = play(name)
    assert not trace.timed
    for actor in ("t1", "t2", "p"):
        own = [event.text for event in trace.events if event.actor == actor]
        assert own == [f"{actor} line {number}" for number in range(50)]
    assert trace.events[-1].actor == "MainProcess"
    assert trace.lines[-1] == "last"


def test_a_failing_process_shows_its_traceback(snippet: Write) -> None:
    with pytest.raises(SnippetError, match=r"(?s)planted\.py: .* exit code 1.*ValueError: planted"):
        play(snippet("import threading\nraise ValueError('planted')\n"))


def test_what_is_left_behind_ends_with_the_program(snippet: Write) -> None:
    name = snippet(
        "import subprocess, sys\n"
        "print('left')\n"
        "subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(60)'])\n"
        "subprocess.Popen(['sh', '-c', 'sleep 0.1; echo late'])\n"
    )
    trace = play(name)
    assert trace.lines == ["left", "late"]
    assert trace.elapsed < 30


def test_perform_lets_exceptions_out() -> None:
    async def main() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        perform(main)


def test_a_program_is_played_once_by_those_who_share(snippet: Write) -> None:
    name = snippet("import os\nprint(os.getpid())\n")
    traces: dict[tuple[object, ...], Trace] = {}
    with sharing(traces):
        first = play(name)
        assert play(name) is first
        assert play(name, ordered=False) is not first
        snippet("import os\nprint(os.getpid(), 'changed')\n")
        assert "changed" in play(name).lines[0]
    assert play(name) != first, "nobody shares after it"
