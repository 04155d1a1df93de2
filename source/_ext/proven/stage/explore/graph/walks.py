"""Runs that take the given options, then always the first, and draw where they come by."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Sequence
from typing import Any, Protocol

from proven.stage.explore.graph.shared import locks, values
from proven.stage.explore.graph.states import DONE, Label, Move, State
from proven.stage.explore.scene import Scene, Space
from proven.stage.explore.schedule import UNSTEADY, CannotExplore, Failure, Orders
from proven.stage.explore.steps import Steps
from proven.stage.explore.tasks.handles import name_of, stands, waited_for
from proven.stage.explore.threads.standins import code_of

MOST_STATES = 2_000
MOST_STEPS = 20_000
"""States, and steps of all its runs, after which a scene is too large to be shown as a graph."""


class Drawn(Protocol):
    """The graph that a walk draws."""

    scene: Scene
    states: list[State]
    locks: dict[str, str]
    met: int
    history: dict[Hashable, int]

    def number(self, key: Hashable, state: State) -> tuple[int, bool]: ...

    def open(self, path: tuple[int, ...], options: int) -> None: ...


class Walk(Orders):
    """See the module; what it walks through, threads or tasks, tells where its actors stand."""

    def __init__(self, graph: Drawn, path: tuple[int, ...]) -> None:
        super().__init__()
        self.graph, self._path = graph, path
        self.steps = Steps(code_of(graph.scene.snippet).co_filename)
        self._made: tuple[int, ...] = ()
        self._did: dict[str, int] = {}
        self._from = -1
        self._labels: list[Label] = []
        self._last: tuple[State, tuple[str, ...]] | None = None
        self._unsteady = False
        self.knows_the_rest = False
        """Whether it has come by an earlier run, which took the same options from there on."""

    def choose(self, options: int, place: int, where: Hashable, *, free: bool = False) -> int:
        chosen = self._path[len(self._made)] if len(self._made) < len(self._path) else 0
        self._made += (chosen,)
        self._labels = self._labels[chosen:]
        return chosen

    def come(
        self,
        space: Space,
        stand: tuple[tuple[int, str], ...],
        labels: list[Label],
        places: Hashable,
        new: str = "",
    ) -> str:
        """Draw a state, and the move that led to it; return why it can't go on, if so.

        labels: what may be next, none where it ends; places: where actors stand, more exactly
        than is told; new: what whoever moved knows from now on, beside what it did.
        """
        self.graph.met += 1
        did = tuple(self.steps.latest())
        if self._from < 0:
            self.graph.locks = locks(self.graph.scene, space)
        else:
            who = self._labels[0][0]
            then = (self._did.get(who, 0), did, new)
            self._did[who] = self.graph.history.setdefault(then, len(self.graph.history) + 1)
        state = State(stand, tuple(values(self.graph.scene, space)))
        if not labels:
            self._last = state, did
            return ""
        seen = tuple(self._did.get(name) for name, _ in self.graph.scene.actors)
        key = (stand, state.shared, places, seen, frozenset(labels))
        number, is_new = self.graph.number(key, state)
        if is_new:
            self.graph.open(self._made, len(labels))
        self._go(number, did)
        self._labels = labels
        self.knows_the_rest = not is_new and len(self._made) >= len(self._path)
        if is_new and (number >= MOST_STATES or self.graph.met > MOST_STEPS):
            return f"{self.graph.scene.snippet}: more than {MOST_STATES} states, make it smaller"
        return ""

    def end(self, failure: Failure | None, space: Space) -> None:
        """Draw where it ended; CannotExplore if it went elsewhere than other runs before it."""
        if self._last:
            state, did = self._last
            state.breaks = failure is not None
            state.end = self.graph.scene.result(failure, space) if failure else "holds"
            number, _ = self.graph.number((state.end, state.stand, state.shared), state)
            self._go(number, did)
        if self._unsteady:
            raise CannotExplore(f"{self.graph.scene.snippet}: {UNSTEADY}")

    def _go(self, to: int, did: tuple[str, ...]) -> None:
        if self._from >= 0:
            label = self._labels[0]
            move = Move(label[0], to, did, label[1])
            earlier = self.graph.states[self._from].moves.setdefault(label, move)
            self._unsteady |= earlier != move
        self._from = to


class ThreadsWalk(Walk):
    """Through threads, from bytecode to bytecode."""

    def __init__(self, graph: Drawn, path: tuple[int, ...]) -> None:
        super().__init__(graph, path)
        self._at: dict[str, tuple[Hashable, int]] = {}
        self._numbers: dict[str, int] = {}

    def meet(self, run: Any, me: Any, options: Sequence[Any], where: Hashable) -> None:
        if me:
            line = where[1] if isinstance(where, tuple) else self._at.get(me.name, ("", 0))[1]
            self._at[me.name] = where, line
        # Whoever makes a lock knows its number from then on, though it has done nothing else.
        made, self._numbers = run.numbers != self._numbers, dict(run.numbers)
        labels = [(me.name, one) if isinstance(one, str) else (one.name, "") for one in options]
        places = tuple(self._at.get(actor.name) for actor in run.actors)
        stand = tuple(self._stand(actor) for actor in run.actors)
        if why := self.come(run.shared, stand, labels, places, str(self._numbers) * made):
            run.give_up(me, CannotExplore(why))
        elif self.knows_the_rest:
            run.leave(me)

    def _stand(self, actor: Any) -> tuple[int, str]:
        line = DONE if actor.done else self._at.get(actor.name, ("", 0))[1]
        return line, "" if actor.can_move() or actor.done else actor.waits_for


class TasksWalk(Walk):
    """Through tasks, from wait to wait."""

    def __init__(self, graph: Drawn, path: tuple[int, ...], spaces: list[Space]) -> None:
        super().__init__(graph, path)
        self._spaces = spaces
        self._waiting: list[str] = []

    def meet(self, run: Any, me: Any, options: Sequence[Any], where: Hashable) -> None:
        tasks: dict[str, asyncio.Task[None]] = (
            self._spaces[-1].names.get("tasks", {}) if self._spaces else {}
        )
        names = [name_of(option) for option in options]
        if self._last or len(tasks) < len(self.graph.scene.actors):
            return
        if all(task.done() for task in tasks.values()):
            names = []
        elif others := set(names) - set(tasks):
            raise CannotExplore(
                f"{self.graph.scene.snippet}: beside its actors {', '.join(sorted(others))} may be "
                "next, that is no game"
            )
        # Who waits first is let in first, and time goes on only when nobody is ready.
        kept = [name for name in self._waiting if name not in names]
        self._waiting = kept + [name for name in tasks if name not in (*names, *kept)]
        places = (
            tuple(self._waiting),
            run.time(),
            tuple(sorted(timer.when() for timer in run._scheduled)),
            tuple(
                tuple((frame.f_code.co_qualname, frame.f_lasti) for frame in stands(task))
                for task in tasks.values()
            ),
        )
        stand = tuple(self._stand(task, task.get_name() in names) for task in tasks.values())
        labels = [(name, "") for name in names]
        if why := self.come(self._spaces[-1], stand, labels, places):
            raise CannotExplore(why)

    def _stand(self, task: asyncio.Task[None], ready: bool) -> tuple[int, str]:
        if task.done():
            return DONE, ""
        file = code_of(self.graph.scene.snippet).co_filename
        lines = [frame.f_lineno for frame in stands(task) if frame.f_code.co_filename == file]
        return lines[-1] if lines else 0, "" if ready else waited_for(task)
