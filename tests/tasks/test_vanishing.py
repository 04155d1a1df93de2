"""Proofs for source/tasks/vanishing.md."""

import asyncio
import gc
import socket
import threading
import weakref
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from proven.stage import load, perform, play

DESTROYED = "Task was destroyed but it is pending!"
UNRETRIEVED = "Task exception was never retrieved"


async def _wait_for_nobody() -> None:
    await asyncio.get_running_loop().create_future()


@pytest.mark.always("vanish-weak-reference")
def test_the_loop_does_not_keep_a_task() -> None:
    async def main() -> None:
        kept, dropped = (asyncio.create_task(_wait_for_nobody()) for _ in range(2))
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


@pytest.mark.always("vanish-source-holds")
def test_whatever_will_wake_a_task_keeps_it() -> None:
    def collected(start: Callable[[], Any]) -> bool:
        references: list[weakref.ref[asyncio.Task[Any]]] = []

        async def main() -> None:
            keep, end = start()
            references.append(weakref.ref(keep.pop()))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            gc.collect()
            references.append(references[0]() is None)
            end()

        perform(main)
        return references[1]

    def thread() -> Any:
        go_on = threading.Event()
        return [asyncio.create_task(asyncio.to_thread(go_on.wait))], go_on.set

    def task() -> Any:
        inner = asyncio.create_task(_wait_for_nobody())

        async def wait() -> None:
            await inner_of.pop()

        inner_of = [inner]
        outer = asyncio.create_task(wait())
        return [inner], lambda: outer.cancel()

    def receive() -> Any:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        receiving = asyncio.create_task(asyncio.get_running_loop().sock_recv(ours, 1))

        def end() -> None:
            asyncio.get_running_loop().remove_reader(ours)
            ours.close()
            theirs.close()

        return [receiving], end

    assert not collected(thread)
    assert not collected(task)
    assert not collected(receive)
    assert collected(lambda: ([asyncio.create_task(_wait_for_nobody())], int))


@pytest.mark.always("vanish-message-at-collection")
def test_the_message_comes_when_the_task_is_collected() -> None:
    trace = play("tasks/vanishing_error")
    message = f"loop: {UNRETRIEVED}"
    assert trace.ordered("main: done: True, no message yet", message, "main: the task is gone")
    assert trace.at(message) == 2
    save = load("tasks/vanishing_error").save

    for second in (1, 50, 3600):

        async def main(second: float = second) -> None:
            task = asyncio.create_task(save())
            asyncio.get_running_loop().set_exception_handler(lambda *_: print("message"))
            await asyncio.sleep(second)
            del task

        assert perform(main).at("message") == second


@pytest.mark.always("vanish-retrieved")
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
def test_a_callback_sees_the_error_in_the_second_of_the_failure() -> None:
    trace = play("tasks/vanishing_report")
    assert trace.at("save: OSError") == 1
    assert trace.at("main: done") == 3
    assert trace.stderr == ""


async def _send(inboxes: Iterable[asyncio.Queue[str]]) -> None:
    """Send the news to the inboxes that a garbage collection leaves."""
    await asyncio.sleep(1)
    gc.collect()
    for inbox in list(inboxes):
        inbox.put_nowait("news")
    await asyncio.sleep(1)


@pytest.mark.always("vanish-group-holds")
def test_a_group_keeps_its_tasks() -> None:
    snippet = load("tasks/vanishing_background_fixed")

    async def in_group() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(snippet.listen())
            await _send(snippet.inboxes)

    async def alone() -> None:
        task = asyncio.create_task(snippet.listen())
        del task
        await _send(snippet.inboxes)

    assert "listener: news" in perform(in_group).lines
    assert "listener: news" not in perform(alone).lines


@pytest.mark.sometimes("vanish-orphan")
def test_a_task_that_nobody_holds_vanishes() -> None:
    trace = play("tasks/vanishing_background_broken")
    assert trace.lines == ["listener: waiting", "main: news for 0"]
    assert DESTROYED in trace.stderr
    assert play("tasks/vanishing_background_fixed").at("listener: news") == 1


@pytest.mark.always("vanish-generator-exit")
def test_a_collected_task_gets_generator_exit() -> None:
    seen: list[type[BaseException]] = []

    async def wait() -> None:
        try:
            await _wait_for_nobody()
        except BaseException as error:
            seen.append(type(error))
            raise

    async def main() -> None:
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        del task
        gc.collect()
        assert seen == [GeneratorExit]

    perform(main)


@pytest.mark.always("vanish-set-empties")
def test_the_callback_takes_a_done_task_out_of_the_set() -> None:
    trace = play("tasks/vanishing_background_fixed")
    assert trace.ordered("listener: news", "main: in the background: 0")
    snippet = load("tasks/vanishing_background_fixed")

    async def main() -> None:
        kept: set[asyncio.Task[None]] = set()
        task = asyncio.create_task(snippet.listen())
        kept.add(task)
        task.add_done_callback(kept.discard)
        del task
        await _send(snippet.inboxes)
        print(f"kept: {len(kept)}")

    assert perform(main).ordered("listener: news", "kept: 0")
