"""Proofs for source/bridges/files.md."""

from __future__ import annotations

import asyncio
import io
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext, suppress
from pathlib import Path
from threading import Event, Lock, Thread, get_ident
from typing import Any, NamedTuple

import pytest
from proven.stage import load, perform, play

from tests.ways import LEAVES, Leave, ways


class Disk(io.RawIOBase):
    """A file whose every operation begins, and ends when it is told to."""

    def __init__(self) -> None:
        self.began, self.answers, self.ended = Event(), Event(), Event()
        self.calls: list[str] = []

    def readable(self) -> bool:
        """Return True."""
        return True

    def writable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read nothing, late."""
        self._wait("read")
        return 0

    def write(self, data: Any) -> int:
        """Write all, late."""
        self._wait("written")
        return len(data)

    def close(self) -> None:
        """Note the first call: more of them do nothing."""
        if not self.closed:
            self.calls.append("closed")
            self.ended.set()
        super().close()

    def _wait(self, what: str) -> None:
        self.began.set()
        assert self.answers.wait(10)
        self.calls.append(what)


class Opened(NamedTuple):
    """A kind of file object on a disk, and what a thread does with it."""

    make: Callable[[Disk], Any]
    work: Callable[[Any], object]


LONG = 3 * io.DEFAULT_BUFFER_SIZE


def text(disk: Disk) -> io.TextIOWrapper:
    """Return what open(…) gives."""
    return io.TextIOWrapper(io.BufferedReader(disk))


OPENED = {
    "rb": Opened(io.BufferedReader, lambda file: file.read()),
    "r": Opened(text, lambda file: file.read()),
    "a line": Opened(text, lambda file: file.readline()),
    "wb": Opened(io.BufferedWriter, lambda file: file.write(b"x" * LONG)),
    "w": Opened(
        lambda disk: io.TextIOWrapper(io.BufferedWriter(disk)), lambda file: file.write("x" * LONG)
    ),
}


Hold = Callable[[Disk, Callable[[Awaitable[object]], Awaitable[None]]], Awaitable[None]]
"""A coroutine that works with a file on a disk, and waits for that by what it is given."""


def left(hold: Hold, leave: Leave) -> tuple[Disk, list[str]]:
    """Run a coroutine that is made to leave while the disk is at work; return what happened.

    The disk answers when the loop has gone on for some passes after that, or when its thread
    stands in the coroutine itself: then "the loop stands" is among what happened.
    """
    disk, happened, goes_on, loop_thread = Disk(), list[str](), Event(), get_ident()

    def where() -> tuple[Any, int]:
        frame = sys._current_frames()[loop_thread]
        return frame.f_code, frame.f_lasti

    async def begin_first(work: Awaitable[object]) -> None:
        begun = asyncio.ensure_future(work)
        await asyncio.to_thread(disk.began.wait, 10)
        asyncio.get_running_loop().call_soon(asyncio.ensure_future, turn())
        await leave(begun, 0)

    async def turn() -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        goes_on.set()

    def answer() -> None:
        assert disk.began.wait(10)
        before = where()
        while not goes_on.wait(0.05):
            # What closes its file has no frame of its own.
            if before == (before := where()) and before[0] is hold.__code__:
                happened.append("the loop stands")
                break
        disk.answers.set()

    async def main() -> None:
        try:
            await hold(disk, begin_first)
        except (TimeoutError, asyncio.CancelledError, ExceptionGroup):
            happened.append("left")
        await asyncio.to_thread(disk.ended.wait, 10)

    answering = Thread(target=answer)
    answering.start()
    asyncio.run(main())
    answering.join()
    return disk, happened


@pytest.mark.always("files-with-stops-the-loop")
@ways(opened=OPENED, leave=LEAVES)
def test_leaving_with_waits_for_the_thread_in_the_file(opened: Opened, leave: Leave) -> None:
    assert play("bridges/files_with_broken").lines == ["disk: answers", "main: out of time"]

    async def hold(disk: Disk, wait_for: Any) -> None:
        with opened.make(disk) as file:
            await wait_for(asyncio.to_thread(opened.work, file))

    disk, happened = left(hold, leave)
    assert happened == ["the loop stands", "left"]
    assert disk.calls[-1] == "closed"


@pytest.mark.always("files-with-closes-under-the-thread")
@ways(opened=OPENED, leave=LEAVES)
def test_leaving_with_closes_the_file_between_two_reads(opened: Opened, leave: Leave) -> None:
    # no mutant: в примерах страницы поток обращается к файлу один раз
    disk, between, goes_on = Disk(), Event(), Event()
    disk.answers.set()
    told = list[type[BaseException] | None]()

    def work(file: Any) -> None:
        opened.work(file)
        between.set()
        assert goes_on.wait(10)
        try:
            opened.work(file)
        except ValueError as error:
            told.append(type(error))
        else:
            told.append(None)

    async def main() -> None:
        try:
            with opened.make(disk) as file:
                begun = asyncio.ensure_future(asyncio.to_thread(work, file))
                assert await asyncio.to_thread(between.wait, 10)
                await leave(begun, 0)
        except (TimeoutError, asyncio.CancelledError, ExceptionGroup):
            assert disk.calls[-1] == "closed"
        finally:
            goes_on.set()

    asyncio.run(main())
    assert told == [ValueError]


@pytest.mark.always("files-function-is-left")
@ways(opened=OPENED, leave=LEAVES)
def test_a_function_that_opens_and_closes_is_left_at_once(opened: Opened, leave: Leave) -> None:
    assert play("bridges/files_with_fixed").lines == ["main: out of time", "disk: answers"]
    reports = play("bridges/files_reports")
    assert reports.at("['all of may', 'all of june']") == 1
    assert reports.lines.count("tick") == 3

    def work(disk: Disk) -> None:
        with opened.make(disk) as file:
            opened.work(file)

    async def hold(disk: Disk, wait_for: Any) -> None:
        try:
            await wait_for(asyncio.to_thread(work, disk))
        finally:
            assert disk.calls == []

    disk, happened = left(hold, leave)
    assert happened == ["left"]
    assert disk.calls[-1] == "closed"


@pytest.mark.always("files-close-in-a-thread")
@ways(opened=OPENED, leave=LEAVES)
def test_closing_in_a_thread_leaves_the_loop_free(opened: Opened, leave: Leave) -> None:
    lines = ["show: page 1", "main: goes on", "disk: answers", "show: closed"]
    assert play("bridges/files_chunks").lines == lines

    async def hold(disk: Disk, wait_for: Any) -> None:
        file = opened.make(disk)
        try:
            await wait_for(asyncio.to_thread(opened.work, file))
        finally:
            await asyncio.to_thread(file.close)
            assert disk.calls[-1] == "closed"

    disk, happened = left(hold, leave)
    assert happened == ["left"]
    assert {"read", "written"} & set(disk.calls)


@pytest.mark.always("files-close-cancelled-again")
@ways(opened=OPENED)
def test_cancelled_again_it_leaves_the_closing_to_the_thread(opened: Opened) -> None:
    disk, closing = Disk(), Event()

    def close(file: Any) -> None:
        closing.set()
        file.close()

    async def hold() -> None:
        file = opened.make(disk)
        try:
            await asyncio.to_thread(opened.work, file)
        finally:
            await asyncio.to_thread(close, file)

    async def main() -> None:
        task = asyncio.create_task(hold())
        for begun in (disk.began, closing):
            assert await asyncio.to_thread(begun.wait, 10)
            assert not task.done()
            task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
        assert disk.calls == []
        disk.answers.set()
        assert await asyncio.to_thread(disk.ended.wait, 10)

    asyncio.run(main())
    assert disk.calls[-1] == "closed"


@pytest.mark.always("files-no-waiting")
@ways(
    mode={"rb": "rb", "wb": "wb", "r+b": "r+b"},
    ask={"add_reader": "add_reader", "add_writer": "add_writer"},
)
@pytest.mark.skipif(sys.platform != "linux", reason="the sentence is about Linux")
def test_a_file_on_a_disk_cannot_be_waited_for(mode: str, ask: str, tmp_path: Path) -> None:
    # no mutant: отказывает система, а перестановка в примере его лишь вешает
    trace = play("bridges/files_ready")
    assert trace.lines == [
        "pipe: there is something to read",
        "file: [Errno 1] Operation not permitted",
    ]
    (tmp_path / "file").write_bytes(b"something")

    async def main() -> None:
        with (tmp_path / "file").open(mode) as file, pytest.raises(PermissionError):
            getattr(asyncio.get_running_loop(), ask)(file, print)

    asyncio.run(main())


@pytest.mark.sometimes("files-half")
def test_a_reader_may_see_half_of_a_file() -> None:
    trace = play("bridges/files_half_broken")
    assert trace.lines[1:] == ["['new tea']", "['new tea', 'new coffee']"]
    assert trace.at("['new tea']") == trace.at("main: out of time") == 1.5


class Full(OSError):
    """The disk is full."""


def failing(lines: list[str]) -> Iterator[str]:
    """Yield the lines, then fail."""
    yield from lines
    raise Full


@pytest.mark.always("files-replaced-whole")
@ways(
    lines={"none": [], "one": ["new"], "many": ["new tea", "new coffee", "new milk"]},
    ends={"to the end": list, "with an error": failing},
    limit={"all the time": None, "a little": 0.5, "until the first line": 1, "more": 1.5},
)
def test_the_old_file_is_whole_until_it_is_replaced(
    lines: list[str], ends: Callable[[list[str]], Any], limit: float | None, tmp_path: Path
) -> None:
    trace = play("bridges/files_half_fixed")
    assert trace.lines[1:] == ["['old tea', 'old coffee']", "['new tea', 'new coffee']"]
    save = load("bridges/files_half_fixed").save
    path = tmp_path / "prices"
    path.write_text("old\n", encoding="utf-8")
    seen: list[list[str]] = []

    async def read() -> None:
        while True:
            seen.append(path.read_text(encoding="utf-8").splitlines())
            await asyncio.sleep(0.25)

    async def main() -> None:
        reading = asyncio.create_task(read())
        with suppress(TimeoutError, Full):
            async with asyncio.timeout(limit):
                await asyncio.to_thread(save, path, ends(lines))
        await asyncio.sleep(5)
        reading.cancel()

    perform(main)
    begun = seen.index(lines) if lines in seen else len(seen)
    assert seen[:begun] == [["old"]] * begun
    assert seen[begun:] == [lines] * (len(seen) - begun)
    assert (seen[-1] == lines) == (ends is list)

    # Put in place before it is closed, it isn't whole.
    path.write_text("old\n", encoding="utf-8")
    fresh = tmp_path / "fresh"
    with fresh.open("w", encoding="utf-8") as file:
        file.write("new\n")
        os.replace(fresh, path)
        assert path.read_text(encoding="utf-8") == ""
    assert path.read_text(encoding="utf-8") == "new\n"


@pytest.mark.sometimes("files-replace-mixed")
def test_two_threads_that_write_at_once_may_spoil_it(tmp_path: Path) -> None:
    path = tmp_path / "prices"
    texts = [["first tea", "first coffee"], ["second tea", "second coffee"]]

    def happened(alone: Lock | nullcontext[None]) -> tuple[bool, bool]:
        """Tell whether it was seen spoilt, and whether the second had no file to put in place."""
        save = load("bridges/files_half_fixed").save
        path.write_text("old\n", encoding="utf-8")
        seen: list[list[str]] = []
        refused: list[FileNotFoundError] = []

        def write(lines: list[str]) -> None:
            with alone:
                save(path, lines)

        async def main() -> None:
            with suppress(TimeoutError):
                async with asyncio.timeout(1.5):
                    await asyncio.to_thread(write, texts[0])
            again = asyncio.create_task(asyncio.to_thread(write, texts[1]))
            for _ in range(12):
                seen.append(path.read_text(encoding="utf-8").splitlines())
                await asyncio.sleep(0.25)
            try:
                await again
            except FileNotFoundError as error:
                refused.append(error)

        perform(main)
        return any(lines not in [["old"], *texts] for lines in seen), bool(refused)

    assert happened(nullcontext()) == (True, True)
    assert happened(Lock()) == (False, False)


@pytest.mark.always("files-replace-takes-mode")
@ways(
    kind={"file": False, "link": True},
    modes={"narrower": (0o600, 0o644), "wider": (0o644, 0o600), "same": (0o640, 0o640)},
)
def test_the_new_file_brings_its_own_mode(
    kind: bool, modes: tuple[int, int], tmp_path: Path
) -> None:
    # no mutant: о правах и ссылках решает система
    old, new = modes
    target, path, fresh = (tmp_path / name for name in ("target", "prices", "prices.new"))
    target.write_text("old", encoding="utf-8")
    target.chmod(old)
    if kind:
        path.symlink_to(target)
    else:
        target.rename(path)
    fresh.write_text("new", encoding="utf-8")
    fresh.chmod(new)
    os.replace(fresh, path)
    assert path.stat().st_mode & 0o777 == new
    assert path.read_text(encoding="utf-8") == "new"
    assert not path.is_symlink()
    assert not kind or target.read_text(encoding="utf-8") == "old"


@pytest.mark.always("files-asyncio-lock-is-left")
@ways(
    leave=LEAVES,
    locks={"asyncio.Lock": (asyncio.Lock, nullcontext), "in the thread": (nullcontext, Lock)},
)
def test_an_asyncio_lock_is_free_while_the_thread_still_writes(
    leave: Leave, locks: tuple[Callable[[], Any], Callable[[], Any]]
) -> None:
    expected = 2 if asyncio.Lock in locks else 1
    disks = [Disk(), Disk()]
    inside, most = list[Disk](), list[int]()
    in_thread = locks[1]()

    def save(disk: Disk) -> None:
        with in_thread:
            inside.append(disk)
            most.append(len(inside))
            disk.write(b"new")
            inside.remove(disk)

    async def main() -> None:
        around = locks[0]()
        with suppress(TimeoutError, asyncio.CancelledError, ExceptionGroup):
            async with around:
                saving = asyncio.ensure_future(asyncio.to_thread(save, disks[0]))
                assert await asyncio.to_thread(disks[0].began.wait, 10)
                await leave(saving, 0)
        async with around:
            second = asyncio.create_task(asyncio.to_thread(save, disks[1]))
            if expected == 2:
                assert await asyncio.to_thread(disks[1].began.wait, 10)
            for disk in disks:
                disk.answers.set()
            await second

    asyncio.run(main())
    assert max(most) == expected
