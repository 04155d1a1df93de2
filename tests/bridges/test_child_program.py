"""Proofs for source/bridges/child-program.md."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import threading
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from proven.stage import load, play

from tests.ways import ways
from tests.ways_processes import filled, void

STREAMS = {"stdout": "stdout", "stderr": "stderr"}
NUMBERS = {"stdout": 1, "stderr": 2}


async def start(program: str, session: bool = False) -> Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        program,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        start_new_session=session,
    )


def writing(stream: str, size: int) -> str:
    return f"import sys; sys.{stream}.write('x' * {size})"


async def ended(process: Process) -> None:
    """Return when the process itself has ended, whoever keeps its pipes."""
    while process.returncode is None:  # noqa: ASYNC110 - wait() may tell it later
        await asyncio.sleep(0.01)


async def paused(reader: asyncio.StreamReader) -> None:
    """Return when the buffer of the reader is full: from then on it reads nothing by itself."""
    while not reader._paused:  # type: ignore[attr-defined]  # noqa: ASYNC110 - nothing tells it
        await asyncio.sleep(0.01)


@pytest.mark.always("child-communicate")
@ways(stream=STREAMS, size={"none": 0, "2 MB": 2_000_000})
def test_communicate_reads_all(stream: str, size: int) -> None:
    assert play("bridges/child_program_wait_fixed").ordered("read: 1000001 bytes", "code: 0")

    async def main() -> None:
        process = await start(writing(stream, size))
        output, errors = await process.communicate()
        assert (len(output), len(errors)) == ((size, 0) if stream == "stdout" else (0, size))
        assert process.returncode == 0

    asyncio.run(main())


@pytest.mark.always("child-communicate-input")
@ways(stream=STREAMS, size={"none": 0, "2 MB": 2_000_000})
def test_communicate_writes_and_reads_all(stream: str, size: int) -> None:
    # no mutant: в примерах ввода у communicate() нет
    async def main() -> None:
        for answers in (f"for line in sys.stdin: sys.{stream}.write(line)", "sys.stdin.read()"):
            process = await start(f"import sys\n{answers}\nprint('end', file=sys.{stream})")
            given = b"x\n" * (size // 2)
            output, errors = await process.communicate(given)
            assert output + errors == (given if "for" in answers else b"") + b"end\n"
            assert process.returncode == 0

    asyncio.run(main())


@pytest.mark.always("child-drain-hangs")
@ways(stream=STREAMS, size={"1 MB": 1_000_000, "2 MB": 2_000_000})
def test_a_big_input_waits_for_a_reader(stream: str, size: int) -> None:
    # no mutant: в примерах ввод мал
    async def main() -> None:
        process = await start(f"import sys\nfor line in sys.stdin: sys.{stream}.write(line)")
        assert process.stdin is not None
        process.stdin.write(b"x\n" * (size // 2))
        draining = asyncio.create_task(process.stdin.drain())
        await paused(getattr(process, stream))
        done, _ = await asyncio.wait([draining], timeout=0.2)
        assert not done
        assert process.returncode is None
        reading = asyncio.create_task(process.communicate())
        await draining
        process.stdin.close()
        output, errors = await reading
        assert len(output + errors) == size

    asyncio.run(main())


@pytest.mark.always("child-communicate-keeps-stdin", before="3.12")
@ways(stream=STREAMS)
def test_communicate_leaves_the_input_open(stream: str) -> None:
    # no mutant: в примерах программа не читает ввода до конца
    async def main() -> None:
        program = f"import sys; print('ready', file=sys.{stream}, flush=True); sys.stdin.read()"
        process = await start(program)
        assert await getattr(process, stream).readline() == b"ready\n"
        reading = asyncio.create_task(process.communicate())
        done, _ = await asyncio.wait([reading], timeout=0.2)
        assert not done
        assert process.stdin is not None
        process.stdin.close()
        assert await reading == (b"", b"")
        assert await (await start("input()")).communicate(b"") != (b"", b"")  # EOFError

    asyncio.run(main())


@pytest.mark.always("child-stdin-inherited")
@ways(spawn={"exec": "exec(sys.executable, '-c', CHILD)", "shell": "shell('cat')"})
def test_a_program_reads_the_input_of_its_parent(spawn: str) -> None:
    # no mutant: в примерах ввод задан или не нужен
    program = filled(
        """
        import asyncio, sys
        CHILD = "import sys; print(sys.stdin.read(), end='')"

        async def main():
            process = await asyncio.create_subprocess_SPAWN
            await process.wait()

        asyncio.run(main())
        """,
        create_subprocess_SPAWN=f"create_subprocess_{spawn}",
    )
    run = subprocess.run(
        [sys.executable, "-c", program], input="from afar", capture_output=True, text=True
    )
    assert (run.stdout, run.returncode) == ("from afar", 0), run.stderr


@pytest.mark.always("child-communicate-needs-pipe")
@ways(stdin={"inherited": (None, "from afar"), "DEVNULL": (subprocess.DEVNULL, "")})
def test_what_communicate_is_given_needs_a_pipe(stdin: tuple[int | None, str]) -> None:
    # no mutant: в примерах ввода у communicate() нет
    program = """
        import asyncio, sys

        async def main():
            child = "import sys; print(sys.stdin.read(), end='')"
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", child, stdin=STDIN
            )
            try:
                await process.communicate(b"data")
            except AttributeError:
                print("refused", file=sys.stderr)
            await process.wait()

        asyncio.run(main())
        """
    given, read = stdin
    run = subprocess.run(
        [sys.executable, "-c", filled(program, STDIN=repr(given))],
        input="from afar",
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (run.stdout, run.returncode) == (read, 0), run.stderr
    assert (run.stderr == "refused\n") is (sys.version_info < (3, 12))


@pytest.mark.always("child-wait-hangs")
@ways(stream=STREAMS)
def test_wait_does_not_read(stream: str) -> None:
    trace = play("bridges/child_program_wait_broken")
    assert trace.ordered("wait: no end", "read: 1000001 bytes", "wait: 0")

    async def main() -> None:
        process = await start(writing(stream, 1_000_000))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(process.wait(), 0.5)
        assert process.returncode is None
        output, errors = await process.communicate()
        assert len(output + errors) == 1_000_000
        assert await process.wait() == 0

    asyncio.run(main())


@pytest.mark.sometimes("child-wait-after-kill", before="3.13")
@ways(stream=STREAMS)
def test_wait_needs_a_reader_even_after_kill(stream: str) -> None:
    # no mutant: в примерах после kill() канал дочитывают

    async def main() -> None:
        process = await start(writing(stream, 1_000_000))
        await paused(getattr(process, stream))
        waiting = asyncio.create_task(process.wait())
        await asyncio.sleep(0)
        process.kill()
        while process.returncode is None:  # noqa: ASYNC110 - wait() is what doesn't tell it
            await asyncio.sleep(0.01)
        for _ in range(100):
            await asyncio.sleep(0)
        assert not waiting.done()
        await process.communicate()
        assert await waiting == -signal.SIGKILL

    asyncio.run(main())


@pytest.mark.always("child-lines-early")
@ways(stream=STREAMS)
def test_a_line_comes_before_the_end(stream: str) -> None:
    trace = play("bridges/child_program_lines")
    assert trace.lines[:3] == [f"{step} - code None" for step in ("load", "train", "save")]
    assert trace.find("end - code 0")

    async def main() -> None:
        process = await start(f"import sys; print(1, file=sys.{stream}, flush=True); input()")
        reader = getattr(process, stream)
        assert await reader.readline() == b"1\n"
        assert process.returncode is None
        await process.communicate(b"\n")

    asyncio.run(main())


LINES: dict[str, Callable[[asyncio.StreamReader], Awaitable[bytes]]] = {
    "readline": lambda reader: reader.readline(),
    "async for": lambda reader: anext(reader),
}


@pytest.mark.always("child-stderr-hangs")
@ways(line=LINES, size={"300 kB": 300_000, "1 MB": 1_000_000})
def test_lines_hang_on_the_other_pipe(
    line: Callable[[asyncio.StreamReader], Awaitable[bytes]], size: int
) -> None:
    # no mutant: в примерах второй канал не просят

    async def main() -> None:
        process = await start(writing("stderr", size) + "; print('line')")
        assert process.stdout is not None
        assert process.stderr is not None
        reading = asyncio.ensure_future(line(process.stdout))
        await paused(process.stderr)
        done, _ = await asyncio.wait([reading], timeout=0.2)
        assert not done
        assert process.returncode is None
        assert len(await process.stderr.read()) == size
        assert await reading == b"line\n"
        await process.communicate()

    asyncio.run(main())


@pytest.mark.always("child-long-line")
@ways(line=LINES, size={"at once": 65_537, "much": 300_000})
def test_a_long_line_is_refused(
    line: Callable[[asyncio.StreamReader], Awaitable[bytes]], size: int
) -> None:
    # no mutant: в примерах длинных строк никто не читает построчно

    async def main() -> None:
        process = await start(f"print('x' * 65_536); print('x' * {size}); print('next')")
        assert process.stdout is not None
        assert len(await line(process.stdout)) == 65_537
        with pytest.raises(ValueError, match="limit"):
            await line(process.stdout)
        rest, _ = await process.communicate()
        assert len(rest) < size

    asyncio.run(main())


async def _past_its_deadline(process: Process, read: asyncio.Event) -> None:
    async def communicate() -> None:
        async with asyncio.timeout(None) as scope:
            reading = asyncio.ensure_future(read.wait())
            reading.add_done_callback(lambda _: scope.reschedule(0))
            await process.communicate()

    with pytest.raises(TimeoutError):
        await communicate()


async def _cancelled(process: Process, read: asyncio.Event) -> None:
    task = asyncio.create_task(process.communicate())
    await read.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


@pytest.mark.always("child-communicate-loses")
@ways(stream=STREAMS, ended={"deadline": _past_its_deadline, "cancel": _cancelled})
def test_a_cancelled_communicate_loses_what_it_read(
    stream: str, ended: Callable[[Process, asyncio.Event], Awaitable[None]]
) -> None:
    trace = play("bridges/child_program_partial_broken")
    assert trace.ordered("read: b'ready\\n'", "output: b''", "code: -9")

    async def main() -> None:
        write = f"os.write({NUMBERS[stream]}, b'1')"
        process = await start(f"import os; input(); {write}; input(); print(2)")
        stdin, process.stdin = process.stdin, None  # its end would end the program
        assert stdin is not None
        reader = getattr(process, stream)
        feed, read = reader.feed_data, asyncio.Event()
        loop = asyncio.get_running_loop()

        def fed(data: bytes) -> None:
            feed(data)
            loop.call_soon(loop.call_soon, read.set)  # after the step of the reading task

        reader.feed_data = fed
        stdin.write(b"\n")
        await ended(process, read)
        stdin.write(b"\n")
        output, errors = await process.communicate()
        assert (output, errors) == (b"2\n", b"")

    asyncio.run(main())


@pytest.mark.always("child-communicate-keeps")
@ways(kill={"kill": Process.kill, "terminate": Process.terminate}, stream=STREAMS)
def test_a_task_of_communicate_keeps_all(kill: Callable[[Process], None], stream: str) -> None:
    trace = play("bridges/child_program_partial_fixed")
    assert trace.ordered("read: b'ready\\n'", "output: b'page 1\\n'", "code: -9")

    async def main() -> None:
        program = f"import sys; print('ready', 1, file=sys.{stream}, flush=True); input()"
        process = await start(program)
        process.stdin, stdin = None, process.stdin
        reader = getattr(process, stream)
        assert await reader.readexactly(6) == b"ready "
        reading = asyncio.create_task(process.communicate())
        done, _ = await asyncio.wait([reading], timeout=0.05)
        assert not done
        kill(process)
        output, errors = await reading
        assert output + errors == b"1\n"
        assert stdin is not None
        stdin.close()
        in_time = await asyncio.create_subprocess_exec(
            sys.executable, "-c", "print(2)", stdout=PIPE
        )
        output_within = load("bridges/child_program_partial_fixed").output_within
        assert await output_within(in_time, 60) == b"2\n"
        assert in_time.returncode == 0

    asyncio.run(main())


SIGNALS: dict[str, Callable[[Process], None]] = {
    "kill": Process.kill,
    "terminate": Process.terminate,
    "send_signal": lambda process: process.send_signal(signal.SIGTERM),
}


@pytest.mark.sometimes("child-kill-ended")
@ways(send=SIGNALS)
def test_nobody_is_there_to_be_killed(send: Callable[[Process], None]) -> None:
    # no mutant: примеру ещё есть кого завершать
    async def main() -> None:
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "", stdout=PIPE)
        await process.communicate()
        for _ in range(10):  # its end is known, its transport may be letting go of it yet
            await asyncio.sleep(0)
        with pytest.raises(ProcessLookupError):
            send(process)

    asyncio.run(main())


@pytest.mark.always("child-kill-one")
@ways(kill={"kill": Process.kill, "terminate": Process.terminate})
def test_the_child_lives_on(kill: Callable[[Process], None]) -> None:
    trace = play("bridges/child_program_timeout_broken")
    assert trace.ordered("read: b'ready\\n'", "read: b'still here\\n'", "code: -9")

    async def main() -> None:
        process = await start(load("bridges/child_program_timeout_broken").PROGRAM)
        assert process.stdin is not None
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        kill(process)
        process.stdin.write(b"\n")
        assert await process.stdout.read() == b"still here\n"
        assert await process.wait() < 0

    asyncio.run(main())


@pytest.mark.sometimes("child-kill-shell")
@ways(kill={"kill": Process.kill, "terminate": Process.terminate})
def test_a_shell_is_killed_without_its_command(kill: Callable[[Process], None]) -> None:
    # no mutant: в примерах оболочки нет
    async def main() -> None:
        process = await asyncio.create_subprocess_shell("cat; exit", stdin=PIPE, stdout=PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (b"1\n", b"2\n"):
            process.stdin.write(number)
            assert await process.stdout.readline() == number
            if process.returncode is None:
                kill(process)
            await ended(process)
        process.stdin.close()
        assert await process.communicate() == (b"", None)
        assert process.returncode < 0

    asyncio.run(main())


@pytest.mark.always("child-kill-group")
@ways(number={"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM})
def test_the_group_ends(number: signal.Signals) -> None:
    trace = play("bridges/child_program_timeout_fixed")
    assert trace.ordered("timeout, code: None", "read: b''", "code: -9")

    async def main() -> None:
        process = await start(load("bridges/child_program_timeout_fixed").PROGRAM, session=True)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        os.killpg(process.pid, number)
        assert await process.stdout.read() == b""
        assert await process.wait() == -number

    asyncio.run(main())


LEAVES_A_CHILD = """
import os, subprocess, sys
gate = int(sys.argv[1])
child = "import os, sys; os.read(int(sys.argv[1]), 1); print('late')"
subprocess.Popen([sys.executable, "-c", child, str(gate)], pass_fds=[gate])
print("begun", flush=True)
if ENDS:
    os._exit(0)
os.read(gate, 1)
"""


@asynccontextmanager
async def leaving_a_child(
    ends: bool, program: str = LEAVES_A_CHILD
) -> AsyncIterator[tuple[Process, Callable[[], None]]]:
    """Start a program whose child keeps its pipe, and yield what lets it go on."""
    gate, opens = os.pipe()
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            filled(program, ENDS=ends),
            str(gate),
            stdout=PIPE,
            pass_fds=[gate],
            start_new_session=True,
        )
        assert process.stdout is not None
        assert await process.stdout.readline() == b"begun\n"
        while ends and process.returncode is None:  # noqa: ASYNC110 - wait() tells it later
            await asyncio.sleep(0.01)
        yield process, lambda: void(os.write(opens, b"12"))
    finally:
        os.close(gate)
        os.close(opens)  # whoever waited for it goes on


@pytest.mark.always("child-communicate-inherited")
@ways(ends={"ended": True, "at work": False})
def test_communicate_waits_for_who_keeps_the_pipe(ends: bool) -> None:
    # no mutant: открыт ли ещё канал, решает система
    async def main() -> None:
        async with leaving_a_child(ends) as (process, go_on):
            reading = asyncio.create_task(process.communicate())
            done, _ = await asyncio.wait([reading], timeout=0.2)
            assert not done
            assert (process.returncode == 0) == ends
            go_on()
            assert await reading == (b"late\n", None)

    asyncio.run(main())


@pytest.mark.always("child-killpg-after-the-end")
@ways(ends={"ended": True, "at work": False})
def test_the_group_ends_after_its_program(ends: bool) -> None:
    trace = play("bridges/child_program_group")
    assert trace.lines == ["read: b'ready\\n'", "output: b'page 1\\n'"]

    async def main() -> None:
        output_within = load("bridges/child_program_group").output_within
        async with leaving_a_child(ends) as (process, _):
            assert await output_within(process, 0.1) == b""
            assert process.returncode == (0 if ends else -signal.SIGKILL)
        process = await start("print(1)", session=True)
        assert await output_within(process, 60) == b"1\n"
        with pytest.raises(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    asyncio.run(main())


@pytest.mark.always("child-killpg-no-group")
@ways(session={"a group of its own": True, "the group of its parent": False})
def test_without_a_group_nobody_is_killed(session: bool) -> None:
    async def main() -> None:
        process = await start("input()", session)
        try:
            if session:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                with pytest.raises(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        finally:
            await process.communicate(b"\n")
        assert process.returncode == (-signal.SIGKILL if session else 0)

    asyncio.run(main())


IN_ITS_OWN_SESSION = LEAVES_A_CHILD.replace("pass_fds", "start_new_session=True, pass_fds")


@pytest.mark.always("child-left-the-group")
@ways(ends={"ended": True, "at work": False})
def test_who_left_the_group_keeps_the_pipe(ends: bool) -> None:
    # no mutant: открыт ли ещё канал, решает система
    async def main() -> None:
        async with leaving_a_child(ends, program=IN_ITS_OWN_SESSION) as (process, go_on):
            reading = asyncio.create_task(process.communicate())
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await ended(process)
            done, _ = await asyncio.wait([reading], timeout=0.2)
            assert not done
            go_on()
            assert await reading == (b"late\n", None)

    asyncio.run(main())


@pytest.mark.always("child-file-not-held")
@ways(program={"in the group": LEAVES_A_CHILD, "in its own session": IN_ITS_OWN_SESSION})
def test_wait_does_not_wait_for_who_keeps_the_file(program: str, tmp_path: Path) -> None:
    # no mutant: в примерах вывод идёт в канал
    output, (gate, opens) = tmp_path / "output", os.pipe()

    async def main() -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            filled(program, ENDS=True),
            str(gate),
            stdout=file,
            pass_fds=[gate],
        )
        async with asyncio.timeout(60):  # its child waits for the gate, and this would, too
            assert await process.wait() == 0
        assert output.read_bytes() == b"begun\n"
        os.close(gate)
        os.write(opens, b"1")
        while output.read_bytes() != b"begun\nlate\n":  # noqa: ASYNC110 - another program
            await asyncio.sleep(0.01)
        os.close(opens)

    with output.open("wb") as file:
        asyncio.run(main())


AT_A_TERMINAL = """
import asyncio, os, signal, sys
from asyncio.subprocess import DEVNULL, PIPE

terminal, keyboard = sys.argv[1], int(sys.argv[2])
CHILD = "print('ready', flush=True); input(); print('went on')"


async def start(session):
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CHILD,
        stdin=PIPE, stdout=PIPE, stderr=DEVNULL, start_new_session=session,
    )
    await process.stdout.readline()
    return process


async def main():
    os.open(terminal, os.O_RDWR)  # becomes the terminal of this session
    signal.signal(signal.SIGINT, lambda *_: None)
    plain, apart = await start(False), await start(True)
    os.write(keyboard, b"\x03")
    print(await plain.wait(), apart.returncode)
    output, _ = await apart.communicate(b"go on\\n")
    print(output, apart.returncode)


asyncio.run(main())
"""


@pytest.mark.always("child-session-no-ctrl-c")
def test_ctrl_c_does_not_reach_a_session_of_its_own() -> None:
    # one way: a terminal sends one signal to one group
    # no mutant: кому послать сигнал, решает терминал
    keyboard, terminal = os.openpty()
    try:
        run = subprocess.run(
            [sys.executable, "-c", AT_A_TERMINAL, os.ttyname(terminal), str(keyboard)],
            stdout=subprocess.PIPE,
            text=True,
            timeout=30,
            start_new_session=True,
            pass_fds=[keyboard],
            check=True,
        )
    finally:
        os.close(keyboard)
        os.close(terminal)
    assert run.stdout.splitlines() == [f"{-signal.SIGINT} None", "b'went on\\n' 0"]


WAITS: dict[str, Callable[[Process], Awaitable[object]]] = {
    "wait": lambda process: process.wait(),
    "communicate": lambda process: process.communicate(),
}


async def _by_deadline(waiting: Awaitable[object]) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await waiting


async def _by_wait_for(waiting: Awaitable[object]) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(waiting, 0.05)


async def _by_cancel(waiting: Awaitable[object]) -> None:
    task = asyncio.ensure_future(waiting)
    await asyncio.sleep(0.05)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


@pytest.mark.always("child-timeout-leaves")
@ways(
    wait=WAITS,
    ended={"timeout": _by_deadline, "wait_for": _by_wait_for, "cancel": _by_cancel},
)
def test_who_stops_waiting_stops_nothing_else(
    wait: Callable[[Process], Awaitable[object]], ended: Callable[[Awaitable[object]], Any]
) -> None:
    # no mutant: доходит ли отмена до программы, решает asyncio
    assert play("bridges/child_program_timeout_fixed").find("timeout, code: None")

    async def main() -> None:
        process = await start("print(1, flush=True); input(); print(2)")
        assert process.stdout is not None
        assert await process.stdout.readline() == b"1\n"
        stdin, process.stdin = process.stdin, None  # its end would end the program
        await ended(wait(process))
        assert process.returncode is None
        assert stdin is not None
        stdin.write(b"\n")
        assert await process.wait() == 0

    asyncio.run(main())


LEFT = """
import os, signal, sys
told = int(sys.argv[1])
signal.signal(signal.SIGTERM, lambda *_: os._exit(os.write(told, b"lives")))
os.write(told, b"ready")
signal.pause()
"""
PIPES: dict[str, dict[str, Any]] = {
    "with pipes": {"stdin": PIPE, "stdout": PIPE},
    "with one pipe": {"stdin": PIPE},
}


def lives_on(pipes: dict[str, Any]) -> bool:
    """Does a program live when the loop is closed and its `Process` is gone?"""
    told, tell = os.pipe()
    pids = []

    async def main() -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", LEFT, str(tell), pass_fds=[tell], **pipes
        )
        pids.append(process.pid)
        assert os.read(told, 5) == b"ready"

    asyncio.run(main())
    gc.collect()
    os.close(tell)
    with suppress(ProcessLookupError):
        os.kill(pids[0], signal.SIGTERM)
    with os.fdopen(told, "rb") as answer:
        lives = answer.read() == b"lives"
    # A thread of asyncio's that waits for the end would let go of the transport in the next test.
    for thread in threading.enumerate():
        if "waitpid" in thread.name:
            thread.join()
    gc.collect()
    return lives


@pytest.mark.sometimes("child-outlives", before="3.13")
@pytest.mark.filterwarnings("ignore")
@ways(pipes=PIPES)
def test_a_program_outlives_the_run(pipes: dict[str, Any]) -> None:
    # no mutant: примеры дожидаются своих программ
    assert lives_on(pipes)


@pytest.mark.always("child-killed-with-process", since="3.13")
@pytest.mark.filterwarnings("ignore")
@ways(pipes={**PIPES, "without pipes": {}})
def test_a_process_is_killed_with_its_object(pipes: dict[str, Any]) -> None:
    # no mutant: примеры дожидаются своих программ
    assert lives_on(pipes) is (bool(pipes) and sys.version_info < (3, 13, 4))
