"""Explores a snippet and shows it in the terminal: how many orders, the one that breaks, a replay.

`python -m proven.stage.explore.terminal races/deadlock_broken` (make explore) explores the
snippet's main; with --actors a scene: what each actor does, upon what --make makes.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial

from proven.stage.explore.scene import Scene, parse_actors
from proven.stage.explore.schedule import CannotExplore, Exploration, read, written
from proven.stage.explore.tasks.program import Tasks
from proven.stage.explore.threads.program import program
from proven.stage.explore.threads.standins import code_of, load
from proven.stage.trace import SnippetError


def show(scene: Scene, bound: int, replay: str = "") -> int:
    """Print what exploring a scene, or its snippet's main, shows; return 1 if an order breaks."""
    in_tasks = "asyncio" in code_of(scene.snippet).co_names
    if replay:
        print("\n".join(scene.replay(read(replay)).lines()))
        return 1
    explored = _explored(scene, in_tasks, bound)
    print(explored.how())
    if explored.failure is None:
        print("no order breaks")
        return 0
    print(f"{explored.failed} orders break; the first:\n{explored.failure}")
    if scene.actors:
        found = scene.find()
        print("with the fewest switches:", *found.lines(), sep="\n")
        print(f"again: REPLAY={written(found.failure.schedule)}")
    return 1


def _explored(scene: Scene, in_tasks: bool, bound: int) -> Exploration:
    if in_tasks:
        main = scene.tasks() if scene.actors else Tasks(load(scene.snippet).main)
        return main.explore()
    threads = scene.threads() if scene.actors else program(scene.snippet)
    return threads.explore(preemptions=bound)


def main() -> int:
    """Explore the snippet of the command line; return 1 if an order breaks, 2 if it can't be."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = partial(parser.add_argument, default="")
    parser.add_argument("snippet", help="as in races/deadlock_broken")
    add("--make", help="statements that make what is shared")
    add("--actors", help="as in 'A: x.add() | B: x.add()'")
    add("--holds", help="what should be true in the end")
    add("--replay", help="the schedule of a run to show again")
    parser.add_argument("--preemptions", type=int, default=2)
    options = parser.parse_args()
    try:
        actors = parse_actors(options.actors) if options.actors else ()
        scene = Scene(options.snippet, options.make, actors, options.holds)
        return show(scene, options.preemptions, options.replay)
    except (CannotExplore, SnippetError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
