"""A scene: a snippet, what its actors share, what each does, and what should hold in the end.

Without actors it is the snippet's main.

All is told in the snippet's own words, as expressions, so that a page can tell it.
The explorer finds the run that breaks with the fewest switches.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
from dataclasses import dataclass
from functools import partial
from typing import Any

from proven.stage.explore.schedule import CannotExplore, Failure, Schedule
from proven.stage.explore.steps import Step, Steps
from proven.stage.explore.tasks.program import Tasks
from proven.stage.explore.threads.program import Threads, program
from proven.stage.explore.threads.standins import code_of, load
from proven.stage.explore.watching import Tell, watching
from proven.stage.trace import escaped

_NUMBERED = ("RLock", "Lock", "Condition", "Event", "Semaphore", "Barrier", "Queue")


class Space:
    """The names that a scene's expressions know."""

    def __init__(self, snippet: str, make: str) -> None:
        self.names = vars(load(snippet)) | {"asyncio": asyncio}
        exec(make, self.names)
        # Not a method: those of what is shared are explored, and this is no part of the program.
        self.do = partial(_value, self.names)
        """Returns the value of an expression."""


def _value(names: dict[str, Any], expression: str) -> Any:
    return eval(expression, names)


@dataclass(frozen=True)
class Replayed:
    """A run: its steps, what broke, if anything did, and what came of it."""

    steps: list[Step]
    failure: Failure | None
    result: str

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


def parse_actors(text: str) -> tuple[tuple[str, str], ...]:
    """Return name and expression of each actor of "A: x.add() | B: x.add()"; ValueError if none."""
    pairs = (actor.partition(":") for actor in text.split(" | "))
    actors = tuple((who.strip(), what.strip()) for who, _, what in pairs)
    if not all(what for _, what in actors):
        raise ValueError(f"{text!r}: each actor is a name, a colon and what it does")
    return actors


@dataclass(frozen=True)
class Scene:
    """See the module.

    make: statements that make what is shared; actors: name and expression of each;
    holds: what should be true in the end, "" if only a deadlock or an error breaks it.
    """

    snippet: str
    make: str = ""
    actors: tuple[tuple[str, str], ...] = ()
    holds: str = ""

    @property
    def in_tasks(self) -> bool:
        """Whether the actors are tasks of a loop, not threads."""
        return "asyncio" in code_of(self.snippet).co_names

    def threads(self) -> Threads:
        """Return the scene as a program of threads."""
        if not self.actors:
            return program(self.snippet)

        def worker(expression: str) -> Any:
            return lambda space: space.do(expression)

        return Threads(
            lambda: Space(self.snippet, self.make),
            [worker(expression) for _, expression in self.actors],
            (lambda space: space.do(self.holds)) if self.holds else None,
            snippets=[self.snippet],
            names=[name for name, _ in self.actors],
        )

    def tasks(self, spaces: list[Space] | None = None, tell: Tell = lambda *_: None) -> Tasks:
        """Return the scene as a program of tasks; spaces: gets the names of each run."""
        if not self.actors:
            return Tasks(load(self.snippet).main)

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
                    tell("raises", type(error).__name__)
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

    def find(self) -> Replayed:
        """Find the run that breaks; CannotExplore if none does within the bounds."""
        failure = (self.tasks() if self.in_tasks else self.threads()).find()
        replayed = self.replay(failure.schedule)
        if replayed.failure is None:
            raise CannotExplore(f"{self.snippet}: what broke in an order doesn't break in it again")
        return replayed

    def replay(self, schedule: Schedule) -> Replayed:
        """Play one order and see its steps."""
        steps = Steps(code_of(self.snippet).co_filename, preemptive=not self.in_tasks)
        failure, space = (self._replay_tasks if self.in_tasks else self._replay_threads)(
            schedule, steps
        )
        result = self.result(failure, space) if failure else "holds"
        return Replayed(steps.steps(), failure, result)

    def result(self, failure: Failure, space: Any) -> str:
        """Return what a failure is, told by the scene's own words."""
        if failure.kind == "deadlock":
            names = [name for name, _ in self.actors]
            parts = (part.partition(" (")[0] for part in failure.text.split("; "))
            stuck = [part for part in parts if part.partition(" waits for ")[0] in (names or part)]
            return f"deadlock: {'; '.join(stuck)}"
        if failure.kind == "error":
            return f"error: {escaped(failure.text)}"
        tree = ast.parse(self.holds, mode="eval").body
        if isinstance(tree, ast.Compare) and len(tree.ops) == 1:
            left = ast.unparse(tree.left)
            sign = {ast.Eq: "", ast.GtE: "at least ", ast.LtE: "at most "}.get(type(tree.ops[0]))
            if sign is not None:
                right = ast.unparse(tree.comparators[0])
                return f"{left} is {escaped(repr(space.do(left)))}, not {sign}{right}"
        return f"not true: {self.holds}"

    def _replay_threads(self, schedule: Schedule, steps: Steps) -> tuple[Failure | None, Any]:
        run = self.threads().replay(schedule, steps)
        return run.failure, run.shared

    def _replay_tasks(self, schedule: Schedule, steps: Steps) -> tuple[Failure | None, Any]:
        spaces: list[Space] = []
        with watching(steps, self.snippet, unnamed=not self.actors) as (watch, tell):
            tasks = self.tasks(spaces, tell)
            outcome = tasks.replay(schedule, watch)
        return tasks.failure(outcome, schedule), spaces[-1] if spaces else None
