"""Records what the tasks of a loop do, step by step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType, SimpleNamespace
from typing import Any
from unittest import mock

from proven.stage.explore.steps import Steps
from proven.stage.explore.tasks.handles import task_of
from proven.stage.explore.tasks.loop import ExploringLoop, ExploringTask
from proven.stage.explore.threads.bytecode import Place, Watch, all_codes
from proven.stage.explore.threads.standins import code_of

Tell = Callable[..., None]
"""Gets what an actor did: takes, waits and the like, and with what."""


@contextmanager
def watching(steps: Steps, snippet: str, *, unnamed: bool = False) -> Iterator[tuple[Any, Tell]]:
    """Record the steps of a loop's tasks; yield what to give the loop to, and whom to tell.

    unnamed: whether those, too, that asyncio has named.
    """
    now = SimpleNamespace(name="")

    def stop(frame: FrameType, offset: int, place: Place) -> None:
        if now.name:
            steps.opcode(now, frame, offset, place)

    def watch(loop: ExploringLoop) -> None:
        def before(option: Any) -> None:
            steps.flush()
            task = task_of(option) if isinstance(option, asyncio.Handle) else None
            now.name = ""
            if task and not loop.stuck and (unnamed or not task.get_name().startswith("Task-")):
                now.name = task.get_name()

        loop.before = before

    def act(what: str, thing: Any, value: str = "") -> None:
        if now.name:
            if what == "takes" and isinstance(thing, asyncio.Lock):
                thing.holder = now.name
            steps.act(
                now, what, type(thing).__name__ if not isinstance(thing, str) else thing, value
            )

    watched = Watch(all_codes(code_of(snippet)), stop)
    with ExitStack() as patches:
        for kind, name, make in _patches(act):
            patches.enter_context(mock.patch.object(kind, name, make(getattr(kind, name))))
        patches.enter_context(watched.on())
        watched.watch_thread()
        try:
            yield watch, act
        finally:
            watched.unwatch_thread()


def _patches(act: Any) -> Iterator[tuple[Any, str, Any]]:
    """Yield the methods of asyncio's own objects that tell what they do."""

    def taking(what: str, full: str) -> Any:
        def make(method: Any) -> Any:
            async def watched(self: Any, *args: Any) -> Any:
                if getattr(self, full)():
                    act("waits", self)
                result = await method(self, *args)
                act(what, self, repr(result) if what == "gets" else "")
                return result

            return watched

        return make

    def doing(what: str) -> Any:
        def make(method: Any) -> Any:
            def watched(self: Any, *args: Any, **options: Any) -> Any:
                act(what, self, ", ".join(map(repr, args)))
                return method(self, *args, **options)

            return watched

        return make

    def joining(method: Any) -> Any:
        async def watched(self: Any) -> Any:
            if self._unfinished_tasks:
                act("waits", self)
            return await method(self)

        return watched

    def cancelling(method: Any) -> Any:
        def watched(self: Any, *args: Any, **options: Any) -> Any:
            act("cancels", self.get_name())
            return method(self, *args, **options)

        return watched

    for kind in (asyncio.Lock, asyncio.Semaphore):
        yield kind, "acquire", taking("takes", "locked")
        yield kind, "release", doing("gives")
    yield asyncio.Queue, "get", taking("gets", "empty")
    yield asyncio.Queue, "put_nowait", doing("puts")
    yield asyncio.Queue, "task_done", doing("done")
    yield asyncio.Queue, "join", joining
    yield asyncio.Event, "set", doing("sets")
    yield ExploringTask, "cancel", cancelling
