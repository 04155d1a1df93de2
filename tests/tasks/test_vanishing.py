"""Proofs for source/tasks/vanishing.md."""

import asyncio
import gc
import socket
import threading
import weakref
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from proven.stage import load, perform, perform_script, play

from tests.ways import ENDED, FAILED, RUNS, SOME, STARTED, End, Started, but, ways

DESTROYED = "Task was destroyed but it is pending!"
UNRETRIEVED = "Task exception was never retrieved"
STARTED_ALONE = but(STARTED, "TaskGroup")  # a group would raise what the proof lets happen


async def _wait_for_nobody() -> None:
    await asyncio.get_running_loop().create_future()


@pytest.mark.always("vanish-weak-reference")
@ways(started=STARTED_ALONE)
def test_the_loop_does_not_keep_a_task(started: Started) -> None:
    async def main() -> None:
        async with started() as start:
            kept, dropped = (start(_wait_for_nobody()) for _ in range(2))
        reference = weakref.ref(dropped)
        await asyncio.sleep(0)
        gc.collect()
        assert len(asyncio.all_tasks()) == 3
        del dropped
        gc.collect()
        assert reference() is None
        assert asyncio.all_tasks() == {kept, asyncio.current_task()}

    perform(main)


@pytest.mark.always("vanish-timer-holds")
# one way: a fact about one function
def test_the_timer_keeps_a_sleeping_task() -> None:
    trace = play("tasks/vanishing_sleep")
    assert trace.at("main: tasks alive: 2") == 1
    assert trace.at("blink: done") == 2
    assert DESTROYED not in trace.stderr
    blink = load("tasks/vanishing_sleep").blink

    async def main() -> None:
        reference = weakref.ref(asyncio.create_task(blink()))
        await asyncio.sleep(1)
        gc.collect()
        assert isinstance(reference(), asyncio.Task)
        await asyncio.sleep(2)

    assert perform(main).at("blink: done") == 2


Waiting = AbstractAsyncContextManager["asyncio.Task[Any]"]


@asynccontextmanager
async def _in_a_thread() -> AsyncIterator[asyncio.Task[Any]]:
    go_on = threading.Event()
    yield asyncio.create_task(asyncio.to_thread(go_on.wait))
    go_on.set()


@asynccontextmanager
async def _awaited_by_a_task() -> AsyncIterator[asyncio.Task[Any]]:
    async def wait() -> None:
        await inner_of.pop()

    inner = asyncio.create_task(_wait_for_nobody())
    inner_of = [inner]
    outer = asyncio.create_task(wait())
    yield inner
    outer.cancel()


@asynccontextmanager
async def _receiving() -> AsyncIterator[asyncio.Task[Any]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        loop = asyncio.get_running_loop()
        yield asyncio.create_task(loop.sock_recv(ours, 1))
        loop.remove_reader(ours)


@asynccontextmanager
async def _own_protocol() -> AsyncIterator[asyncio.Task[Any]]:
    class Line(asyncio.Protocol):
        def __init__(self) -> None:
            self.arrived = asyncio.get_running_loop().create_future()

    async def wait() -> None:
        await protocols.pop().arrived

    ours, theirs = socket.socketpair()
    transport, protocol = await asyncio.get_running_loop().create_connection(Line, sock=ours)
    protocols = [protocol]
    del protocol
    yield asyncio.create_task(wait())
    transport.close()
    theirs.close()


@asynccontextmanager
async def _stream(
    *, writer_kept: bool = False, limit: float | None = None
) -> AsyncIterator[asyncio.Task[Any]]:
    async def wait() -> None:
        reader, writer = await asyncio.open_connection(sock=ours)
        if writer_kept:
            kept.append(writer)
        connected.set()
        try:
            async with asyncio.timeout(limit):
                await reader.readline()
        finally:
            writer.close()

    ours, theirs = socket.socketpair()
    connected = asyncio.Event()
    kept: list[asyncio.StreamWriter] = []
    tasks = [asyncio.create_task(wait())]
    await connected.wait()
    yield tasks.pop()
    theirs.close()


@asynccontextmanager
async def _nobody() -> AsyncIterator[asyncio.Task[Any]]:
    yield asyncio.create_task(_wait_for_nobody())


def _survives(waiting: Callable[[], Waiting]) -> bool:
    """Tell whether a task that waits so and that nobody refers to survives a collection."""
    alive: list[bool] = []

    async def main() -> None:
        block = waiting()
        reference = weakref.ref(await block.__aenter__())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gc.collect()
        alive.append(reference() is not None)
        await block.__aexit__(None, None, None)

    asyncio.run(main())
    return alive[0]


SOURCES: dict[str, Callable[[], Waiting]] = {
    "thread": _in_a_thread,
    "another task": _awaited_by_a_task,
    "sock_recv": _receiving,
    "own protocol": _own_protocol,
}


@pytest.mark.always("vanish-source-holds")
@ways(waiting=SOURCES)
def test_whatever_will_wake_a_task_keeps_it(waiting: Callable[[], Waiting]) -> None:
    # no mutant: кто держит задачу, решает asyncio, а примеры страницы ждут другого
    assert _survives(waiting)


@pytest.mark.always("vanish-stream-does-not-hold")
# one way: a fact about one class, with the sources that do hold as the contrast
# The collector may finalize the writer before the task that would close it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_stream_does_not_keep_the_task_that_reads_from_it() -> None:
    # no mutant: кто держит задачу, решает asyncio; то же показывает пример, но в своём процессе
    assert not _survives(_stream)
    assert _survives(lambda: _stream(writer_kept=True)), "the writer refers to its reader"
    assert _survives(lambda: _stream(limit=60)), "the timer refers to the task"
    assert not _survives(_nobody)
    assert _survives(_own_protocol)


@pytest.mark.always("vanish-message-at-collection")
@ways(started=STARTED_ALONE, end=FAILED)
def test_the_message_comes_when_the_task_is_collected(started: Started, end: End) -> None:
    trace = play("tasks/vanishing_error")
    message = f"loop: {UNRETRIEVED}"
    assert trace.ordered("main: done: True, no message yet", message, "main: the task is gone")
    assert trace.at(message) == 2

    async def save() -> None:
        end.reach()

    for second in (1, 50, 3600):

        async def main(second: float = second) -> None:
            async with started() as start:
                task = start(save())
            asyncio.get_running_loop().set_exception_handler(lambda *_: print("message"))
            await asyncio.sleep(second)
            del task

        assert perform(main).at("message") == second


@pytest.mark.always("vanish-retrieved")
# one way: each way to ask is in the proof
def test_no_message_once_the_outcome_was_asked_for() -> None:
    save = load("tasks/vanishing_error").save

    async def wait(task: asyncio.Task[None]) -> None:
        await task

    asked: dict[str, Callable[[asyncio.Task[None]], Any]] = {
        "await": wait,
        "result": asyncio.Task.result,
        "exception": asyncio.Task.exception,
        "nothing": lambda task: None,
    }
    for how, ask in asked.items():

        async def main(ask: Callable[[asyncio.Task[None]], Any] = ask) -> None:
            task = asyncio.create_task(save())
            await asyncio.wait([task])
            try:
                answer = ask(task)
                if asyncio.iscoroutine(answer):
                    await answer
            except OSError:
                pass
            del task, ask
            gc.collect()

        assert (UNRETRIEVED in perform(main).stderr) == (how == "nothing")


@pytest.mark.always("vanish-report-at-once")
@ways(started=STARTED_ALONE, end=FAILED)
def test_a_callback_sees_the_error_in_the_second_of_the_failure(started: Started, end: End) -> None:
    trace = play("tasks/vanishing_report")
    assert trace.at("save: OSError") == 1
    assert trace.at("main: done") == 3
    assert trace.stderr == ""

    async def main() -> None:
        async with started() as start:
            start(end.after(2)).add_done_callback(lambda task: print(type(task.exception())))
            await asyncio.sleep(5)

    assert perform(main).at(str(end.error)) == 2

    async def passes() -> None:
        seen: list[BaseException | None] = []
        task = asyncio.create_task(end.after(0))
        task.add_done_callback(lambda task: seen.append(task.exception()))
        for _ in range(100):
            if task.done():
                break
            await asyncio.sleep(0)
        assert not seen, "it comes of the next pass"
        await asyncio.sleep(0)
        assert [type(error) for error in seen] == [end.error]

    perform(passes)


async def _what_is_left_of_a_group(count: int, hold: bool) -> None:
    """Print how many tasks of a group outlive a collection; a task opens it that is held or not."""
    seen: list[weakref.ref[Any]] = []

    async def wait() -> None:
        seen.append(weakref.ref(asyncio.current_task()))
        await _wait_for_nobody()

    async def serve() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(wait())

    held = [asyncio.create_task(serve())]
    await asyncio.sleep(1)
    if not hold:
        held.clear()
    gc.collect()
    print(sum(task() is not None for task in seen))


@pytest.mark.always("vanish-group-holds")
@ways(count=SOME)
def test_a_group_keeps_its_tasks(count: int) -> None:
    # no mutant: в примерах страницы групп нет
    assert perform(lambda: _what_is_left_of_a_group(count, hold=True)).lines == [str(count)]

    async def alone() -> None:
        task = weakref.ref(asyncio.create_task(_wait_for_nobody()))
        await asyncio.sleep(1)
        gc.collect()
        print("gone" if task() is None else "held")

    assert perform(alone).lines == ["gone"]


@pytest.mark.sometimes("vanish-group-vanishes")
@ways(count=SOME)
def test_a_group_vanishes_with_the_task_that_opened_it(count: int) -> None:
    # no mutant: в примерах страницы групп нет
    trace = perform(lambda: _what_is_left_of_a_group(count, hold=False))
    assert trace.lines == ["0"]
    assert trace.stderr.count(DESTROYED) == count + 1


@pytest.mark.sometimes("vanish-orphan")
def test_a_task_that_nobody_holds_vanishes() -> None:
    trace = play("tasks/vanishing_background_broken")
    assert trace.lines == ["listener: waiting", "main: the news is sent"]
    assert DESTROYED in trace.stderr
    fixed = play("tasks/vanishing_background_fixed")
    assert fixed.ordered("listener: waiting", "listener: news")
    assert DESTROYED not in fixed.stderr


@pytest.mark.always("vanish-generator-exit")
@ways(started=STARTED_ALONE)
def test_a_collected_task_gets_generator_exit(started: Started) -> None:
    seen: list[type[BaseException]] = []

    async def wait() -> None:
        try:
            await _wait_for_nobody()
        except BaseException as error:
            seen.append(type(error))
            raise

    async def main() -> None:
        async with started() as start:
            task = start(wait())
        await asyncio.sleep(0)
        del task
        gc.collect()
        assert seen == [GeneratorExit]

    perform(main)


@pytest.mark.always("vanish-set-empties")
@ways(started=STARTED, end=ENDED)
def test_the_callback_takes_a_done_task_out_of_the_set(started: Started, end: End) -> None:
    async def main() -> None:
        kept: set[asyncio.Task[None]] = set()
        async with started() as start:
            task = start(end.after(1))
            kept.add(task)
            task.add_done_callback(kept.discard)
            await asyncio.sleep(0.5)
            assert kept == {task}
            await asyncio.wait([task])
            assert kept == set()
            if not task.cancelled():
                task.exception()
        print("emptied")

    if end.error in (None, asyncio.CancelledError) or started is not STARTED["TaskGroup"]:
        assert perform(main).at("emptied") == 1
    else:
        with pytest.raises(BaseExceptionGroup):
            perform(main)
    trace = play("tasks/vanishing_background_fixed")
    assert trace.ordered("listener: news", "main: in the background: 0")


async def _sleep_long() -> None:
    await asyncio.sleep(1000)


LEFT = {
    "asleep": (_sleep_long, 1),
    "for nobody": (_wait_for_nobody, 1),
    "not begun": (_sleep_long, 0),
}


def _by_hand(main: Coroutine[Any, Any, None]) -> None:
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main)
    loop.close()


def _by_hand_tidily(main: Coroutine[Any, Any, None]) -> None:
    loop = asyncio.new_event_loop()
    loop.run_until_complete(main)
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()


def _left_over(
    run: Callable[[Coroutine[Any, Any, None]], None],
    left: tuple[Callable[[], Coroutine[Any, Any, None]], int],
    caplog: pytest.LogCaptureFixture,
) -> tuple[bool, bool]:
    """Leave a task behind in a loop run so; tell whether it was cancelled, and of the message."""
    work, steps = left
    kept: list[asyncio.Task[None]] = []

    async def main() -> None:
        kept.append(asyncio.create_task(work()))
        for _ in range(steps):
            await asyncio.sleep(0)

    run(main())
    cancelled = kept[0].cancelled()
    assert kept[0].done() == cancelled
    assert DESTROYED not in caplog.text, "it is told when the task is collected"
    kept.clear()
    gc.collect()
    return cancelled, DESTROYED in caplog.text


@pytest.mark.always("vanish-closed-loop")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@ways(left=LEFT)
def test_a_task_left_in_a_closed_loop_is_destroyed(
    left: tuple[Callable[[], Coroutine[Any, Any, None]], int], caplog: pytest.LogCaptureFixture
) -> None:
    trace = play("tasks/vanishing_closed_broken")
    assert trace.lines[:2] == ["start: saved: False", "main: the loop is closed"]
    assert set(trace.lines[2:]) == {"save: GeneratorExit", f"loop: {DESTROYED}"}
    assert trace.elapsed == 1
    assert _left_over(_by_hand, left, caplog) == (False, True)


async def _in_gather(work: Coroutine[Any, Any, None]) -> None:
    together = asyncio.gather(work)
    await asyncio.sleep(0)
    assert not together.done()


async def _in_gather_not_begun(work: Coroutine[Any, Any, None]) -> None:
    assert not asyncio.gather(work).done()


async def _of_create_task(work: Coroutine[Any, Any, None]) -> None:
    assert not asyncio.gather(asyncio.create_task(work)).done()


@pytest.mark.always("vanish-closed-loop-silent")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@ways(
    work={"asleep": _sleep_long, "for nobody": _wait_for_nobody},
    into={
        "gather": _in_gather,
        "gather, not begun": _in_gather_not_begun,
        "run_until_complete": None,
    },
)
def test_of_what_gather_or_the_run_wrapped_nothing_is_told(
    work: Callable[[], Coroutine[Any, Any, None]],
    into: Callable[[Coroutine[Any, Any, None]], Coroutine[Any, Any, None]] | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def left_in_a_closed_loop(run: Callable[[asyncio.AbstractEventLoop], None]) -> bool:
        caplog.clear()
        loop = asyncio.new_event_loop()
        run(loop)
        loop.close()
        gc.collect()
        return DESTROYED in caplog.text

    def silent(loop: asyncio.AbstractEventLoop) -> None:
        if into:
            loop.run_until_complete(into(work()))
            return
        # As Ctrl+C does it, the run ends and the coroutine doesn't.
        loop.call_soon(loop.call_soon, loop.stop)
        with pytest.raises(RuntimeError, match="stopped before"):
            loop.run_until_complete(work())

    assert not left_in_a_closed_loop(silent)
    assert left_in_a_closed_loop(lambda loop: loop.run_until_complete(_of_create_task(work())))


@pytest.mark.always("vanish-run-cancels")
@ways(left=LEFT, run=RUNS | {"by hand, tidily": _by_hand_tidily})
def test_run_leaves_nothing_to_destroy(
    left: tuple[Callable[[], Coroutine[Any, Any, None]], int],
    run: Callable[[Coroutine[Any, Any, None]], None],
    caplog: pytest.LogCaptureFixture,
) -> None:
    trace = play("tasks/vanishing_closed_fixed")
    assert trace.lines == [
        "start: saved: False",
        "save: CancelledError",
        "main: the loop is closed",
    ]
    assert trace.elapsed == 1
    assert DESTROYED not in trace.stderr
    assert _left_over(run, left, caplog) == (True, False)


New = Callable[[Callable[[], None]], Coroutine[Any, Any, None]]


async def _in_finally(create: Callable[[], None]) -> None:
    try:
        await _wait_for_nobody()
    finally:
        create()


async def _in_except(create: Callable[[], None]) -> None:
    try:
        await _wait_for_nobody()
    except asyncio.CancelledError:
        create()


async def _in_a_callback(create: Callable[[], None]) -> None:
    task = asyncio.current_task()
    assert task
    task.add_done_callback(lambda _: create())
    await _wait_for_nobody()


@pytest.mark.always("vanish-run-misses-new")
@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
@ways(
    new={"finally": _in_finally, "except": _in_except, "callback": _in_a_callback},
    run=RUNS,
    longer={
        "nothing": None,
        "another task": "task",
        "a thread": "thread",
        "a generator": "generator",
    },
)
def test_a_task_created_while_run_cancels_is_left(
    new: New,
    run: Callable[[Coroutine[Any, Any, None]], None],
    longer: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # no mutant: кого отменить и дождаться, решает asyncio
    kept: list[asyncio.Task[None]] = []
    said, held = threading.Event(), []

    async def until_said() -> None:
        for _ in range(1000):
            if said.is_set():
                break
            await asyncio.sleep(0)

    async def farewell() -> None:
        if not longer:
            await _wait_for_nobody()
        # More passes than `run` makes for those that it cancels.
        for _ in range(50):
            await asyncio.sleep(0)
        said.set()

    def create() -> None:
        kept.append(asyncio.create_task(farewell()))

    async def other() -> None:
        try:
            await _wait_for_nobody()
        finally:
            if longer == "task":
                await until_said()

    async def rows() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            await until_said()

    async def main() -> None:
        kept.append(asyncio.create_task(new(create)))
        kept.append(asyncio.create_task(other()))
        if longer == "thread":
            asyncio.get_running_loop().run_in_executor(None, said.wait, 60)
        if longer == "generator":
            held.append(rows())
            await anext(held[0])
        await asyncio.sleep(0)

    run(main())
    *before, late = kept
    assert all(task.done() for task in before)
    assert late.done() is bool(longer)
    assert not late.cancelled()
    del before, late
    kept.clear()
    gc.collect()
    assert (DESTROYED in caplog.text) is not bool(longer)


@pytest.mark.always("vanish-gather-of-none")
# one way: a call without arguments
def test_a_gather_of_nothing_belongs_to_no_loop_of_ones_own() -> None:
    # no mutant: какой цикл взять, решает asyncio
    trace = perform_script("""
        import asyncio, warnings

        async def idle():
            pass

        warnings.simplefilter("ignore")  # older ones make a loop, and warn of it
        loop = asyncio.new_event_loop()
        task = loop.create_task(idle())
        print(loop.run_until_complete(asyncio.gather(task, return_exceptions=True)))
        try:
            loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop)))
        except (RuntimeError, ValueError):
            print("refused")
        asyncio.set_event_loop(loop)
        print(loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop))))
        loop.close()
    """)
    assert trace.lines == ["[None]", "refused", "[]"]
