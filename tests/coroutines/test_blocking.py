"""Proofs for source/coroutines/blocking.md."""

import asyncio
import concurrent.futures
import inspect
import os
import sys
import threading
import time
import traceback
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import reduction
from types import FrameType
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

from tests.ways import AWAITED, ENDED, EXITS, LEAVES, Awaited, End, Leave, outcome_of, ways


def _block(seconds: float) -> None:
    time.sleep(seconds)


@pytest.mark.never("blocking-stops-everyone")
def test_nobody_works_during_a_blocking_call(explored: Callable[..., None]) -> None:
    async def block() -> None:
        _block(1)

    def disturbed(wait: Callable[[], Awaitable[object]]) -> Iterator[bool]:
        async def neighbour() -> None:
            for _ in range(2):
                print("neighbour")
                await asyncio.sleep(0.5)

        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(neighbour())
                await asyncio.sleep(0)
                print("begin")
                await wait()
                print("end")

        for trace in interleavings(main):
            lines = trace.lines
            yield "neighbour" in lines[lines.index("begin") : lines.index("end")]

    found = list(disturbed(block))
    assert not any(found)
    twins = (lambda: asyncio.sleep(1), lambda: asyncio.to_thread(_block, 1))
    explored(len(found), twin_fails=[any(disturbed(twin)) for twin in twins])
    assert play("coroutines/blocking_stops_all").at("tick 1") == 2.5


@pytest.mark.always("blocking-to-thread-frees-loop")
# one way: a fact about one function
def test_to_thread_lets_others_work_on_time() -> None:
    trace = play("coroutines/blocking_to_thread")
    assert [trace.at(f"tick {number}") for number in range(4)] == [0, 1, 2, 3]
    assert trace.at("main: page") == 2.5

    async def main() -> None:
        assert await asyncio.to_thread(threading.get_ident) != threading.get_ident()

    perform(main)


TIMED_OUT = {} if sys.version_info < (3, 13) else {"TimeoutError": End(TimeoutError)}


@pytest.mark.always("blocking-to-thread-outcome")
@ways(end=ENDED | EXITS | TIMED_OUT)
def test_result_and_exception_come_out_of_await(end: End) -> None:
    # no mutant: примеры страницы показывают только удачу
    given = end.error() if end.error else object()

    def work() -> object:
        if isinstance(given, BaseException):
            raise given
        return given

    async def main() -> None:
        try:
            got = await asyncio.to_thread(work)
        except BaseException as error:
            got = error
        assert got is given

    perform(main)


@pytest.mark.always("blocking-to-thread-timeout", before="3.12")
@ways(error={"TimeoutError": TimeoutError, "another": LookupError})
def test_a_timeout_comes_as_a_copy(error: type[Exception]) -> None:
    # no mutant: в примерах страницы функция исключений не бросает
    def late() -> None:
        told = error("late")
        told.add_note("a note")
        raise told from KeyError()

    async def main() -> None:
        with pytest.raises(error, match="late") as caught:
            await asyncio.to_thread(late)
        got, copied = caught.value, error is TimeoutError
        frames = traceback.extract_tb(got.__traceback__)
        assert (got.__cause__ is None) == copied
        assert hasattr(got, "__notes__") != copied
        assert ("late" in [frame.name for frame in frames]) != copied

    perform(main)


RENAMED = {
    "CancelledError": (concurrent.futures.CancelledError, asyncio.CancelledError),
    "InvalidStateError": (concurrent.futures.InvalidStateError, asyncio.InvalidStateError),
}


@pytest.mark.always("blocking-to-thread-renamed")
@ways(names=RENAMED)
def test_two_errors_of_concurrent_futures_change_their_type(
    names: tuple[type[BaseException], type[BaseException]],
) -> None:
    # no mutant: в примерах страницы таких исключений нет
    raised, comes = names
    assert raised is not comes

    async def main() -> None:
        task = asyncio.create_task(asyncio.to_thread(End(raised).reach))
        assert await outcome_of(task) is comes
        assert task.cancelled() == (comes is asyncio.CancelledError)

    perform(main)


@pytest.mark.never("blocking-to-thread-stop-iteration")
def test_stop_iteration_does_not_come_out_of_await(explored: Callable[..., None]) -> None:
    def outcomes(error: type[Exception]) -> Iterator[object]:
        def fail() -> None:
            raise error

        async def main(function: Callable[[], object]) -> None:
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda *_: None)
            for call in (asyncio.to_thread(function), loop.run_in_executor(None, function)):
                got.append(await outcome_of(asyncio.wait_for(call, 5)))

        for function in (fail, lambda: next(iter([])) if error is StopIteration else fail()):
            got: list[object] = []
            perform(lambda function=function: main(function))
            yield from got

    found = list(outcomes(StopIteration))
    assert StopIteration not in found
    if sys.version_info < (3, 12):
        assert set(found) == {TimeoutError}
    if sys.version_info >= (3, 13):
        assert set(found) == {RuntimeError}
    twins = (LookupError, StopAsyncIteration)
    explored(len(found), twin_fails=[twin in outcomes(twin) for twin in twins])


@pytest.mark.always("blocking-shared-pool")
# one way: a fact about the pool of one loop
def test_one_pool_for_to_thread_and_names() -> None:
    async def size() -> int:
        await asyncio.to_thread(int)
        pool: Any = asyncio.get_running_loop()._default_executor
        return pool._max_workers

    async def pool() -> Any:
        await asyncio.to_thread(int)
        loop: Any = asyncio.get_running_loop()
        return loop._default_executor

    assert len({asyncio.run(pool()) for _ in range(2)}) == 2, "each loop has its own"
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        cores = 1 if sys.version_info >= (3, 13) else os.cpu_count() or 1
        assert asyncio.run(size()) == min(32, cores + 4)
    finally:
        os.sched_setaffinity(0, allowed)

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(max_workers=1))
        release, began = threading.Event(), threading.Event()

        def work() -> None:
            began.set()
            release.wait()

        first = asyncio.create_task(asyncio.to_thread(work))
        while not began.is_set():  # noqa: ASYNC110 - that it spins is the point
            await asyncio.sleep(0)
        others = [
            asyncio.create_task(asyncio.to_thread(int)),
            asyncio.create_task(loop.getaddrinfo("127.0.0.1", 80)),
        ]
        try:
            for _ in range(100):
                await asyncio.sleep(0)
            assert not any(task.done() for task in others)
        finally:
            release.set()  # or the loop would wait for the thread when the proof fails
        await asyncio.wait([first, *others])
        assert others[1].result()

    asyncio.run(main())


async def _by_error(_: object, seconds: float) -> None:
    raise LookupError


async def _without_waiting(_: object, seconds: float) -> None:
    pass


LEAVES_OR_NOT = LEAVES | {"error": _by_error, "without waiting": _without_waiting}


def _neighbour_works(leave: Leave, *, opened_in_coroutine: bool, shut: bool = False) -> bool:
    """Tell whether the loop works while a job that nobody waits for goes on in a pool's thread."""
    began, worked, left = threading.Event(), threading.Event(), asyncio.Event()
    seen: list[bool] = []
    queued: list[bool] = []
    waited_for: list[bool] = []

    def job() -> None:
        began.set()
        # Only for a loop that stands still is it waited in vain.
        seen.append(worked.wait(0.2 if opened_in_coroutine else 20))

    async def use(pool: Executor) -> None:
        future = asyncio.get_running_loop().run_in_executor(pool, job)
        began.wait()
        pool.submit(queued.append, True)
        try:
            await leave(future, 0)
        finally:
            # Before the next pass of the loop the block of the pool is left.
            left.set()

    async def open_and_use() -> None:
        try:
            with ThreadPoolExecutor(1) as pool:
                try:
                    await use(pool)
                finally:
                    if shut:
                        pool.shutdown(wait=False)
        finally:
            waited_for.append(bool(queued))

    async def neighbour() -> None:
        await left.wait()
        worked.set()

    async def main(using: Coroutine[Any, Any, None]) -> None:
        user, other = asyncio.create_task(using), asyncio.create_task(neighbour())
        await asyncio.wait([user, other])
        await outcome_of(user)

    if opened_in_coroutine:
        asyncio.run(main(open_and_use()))
        assert waited_for == [True], "what stood in the pool's queue has been waited for, too"
    else:
        with ThreadPoolExecutor() as pool:
            asyncio.run(main(use(pool)))
    return seen[0]


@pytest.mark.always("blocking-pool-exit")
@ways(leave=LEAVES_OR_NOT, shut={"open": False, "after shutdown(wait=False)": True})
def test_leaving_the_with_of_a_pool_stops_the_loop(leave: Leave, shut: bool) -> None:
    # no mutant: пул в примере открывает обычная функция, так и надо
    assert not _neighbour_works(leave, opened_in_coroutine=True, shut=shut)
    assert _neighbour_works(leave, opened_in_coroutine=False)


@pytest.mark.always("blocking-process-elsewhere")
# one way: what its page shows; the pools have proofs of their own
def test_a_process_pool_computes_in_another_process() -> None:
    trace = play("coroutines/blocking_process")
    assert trace.lines == ["primes: 25", "computed in this process: False"]


class Pause:
    """Is packed by code of Python that waits until the loop has seen it at work."""

    is_seen = False

    def __reduce__(self) -> tuple[type[int], tuple[()]]:
        until = time.monotonic() + 20
        while not Pause.is_seen and time.monotonic() < until:
            time.sleep(0.001)
        return int, ()


ROWS = [str(number) for number in range(100_000)]
LARGE: dict[str, Callable[[], list[object]]] = {
    "list": lambda: [ROWS],
    "dict": lambda: [dict.fromkeys(ROWS)],
    "rows": lambda: [[[row, row] for row in ROWS]],
}


def _packing() -> bool:
    """Tell whether a thread has packed a part of something now, and not the whole."""
    for top in sys._current_frames().values():
        frame: FrameType | None = top
        while frame:
            if frame.f_code is reduction.ForkingPickler.dumps.__func__.__code__:
                packed = frame.f_locals["buf"].getvalue() if "buf" in frame.f_locals else b""
                return bool(packed) and not packed.endswith(b".")
            frame = frame.f_back
    return False


@pytest.mark.always("blocking-process-packing", gil="on")
@ways(large=LARGE)
def test_the_loop_stands_while_an_argument_is_packed(large: Callable[[], list[object]]) -> None:
    # no mutant: в примере аргумент — одно число
    async def seen_while_packing(pool: Executor, argument: list[object]) -> bool:
        loop, seen = asyncio.get_running_loop(), []
        job = loop.run_in_executor(pool, len, argument)

        def look() -> None:
            seen.append(_packing())
            Pause.is_seen = seen[-1]
            if not job.done():
                loop.call_soon(look)

        look()
        assert await job == len(argument)
        return any(seen)

    with ProcessPoolExecutor(1) as pool:
        pool.submit(int).result(60)
        assert not asyncio.run(seen_while_packing(pool, large()))
        assert asyncio.run(seen_while_packing(pool, [*large(), Pause(), *large()]))


@pytest.mark.always("blocking-debug-logs-slow-step")
# one way: a step is a step
def test_debug_mode_logs_a_slow_step() -> None:
    trace = play("coroutines/blocking_debug")
    assert trace.ordered("step: 0.02 s", "step: 0.25 s", "WARNING from asyncio: a slow step")
    step = load("coroutines/blocking_debug").step

    def logged(seconds: float, debug: bool) -> bool:
        async def main() -> None:
            asyncio.get_running_loop().set_debug(debug)
            await asyncio.create_task(step(seconds))

        return "took" in perform(main).stderr

    assert not logged(0.05, debug=True)
    assert logged(0.15, debug=True)
    assert not logged(0.15, debug=False)


@pytest.mark.always("blocking-debug-threshold")
# one way: a fact about one attribute
def test_the_threshold_is_an_attribute_of_the_loop() -> None:
    step = load("coroutines/blocking_debug").step

    def logged(seconds: float, threshold: float) -> bool:
        async def main() -> None:
            loop = asyncio.get_running_loop()
            assert loop.slow_callback_duration == 0.1
            loop.set_debug(True)
            loop.slow_callback_duration = threshold
            await asyncio.create_task(step(seconds))

        return "took" in perform(main).stderr

    assert logged(0.05, threshold=0.01)
    assert not logged(0.25, threshold=0.5)


async def _slow_then_waits() -> None:
    await asyncio.sleep(0)
    _block(0.25)
    for _ in range(2):
        await asyncio.sleep(0)  # here


async def _slow_inside() -> None:
    await asyncio.sleep(0)
    await _slow_then_waits()  # here


async def _slow_to_the_end() -> None:  # here
    await asyncio.sleep(0)
    _block(0.25)


async def _slow_and_fails() -> None:  # here
    await asyncio.sleep(0)
    _block(0.25)
    raise LookupError


SLOW = {
    "waits after it": (_slow_then_waits, "running at"),
    "a call waits": (_slow_inside, "running at"),
    "ends": (_slow_to_the_end, "defined at"),
    "fails": (_slow_and_fails, "defined at"),
}


@pytest.mark.always("blocking-debug-line")
@ways(slow=SLOW)
def test_the_message_names_the_line_where_the_step_ended(
    slow: tuple[Callable[[], Coroutine[Any, Any, None]], str],
) -> None:
    # no mutant: сообщения целиком пример не печатает
    function, word = slow
    lines, first = inspect.getsourcelines(function)
    here = next(number for number, line in enumerate(lines, first) if "# here" in line)

    async def main() -> None:
        asyncio.get_running_loop().set_debug(True)
        await outcome_of(asyncio.create_task(function(), name="slow"))

    told = [line for line in perform(main).stderr.splitlines() if "took" in line]
    assert len(told) == 1
    assert "name='slow'" in told[0]
    assert f"{word} {__file__}:{here}>" in told[0]


@pytest.mark.always("blocking-parentheses-call-in-place")
# one way: Python calls before it hands over
def test_parentheses_call_in_the_thread_of_the_loop() -> None:
    broken = play("coroutines/blocking_call_broken")
    runs = next(
        moment
        for moment in broken.moments
        if (broken.actors[moment.actor].code, moment.what) == ("tick", "runs")
    )
    assert (runs.sent, runs.time) == (0, 2), "it could have run at once"
    assert broken.at("tick") == 2
    assert broken.lines[-1].startswith("TypeError")
    fixed = play("coroutines/blocking_call_fixed")
    assert (fixed.at("tick"), fixed.at("page")) == (0, 2)


@pytest.mark.always("blocking-to-thread-of-async")
@ways(end={"value": ENDED["value"], "exception": ENDED["exception"]})
def test_to_thread_of_a_coroutine_function_gives_a_coroutine(end: End) -> None:
    # no mutant: в примерах страницы в to_thread передают обычные функции
    begun: list[str] = []

    async def load() -> str:
        begun.append("load")
        return end.reach()

    async def main() -> None:
        given = await asyncio.to_thread(load)
        await asyncio.sleep(1)
        assert asyncio.iscoroutine(given)
        assert not begun
        assert await outcome_of(given) == end.outcome

    perform(main)


@pytest.mark.always("blocking-to-thread-begins-awaited")
@ways(
    use={
        "nothing": lambda _: None,
        "a task": asyncio.create_task,
        "await": lambda coroutine: coroutine,
    }
)
def test_to_thread_begins_nothing_by_itself(use: Callable[[Any], Any]) -> None:
    # no mutant: в примерах страницы to_thread всегда ждут
    begun: list[str] = []

    async def main() -> None:
        coroutine = asyncio.to_thread(begun.append, "to_thread")
        await asyncio.get_running_loop().run_in_executor(None, int)
        assert not begun, "the thread is free, and the coroutine exists"
        used = use(coroutine)
        if used is None:
            coroutine.close()
        else:
            await used
        assert begun == ["to_thread"] * (used is not None)
        handed = threading.Event()
        future = asyncio.get_running_loop().run_in_executor(None, handed.set)
        assert handed.wait(20), "the loop has made no step since"
        await future

    asyncio.run(main())


@pytest.mark.always("blocking-await-keeps-ticking")
@ways(awaited=AWAITED)
def test_an_awaited_wait_lets_the_pulse_beat(awaited: Awaited) -> None:
    async def tick() -> None:
        for number in range(4):
            print(number)
            await asyncio.sleep(1)

    async def main() -> None:
        ticking = asyncio.create_task(tick())
        await awaited(2.5, End())
        await ticking

    assert [(event.text, event.time) for event in perform(main).events] == [
        (str(number), number) for number in range(4)
    ]
    trace = play("coroutines/blocking_awaited")
    assert [trace.at(f"tick {second}") for second in range(4)] == [0, 1, 2, 3]
    assert trace.at("main: page") == 2.5
    assert play("coroutines/blocking_stops_all").at("tick 1") == 2.5, "the twin blocks"
