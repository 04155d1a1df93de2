"""The words beside the lanes, in the language of the book, and the lanes told in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from proven.stage.trace import Trace
from proven.timeline.lanes import Lane, Scene, scene


@dataclass(frozen=True)
class Words:
    """What a timeline says of itself.

    axis, unit: of seconds; order: the axis where there are none; legend: what each state,
    arrow or sign means, {} is the lock; causes: how an arrow is told, {} is the lane that it
    comes from; ends: of ends that aren't exceptions; end: of one with a result; stretch:
    that from {} to {} something lasted; printed: that something was.
    """

    axis: str
    unit: str
    order: str
    legend: Mapping[str, str]
    causes: Mapping[str, str]
    ends: Mapping[str, str]
    end: str
    stretch: str
    printed: str


def ending(lane: Lane, words: Words) -> tuple[float, str]:
    """Return when the lane ended and what is written there; nothing for a result."""
    if lane.end is None:
        return 0.0, ""
    return lane.end[0], words.ends.get(lane.end[1], lane.end[1])


def tell(traces: Mapping[str, Trace], words: Words) -> str:
    """Return the timelines in words, lane by lane: what a screen reader says."""
    sentences = []
    for head, trace in traces.items():
        shown = scene(trace)
        if len(traces) > 1:
            sentences.append(f"{head}.")
        for lane in shown.lanes:
            sentences.append(f"{lane.label}: {'; '.join(_happenings(shown, lane, words))}.")
    return " ".join(sentences)


def _happenings(shown: Scene, lane: Lane, words: Words) -> Iterator[str]:
    """Yield what happens on one lane, in order."""
    unit = words.unit if shown.timed else ""
    place = shown.lanes.index(lane)

    def at(time: float, what: str) -> str:
        return f"{number(time)}{unit} — {what}"

    done = [(time, 1, at(time, words.printed.format(text))) for time, text in lane.marks]
    for start, end, state, text in lane.spans:
        if end > start and state in words.legend:
            what = words.legend[state].format(text)
            stretch = words.stretch.format(number(start), f"{number(end)}{unit}", what)
            done.append((start, 2, stretch))
    for source, _sent, target, time, what in shown.arrows:
        if target == place:
            cause = words.causes[what].format(shown.lanes[source].label)
            done.append((time, 0, at(time, cause)))
    if lane.end:
        done.append((lane.end[0], 3, at(lane.end[0], ending(lane, words)[1] or words.end)))
    yield from (text for _time, _order, text in sorted(done, key=lambda item: item[:2]))


def number(time: float) -> str:
    """Return a time as it is shown, to the millisecond."""
    return f"{time:.3f}".rstrip("0").rstrip(".")
