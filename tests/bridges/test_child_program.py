"""Proofs for source/bridges/child-program.md."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from proven.stage import load, play

from tests.ways import ways

STREAMS = {"stdout": "stdout", "stderr": "stderr"}


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


@pytest.mark.always("child-long-line")
@ways(size={"at once": 65_537, "much": 300_000})
def test_a_long_line_is_refused(size: int) -> None:
    # no mutant: в примерах длинных строк никто не читает построчно

    async def main() -> None:
        process = await start(f"print('x' * {size})")
        assert process.stdout is not None
        with pytest.raises(ValueError, match="limit"):
            await process.stdout.readline()
        await process.communicate()

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
