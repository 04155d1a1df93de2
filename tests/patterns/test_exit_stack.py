"""Proofs for source/patterns/exit-stack.md."""

from __future__ import annotations

import asyncio
import gc
import warnings
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from contextvars import ContextVar
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import ENDED, FAILED, LEAVES, Abort, End, Leave, but, outcome_of, ways

COUNTS = {"1": 1, "3": 3, "10": 10}
Opening = Callable[[AsyncExitStack, "Each"], Coroutine[Any, Any, object]]


class Each:
    """A connection that says in `said` when it opens and closes; opening and closing take time."""

    def __init__(self, name: int, said: list[str], fails: End | None = None) -> None:
        self.name, self.said, self.fails = name, said, fails

    async def __aenter__(self) -> Each:
        await asyncio.sleep(self.name)
        if self.fails:
            self.fails.reach()
        self.said.append(f"open {self.name}")
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def close(self) -> None:
        self.said.append(f"close {self.name}")
        await asyncio.sleep(1)
        self.said.append(f"closed {self.name}")


async def by_itself(stack: AsyncExitStack, each: Each) -> None:
    await stack.enter_async_context(each)


async def by_callback(stack: AsyncExitStack, each: Each) -> None:
    await each.__aenter__()
    stack.push_async_callback(each.close)


async def by_generator(stack: AsyncExitStack, each: Each) -> None:
    @asynccontextmanager
    async def manager() -> Any:
        await each.__aenter__()
        try:
            yield
        finally:
            await each.close()

    await stack.enter_async_context(manager())


OPENED: dict[str, Opening] = {
    "class": by_itself,
    "generator": by_generator,
    "callback": by_callback,
}


def closings(names: list[int]) -> list[str]:
    """Return what connections say that close one after another."""
    return [f"{word} {name}" for name in names for word in ("close", "closed")]


@pytest.mark.always("exit-stack-reverse")
@ways(opened=OPENED, count=COUNTS)
def test_the_last_one_is_closed_first(opened: Opening, count: int) -> None:
    trace = play("patterns/exit_stack")
    assert trace.lines[3:] == ["work with 3", "Eve: closed", "Bob: closed", "Ann: closed"]
    assert [trace.at(f"{name}: closed") for name in ("Eve", "Bob", "Ann")] == [1, 2, 3]
    said: list[str] = []

    async def main() -> None:
        async with AsyncExitStack() as stack:
            for name in range(count):
                await opened(stack, Each(name, said))
            assert len(said) == count

    perform(main)
    assert said[count:] == closings([*reversed(range(count))])


@pytest.mark.always("exit-stack-closes-opened")
@ways(opened=OPENED, ended=but(ENDED, "value"), count={"0": 0, "3": 3})
def test_what_was_opened_is_closed(opened: Opening, ended: End, count: int) -> None:
    lines = ["Ann: open", "Bob: open", "Bob: closed", "Ann: closed", "Eve does not answer"]
    assert play("patterns/exit_stack_fixed").lines == lines
    assert play("patterns/exit_stack_broken").lines == [*lines[:2], lines[-1]]
    broken = load("patterns/exit_stack_broken").work
    alone = perform(lambda: broken(["Ann"])).lines
    assert alone == ["Ann: open", "work", "Ann: closed"], "without an error it would do"
    said: list[str] = []

    async def work() -> None:
        async with AsyncExitStack() as stack:
            for name in range(count):
                await opened(stack, Each(name, said))
            await opened(stack, Each(count, said, ended))

    async def main() -> None:
        assert await outcome_of(work()) is ended.error

    perform(main)
    assert said[count:] == closings([*reversed(range(count))])


@pytest.mark.always("exit-stack-callback")
@ways(ended=ENDED)
def test_a_callback_is_called_at_the_end_of_the_block(ended: End) -> None:
    fixed = load("patterns/exit_stack_fixed").work
    said: list[str] = []

    async def work() -> str:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(Each(0, said).close)
            return ended.reach()

    async def main() -> None:
        assert await outcome_of(fixed(["Ann", "Eve"])) is OSError
        assert await outcome_of(work()) == ended.outcome
        assert said == closings([0])

    assert perform(main).lines == ["Ann: open", "Ann: closed"]


@pytest.mark.always("exit-stack-callback-not-awaited")
@ways(ended=ENDED)
def test_a_coroutine_of_a_plain_callback_is_not_awaited(ended: End) -> None:
    # no mutant: утверждение о самом стеке, программа к нему не нужна
    said: list[str] = []

    async def work() -> str:
        async with AsyncExitStack() as stack:
            stack.callback(Each(0, said).close)
            return ended.reach()

    async def main() -> None:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            assert await outcome_of(work()) == ended.outcome
        assert "was never awaited" in str(caught[0].message)
        assert said == []

    perform(main)


SUPPRESSES = {"nobody": None, "one opened earlier": 0, "one opened later": 3}


@pytest.mark.always("exit-stack-all-closed")
@ways(
    ended=but(ENDED, "value"),
    place={"first": 0, "middle": 1, "last": 2},
    suppresses=SUPPRESSES,
)
def test_an_error_in_closing_leaves_nobody_open(
    ended: End, place: int, suppresses: int | None
) -> None:
    # no mutant: утверждение о самом стеке, программа к нему не нужна
    said: list[str] = []

    async def work() -> str:
        async with AsyncExitStack() as stack:
            for name in range(4):
                if name == suppresses:
                    stack.enter_context(suppress(BaseException))
                if name < 3:
                    await stack.enter_async_context(Each(name, said))
                if name == place:
                    stack.push_async_callback(ended.after, 1)
        return "suppressed"

    async def main() -> None:
        assert await outcome_of(work()) == ("suppressed" if suppresses == 0 else ended.error)

    perform(main)
    assert said[3:] == closings([2, 1, 0])


@pytest.mark.always("exit-stack-cancel-cuts-one")
@ways(opened=OPENED, leave=LEAVES)
def test_leaving_cuts_one_closing_short(opened: Opening, leave: Leave) -> None:
    # no mutant: утверждение о самом стеке, программа к нему не нужна
    said: list[str] = []

    async def work() -> None:
        async with AsyncExitStack() as stack:
            for name in range(3):
                await opened(stack, Each(name, said))

    async def main() -> None:
        leaving = asyncio.create_task(leave(work(), 1 + 2 + 1.5))
        await asyncio.wait([leaving])
        assert leaving.cancelled() or leaving.exception()

    assert perform(main).elapsed == 1 + 2 + 1.5 + 1
    assert said[3:] == ["close 2", "closed 2", "close 1", "close 0", "closed 0"]


class Fails:
    """A connection whose closing ends with an error, noted in `raised`."""

    def __init__(self, end: End, raised: list[BaseException]) -> None:
        self.end, self.raised = end, raised

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        try:
            await self.end.after(1)
        except BaseException as error:
            self.raised.append(error)
            raise


@asynccontextmanager
async def failing_generator(fails: Fails) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await fails.close()


async def close_several(
    kind: str, end: End, count: int
) -> tuple[BaseException, list[BaseException]]:
    """Close so many that fail by a stack, after a body without an error.

    Return what came out and what was raised.
    """
    assert end.error
    raised: list[BaseException] = []

    async def work() -> None:
        async with AsyncExitStack() as stack:
            for fails in [Fails(end, raised) for _ in range(count)]:
                if kind == "callback":
                    stack.push_async_callback(fails.close)
                else:
                    manager = failing_generator(fails) if kind == "generator" else fails
                    await stack.enter_async_context(manager)

    with pytest.raises(end.error) as out:
        await work()
    return out.value, raised


KINDS = {kind: kind for kind in ("class", "generator", "callback")}


@pytest.mark.always("exit-stack-last-error")
@ways(kind=KINDS, ended=but(ENDED, "value"), count={"2": 2, "5": 5})
def test_of_several_errors_in_closing_the_last_comes_out(kind: str, ended: End, count: int) -> None:
    # no mutant: утверждение о самом стеке, программа к нему не нужна
    async def main() -> None:
        out, raised = await close_several(kind, ended, count)
        assert out is raised[-1]
        assert len(raised) == count

    perform(main)


@pytest.mark.sometimes("exit-stack-error-lost")
@ways(kind=but(KINDS, "generator"))
def test_an_error_in_closing_is_lost(kind: str) -> None:
    # no mutant: утверждение о самом стеке, программа к нему не нужна
    async def main() -> None:
        end = ENDED["base exception"]
        out, raised = await close_several(kind, end, 2)
        assert out is raised[1]
        assert out.__context__ is None
        nested: list[BaseException] = []
        with pytest.raises(Abort) as kept:
            async with Fails(end, nested), Fails(end, nested):
                pass
        assert kept.value.__context__ is nested[0], "nested blocks do keep it"

    perform(main)


@pytest.mark.always("exit-stack-gather-leaks")
@ways(ended=but(ENDED, "value"), late={"1": 1, "3": 3})
def test_what_opens_late_under_gather_stays_open(ended: End, late: int) -> None:
    trace = play("patterns/exit_stack_gather_broken")
    assert trace.ordered("Bob does not answer", "Eve: open")
    assert "Eve: closed" not in trace.lines
    said: list[str] = []

    async def main() -> None:
        assert ended.error
        with pytest.raises(ended.error):
            async with AsyncExitStack() as stack:
                await asyncio.gather(
                    stack.enter_async_context(Each(1, said, ended)),
                    *(stack.enter_async_context(Each(2 + each, said)) for each in range(late)),
                )
        assert said == []
        await asyncio.sleep(100)

    perform(main)
    assert said == [f"open {2 + each}" for each in range(late)]


@pytest.mark.always("exit-stack-group-closes")
@ways(ended=FAILED, place=COUNTS)
def test_under_a_group_all_that_opened_is_closed(ended: End, place: int) -> None:
    lines = ["Ann: open", "Ann: closed", "Bob does not answer", "main: ends"]
    assert play("patterns/exit_stack_gather_fixed").lines == lines
    said: list[str] = []

    async def work() -> None:
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
            for name in reversed(range(12)):  # each opens at the second of its name
                each = Each(name, said, ended if name == place else None)
                group.create_task(stack.enter_async_context(each))

    async def main() -> None:
        with pytest.raises(BaseExceptionGroup):
            await work()
        await asyncio.sleep(100)

    perform(main)
    opened = [f"open {name}" for name in range(place)]
    assert said == [*opened, *closings([*reversed(range(place))])]


@pytest.mark.always("exit-stack-timeout-of-another")
@ways(in_group={"group": True, "task": False})
def test_a_timeout_that_another_task_entered_cuts_nothing_short(in_group: bool) -> None:
    # no mutant: утверждение о сроке, программа к нему не нужна
    async def work() -> float:
        async with AsyncExitStack() as stack:
            entering = stack.enter_async_context(asyncio.timeout(1))
            if in_group:
                async with asyncio.TaskGroup() as group:
                    group.create_task(entering)
            else:
                await asyncio.create_task(entering)
            return await asyncio.sleep(10, asyncio.get_running_loop().time())

    async def own() -> None:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(asyncio.timeout(1))
            await asyncio.sleep(10)

    async def main() -> None:
        began = await work()
        assert asyncio.get_running_loop().time() - began == 10
        assert await outcome_of(own()) is TimeoutError

    perform(main)


@pytest.mark.always("exit-stack-group-of-another")
@ways(ended=FAILED, in_group={"group": True, "task": False})
def test_a_group_that_another_task_entered_does_not_interrupt(ended: End, in_group: bool) -> None:
    # no mutant: утверждение о группе задач, программа к нему не нужна
    async def work(entered_by_another: bool) -> None:
        async with AsyncExitStack() as stack:
            entering = stack.enter_async_context(asyncio.TaskGroup())
            if not entered_by_another:
                group = await entering
            elif in_group:
                async with asyncio.TaskGroup() as opening:
                    task = opening.create_task(entering)
                group = task.result()
            else:
                group = await asyncio.create_task(entering)
            group.create_task(ended.after(1))
            await asyncio.sleep(10)
            print("not interrupted")

    async def main(entered_by_another: bool) -> None:
        assert ended.error
        with pytest.raises(BaseExceptionGroup) as out:
            await work(entered_by_another)
        assert [type(error) for error in out.value.exceptions] == [ended.error]
        print("came out")

    other = perform(lambda: main(True))
    assert (other.at("not interrupted"), other.at("came out")) == (10, 10)
    own = perform(lambda: main(False))
    assert (own.lines, own.at("came out")) == (["came out"], 1)


async def drop(opened: Opening, connections: list[Each], said: list[str]) -> None:
    """Open them, drop the stack that holds them, and say when that is done."""
    async with AsyncExitStack() as stack:
        for each in connections:
            await opened(stack, each)
        kept = [stack.pop_all()]
    kept.clear()
    gc.collect()
    said.append("dropped")
    await asyncio.sleep(100)


@pytest.mark.always("exit-stack-dropped")
@ways(opened=but(OPENED, "generator"), count=COUNTS)
def test_a_stack_that_is_dropped_closes_nothing(opened: Opening, count: int) -> None:
    # no mutant: утверждение о самом стеке, программа к нему не нужна
    said: list[str] = []
    perform(lambda: drop(opened, [Each(name, said) for name in range(count)], said))
    assert said[count:] == ["dropped"]


@pytest.mark.always("exit-stack-dropped-generator")
@ways(count=COUNTS)
def test_a_dropped_generator_is_closed_later_by_another_task(count: int) -> None:
    # no mutant: утверждение о самом стеке, программа к нему не нужна
    said: list[str] = []
    closers: list[object] = []
    task = asyncio.current_task

    class Closing(Each):
        async def close(self) -> None:
            closers.append(task())
            await super().close()

    async def main() -> None:
        await drop(by_generator, [Closing(name, said) for name in range(count)], said)
        assert task() not in closers
        assert len(set(closers)) == count

    perform(main)
    assert said[count] == "dropped"
    assert sorted(said[count + 1 :]) == sorted(closings([*range(count)]))


@pytest.mark.sometimes("exit-stack-dropped-at-the-end", before="3.13")
@ways(waits={"no": 0, "once": 1, "five times": 5})
def test_a_stack_that_goes_with_main_may_not_close(waits: int) -> None:
    # no mutant: утверждение о самом стеке, программа к нему не нужна
    said: list[str] = []

    @asynccontextmanager
    async def manager() -> AsyncIterator[None]:
        try:
            yield
        finally:
            said.append("close")
            for _ in range(waits):
                await asyncio.sleep(0.01)
            said.append("closed")

    async def main() -> None:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(manager())
            kept = stack.pop_all()
        assert kept

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        asyncio.run(main())
        gc.collect()
    assert said == ["close", *["closed"] * (not waits)]


@pytest.mark.always("exit-stack-context-of-another")
@ways(in_group={"group": True, "task": False}, count=COUNTS)
def test_a_context_variable_set_by_another_task(in_group: bool, count: int) -> None:
    # no mutant: утверждение о контексте задачи, программа к нему не нужна
    variable = ContextVar("variable", default="outer")

    @asynccontextmanager
    async def manager() -> AsyncIterator[None]:
        token = variable.set("inner")
        try:
            yield
        finally:
            variable.reset(token)

    async def work() -> str:
        async with AsyncExitStack() as stack:
            entering = [stack.enter_async_context(manager()) for _ in range(count)]
            if in_group:
                async with asyncio.TaskGroup() as group:
                    for each in entering:
                        group.create_task(each)
            else:
                for each in entering:
                    await asyncio.create_task(each)
            print(variable.get())
        return "left"

    async def own() -> None:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(manager())
            print(variable.get())

    async def main() -> None:
        assert await outcome_of(work()) is ValueError
        await own()

    assert perform(main).lines == ["outer", "inner"]


@pytest.mark.always("exit-stack-pop-all")
@ways(opened=OPENED, count=COUNTS)
def test_pop_all_hands_over_what_is_open(opened: Opening, count: int) -> None:
    # no mutant: утверждение о самом стеке, программа к нему не нужна
    said: list[str] = []

    async def main() -> None:
        async with AsyncExitStack() as stack:
            for name in range(count):
                await opened(stack, Each(name, said))
            other = stack.pop_all()
            await opened(stack, Each(100, said))
        later = ["open 100", *closings([100])]
        assert said[count:] == later
        await other.aclose()
        assert said[count + len(later) :] == closings([*reversed(range(count))])

    perform(main)
