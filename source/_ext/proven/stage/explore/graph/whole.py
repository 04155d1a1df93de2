"""Plays as many runs as it takes to see each state of a scene."""

from __future__ import annotations

from collections.abc import Hashable

from proven.stage.explore.graph.states import State, paths, shortened
from proven.stage.explore.graph.walks import TasksWalk, ThreadsWalk
from proven.stage.explore.scene import Scene, Space
from proven.stage.explore.schedule import CannotExplore
from proven.stage.explore.threads.bytecode import Names
from proven.stage.explore.threads.program import Threads
from proven.stage.explore.watching import watching


class Graph:
    """The states of a scene, of which the first is where all runs begin.

    Raises CannotExplore if the scene is too large, isn't deterministic, or if others than
    its actors may move.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.locks: dict[str, str] = {}
        """What the scene calls each lock, by the name that moves tell."""
        self._begin()
        if scene.in_tasks:
            self._draw_tasks()
            return
        program = scene.threads()
        names = program.names()
        with program.watched():
            self._draw_threads(program, names)
            while names.grown:
                # With more names written there are more places: what was drawn lacks them.
                names.grown = False
                self._begin()
                self._draw_threads(program, names)

    def orders(self, *, broken: bool = False) -> int:
        """Return the number of paths from the begin to an end, or of those that break only."""
        return paths(self.states, broken=broken)

    def shortened(self) -> list[State]:
        """Return the states if each move goes on until its actor stands before what is told.

        Raises CannotExplore if fewer ends could be reached so.
        """
        try:
            return shortened(self.states)
        except CannotExplore as error:
            raise CannotExplore(f"{self.scene.snippet}: {error}") from None

    def number(self, key: Hashable, state: State) -> tuple[int, bool]:
        """Return the number of the state of this key, and whether it is new."""
        number = self._numbers.setdefault(key, len(self.states))
        if number < len(self.states):
            return number, False
        self.states.append(state)
        return number, True

    def open(self, path: tuple[int, ...], options: int) -> None:
        """Take note of the options after a path, of which its run takes the first."""
        self._paths += [(*path, option) for option in range(1, options)]

    def _begin(self) -> None:
        self.states: list[State] = []
        self._numbers: dict[Hashable, int] = {}
        self.met = 0
        self.history: dict[Hashable, int] = {}
        self._paths: list[tuple[int, ...]] = [()]

    def _draw_threads(self, program: Threads, names: Names) -> None:
        while self._paths and not names.grown:
            walk = ThreadsWalk(self, self._paths.pop())
            run = program.play(walk, names, walk.steps)
            walk.end(run.failure, run.shared)

    def _draw_tasks(self) -> None:
        while self._paths:
            spaces: list[Space] = []
            walk = TasksWalk(self, self._paths.pop(), spaces)
            with watching(walk.steps, self.scene.snippet) as (watch, tell):
                program = self.scene.tasks(spaces, tell)
                outcome = program.step(walk, watch)
            walk.end(program.failure(outcome, ()), spaces[-1])
