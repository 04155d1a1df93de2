"""A scene: a snippet, what its actors share, what each does, and what should hold in the end.

All is told in the snippet's own words, as expressions, so that a page can tell it.
The explorer finds the run that breaks with the fewest switches.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import FrameType, SimpleNamespace
from typing import Any
from unittest import mock

from proven.stage.explore.bytecode import Place, Watch, all_codes
from proven.stage.explore.loop import ExploringLoop, ExploringTask, task_of
from proven.stage.explore.schedule import CannotExplore, Failure, Schedule
from proven.stage.explore.standins import code_of, load
from proven.stage.explore.steps import Step, Steps
from proven.stage.explore.tasks import Tasks
from proven.stage.explore.threads import Threads

_NUMBERED = ("RLock", "Lock", "Condition", "Event", "Semaphore", "Barrier", "Queue")

Told = Callable[..., None]
"""Gets what an actor did: takes, waits and the like, and with what."""


class Space:
    """The names that a scene's expressions know."""

    def __init__(self, snippet: str, make: str) -> None:
        self.names = vars(load(snippet)) | {"asyncio": asyncio}
        exec(make, self.names)

    def do(self, expression: str) -> Any:
        """Return the value of an expression."""
        return eval(expression, self.names)


@dataclass(frozen=True)
class Found:
    """The run that breaks: its steps, what came of it, and how many orders it took to find it."""

    steps: list[Step]
    failure: Failure
    result: str
    actors: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return the run as text: a line for each step, and the result."""
        rows = [
            " │ ".join(
                [row.actor, str(row.line), "; ".join(map(str, row.effects)), *"!" * row.hurts]
            )
            for row in self.steps
        ]
        text = "\n".join([*rows, f"= {self.result}"])
        for kind in _NUMBERED:
            # The only one of its kind needs no number.
            if f"{kind} 2" not in text:
                text = text.replace(f"{kind} 1", kind)
        return text.split("\n")


@dataclass(frozen=True)
class Scene:
    """See the module.

    make: statements that make what is shared; actors: name and expression of each;
    holds: what should be true in the end, "" if only a deadlock or an error breaks it.
    """

    snippet: str
    make: str
    actors: tuple[tuple[str, str], ...]
    holds: str = ""

    @property
    def in_tasks(self) -> bool:
        """Whether the actors are tasks of a loop, not threads."""
        return "asyncio" in code_of(self.snippet).co_names

    def threads(self) -> Threads:
        """Return the scene as a program of threads."""

        def worker(expression: str) -> Any:
            return lambda space: space.do(expression)

        return Threads(
            lambda: Space(self.snippet, self.make),
            [worker(expression) for _, expression in self.actors],
            (lambda space: space.do(self.holds)) if self.holds else None,
            snippets=[self.snippet],
            names=[name for name, _ in self.actors],
        )

    def tasks(self, spaces: list[Space] | None = None, told: Told = lambda *_: None) -> Tasks:
        """Return the scene as a program of tasks; spaces: gets the names of each run."""

        async def play() -> None:
            space = Space(self.snippet, self.make)
            if spaces is not None:
                spaces.append(space)

            async def act(expression: str) -> None:
                try:
                    result = space.do(expression)
                    if inspect.isawaitable(result):
                        await result
                except (Exception, asyncio.CancelledError) as error:
                    told("raises", type(error).__name__)
                    raise

            tasks: dict[str, asyncio.Task[None]] = {}
            space.names["tasks"] = tasks
            for name, expression in self.actors:
                tasks[name] = asyncio.create_task(act(expression), name=name)
            for outcome in await asyncio.gather(*tasks.values(), return_exceptions=True):
                if isinstance(outcome, Exception):
                    raise outcome
            assert not self.holds or space.do(self.holds), "the invariant is broken"

        return Tasks(play)

    def find(self) -> Found:
        """Find the run that breaks; CannotExplore if none does within the bounds."""
        failure = (self.tasks() if self.in_tasks else self.threads()).find()
        return self.replay(failure.schedule)

    def replay(self, schedule: Schedule) -> Found:
        """Play one order and see its steps; CannotExplore if nothing breaks in it."""
        steps = Steps(code_of(self.snippet).co_filename)
        failure, space = (self._replay_tasks if self.in_tasks else self._replay_threads)(
            schedule, steps
        )
        if failure is None:
            raise CannotExplore(f"{self.snippet}: nothing breaks in this order")
        names = tuple(name for name, _ in self.actors)
        return Found(steps.steps(), failure, self._result(failure, space), names)

    def _result(self, failure: Failure, space: Any) -> str:
        if failure.kind == "deadlock":
            names = [name for name, _ in self.actors]
            parts = (part.partition(" (")[0] for part in failure.text.split("; "))
            stuck = [part for part in parts if part.partition(" waits for ")[0] in names]
            return f"deadlock: {'; '.join(stuck)}"
        if failure.kind == "error":
            return f"error: {failure.text}"
        tree = ast.parse(self.holds, mode="eval").body
        if isinstance(tree, ast.Compare) and len(tree.ops) == 1:
            left = ast.unparse(tree.left)
            sign = {ast.Eq: "", ast.GtE: "at least ", ast.LtE: "at most "}.get(type(tree.ops[0]))
            if sign is not None:
                right = ast.unparse(tree.comparators[0])
                return f"{left} is {space.do(left)!r}, not {sign}{right}"
        return f"not true: {self.holds}"

    def _replay_threads(self, schedule: Schedule, steps: Steps) -> tuple[Failure | None, Any]:
        run = self.threads().replay(schedule, steps)
        return run.failure, run.shared

    def _replay_tasks(self, schedule: Schedule, steps: Steps) -> tuple[Failure | None, Any]:
        spaces: list[Space] = []
        with _watching(steps, self.snippet) as (watch, told):
            program = self.tasks(spaces, told)
            outcome = program.replay(schedule, watch)
        return program.failure(outcome, schedule), spaces[-1]


@contextmanager
def _watching(steps: Steps, snippet: str) -> Iterator[tuple[Any, Told]]:
    """Record the steps of a loop's tasks; yield what to give the loop to, and whom to tell."""
    now = SimpleNamespace(name="")

    def stop(frame: FrameType, offset: int, place: Place) -> None:
        if now.name:
            steps.opcode(now, frame, offset, place)

    def watch(loop: ExploringLoop) -> None:
        def before(option: Any) -> None:
            steps.flush()
            task = task_of(option) if isinstance(option, asyncio.Handle) else None
            now.name = ""
            if task and not loop.stuck and not task.get_name().startswith("Task-"):
                now.name = task.get_name()

        loop.before = before

    def act(what: str, thing: Any, value: str = "") -> None:
        if now.name:
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
            async def told(self: Any, *args: Any) -> Any:
                if getattr(self, full)():
                    act("waits", self)
                result = await method(self, *args)
                act(what, self, repr(result) if what == "gets" else "")
                return result

            return told

        return make

    def doing(what: str) -> Any:
        def make(method: Any) -> Any:
            def told(self: Any, *args: Any, **options: Any) -> Any:
                act(what, self, ", ".join(map(repr, args)))
                return method(self, *args, **options)

            return told

        return make

    def joining(method: Any) -> Any:
        async def told(self: Any) -> Any:
            if self._unfinished_tasks:
                act("waits", self)
            return await method(self)

        return told

    def cancelling(method: Any) -> Any:
        def told(self: Any, *args: Any, **options: Any) -> Any:
            act("cancels", self.get_name())
            return method(self, *args, **options)

        return told

    for kind in (asyncio.Lock, asyncio.Semaphore):
        yield kind, "acquire", taking("takes", "locked")
        yield kind, "release", doing("gives")
    yield asyncio.Queue, "get", taking("gets", "empty")
    yield asyncio.Queue, "put_nowait", doing("puts")
    yield asyncio.Queue, "task_done", doing("done")
    yield asyncio.Queue, "join", joining
    yield asyncio.Event, "set", doing("sets")
    yield ExploringTask, "cancel", cancelling
