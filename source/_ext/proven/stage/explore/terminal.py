"""Explores a snippet and shows it in the terminal: how many orders, the one that breaks, a replay.

`python -m proven.stage.explore.terminal races/deadlock_broken` (make explore) explores the
snippet's main; with --actors a scene: what each actor does, upon what --make makes.
Each outcome is listed with an order that leads to it; --replay shows the steps of one.
"""

from __future__ import annotations

import argparse
import linecache
import sys
from functools import partial

from proven.stage.explore.scene import Replayed, Scene, parse_actors
from proven.stage.explore.schedule import CannotExplore, Schedule, Seen, read, written
from proven.stage.explore.threads.standins import code_of
from proven.stage.trace import SnippetError, escaped

_HURTS = "  <- this switch hurts"
MOST_OUTCOMES = 10
"""Different outcomes that are listed; more are only counted."""


def show(scene: Scene, bound: int = 2, replay: str = "") -> int:
    """Print what exploring a scene, or its snippet's main, shows; return 1 if an order breaks."""
    if replay:
        run = scene.replay(read(replay))
        print("\n".join(steps(scene, run)))
        return int(run.failure is not None)
    seen: Seen = []
    if scene.in_tasks:
        explored = scene.tasks().explore(seen=seen)
    else:
        explored = scene.threads().explore(preemptions=bound, seen=seen)
    outcomes: dict[str, list[Schedule]] = {}
    for schedule, failure, lines in seen:
        text = f"{failure.kind}: {failure.text}" if failure else " | ".join(lines) or "holds"
        outcomes.setdefault(escaped(text), []).append(schedule)
    print(explored.how())
    for text, schedules in list(outcomes.items())[:MOST_OUTCOMES]:
        print(f"{len(schedules):6}  {text}  REPLAY={written(min(schedules, key=len))}")
    if len(outcomes) > MOST_OUTCOMES:
        print(f"and {len(outcomes) - MOST_OUTCOMES} outcomes more")
    if explored.failure is None:
        print("no order breaks")
        return 0
    run = scene.find()
    print("one that breaks, with the fewest switches:", *steps(scene, run), sep="\n")
    if run.failure:
        print(f"again: REPLAY={written(run.failure.schedule)}")
    return 1


def steps(scene: Scene, run: Replayed) -> list[str]:
    """Return a run as lines: who, source line, what it did, and the switch that hurts."""
    file = code_of(scene.snippet).co_filename
    *rows, result = run.lines()
    cells = [row.split(" │ ") for row in rows]
    codes = [linecache.getline(file, int(line)).strip() for _, line, *_ in cells]
    who, code = (max(map(len, texts), default=0) for texts in ([cell[0] for cell in cells], codes))
    return [
        *(
            f"{actor:{who}} │ {line:>3} {text:{code}} │ {did}{_HURTS * len(hurts)}"
            for (actor, line, did, *hurts), text in zip(cells, codes, strict=True)
        ),
        result,
    ]


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
