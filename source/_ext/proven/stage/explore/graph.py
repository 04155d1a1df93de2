"""All runs of a scene of threads at once: a graph of its states, and who may move in each.

Two runs are in the same state if each actor stands at the same place and has seen and done the
same, and what is shared is the same.  So the graph has as many paths as there are orders.
"""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from proven.stage.explore.scene import Scene, Space
from proven.stage.explore.schedule import UNSTEADY, CannotExplore, Orders
from proven.stage.explore.steps import Steps
from proven.stage.explore.steps.values import shown
from proven.stage.explore.threads.bytecode import Names
from proven.stage.explore.threads.locks import Lock, Named, Semaphore, named
from proven.stage.explore.threads.program import Threads
from proven.stage.explore.threads.run import Run
from proven.stage.explore.threads.standins import code_of

MOST_STATES = 2_000
MOST_STEPS = 20_000
"""States, and steps of all its runs, after which a scene is too large to be shown as a graph."""

DONE = -1
"""The line of an actor that has come to its end."""


@dataclass(frozen=True)
class Move:
    """What `who` does next: the state after it, and what it reads, writes, takes and the like.

    which: of several that wait for a signal the one that gets it, if it is about that.
    """

    who: str
    to: int
    did: tuple[str, ...]
    which: int | None = None


@dataclass
class State:
    """Where runs can be.

    stand: for each actor the line that it is about to execute (0: its expression, DONE) and
    what it waits for; shared: value of each shared name; moves: what may be next; end: what
    came of it, where nobody moves any more; breaks: whether that is what should not be.
    """

    stand: tuple[tuple[int, str], ...]
    shared: tuple[tuple[str, str], ...]
    moves: dict[Hashable, Move] = field(default_factory=dict)
    end: str = ""
    breaks: bool = False


class Graph:
    """The states of a scene, of which the first is where all runs begin.

    Raises CannotExplore if the scene is of tasks, is too large, or isn't deterministic.
    """

    def __init__(self, scene: Scene) -> None:
        if scene.in_tasks:
            raise CannotExplore(f"{scene.snippet}: a graph is drawn of threads only, not of tasks")
        self.scene = scene
        self.locks: dict[str, str] = {}
        """What the scene calls each lock, by the name that moves tell."""
        self.too_large = f"{scene.snippet}: more than {MOST_STATES} states, make it smaller"
        program = scene.threads()
        names = program.names()
        with program.watched():
            self._draw_all(program, names)
            while names.grown:
                # With more names written there are more places: what was drawn lacks them.
                names.grown = False
                self._draw_all(program, names)

    def orders(self, *, broken: bool = False) -> int:
        """Return the number of paths from the begin to an end, or of those that break only."""
        known: dict[int, int] = {}
        todo = [0]
        while todo:
            state = self.states[todo[-1]]
            unknown = [move.to for move in state.moves.values() if move.to not in known]
            todo += unknown
            if not unknown:
                ends = bool(state.end) and (state.breaks or not broken)
                known[todo.pop()] = ends + sum(known[move.to] for move in state.moves.values())
        return known[0]

    def shortened(self) -> list[State]:
        """Return the states if each move goes on until its actor stands before what is told.

        Raises CannotExplore if fewer ends could be reached so.
        """
        kept, found = [0], {0: 0}
        states: list[State] = []
        for number in kept:
            state = self.states[number]
            moves: dict[Hashable, Move] = {}
            for label, move in state.moves.items():
                while (then := self.states[move.to].moves.get((move.who, None))) and not then.did:
                    move = replace(move, to=then.to)
                if move.to not in found:
                    found[move.to] = len(kept)
                    kept.append(move.to)
                moves[label] = replace(move, to=found[move.to])
            states.append(replace(state, moves=moves))
        if {state.end for state in states} != {state.end for state in self.states}:
            raise CannotExplore(f"{self.scene.snippet}: what leads to an end isn't told")
        return states

    def number(self, key: Hashable, state: State) -> tuple[int, bool]:
        """Return the number of the state of this key, and whether it is new."""
        known = self._numbers.setdefault(key, len(self.states))
        if known < len(self.states):
            return known, False
        self.states.append(state)
        return known, True

    def open(self, path: tuple[int, ...], options: int) -> None:
        """Take note of the options after a path, of which its run takes the first."""
        self._paths += [(*path, option) for option in range(1, options)]

    def _draw_all(self, program: Threads, names: Names) -> None:
        self.states: list[State] = []
        self._numbers: dict[Hashable, int] = {}
        self.met = 0
        self.history: dict[Hashable, int] = {}
        self._paths: list[tuple[int, ...]] = [()]
        while self._paths and not names.grown:
            walk = Walk(self, self._paths.pop())
            walk.end(program.play(walk, names, walk.steps))


class Walk(Orders):
    """A run that takes the given options, then always the first, and draws where it comes by."""

    def __init__(self, graph: Graph, path: tuple[int, ...]) -> None:
        super().__init__()
        self._graph, self._path = graph, path
        self.steps = Steps(code_of(graph.scene.snippet).co_filename)
        self._made: tuple[int, ...] = ()
        self._at: dict[str, tuple[Hashable, int]] = {}
        self._did: dict[str, int] = {}
        self._from = -1
        self._options: list[tuple[str, int | None]] = []
        self._last: tuple[Any, ...] = ()
        self._numbers: dict[str, int] = {}
        self._unsteady = False

    def choose(self, options: int, place: int, where: Hashable, *, free: bool = False) -> int:
        chosen = self._path[len(self._made)] if len(self._made) < len(self._path) else 0
        self._made += (chosen,)
        self._options = self._options[chosen:]
        return chosen

    def meet(self, run: Any, me: Any, options: Sequence[Any], where: Hashable) -> None:
        if me:
            line = where[1] if isinstance(where, tuple) else self._at.get(me.name, ("", 0))[1]
            self._at[me.name] = where, line
        self._graph.met += 1
        did = tuple(self.steps.latest())
        if self._from < 0:
            self._numbers = dict(run.numbers)
            self._graph.locks = dict(_locks(self._graph.scene, run.shared))
        else:
            who = self._options[0][0]
            # Whoever makes a lock knows its number from then on, though it has done nothing else.
            made, self._numbers = run.numbers != self._numbers, dict(run.numbers)
            then = (self._did.get(who, 0), did, str(self._numbers) * made)
            self._did[who] = self._graph.history.setdefault(then, len(self._graph.history) + 1)
        stand = tuple(self._stand(actor) for actor in run.actors)
        state = State(stand, tuple(_shared(self._graph.scene, run.shared)))
        if not options:
            self._last = state, did
            return
        labels = [(me.name, one) if isinstance(one, int) else (one.name, None) for one in options]
        places = tuple(self._at.get(actor.name) for actor in run.actors)
        seen = tuple(self._did.get(actor.name) for actor in run.actors)
        key = (stand, state.shared, places, seen, frozenset(labels))
        number, new = self._graph.number(key, state)
        if new:
            self._graph.open(self._made, len(options))
            if number >= MOST_STATES or self._graph.met > MOST_STEPS:
                run.give_up(me, CannotExplore(self._graph.too_large))
        self._go(number, did)
        self._options = labels

    def end(self, run: Run) -> None:
        """Draw where it ended; CannotExplore if it went elsewhere than other runs before it."""
        if self._last:
            state, did = self._last
            state.breaks = run.failure is not None
            state.end = (
                self._graph.scene.result(run.failure, run.shared) if run.failure else "holds"
            )
            number, _ = self._graph.number((state.end, state.stand, state.shared), state)
            self._go(number, did)
        if self._unsteady:
            raise CannotExplore(f"{self._graph.scene.snippet}: {UNSTEADY}")

    def _go(self, to: int, did: tuple[str, ...]) -> None:
        if self._from >= 0:
            label = self._options[0]
            move = Move(label[0], to, did, label[1])
            known = self._graph.states[self._from].moves.setdefault(label, move)
            self._unsteady |= known != move
        self._from = to

    def _stand(self, actor: Any) -> tuple[int, str]:
        line = DONE if actor.done else self._at.get(actor.name, ("", 0))[1]
        return line, "" if actor.can_move() or actor.done else actor.waits_for


def _parts(scene: Scene, space: Space) -> Iterator[tuple[str, Any]]:
    """Yield name and value of all that the scene's actors share, down to what has no parts."""
    for node in ast.walk(ast.parse(scene.make)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield from _parts_of(node.id, space.names[node.id])


def _parts_of(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(value, "__dict__") and not isinstance(value, Named):
        for part, inner in vars(value).items():
            yield from _parts_of(f"{name}.{part}", inner)
    elif isinstance(value, Named) or not callable(value):
        yield name, value


def _locks(scene: Scene, space: Space) -> Iterator[tuple[str, str]]:
    for name, value in _parts(scene, space):
        if isinstance(value, Named):
            yield named(value), name


def _shared(scene: Scene, space: Space) -> Iterator[tuple[str, str]]:
    for name, value in _parts(scene, space):
        lock = getattr(value, "lock", value)
        if isinstance(lock, Lock):
            yield name, f"held by {lock.owner.name}" if lock.owner else "free"
        elif isinstance(lock, Semaphore):
            yield name, str(lock.value)
        elif not isinstance(lock, Named):
            yield name, shown(value)
