"""Plays a snippet in the terminal: `make play SNIPPET=tasks/gather_order`.

Each line of output stands beside the lanes of all tasks, threads or processes;
what happened between the lines is told in words.  `--real` plays it on the real
clock, as `python file.py` would; `--replay` plays the order of a schedule that
`make explore` told, and shows each step.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from proven.stage import SnippetError, play
from proven.stage.explore import CannotExplore, terminal
from proven.stage.explore.scene import Scene
from proven.stage.trace import BAR, Moment, Trace, escaped
from proven.timeline.lanes import cast

MOST_LANES = 60
"""Lanes that a terminal shows beside each other."""

_ENDS = {"": ("╵", "ends"), "cancel": ("✗", "is cancelled"), "collected": ("✗", "vanishes")}
WORKS, WAITS, QUEUES, READY, GONE = "┃│┆╎ "


def show(trace: Trace, real: Trace | None = None) -> Iterator[str]:
    """Yield the lines that show `trace`: time, a column for each lane, what happened.

    real: the same snippet on the real clock; its seconds stand beside the lines.
    ValueError if nobody watched, or there are more lanes than a terminal has room for.
    """
    labels = cast(trace)
    if len(labels) > MOST_LANES:
        raise ValueError(
            f"{len(labels)} tasks, threads or processes, a terminal shows at most {MOST_LANES} "
            "beside each other: play a smaller one"
        )
    rows = list(_Lanes(labels).rows(trace))
    if real:
        measured = iter(real.events)
        stamps = [f"{next(measured).time:.2f}" if row.printed else "" for row in rows]
    else:
        exact = [f"{row.time:.3f}".rstrip("0").rstrip(".") if trace.timed else "" for row in rows]
        stamps = [b if a != b else "" for a, b in pairwise(["?", *exact])]
    width = max(map(len, stamps), default=0)
    for number, label in enumerate(labels.values()):
        yield " " * width + BAR + f"{WAITS} " * number + label
    for stamp, row in zip(stamps, rows, strict=True):
        yield f"{stamp:>{width}}{BAR}{row.text}"


class Row(NamedTuple):
    """A moment that is worth a line: the lanes as they are then, and the words."""

    time: float
    printed: bool
    text: str


class _Lanes:
    """Follows the moments and knows what every lane looks like now."""

    def __init__(self, labels: dict[int, str]) -> None:
        self._labels = labels
        self._glyphs = dict.fromkeys(labels, GONE)
        self._since = dict.fromkeys(labels, 0.0)
        self._wanted: dict[int, str] = {}
        self._fresh: set[int] = set()

    def rows(self, trace: Trace) -> Iterator[Row]:
        """Yield the moments of `trace` that are worth a line."""
        for moment in trace.moments:
            actor = moment.actor
            if actor not in self._labels:
                continue
            if self._glyphs[actor] == GONE and moment.what not in ("created", "ends"):
                self._glyphs[actor] = WORKS
            busy = moment.time - self._since[actor] if self._glyphs[actor] == WORKS else 0
            if trace.timed and busy > 0 and moment.what in ("waits", "ends"):
                yield self._row(moment, "┻", f"was busy for {busy:g} s")
            glyph, words, after = self._turn(moment)
            if words:
                yield self._row(moment, glyph, words)
            if after != self._glyphs[actor]:
                self._glyphs[actor], self._since[actor] = after, moment.time

    def _row(self, moment: Moment, glyph: str, words: str) -> Row:
        cells = [glyph if lane == moment.actor else self._glyphs[lane] for lane in self._labels]
        printed = glyph == "●"
        words = words if printed else f"{self._labels[moment.actor]} {words}"
        return Row(moment.time, printed, f"{' '.join(cells)}  {words}")

    def _turn(self, moment: Moment) -> tuple[str, str, str]:
        """Return the mark and the words of `moment`, and the lane's look after it."""
        actor, text = moment.actor, moment.text
        by = ""
        if moment.by is not None and moment.by != actor and moment.by in self._labels:
            by = f" by {self._labels[moment.by]}"
        match moment.what:
            case "created":
                self._fresh.add(actor)
                return "╷", f"created{by}" if by else "", READY
            case "runs":
                first = actor in self._fresh
                self._fresh.discard(actor)
                if text == "cancel":
                    self._wanted.pop(actor, None)
                    return "◄", f"cancelled{by}", WORKS
                return "◄", f"woken{by}" if by and not first else "", WORKS
            case "waits":
                wanted = self._wanted.get(actor, "")
                if wanted:
                    return QUEUES, f"waits for the {wanted}", QUEUES
                return WAITS, "", WAITS
            case "queues":
                self._wanted[actor] = text
            case "takes":
                self._wanted.pop(actor, None)
                return "┏", f"takes the {text}", WORKS
            case "gives":
                return "┗", f"gives back the {text}", self._glyphs[actor]
            case "prints":
                return "●", escaped(text), self._glyphs[actor]
            case "ends":
                glyph, words = _ENDS.get(text, ("✗", f"fails: {text}"))
                return glyph, words, GONE
        return "", "", self._glyphs[actor]


def close(trace: Trace) -> Iterator[str]:
    """Yield what there is to say at the end: how it ended, stderr, which clock and why."""
    yield from (f"deadlock{BAR}{escaped(str(wait))}" for wait in trace.deadlock)
    stderr = trace.stderr.rstrip("\n")
    yield from (f"stderr{BAR}{escaped(line)}" for line in stderr.split("\n") if stderr)
    if trace.exit:
        yield f"ended with exit code {trace.exit}"
    yield from (f"tied: the place of {escaped(text)!r} hangs on two waits" for text in trace.ties)
    yield f"clock: {'virtual' if trace.timed else f'real, as {trace.why}'}"


def main(arguments: list[str] | None = None) -> int:
    """Play the snippet that the command line names."""
    parser = ArgumentParser(
        prog="proven.timeline.terminal", description="Show who did what, and when."
    )
    parser.add_argument("name", metavar="SNIPPET", help="as in tasks/gather_order")
    parser.add_argument("--real", action="store_true", help="play it on the real clock")
    parser.add_argument("--replay", default="", help="play the order of this schedule")
    options = parser.parse_args(arguments)
    name = options.name.removeprefix("snippets/").removesuffix(".py")
    try:
        if options.replay:
            return terminal.show(Scene(name), replay=options.replay)
        trace = play(name, may_fail=True)
        real = None
        if options.real:
            if trace.timed:
                print(f"On the real clock it takes {trace.elapsed:g} s.", file=sys.stderr)
            real = play(name, clock="real", may_fail=True)
            if not trace.timed:
                trace = real
            elif real.lines != trace.lines:
                raise SnippetError("\n".join(["it printed something else:", *real.lines]))
        print("\n".join([*show(trace, real), *close(trace)]))
        if len(trace.actors) > 1:
            print(f"other orders: make explore SNIPPET={name}")
    except (CannotExplore, SnippetError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
