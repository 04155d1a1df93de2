"""Proofs for source/coroutines/async-init.md."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import warnings
import weakref
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from proven.stage import load, perform, play

from tests.ways import ENDED, FAILED, End, outcome_of, ways


@pytest.mark.always("async-init-no-half-made")
@ways(end=ENDED, seconds={"at once": 0.0, "later": 1.0})
def test_while_a_factory_waits_there_is_no_object(end: End, seconds: float) -> None:
    assert play("coroutines/async_init_fixed").at("news over session at one") == 1
    made: list[object] = []
    module = load("coroutines/async_init_fixed")

    class Client(module.Client):
        def __init__(self, session: str) -> None:
            made.append(self)
            super().__init__(session)

    async def connect(host: str) -> str:
        await asyncio.sleep(seconds)
        assert not made
        end.reach()
        return f"session at {host}"

    async def main() -> None:
        Client.open.__func__.__globals__["connect"] = connect
        outcome = await outcome_of(Client.open("one"))
        if end.error:
            assert outcome is end.error
            assert not made
        else:
            assert [outcome] == made
            assert outcome.session == "session at one"

    perform(main)


@pytest.mark.always("async-init-factory-leaks")
@ways(end=FAILED | {"cancelled": End(asyncio.CancelledError)}, closes={"no": False, "yes": True})
@pytest.mark.filterwarnings("ignore:unclosed")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_what_a_factory_opened_before_it_failed_stays_open(end: End, closes: bool) -> None:
    # no mutant: фабрика примера ждёт только раз
    opened: set[str] = set()

    class Client:
        @classmethod
        async def open(cls, host: str) -> Client:
            await asyncio.sleep(1)
            opened.add(host)
            try:
                await end.after(1)
            except BaseException:
                if closes:
                    opened.remove(host)
                raise
            return cls()

    async def main() -> None:
        assert await outcome_of(Client.open("one")) is end.error
        await asyncio.sleep(10)
        assert opened == (set() if closes else {"one"})

    perform(main)

    async def with_a_stream() -> None:
        gone = asyncio.Event()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()
            gone.set()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            streams: list[weakref.ref[asyncio.StreamWriter]] = []

            async def open_it() -> None:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                streams.append(weakref.ref(writer))
                try:
                    await end.after(0.01)
                finally:
                    if closes:
                        writer.close()

            task = asyncio.create_task(open_it())
            await asyncio.wait([task])
            writer = streams[0]()
            if not closes:
                assert writer, "who keeps the exception keeps the connection"
                assert not writer.is_closing()
            # Nobody keeps the exception any more.
            with contextlib.suppress(BaseException):
                await task
            del task, writer
            gc.collect()
            await asyncio.wait_for(gone.wait(), 30)

    asyncio.run(with_a_stream())


@pytest.mark.always("async-init-factories-overlap")
@ways(count={"1": 1, "2": 2, "100": 100})
def test_factories_wait_at_the_same_time(count: int) -> None:
    trace = play("coroutines/async_init_fixed")
    assert trace.at("['session at two', 'session at three']") == 2
    client = load("coroutines/async_init_fixed").Client

    async def main() -> None:
        made = await asyncio.gather(*(client.open(str(number)) for number in range(count)))
        assert [each.session for each in made] == [f"session at {n}" for n in range(count)]

    assert perform(main).elapsed == 1


begun: list[str] = []
"""With which arguments `_async_init` has begun."""


async def _async_init(self: object, *host: str) -> None:
    """Be the `__init__` of any class."""
    begun.extend(host)


class Parent:
    __init__ = _async_init  # type: ignore[assignment]  # what the page warns of


CLASSES: dict[str, Callable[[], type]] = {
    "plain": lambda: type("Plain", (), {"__init__": _async_init}),
    "inherited": lambda: type("Child", (Parent,), {}),
    "with __new__": lambda: type(
        "Made", (), {"__new__": lambda cls: object.__new__(cls), "__init__": _async_init}
    ),
    "slots": lambda: type("Slots", (), {"__slots__": (), "__init__": _async_init}),
}


@pytest.mark.always("async-init-type-error")
@ways(make=CLASSES)
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_a_class_with_async_init_cannot_be_called(make: Callable[[], type]) -> None:
    assert "TypeError: __init__() should return None, not 'coroutine'" in (
        play("coroutines/async_init_error").lines
    )
    with pytest.raises(TypeError, match="should return None"):
        load("coroutines/async_init_error").Client("one")
    with pytest.raises(TypeError, match="should return None"):
        make()()


@pytest.mark.always("async-init-super-silent")
@ways(parent={"async __init__": Parent, "a child of one": type("Child", (Parent,), {})})
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_an_async_init_of_the_parent_is_not_run(parent: type) -> None:
    # no mutant: в примерах у класса с `async def __init__` нет наследников
    class Child(parent):  # type: ignore[misc]  # the way is a variable
        def __init__(self) -> None:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                super().__init__("one")
            self.caught = [str(each.message) for each in caught]

    begun.clear()
    assert Child().caught == ["coroutine '_async_init' was never awaited"]
    assert not begun


class ByNew:
    """What a much copied answer recommends."""

    async def __new__(cls, *args: str) -> Any:
        made = super().__new__(cls)
        await made.__init__(*args)  # type: ignore[misc]  # that is its trick
        return made

    __init__ = _async_init  # type: ignore[assignment]  # what the page warns of


@pytest.mark.always("async-init-async-new")
@ways(made={"itself": ByNew, "inherited": type("Child", (ByNew,), {})})
def test_an_async_new_gives_a_coroutine(made: type) -> None:
    # no mutant: такого класса в примерах нет, страница его не советует
    async def main() -> None:
        begun.clear()
        called = made("one")
        assert asyncio.iscoroutine(called)
        assert not begun
        assert type(await called) is made
        assert begun == ["one"]

    perform(main)


@pytest.mark.always("async-init-post-init")
@ways(options={"plain": {}, "frozen": {"frozen": True}, "slots": {"slots": True}})
def test_an_async_post_init_is_not_run(options: dict[str, bool]) -> None:
    # no mutant: выполнять ли тело, решает сам dataclass
    assert "Page(host='one') has a session: False" in play("coroutines/async_init_error").lines
    begun: list[object] = []

    async def begin(self: object) -> None:
        begun.append(self)

    pages = (
        load("coroutines/async_init_error").Page,
        dataclass(**options)(type("Page", (), {"__post_init__": begin})),
    )
    for page, arguments in zip(pages, (("one",), ()), strict=True):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            made = page(*arguments)
        assert not hasattr(made, "session")
        assert "was never awaited" in str(caught[0].message)
    assert not begun


@pytest.mark.always("async-init-closes")
@ways(end=ENDED, awaits={"at once": False, "after a wait": True})
def test_the_context_is_left_however_the_body_ends(end: End, awaits: bool) -> None:
    trace = play("coroutines/async_init_closes")
    assert trace.ordered("one: closed", "main: bad page")
    assert trace.at("one: closed") == 2
    connected = load("coroutines/async_init_closes").connected

    async def main() -> None:
        async def use() -> str:
            async with connected("one"):
                await asyncio.sleep(awaits)
                print("body")
                return end.reach()

        assert await outcome_of(use()) == end.outcome
        print("left")
        task = asyncio.create_task(cancelled())
        await asyncio.sleep(2)
        task.cancel()
        assert await outcome_of(task) is asyncio.CancelledError

    async def cancelled() -> None:
        async with connected("two"):
            await asyncio.sleep(1000)

    seen = perform(main)
    assert seen.ordered("body", "one: closed", "left", "two: closed")


@pytest.mark.always("async-init-closing-cancelled")
@ways(end=ENDED, cancels={"while it waits": True, "never": False})
def test_a_cancel_interrupts_the_closing(end: End, cancels: bool) -> None:
    # no mutant: в примере закрытие никто не отменяет
    connected = load("coroutines/async_init_closes").connected

    async def use() -> None:
        async with connected("one"):
            await end.after(1)

    async def main() -> None:
        task = asyncio.create_task(use())
        await asyncio.sleep(2.5)  # opened at 1, left at 2, closed at 3
        if cancels:
            assert task.cancel()
        assert await outcome_of(task) is (asyncio.CancelledError if cancels else end.error)

    assert perform(main).lines == ([] if cancels else ["one: closed"])


@pytest.mark.always("async-init-dunder-await")
# one way: a fact about one method
def test_an_object_with_dunder_await_is_there_before_it_was_awaited() -> None:
    trace = play("coroutines/async_init_dunder_await")
    assert trace.at("before await: ''") == 0
    assert trace.at("after await: 'session at one'") == 1
    client = load("coroutines/async_init_dunder_await").Client("two")
    assert (client.host, client.session) == ("two", "")


@pytest.mark.always("async-init-dunder-again")
@ways(times={"2": 2, "3": 3}, end=ENDED)
def test_each_await_of_such_an_object_opens_again(times: int, end: End) -> None:
    client = load("coroutines/async_init_dunder_await").Client("one")
    opened: list[str] = []

    async def connect(host: str) -> str:
        opened.append(host)
        return await end.after(1)

    async def main() -> None:
        type(client).open.__globals__["connect"] = connect
        for _ in range(times):
            outcome = await outcome_of(client)
            assert outcome is (end.error or client)
        assert opened == ["one"] * times

    assert perform(main).elapsed == times


@pytest.mark.always("async-init-property")
@ways(reads={"1": 1, "2": 2, "3": 3})
def test_each_reading_of_an_async_property_gives_a_coroutine(reads: int) -> None:
    assert play("coroutines/async_init_elsewhere").at("property: page 9") == 1
    mailbox = load("coroutines/async_init_elsewhere").Mailbox()

    async def main() -> None:
        read = [mailbox.newest for _ in range(reads)]
        assert len(set(map(id, read))) == reads
        assert all(asyncio.iscoroutine(each) for each in read)
        for each in read:
            assert await each == "page 9"

    assert perform(main).elapsed == reads


def _assign(box: Any) -> None:
    box.size = 1


@pytest.mark.always("async-init-setter")
@ways(assign={"setattr": lambda box: setattr(box, "size", 1), "statement": _assign})
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")
def test_an_async_setter_is_not_run(assign: Callable[[Any], None]) -> None:
    # no mutant: присваивает только доказательство, примеры страницы свойство лишь читают
    begun: list[int] = []

    class Box:
        @property
        async def size(self) -> int:
            return 0

        @size.setter
        async def size(self, value: int) -> None:
            begun.append(value)

    assign(Box())
    assert not begun


@pytest.mark.always("async-init-lambda")
@ways(
    text={
        "alone": "lambda: await f()",
        "in async def": "async def g():\n    return lambda: await f()",
        "in a call": "async def g():\n    return sorted(x, key=lambda y: await y)",
        "in the first source": "async def g():\n    return lambda: (x for x in await f())",
        "in a lambda": "async def g():\n    return lambda: lambda: await f()",
    }
)
def test_await_in_a_lambda_is_a_syntax_error(text: str) -> None:
    assert play("coroutines/async_init_elsewhere").at("lambda: page 1") == 2
    with pytest.raises(SyntaxError, match="'await' outside async function"):
        compile(text, "snippet", "exec")
    compile(text.replace("await ", ""), "snippet", "exec")
    compile("lambda works: (await work for work in works if await work)", "snippet", "exec")
    compile("lambda: (x for y in z for x in await y)", "snippet", "exec")


async def _listed(works: list[Callable[[], Coroutine[Any, Any, int]]]) -> Iterable[int]:
    return [await work() for work in works]


async def _set(works: list[Callable[[], Coroutine[Any, Any, int]]]) -> Iterable[int]:
    return {await work() for work in works}


async def _dict(works: list[Callable[[], Coroutine[Any, Any, int]]]) -> Iterable[int]:
    return {await work(): None for work in works}


@pytest.mark.always("async-init-comprehension")
@ways(collect={"list": _listed, "set": _set, "dict": _dict}, count={"0": 0, "1": 1, "3": 3})
def test_a_comprehension_waits_one_by_one(collect: Callable[..., Any], count: int) -> None:
    assert play("coroutines/async_init_elsewhere").at("list: ['page 1', 'page 2']") == 4
    inside: list[int] = []

    async def work(number: int) -> int:
        assert not inside
        inside.append(number)
        await asyncio.sleep(1)
        inside.pop()
        return number

    async def main() -> None:
        works = [lambda number=number: work(number) for number in range(count)]
        assert list(await collect(works)) == list(range(count))

    assert perform(main).elapsed == count

    async def of_tasks() -> None:
        tasks = [asyncio.create_task(asyncio.sleep(1, number)) for number in range(count)]
        waits = [lambda task=task: task for task in tasks]
        assert list(await collect(waits)) == list(range(count))

    assert perform(of_tasks).elapsed == bool(count), "tasks are not the sentence's coroutines"


def _loop(pages: Any) -> None:
    for _ in pages:
        pass


@pytest.mark.always("async-init-genexp")
@ways(consume={"list": list, "sum": sum, "tuple": tuple, "for": _loop, "sorted": sorted})
def test_a_generator_expression_with_await_is_asynchronous(consume: Callable[[Any], Any]) -> None:
    trace = play("coroutines/async_init_elsewhere")
    assert trace.ordered(
        "TypeError: 'async_generator' object is not iterable", "async for: ['page 1', 'page 2']"
    )

    async def number(of: int) -> int:
        return of

    async def main() -> None:
        with pytest.raises(TypeError, match="'async_generator' object is not iterable"):
            consume(await number(each) for each in (1, 2))
        assert [each async for each in (await number(each) for each in (1, 2))] == [1, 2]

        async def numbers() -> list[int]:
            return [1, 2]

        # After `in` of the first `for` it belongs to who writes the expression.
        consume(each for each in await numbers())

    perform(main)


@pytest.mark.always("async-init-task-not-started")
@ways(count={"1": 1, "3": 3}, end=FAILED | {"value": End()})
def test_a_task_made_in_init_makes_no_step_before_its_end(count: int, end: End) -> None:
    trace = play("coroutines/async_init_broken")
    assert trace.lines == ["news over nothing", "opened session at one"]

    class Client(load("coroutines/async_init_broken").Client):
        async def open(self, host: str) -> None:
            self.session = host
            end.reach()

    async def main() -> None:
        clients = [Client("one") for _ in range(count)]
        assert not any(client.session for client in clients)
        outcomes = [await outcome_of(client.opening) for client in clients]
        assert all(client.session == "one" for client in clients)
        assert outcomes == [end.error] * count

    perform(main)


@pytest.mark.always("async-init-gather-loses")
@ways(fails={"before": 0.5, "at the same time": 1.0, "after": 2.0}, count={"1": 1, "10": 10})
def test_gather_loses_what_was_opened_beside_a_failure(fails: float, count: int) -> None:
    trace = play("coroutines/async_init_many_broken")
    assert trace.lines == ["one: opened", "main: no answer from bad"]
    made: list[object] = []

    async def open_one(number: int) -> object:
        await asyncio.sleep(1)
        made.append(number)
        return number

    async def fail() -> object:
        await asyncio.sleep(fails)
        raise OSError

    async def main() -> None:
        got: list[object] = []
        with pytest.raises(OSError, match=r"^$"):
            got += await asyncio.gather(*map(open_one, range(count)), fail())
        await asyncio.sleep(3)
        assert got == []
        assert made == list(range(count))

    perform(main)

    async def ends() -> None:
        made.clear()
        with pytest.raises(OSError, match=r"^$"):
            await asyncio.gather(*map(open_one, range(count)), fail())

    perform(ends)
    assert len(made) == (0 if fails < 1 else count), "asyncio.run cancels what its end finds"


@pytest.mark.always("async-init-stack-closes")
@ways(end=ENDED, count={"1": 1, "10": 10}, late={"while others open": 1.5, "after all": 5.0})
def test_a_stack_closes_whatever_was_opened(end: End, count: int, late: float) -> None:
    trace = play("coroutines/async_init_many_fixed")
    assert trace.lines == ["one: opened", "one: closed", "main: no answer from bad"]
    module = load("coroutines/async_init_many_fixed")
    opened: list[str] = []
    closed: list[str] = []

    class Client(module.Client):
        @classmethod
        async def open(cls, host: str) -> Client:
            await asyncio.sleep(int(host))
            opened.append(host)
            return cls(host)

        async def close(self) -> None:
            await asyncio.sleep(1)
            closed.append(self.host)

    async def finish() -> None:
        await asyncio.sleep(late)
        end.reach()

    async def all_opened() -> None:
        async with contextlib.AsyncExitStack() as stack, asyncio.TaskGroup() as group:
            for number in range(count):
                group.create_task(module.open_in(stack, str(number)))
            group.create_task(finish())

    async def main() -> None:
        module.open_in.__globals__["Client"] = Client
        task = asyncio.create_task(all_opened())
        await asyncio.wait([task])
        assert opened
        assert sorted(closed) == sorted(opened)

    perform(main)
    opened.clear()
    closed.clear()

    async def outside() -> None:
        module.open_in.__globals__["Client"] = Client
        async with asyncio.TaskGroup() as group, contextlib.AsyncExitStack() as stack:
            for number in range(count):
                group.create_task(module.open_in(stack, str(number)))

    perform(outside)
    assert opened
    assert not closed, "a stack in the group is left before what opens in it has opened"


@pytest.mark.always("async-init-cached-property")
@ways(between={"at once": 0.0, "later": 1.0}, end=FAILED)
def test_a_cached_property_keeps_a_used_coroutine(between: float, end: End) -> None:
    class Page:
        @functools.cached_property
        async def size(self) -> int:
            await asyncio.sleep(between)
            end.reach()
            return 9

    async def main() -> None:
        page = Page()
        assert await outcome_of(page.size) is end.error
        with pytest.raises(RuntimeError, match="cannot reuse already awaited coroutine"):
            await page.size

    perform(main)
