"""Proofs for source/debugging/testing.md."""

from __future__ import annotations

import asyncio
import functools
import gc
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock, create_autospec, patch

import pytest
from proven.stage import load, perform, play

from tests.ways import Abort, but, only, ways


def fail(case: unittest.TestCase) -> None:
    case.fail("on purpose")


def break_off(case: unittest.TestCase) -> None:
    raise OSError


def succeed(case: unittest.TestCase) -> None:
    """Do nothing that a test could fail at."""


HOW = {"fails": fail, "raises": break_off, "passes": succeed}
Body = Callable[[unittest.TestCase], object]


def result_of(base: type[unittest.TestCase], method: Callable[[Any], Any]) -> unittest.TestResult:
    """Run `method` as the one test of a class made from `base`."""
    case = type("Case", (base,), {"test_it": method})
    result = unittest.TestResult()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        case("test_it").run(result)
    result.told = {each.category for each in caught}
    return result


@pytest.mark.always("testing-green-in-testcase")
@ways(body=HOW)
def test_a_test_case_never_runs_a_coroutine(body: Body) -> None:
    assert play("debugging/testing_green_broken").lines == ["run: 1, failed: 0"]
    ran = []

    async def method(case: unittest.TestCase) -> None:
        ran.append(True)
        body(case)

    result = result_of(unittest.TestCase, method)
    assert result.testsRun == 1
    assert result.wasSuccessful()
    assert not ran
    assert {DeprecationWarning, RuntimeWarning} <= result.told


@pytest.mark.always("testing-isolated-awaits")
@ways(body=HOW, sleeps={"at once": 0, "later": 0.001})
def test_an_isolated_case_awaits_it(body: Body, sleeps: float) -> None:
    assert play("debugging/testing_green_fixed").lines == ["run: 1, failed: 1"]

    async def method(case: unittest.TestCase) -> None:
        await asyncio.sleep(sleeps)
        body(case)

    result = result_of(unittest.IsolatedAsyncioTestCase, method)
    assert (len(result.failures), len(result.errors)) == (
        body is HOW["fails"],
        body is HOW["raises"],
    )


def wrapped(method: Callable[[Any], Any]) -> dict[str, Callable[[Any], Any]]:
    @functools.wraps(method)
    def call(case: unittest.TestCase) -> object:
        return method(case)

    return {"test_it": call}


def generated(method: Callable[[Any], Any]) -> dict[str, Callable[[Any], Any]]:
    async def test_it(case: unittest.TestCase) -> AsyncIterator[None]:
        await method(case)
        yield

    return {"test_it": test_it}


def prepared(method: Callable[[Any], Any]) -> dict[str, Callable[[Any], Any]]:
    return {"setUp": method, "test_it": succeed}


NOT_AWAITED = {"wrapped": wrapped, "generator": generated, "setUp": prepared}
Shape = Callable[[Callable[[Any], Any]], dict[str, Callable[[Any], Any]]]


@pytest.mark.always("testing-isolated-only-coroutines")
@ways(shape=NOT_AWAITED, sleeps={"at once": 0, "later": 0.001})
def test_what_is_no_coroutine_function_is_not_awaited(shape: Shape, sleeps: float) -> None:
    # no mutant: на странице об этом только говорится
    async def method(case: unittest.TestCase) -> None:
        await asyncio.sleep(sleeps)
        fail(case)

    def successful(methods: dict[str, Callable[[Any], Any]]) -> bool:
        result = unittest.TestResult()
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            type("Case", (unittest.IsolatedAsyncioTestCase,), methods)("test_it").run(result)
            gc.collect()
        assert bool(told) == result.wasSuccessful()
        return result.wasSuccessful()

    assert successful(shape(method))
    # The same coroutine function where it is awaited.
    assert not successful({"test_it": method})
    assert not successful({"asyncSetUp": method, "test_it": succeed})


@pytest.mark.always("testing-own-loop")
@ways(many={"two": 2, "five": 5})
def test_each_test_has_a_loop_of_its_own(many: int) -> None:
    # no mutant: на странице об этом только говорится
    loops: dict[str, set[object]] = {}

    class Case(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self) -> None:
            self.note()

        async def asyncTearDown(self) -> None:
            self.note()

        async def test_it(self) -> None:
            self.note()

        def note(self) -> None:
            loops.setdefault(str(id(self)), set()).add(asyncio.get_running_loop())

    cases = [Case("test_it") for _ in range(many)]
    result = unittest.TestResult()
    for case in cases:
        case.run(result)
    assert result.wasSuccessful()
    assert [len(seen) for seen in loops.values()] == [1] * many
    assert len(set.union(*loops.values())) == many


CASES = """\
import functools, unittest
def wrap(function):
    @functools.wraps(function)
    def call(*arguments): return function(*arguments)
    return call
class Right(unittest.IsolatedAsyncioTestCase):
    async def test_it(self): pass
class Awaited(unittest.IsolatedAsyncioTestCase):
    async def test_it(self): assert False
class OfTestCase(unittest.TestCase):
    async def test_it(self): assert False
class Wrapped(unittest.IsolatedAsyncioTestCase):
    @wrap
    async def test_it(self): assert False
class Generator(unittest.IsolatedAsyncioTestCase):
    async def test_it(self):
        assert False
        yield
class SetUp(unittest.IsolatedAsyncioTestCase):
    async def setUp(self): assert False
    async def test_it(self): pass
class SetUpOfTestCase(unittest.TestCase):
    async def setUp(self): assert False
    def test_it(self): pass
"""
UNITTEST = [sys.executable, "-m", "unittest", "test_it"]
PYTEST = f"{sys.executable} -m pytest -q -p no:cacheprovider -p no:asyncio -p no:anyio".split()
PYTEST += ["--rootdir", ".", "-c", "/dev/null", "test_it.py"]


def told_of(program: str, command: list[str], *options: str) -> tuple[int, str]:
    """Run `command`, the interpreter with options, on `program`; return how it ended."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_it.py").write_text(program, encoding="utf-8")
        interpreter, *rest = command
        told = subprocess.run(
            [interpreter, *options, *rest],
            cwd=folder,
            env={name: it for name, it in os.environ.items() if name != "PYTHONWARNINGS"},
            capture_output=True,
            text=True,
            check=False,
        )
    return told.returncode, told.stdout + told.stderr


TESTS = ["Awaited", "OfTestCase", "Wrapped", "Generator"]
PREPARED = ["SetUp", "SetUpOfTestCase"]


@pytest.mark.always("testing-error-warnings")
@ways(
    run={
        "unittest": (UNITTEST, [], ["Awaited"]),
        "unittest -W error": (UNITTEST, ["-W", "error"], TESTS),
        "pytest -W error": ([*PYTEST, "-W", "error"], [], TESTS + PREPARED),
    }
)
def test_warnings_made_errors_tell_of_all_but_the_preparation(
    run: tuple[list[str], list[str], list[str]],
) -> None:
    # no mutant: на странице об этом только говорится
    command, options, failing = run
    _, told = told_of(CASES, command, *options)
    failed = re.findall(
        r"^(?:FAIL|ERROR|FAILED):? \S*(?: \()?\S*?(?:\.|::)([A-Z]\w+)", told, re.MULTILINE
    )
    assert sorted(failed) == sorted(failing), told


@pytest.mark.always("testing-pytest-runs-unittest")
@ways(name={"async in a TestCase": "OfTestCase", "awaited": "Awaited", "passes": "Right"})
def test_pytest_leaves_classes_of_unittest_to_unittest(name: str) -> None:
    # no mutant: программы с pytest на странице нет, только утверждение о нём
    assert told_of(CASES, [*PYTEST, "-k", name])[0] == (name == "Awaited")


PLAIN = {
    "function": "async def test_it():\n    assert BODY\n",
    "method": "class TestIt:\n    async def test_it(self):\n        assert BODY\n",
}


@pytest.mark.always("testing-pytest-needs-plugin")
@ways(plain=PLAIN, body={"would pass": "True", "would fail": "False"})
def test_pytest_alone_fails_a_coroutine(plain: str, body: str) -> None:
    # no mutant: программы с pytest на странице нет, только утверждение о нём
    code, told = told_of(plain.replace("BODY", body), PYTEST)
    assert code == 1
    assert "1 failed" in told
    assert "async def functions are not natively supported" in told


class Client:
    """What is replaced in a test."""

    def __init__(self) -> None:
        self.address = "localhost"

    def plain(self) -> bool:
        return True

    async def send(self, text: str) -> str:
        return text

    async def lines(self) -> AsyncIterator[str]:
        yield "line"


@pytest.mark.always("testing-called-not-awaited")
@ways(times={"once": 1, "three times": 3})
def test_called_is_not_awaited(times: int) -> None:
    broken, fixed = (play(f"debugging/testing_mock_{end}") for end in ("broken", "fixed"))
    assert (broken.lines, fixed.lines) == (["passed"], ["called: 1, awaited: 0", "failed"])
    with pytest.warns(RuntimeWarning, match=NEVER_AWAITED):
        del_of_a_call(AsyncMock())
    for mock in (AsyncMock(), AsyncMock(spec=Client).send, create_autospec(Client).send):
        for _ in range(times):
            mock("hello").close()
        mock.assert_called_with("hello")
        assert (mock.call_count, mock.await_count) == (times, 0)
        mock.assert_not_awaited()
        with pytest.raises(AssertionError):
            mock.assert_awaited_with("hello")
        with pytest.raises(AssertionError):
            mock.assert_awaited_once()
        asyncio.run(wait_for(mock("hello")))
        mock.assert_awaited_once_with("hello")
    for unfinished in (OSError, asyncio.Event().wait, asyncio.CancelledError):
        mock = AsyncMock(side_effect=unfinished)
        with suppress(OSError, TimeoutError, asyncio.CancelledError):
            asyncio.run(wait_for(asyncio.wait_for(mock(), 0.01)))
        mock.assert_awaited_once_with()


NEVER_AWAITED = "coroutine 'AsyncMockMixin._execute_mock_call' was never awaited"


def del_of_a_call(mock: AsyncMock) -> None:
    mock()
    gc.collect()


async def wait_for(awaitable: Awaitable[object]) -> object:
    return await awaitable


MADE: dict[str, Callable[[], Any]] = {
    "AsyncMock(spec=)": lambda: AsyncMock(spec=Client),
    "Mock(spec=)": lambda: Mock(spec=Client),
    "MagicMock(spec=)": lambda: MagicMock(spec=Client),
    "create_autospec": lambda: create_autospec(Client, instance=True),
}


@pytest.mark.always("testing-spec-tells-apart")
@ways(made=MADE)
def test_a_spec_tells_methods_apart(made: Callable[[], Any]) -> None:
    client = made()
    client.plain.return_value = False
    assert client.plain() is False
    client.send.return_value = "sent"
    assert asyncio.run(wait_for(client.send("hello"))) == "sent"
    assert not asyncio.iscoroutine(client.lines()), "an asynchronous generator gives none"
    with pytest.raises(AttributeError):
        client.sent("hello")
    assert type(load("debugging/testing_mock_fixed").Client().is_open()) is bool


class Session(Client):
    """A client that is opened by `async with`."""

    async def __aenter__(self) -> Session:
        return self

    async def __aexit__(self, *_: object) -> None: ...


OPENED: dict[str, Callable[[], Any]] = {
    "AsyncMock()": AsyncMock,
    "AsyncMock(spec=)": lambda: AsyncMock(spec=Session),
    "MagicMock(spec=)": lambda: MagicMock(spec=Session),
    "create_autospec": lambda: create_autospec(Session, instance=True),
}


@pytest.mark.always("testing-mock-aenter")
@ways(made=OPENED, told={"told": True, "not told": False})
def test_async_with_gives_another_mock(made: Callable[[], Any], told: bool) -> None:
    # no mutant: async with в примерах страницы нет
    async def main() -> None:
        client = made()
        if told:
            client.__aenter__.return_value = client
        async with client as opened:
            assert (opened is client) is told
            if not told:
                assert opened.sent
                assert await opened.plain()
        client.send.assert_not_called()

    asyncio.run(main())


WRONG: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "one too many": (("hello", "world"), {}),
    "no such name": ((), {"message": "hello"}),
    "one missing": ((), {}),
}


@pytest.mark.always("testing-spec-not-arguments")
@ways(made=MADE, wrong=WRONG)
def test_a_spec_takes_any_arguments(
    made: Callable[[], Any], wrong: tuple[tuple[str, ...], dict[str, str]]
) -> None:
    # no mutant: create_autospec в примерах страницы нет
    client, (arguments, named) = made(), wrong
    if made is MADE["create_autospec"]:
        with pytest.raises(TypeError):
            asyncio.run(wait_for(client.send(*arguments, **named)))
    else:
        asyncio.run(wait_for(client.send(*arguments, **named)))
    asyncio.run(wait_for(client.send("hello")))


@pytest.mark.always("testing-spec-no-init")
@ways(made=MADE)
def test_a_spec_does_not_know_what_init_sets(made: Callable[[], Any]) -> None:
    # no mutant: у клиента из примеров страницы атрибутов нет
    client = made()
    assert Client().address
    with pytest.raises(AttributeError):
        client.address.upper()
    client.plain.assert_not_called()


def awaited(mock: Any, times: int) -> None:
    for _ in range(times):
        asyncio.run(wait_for(mock("hello")))


CHECKS = {
    "awaited_once": ("awaited_once", ()),
    "awaited_with": ("awaited_with", ("another",)),
    "awaited_once_with": ("awaited_once_with", ("another",)),
    "any_await": ("any_await", ("another",)),
    "has_awaits": ("has_awaits", (["another"],)),
}
NOT_BY_SIGNATURE = {"AsyncMock()": AsyncMock, **but(MADE, "create_autospec")}


@pytest.mark.always("testing-mock-no-assert")
@ways(
    made=NOT_BY_SIGNATURE,
    check=CHECKS,
    times={"never": 0, "twice": 2},
)
def test_a_check_without_assert_in_its_name_checks_nothing(
    made: Callable[[], Any], check: tuple[str, tuple[Any, ...]], times: int
) -> None:
    # no mutant: такой ошибки в примерах страницы нет
    (name, arguments), client = check, made()
    awaited(client.send, times)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        getattr(client.send, name)(*arguments)
    with pytest.raises(AssertionError):
        getattr(client.send, f"assert_{name}")(*arguments)
    with pytest.raises(AttributeError):
        getattr(MADE["create_autospec"]().send, name)


@pytest.mark.always("testing-mock-no-brackets")
@ways(made={"AsyncMock()": AsyncMock, **MADE}, times={"never": 0, "twice": 2})
def test_a_check_without_brackets_checks_nothing(made: Callable[[], Any], times: int) -> None:
    # no mutant: такой ошибки в примерах страницы нет
    client = made()
    awaited(client.send, times)
    check = client.send.assert_awaited_once
    with pytest.raises(AssertionError):
        check()
    # A plain mock has no such check, and says so.
    with pytest.raises(AttributeError):
        getattr(MagicMock(), "assert_awaited_once")  # noqa: B009 - the stub lacks it


@pytest.mark.always("testing-bare-mock-always-true")
@ways(value={"False": False, "None": None, "empty": ""})
def test_a_method_of_a_bare_mock_gives_a_coroutine(value: object) -> None:
    assert play("debugging/testing_mock_broken").lines == ["passed"], "the message was sent"
    client = AsyncMock()
    client.plain.return_value = value
    got = client.plain()
    assert asyncio.iscoroutine(got)
    assert bool(got)
    assert asyncio.run(wait_for(got)) == value


@pytest.mark.always("testing-forgotten-task")
@ways(
    held={"held": True, "dropped": False},
    error={each.__name__: each for each in (OSError, AssertionError, Abort, SystemExit)},
)
def test_an_error_in_a_forgotten_task_fails_no_test(held: bool, error: type[BaseException]) -> None:
    assert play("debugging/testing_leftover").lines == [
        "test_forgotten: errors: 0",
        "test_awaited: errors: 1",
    ]
    keep: list[object] = []

    async def fail() -> None:
        raise error

    async def method(case: unittest.IsolatedAsyncioTestCase) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        task = asyncio.create_task(fail())
        if held:
            keep.append(task)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    result = result_of(unittest.IsolatedAsyncioTestCase, method)
    assert result.wasSuccessful() is (error is not SystemExit)
    keep.clear()


@pytest.mark.always("testing-leftover-cancelled")
@ways(many={"one": 1, "many": 5})
def test_tasks_left_over_are_cancelled(many: int) -> None:
    # no mutant: в примере задача успевает упасть сама
    tasks: list[asyncio.Task[bool]] = []

    async def method(case: unittest.IsolatedAsyncioTestCase) -> None:
        tasks.extend(asyncio.create_task(asyncio.Event().wait()) for _ in range(many))

    assert result_of(unittest.IsolatedAsyncioTestCase, method).wasSuccessful()
    assert all(task.cancelled() for task in tasks)


async def timed_out() -> str:
    try:
        async with asyncio.timeout(3600):
            await asyncio.Event().wait()
    except TimeoutError:
        return "timed out"
    return "done"


async def waited_for() -> str:
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 3600)
    except TimeoutError:
        return "timed out"
    return "done"


async def slept() -> str:
    return await asyncio.sleep(3600, "slept")


async def two_slept() -> str:
    order: list[str] = []

    async def sleep(seconds: float, name: str) -> None:
        await asyncio.sleep(seconds)
        order.append(name)

    await asyncio.gather(sleep(3600, "late"), sleep(60, "early"))
    return ",".join(order)


YEARS = 2 * 365 * 24 * 3600
HOURS = {
    "sleep": (slept, "slept"),
    "timeout": (timed_out, "timed out"),
    "wait_for": (waited_for, "timed out"),
    "two sleeps": (two_slept, "early,late"),
}


def compute() -> None:
    time.sleep(0.03)


async def computed_between() -> list[str]:
    order: list[str] = []

    async def sleep(seconds: float, name: str) -> None:
        await asyncio.sleep(seconds)
        order.append(name)

    async def compute_first() -> None:
        compute()
        await sleep(0.01, "begun later")

    await asyncio.gather(sleep(0.02, "ended earlier"), compute_first())
    return order


@pytest.mark.always("testing-instant-loop")
@ways(hour=HOURS)
def test_waits_of_an_instant_loop_take_no_time(
    hour: tuple[Callable[[], Awaitable[str]], str],
) -> None:
    assert play("debugging/testing_clock").lines == ["tries: 3, seconds: 1200"]
    main, result = hour
    # A proof that waits for an hour doesn't end before the deadline of the whole run.
    loop_of: Any = load("debugging/testing_clock").InstantLoop
    asked = iter(range(100_000))

    def counted(loop: Any) -> Any:
        next(asked)  # or a clock that stands still would be asked for ever
        return loop_of.time(loop)

    with asyncio.Runner(loop_factory=type("Counted", (loop_of,), {"time": counted})) as runner:
        assert runner.run(wait_for(main())) == result
        assert runner.get_loop().time() == pytest.approx(3600, abs=0.1)
        # Two years of seconds, which a clock of nanoseconds can't tell apart any more.
        assert runner.run(asyncio.wait_for(asyncio.sleep(YEARS, "slept"), 2 * YEARS)) == "slept"
        assert runner.get_loop().time() == pytest.approx(3600 + YEARS, abs=0.1)
        # Computing takes no time of this loop: the exception that the sentence makes.
        swapped = runner.run(computed_between())
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        assert runner.run(computed_between()) == swapped[::-1] == ["ended earlier", "begun later"]


@pytest.mark.always("testing-instant-loop-spins")
@ways(spinning={"one": 1, "two": 2}, hour={"sleep": slept, "timeout": timed_out})
def test_no_time_passes_while_a_task_spins(
    spinning: int, hour: Callable[[], Awaitable[str]]
) -> None:
    async def main() -> None:
        passes = 1000

        async def spin() -> None:
            for _ in range(passes):
                await asyncio.sleep(0)

        spins = [asyncio.create_task(spin()) for _ in range(spinning)]
        waiting = asyncio.ensure_future(hour())
        for _ in range(passes - 10):
            await asyncio.sleep(0)
        assert not waiting.done()
        assert asyncio.get_running_loop().time() == 0
        await asyncio.gather(waiting, *spins)
        assert asyncio.get_running_loop().time() == pytest.approx(3600, abs=0.1)

    with asyncio.Runner(loop_factory=load("debugging/testing_clock").InstantLoop) as runner:
        runner.run(wait_for(main()))


@pytest.mark.sometimes("testing-sleep-zero-luck")
@ways(steps={"two": 2, "five": 5})
def test_one_pause_may_be_too_little(steps: int) -> None:
    # no mutant: паузу наугад страница называет ошибкой, но не показывает
    async def work(done: list[bool]) -> None:
        for _ in range(steps):
            await asyncio.sleep(0)
        done.append(True)

    async def main() -> None:
        done: list[bool] = []
        task = asyncio.create_task(work(done))
        await asyncio.sleep(0)
        assert not done
        await task
        assert done
        print("asserted")

    assert perform(main).lines == ["asserted"]


class Kinds(Client):
    """A method of each kind, besides those of a client."""

    @staticmethod
    async def static() -> None: ...

    @classmethod
    async def of_class(cls) -> None: ...

    @staticmethod
    def plain_static() -> None: ...


def by_path(name: str) -> Any:
    return patch(f"{__name__}.Kinds.{name}")


def by_object(name: str) -> Any:
    return patch.object(Kinds, name)


PATCHES = {"patch": by_path, "patch.object": by_object}


@pytest.mark.always("testing-patch-async")
@ways(
    patched=PATCHES,
    kind={
        "async method": ("send", AsyncMock),
        "async static": ("static", AsyncMock),
        "async of class": ("of_class", AsyncMock),
        "method": ("plain", MagicMock),
        "static": ("plain_static", MagicMock),
    },
)
def test_patch_chooses_the_mock_by_the_function(
    patched: Callable[[str], Any], kind: tuple[str, type]
) -> None:
    name, expected = kind
    with patched(name) as mock:
        assert isinstance(mock, expected)
        assert getattr(Kinds, name) is mock
    trace = play("debugging/testing_patch")
    assert trace.lines == ["in place of fetch: AsyncMock", "page", "awaited: 3"]
    assert trace.at("page") == 2 * 5
    snippet = load("debugging/testing_patch")
    with patch.object(snippet, "fetch") as mock:
        assert isinstance(mock, AsyncMock)
    with pytest.raises(NotImplementedError):
        asyncio.run(snippet.load("/"))


def counted(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Wrap as a decorator does that needs no `await` of its own."""

    @functools.wraps(function)
    def count(*arguments: Any) -> Awaitable[Any]:
        return function(*arguments)

    return count


class Wrapped:
    """Coroutine functions under such a decorator, and one without it."""

    @counted
    async def method(self) -> None: ...

    @staticmethod
    @counted
    async def static() -> None: ...

    async def bare(self) -> None: ...


@pytest.mark.always("testing-patch-wrapped")
@ways(
    patched={
        "patch": lambda name, **new: patch(f"{__name__}.Wrapped.{name}", **new),
        "patch.object": lambda name, **new: patch.object(Wrapped, name, **new),
    },
    name={"method": "method", "static": "static"},
)
def test_patch_takes_a_wrapped_coroutine_function_for_a_plain_one(
    patched: Callable[..., Any], name: str
) -> None:
    # no mutant: декораторов в примерах страницы нет
    with patched(name) as mock:
        assert isinstance(mock, MagicMock)
        assert not isinstance(mock, AsyncMock)
    with patched(name, new_callable=AsyncMock) as mock:
        assert isinstance(mock, AsyncMock)
    with patched("bare") as mock:
        assert isinstance(mock, AsyncMock)


@pytest.mark.always("testing-patch-generator")
@ways(patched=PATCHES, values={"none": [], "one": [1], "many": [1, 2, 3]})
def test_a_patched_generator_gives_the_values_told(
    patched: Callable[[str], Any], values: list[int]
) -> None:
    # no mutant: асинхронного генератора в примерах страницы нет
    async def walk() -> list[Any]:
        return [each async for each in Kinds().lines()]

    with patched("lines") as mock:
        assert isinstance(mock, MagicMock)
        mock.return_value.__aiter__.return_value = values
        assert asyncio.run(walk()) == values
        assert asyncio.run(walk()) == values
    assert asyncio.run(walk()) == ["line"]


@pytest.mark.always("testing-side-effect-row")
@ways(
    error={"class": ConnectionError, "instance": ConnectionError("no")},
    made={"AsyncMock": AsyncMock, "patch": None},
)
def test_each_call_takes_an_answer_of_the_row(error: Any, made: type | None) -> None:
    assert play("debugging/testing_patch").lines[1:] == ["page", "awaited: 3"]

    async def ask(mock: Any) -> None:
        assert await mock() == 1
        with pytest.raises(ConnectionError):
            await mock()
        assert await mock() == 2
        for _ in range(2):
            with pytest.raises(StopAsyncIteration):
                await mock()

    row = [1, error, 2]
    if made:
        asyncio.run(ask(made(side_effect=row)))
    else:
        with patch.object(Kinds, "send", side_effect=row) as mock:
            asyncio.run(ask(mock))


@pytest.mark.always("testing-side-effect-one")
@ways(error={"class": ConnectionError, "instance": ConnectionError("no")})
def test_one_error_is_raised_each_time_and_a_function_computes(error: Any) -> None:
    # no mutant: в примере страницы ряд ответов, а одиночный ответ она только называет
    async def awaited(number: int) -> int:
        await asyncio.sleep(0)
        return number + 1

    async def main() -> None:
        failing = AsyncMock(side_effect=error)
        for _ in range(3):
            with pytest.raises(ConnectionError):
                await failing()
        for compute in (lambda number: number + 1, awaited):
            mock = AsyncMock(side_effect=compute)
            assert [await mock(number) for number in range(3)] == [1, 2, 3]

    asyncio.run(main())


@pytest.mark.always("testing-side-effect-lambda")
@ways(made={"AsyncMock": AsyncMock, "patch": None})
def test_a_coroutine_that_a_plain_function_returns_is_not_awaited(made: type | None) -> None:
    # no mutant: функции в side_effect на странице нет
    async def fake(number: int) -> int:
        return number

    async def ask(mock: Any) -> None:
        got = await mock(1)
        assert asyncio.iscoroutine(got)
        assert await got == 1
        mock.side_effect = fake
        assert await mock(1) == 1

    def effect(number: int) -> Awaitable[int]:
        return fake(number)

    if made:
        asyncio.run(ask(made(side_effect=effect)))
    else:
        with patch.object(Kinds, "send", side_effect=effect) as mock:
            asyncio.run(ask(mock))


@pytest.mark.always("testing-patch-over")
@ways(patched=PATCHES, waits={"inside": True, "after": False}, passes={"1": 1, "5": 5})
def test_a_task_that_calls_after_the_patch_calls_the_real_function(
    patched: Callable[[str], Any], waits: bool, passes: int
) -> None:
    # no mutant: в примере страницы задач нет
    async def work() -> str:
        for _ in range(passes):
            await asyncio.sleep(0)
        return await Kinds().send("real")

    async def main() -> None:
        with patched("send") as mock:
            mock.return_value = "fake"
            task = asyncio.create_task(work())
            if waits:
                await task
        assert await task == ("fake" if waits else "real")

    perform(main)


async def instantly(*_: object) -> None:
    """Stand for asyncio.sleep without a wait."""


real_sleep = asyncio.sleep


async def giving_way(*_: object) -> None:
    """Stand for asyncio.sleep with one pass of the loop."""
    await real_sleep(0)


SLEEPS: dict[str, Callable[[], Any]] = {
    "patch": lambda: patch("asyncio.sleep"),
    "patch.object": lambda: patch.object(asyncio, "sleep"),
    "a function of one's own": lambda: patch("asyncio.sleep", instantly),
    "one that waits itself": lambda: patch("asyncio.sleep", giving_way),
    "not patched": nullcontext,
}
WAITING = only(SLEEPS, "one that waits itself", "not patched")


@pytest.mark.always("testing-patched-sleep")
@ways(sleep=SLEEPS, pause={"0": 0.0, "1": 1.0})
def test_a_patched_sleep_lets_nobody_else_run(sleep: Callable[[], Any], pause: float) -> None:
    # no mutant: в примере страницы sleep не подменяют
    async def poll() -> None:
        for _ in range(100):
            await asyncio.sleep(pause)
        print("polled")

    async def other() -> None:
        print("other")

    async def main() -> None:
        asyncio.get_running_loop().call_later(0, print, "deadline")
        with sleep():
            await asyncio.gather(poll(), other())

    lines = perform(main).lines
    assert lines.index("polled") == (2 if sleep in WAITING.values() else 0)


@pytest.mark.always("testing-loop-factory")
@ways(case={"class": False, "subclass": True})
def test_an_isolated_case_takes_its_loop_from_loop_factory(case: bool) -> None:
    # no mutant: атрибут есть лишь с 3.13, а правки пробуют на самой старой версии
    loop_of = load("debugging/testing_clock").InstantLoop

    class Case(unittest.IsolatedAsyncioTestCase):
        loop_factory = loop_of

        async def test_it(self) -> None:
            seen.append(type(asyncio.get_running_loop()))

    seen: list[type] = []
    (type("Sub", (Case,), {}) if case else Case)("test_it").run(unittest.TestResult())
    assert (seen == [loop_of]) == (sys.version_info >= (3, 13))


@pytest.mark.always("testing-side-effect-awaited")
@ways(effect={"an error": ConnectionError, "a row": [ConnectionError]})
def test_the_error_comes_when_the_coroutine_is_awaited(effect: Any) -> None:
    # no mutant: пример страницы ждёт корутину в той же строке, где получил её
    mock = AsyncMock(side_effect=effect)
    coroutine = mock()
    assert asyncio.iscoroutine(coroutine)
    with pytest.raises(ConnectionError):
        asyncio.run(wait_for(coroutine))
