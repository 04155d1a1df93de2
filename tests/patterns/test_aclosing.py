"""Proofs for source/patterns/aclosing.md."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing, nullcontext, suppress
from contextvars import ContextVar
from typing import Any

import pytest
from proven.stage import perform, play

from tests.ways import ways

LEAVES = ("break", "return", "exception")
HELD = {"held": True, "nobody holds it": False}
WORKS = {"at once": 0.0, "awaits": 1.0}
"""How long the finally of the generator waits."""


class Rows:
    """A generator of two rows that notes in whose task, and when, its finally ended."""

    def __init__(self, seconds: float = 0) -> None:
        self.seconds = seconds
        self.log: list[str] = []
        self.closed_in: asyncio.Task[Any] | None = None

    async def rows(self) -> AsyncGenerator[int, None]:
        try:
            yield 1
            yield 2
        finally:
            await asyncio.sleep(self.seconds)
            self.closed_in = asyncio.current_task()
            self.log.append("closed")


async def leave(rows: AsyncGenerator[int, None], how: str) -> None:
    """Read the first row and go: by break, return, an exception; or read all."""
    async for _ in rows:
        if how == "break":
            break
        if how == "return":
            return
        if how == "exception":
            raise LookupError
        if how == "cancelled":
            await asyncio.Event().wait()


@pytest.mark.always("aclosing-closes-in-place")
@ways(how={name: name for name in (*LEAVES, "cancelled", "all read")}, seconds=WORKS)
def test_closed_in_place(how: str, seconds: float) -> None:
    shown = play("patterns/aclosing_fixed")
    assert shown.ordered("first row", "disconnect")
    assert shown.ordered("disconnect", "after the block")
    assert "second row" not in shown.lines
    source, tasks = Rows(seconds), []

    async def reader() -> None:
        tasks.append(asyncio.current_task())
        try:
            async with aclosing(source.rows()) as stream:
                await leave(stream, how)
        except (LookupError, asyncio.CancelledError):
            pass
        source.log.append("after")

    async def main() -> None:
        task = asyncio.create_task(reader())
        await asyncio.sleep(0)
        if how == "cancelled":
            task.cancel()
        await task

    perform(main)
    assert source.log == ["closed", "after"]
    assert [source.closed_in] == tasks


@pytest.mark.always("aclosing-while-another-reads")
@ways(first={"it reads on": False, "it is waited for": True}, error={"no": False, "yes": True})
def test_another_reader_keeps_it_from_closing(first: bool, error: bool) -> None:
    # no mutant: в примерах страницы читатель один
    async def rows() -> AsyncGenerator[int, None]:
        try:
            yield 1
            await asyncio.sleep(1)
            yield 2
        finally:
            print("closed")

    async def read(stream: AsyncGenerator[int, None]) -> None:
        await leave(stream, "all read")

    async def main() -> None:
        try:
            async with aclosing(rows()) as stream:
                reading = asyncio.create_task(read(stream))
                await asyncio.sleep(0)
                if first:
                    await reading
                if error:
                    raise LookupError
        except (RuntimeError, LookupError) as left:
            print(type(left).__name__)
        print("after")
        await reading

    lines = perform(main).lines
    if first:
        assert lines == ["closed", *["LookupError"] * error, "after"]
    else:
        assert lines == ["RuntimeError", "after", "closed"]


@pytest.mark.always("aclosing-inner-stays-open")
@ways(how={name: name for name in (*LEAVES, "cancelled")}, held=HELD, seconds=WORKS)
def test_a_generator_read_by_another_stays_open(how: str, held: bool, seconds: float) -> None:
    # no mutant: в примерах страницы генераторы друг друга не читают
    source, kept = Rows(seconds), list[Any]()

    async def outer(careful: bool) -> AsyncGenerator[int, None]:
        inner = source.rows()
        if held:
            kept.append(inner)
        async with aclosing(inner) if careful else nullcontext():
            async for row in inner:
                yield row

    async def reader(careful: bool) -> None:
        with suppress(LookupError, asyncio.CancelledError):
            async with aclosing(outer(careful)) as stream:
                await leave(stream, how)
        source.log.append("after")

    async def main(careful: bool) -> None:
        task = asyncio.create_task(reader(careful))
        await asyncio.sleep(0)
        if how == "cancelled":
            task.cancel()
        await task
        await asyncio.sleep(5)
        source.log.append("same task" if source.closed_in is task else "other task")

    perform(lambda: main(careful=True))
    assert source.log == ["closed", "after", "same task"]
    source.log.clear()
    source.closed_in = None
    perform(lambda: main(careful=False))
    assert sorted(source.log) == ["after", "closed", "other task"]
    assert source.log.index("after") < source.log.index("closed")


async def _by_cancel(reading: asyncio.Task[None]) -> None:
    await asyncio.sleep(1)
    reading.cancel()


async def _of_its_own(_: asyncio.Task[None]) -> None:
    """Let the inner generator end its wait with its own error."""


Interrupts = Callable[["asyncio.Task[None]"], Coroutine[Any, Any, None]]
INTERRUPTS: dict[str, tuple[Interrupts, float]] = {
    "cancelled": (_by_cancel, 60.0),
    "out of time": (_of_its_own, 1.0),
    "own error": (_of_its_own, 60.0),
}
"""What interrupts the wait of the inner generator, and the deadline of its reader."""


@pytest.mark.always("aclosing-inner-ends-at-once")
@ways(interrupt=INTERRUPTS, seconds=WORKS)
def test_a_generator_interrupted_in_its_own_wait_ends_at_once(
    interrupt: tuple[Interrupts, float], seconds: float
) -> None:
    # no mutant: в примерах страницы генераторы друг друга не читают
    act, deadline = interrupt
    source = Rows(seconds)

    async def inner() -> AsyncGenerator[int, None]:
        try:
            yield 1
            await asyncio.sleep(5)
            raise LookupError
        finally:
            await asyncio.sleep(seconds)
            source.closed_in = asyncio.current_task()
            source.log.append("closed")

    async def outer() -> AsyncGenerator[int, None]:
        async for row in inner():
            yield row

    async def reader() -> None:
        with suppress(LookupError, asyncio.CancelledError, TimeoutError):
            async with asyncio.timeout(deadline), aclosing(outer()) as stream:
                await leave(stream, "all read")
        source.log.append("after")

    async def main() -> None:
        task = asyncio.create_task(reader())
        await act(task)
        await task
        assert source.closed_in is task

    perform(main)
    assert source.log == ["closed", "after"]


@pytest.mark.always("aclosing-break-leaves-open")
@ways(how={name: name for name in LEAVES}, held=HELD, seconds=WORKS)
def test_left_open(how: str, held: bool, seconds: float) -> None:
    shown = play("patterns/aclosing_broken")
    assert shown.ordered("first row", "after the loop")
    assert shown.ordered("after the loop", "disconnect")
    assert shown.at("disconnect") == 0
    assert shown.elapsed == 1
    source, kept = Rows(seconds), []

    async def main() -> None:
        try:
            if held:
                kept.append(source.rows())
                await leave(kept[0], how)
            else:
                await leave(source.rows(), how)
        except LookupError:
            pass
        source.log.append("after")
        await asyncio.sleep(5)

    perform(main)
    assert source.log == ["after", "closed"]


@pytest.mark.always("aclosing-other-task")
@ways(how={name: name for name in LEAVES}, seconds=WORKS)
def test_closed_by_another_task(how: str, seconds: float) -> None:
    source = Rows(seconds)

    async def main() -> None:
        with suppress(LookupError):
            await leave(source.rows(), how)
        await asyncio.sleep(5)
        assert source.log == ["closed"]
        assert source.closed_in not in (None, asyncio.current_task())

    perform(main)


@pytest.mark.sometimes("aclosing-one-pass-is-not-enough")
def test_one_pass_of_the_loop_is_not_enough() -> None:
    # no mutant: сколько проходов цикла нужно, решает сам asyncio
    async def rows() -> AsyncGenerator[int, None]:
        try:
            yield 1
        finally:
            print("closed")

    async def main() -> None:
        await leave(rows(), "break")
        await asyncio.sleep(0)
        print("one pass")
        await asyncio.sleep(0)
        print("two passes")

    assert perform(main).lines == ["one pass", "closed", "two passes"]


@pytest.mark.always("aclosing-held-until-the-end")
@ways(how={name: name for name in LEAVES}, seconds={"short": 1.0, "long": 3600.0})
def test_held_until_the_end(how: str, seconds: float) -> None:
    shown = play("patterns/aclosing_held")
    assert shown.ordered("first row", "main: end")
    assert shown.ordered("main: end", "disconnect")
    assert shown.at("main: end") == shown.at("disconnect") == 60
    source, kept = Rows(), []

    async def main() -> None:
        kept.append(source.rows())
        with suppress(LookupError):
            await leave(kept[0], how)
        await asyncio.sleep(seconds)
        source.log.append("main ends")

    perform(main)
    assert source.log == ["main ends", "closed"]


def what_reaches_the_reader(
    stream: AsyncGenerator[int, None], after: bool, at_the_end: type[BaseException]
) -> list[tuple[type[BaseException], float]]:
    """Return what ends a reader of `stream`, and at which second; `after` a break, or before.

    at_the_end: what closing the stream may raise.
    """
    caught: list[tuple[type[BaseException], float]] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        try:
            async for _ in stream:
                if after:
                    break
                await asyncio.sleep(60)
            await asyncio.sleep(60)
        except BaseException as error:
            caught.append((type(error), loop.time() - start))
        with suppress(at_the_end):
            await stream.aclose()

    perform(main)
    return caught


@pytest.mark.always("aclosing-timeout-hits-reader")
@ways(after={"in the loop": False, "after break": True})
def test_the_deadline_cancels_the_reader(after: bool) -> None:
    shown = play("patterns/aclosing_timeout")
    assert shown.at("main: cancelled, but by whom?") == 2
    assert shown.at("first row") == 0

    async def rows() -> AsyncGenerator[int, None]:
        async with asyncio.timeout(2):
            yield 1
            yield 2

    assert what_reaches_the_reader(rows(), after, TimeoutError) == [(asyncio.CancelledError, 2)]

    async def first_row(stream: AsyncGenerator[int, None]) -> int:
        return await anext(stream)

    async def other() -> None:
        stream = rows()
        await asyncio.create_task(first_row(stream))
        await asyncio.sleep(60)
        print("the one who has not entered the block sleeps on")
        with suppress(TimeoutError):
            await stream.aclose()

    assert perform(other).elapsed == 60


async def _in_timeout(stream: AsyncGenerator[int, None], seconds: float) -> int:
    async with asyncio.timeout(seconds):
        return await anext(stream)


async def _by_wait_for(stream: AsyncGenerator[int, None], seconds: float) -> int:
    return await asyncio.wait_for(anext(stream), seconds)


@pytest.mark.always("aclosing-timeout-around-one-row")
@ways(
    read={"timeout": _in_timeout, "wait_for": _by_wait_for},
    seconds={"too short": 2, "long enough": 20},
    catches={"it lets the error out": False, "it catches the error": True},
)
def test_a_deadline_of_one_row_ends_the_generator(
    read: Callable[[AsyncGenerator[int, None], float], Coroutine[Any, Any, int]],
    seconds: float,
    catches: bool,
) -> None:
    # no mutant: в примерах страницы срок стоит внутри генератора
    async def rows() -> AsyncGenerator[int, None]:
        yield 1
        with suppress(asyncio.CancelledError) if catches else nullcontext():
            await asyncio.sleep(5)
        yield 2
        yield 3

    async def main() -> None:
        got: list[int] = []
        async with aclosing(rows()) as stream:
            got.append(await read(stream, seconds))
            with suppress(TimeoutError):
                got.append(await read(stream, seconds))
            got.extend([row async for row in stream])
        assert got == ([1] if seconds < 5 and not catches else [1, 2, 3])

    perform(main)


TASKS = {"no task": None, "done": 0.0, "running": 60.0}
"""How long the task of the group works."""


async def rows_in_group(seconds: float | None) -> AsyncGenerator[int, None]:
    async with asyncio.TaskGroup() as group:
        if seconds is not None:
            task = group.create_task(asyncio.sleep(seconds))
            if not seconds:
                await task
        yield 1
        yield 2


async def close_in_group(seconds: float | None) -> None:
    async with aclosing(rows_in_group(seconds)) as stream:
        await leave(stream, "break")


@pytest.mark.always("aclosing-group-hits-reader")
@ways(after={"in the loop": False, "after break": True})
def test_a_failed_task_cancels_the_reader(after: bool) -> None:
    async def fail() -> None:
        await asyncio.sleep(2)
        raise LookupError

    async def rows() -> AsyncGenerator[int, None]:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            yield 1
            yield 2

    assert what_reaches_the_reader(rows(), after, BaseExceptionGroup) == [
        (asyncio.CancelledError, 2)
    ]


@pytest.mark.always("aclosing-group-around-yield", before="3.15")
@ways(seconds=TASKS)
def test_closing_inside_a_group(seconds: float | None) -> None:
    async def main() -> None:
        with pytest.raises(BaseExceptionGroup) as caught:
            await close_in_group(seconds)
        assert [type(error) for error in caught.value.exceptions] == [GeneratorExit]

    perform(main)


@pytest.mark.always("aclosing-group-closes-quietly", since="3.15")
@ways(seconds=TASKS)
def test_closing_a_group_is_quiet(seconds: float | None) -> None:
    # no mutant: так группа закрывается только в 3.15, и примера с ней нет
    raised: list[BaseException | None] = []

    async def main() -> None:
        task = asyncio.create_task(close_in_group(seconds))
        await asyncio.wait([task])
        raised.append(task.exception())

    perform(main)
    assert raised == [None]


@pytest.mark.always("aclosing-context-seen-outside")
@ways(to_the_end={"left open": False, "read to the end": True})
def test_the_reader_sees_the_value(to_the_end: bool) -> None:
    shown = play("patterns/aclosing_context")
    assert shown.find("user: rows")
    user = ContextVar("user", default="nobody")
    seen: list[str] = []

    async def rows() -> AsyncGenerator[int, None]:
        user.set("rows")
        yield 1
        yield 2

    async def main() -> None:
        stream = rows()
        async for _ in stream:
            seen.append(user.get())
            if not to_the_end:
                break
        seen.append(user.get())
        await stream.aclose()

    perform(main)
    assert set(seen) == {"rows"}


@pytest.mark.always("aclosing-reset-fails")
@ways(held=HELD, how={name: name for name in LEAVES})
def test_reset_in_another_context(held: bool, how: str) -> None:
    shown = play("patterns/aclosing_context")
    assert shown.ordered("first row", "reset: made in another context")
    assert shown.at("reset: made in another context") == 0
    assert shown.elapsed == 1
    user = ContextVar("user", default="nobody")
    outcomes: list[str] = []
    kept = []

    async def rows() -> AsyncGenerator[int, None]:
        token = user.set("rows")
        try:
            yield 1
            yield 2
        finally:
            try:
                user.reset(token)
            except ValueError:
                outcomes.append("failed")
            else:
                outcomes.append("reset")

    async def main(close: bool) -> None:
        stream = rows()
        if held:
            kept.append(stream)
        try:
            if close:
                async with aclosing(stream):
                    await leave(stream, how)
            else:
                await leave(stream, how)
        except LookupError:
            pass
        del stream
        await asyncio.sleep(1)

    perform(lambda: main(close=False))
    perform(lambda: main(close=True))
    assert outcomes == ["failed", "reset"]
