"""What a timeline shows: a trace's moments sorted into lanes, one for each actor."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from proven.stage.trace import Actor, Moment, Trace, escaped

_NUMBERED = re.compile(r"(Task|Thread|(Fork|Spawn|ForkServer)?Process)-\d+( \(.*\))?|asyncio_\d+")


class Span(NamedTuple):
    """A stretch of a lane.

    state: works, waits, queues (for what `text` names), ready (could work, but
    another does), holds (what `text` names) or hosts (the loop runs in it).
    """

    start: float
    end: float
    state: str
    text: str = ""


class Arrow(NamedTuple):
    """Lane `source` created, woke or cancelled lane `target`: `what` tells which."""

    source: int
    sent: float
    target: int
    time: float
    what: str


@dataclass
class Lane:
    """One actor's part: what it printed and when, its stretches, and how it ended.

    cancels: when a cancellation reached it; end: time and how ("" is a result,
    "cancel", "collected" or the exception's class), None if it outlived the play.
    """

    label: str
    marks: list[tuple[float, str]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    cancels: list[float] = field(default_factory=list)
    end: tuple[float, str] | None = None


class Scene(NamedTuple):
    """A trace in lanes; timed: whether `length` is in seconds, not in steps of the order."""

    lanes: list[Lane]
    arrows: list[Arrow]
    length: float
    timed: bool


def scene(trace: Trace) -> Scene:
    """Sort `trace` into lanes in order of start; ValueError if nobody watched the play."""
    timed = trace.timed and trace.elapsed > 0
    moments = trace.moments if timed or not trace.timed else tuple(_in_sequence(trace.moments))
    length = trace.elapsed if timed else max((m.time for m in moments), default=0) + 1
    moments_of = _by_actor(moments)
    lanes = {
        place: _lane(label, trace.actors[place], moments_of[place], length)
        for place, label in cast(trace).items()
    }
    for place, hold in _holds(moments, length):
        if place in lanes:
            end = lanes[place].end
            lanes[place].spans.append(hold._replace(end=min(hold.end, end[0] if end else length)))
    row = {place: number for number, place in enumerate(lanes)}
    arrows = [
        arrow._replace(source=row[arrow.source], target=row[arrow.target])
        for arrow in dict.fromkeys(_arrows(moments))
        if arrow.source in row and arrow.target in row
    ]
    # Which of two of a set is woken first differs from play to play: no picture hangs on it.
    arrows.sort(key=lambda arrow: (arrow.target, arrow.time, arrow.source))
    return Scene(list(lanes.values()), arrows, length, timed)


def cast(trace: Trace) -> dict[int, str]:
    """Return the actors that have lanes, by their places: how each is labelled.

    ValueError if nobody has: then the play wasn't watched.
    """
    moments_of = _by_actor(trace.moments)
    shown = [
        place for place, actor in enumerate(trace.actors) if _is_shown(actor, moments_of[place])
    ]
    if not shown:
        raise ValueError("there is nothing to draw: nobody watched the play")
    labels = _labels([(trace.actors[place], moments_of[place]) for place in shown])
    return dict(zip(shown, map(escaped, labels), strict=True))


def _by_actor(moments: Iterable[Moment]) -> dict[int, list[Moment]]:
    moments_of: dict[int, list[Moment]] = defaultdict(list)
    for moment in moments:
        moments_of[moment.actor].append(moment)
    return moments_of


def _is_shown(actor: Actor, moments: list[Moment]) -> bool:
    wanted = {"main": "prints", "process": None}.get(actor.kind, "runs")
    return any(wanted in (None, moment.what) for moment in moments)


def _in_sequence(moments: Iterable[Moment]) -> Iterator[Moment]:
    """Give each moment its place in the order as its time: all was in the same second."""
    latest: dict[int | None, int] = {}
    for number, moment in enumerate(moments):
        yield moment._replace(time=number, sent=latest.get(moment.by, number))
        latest[moment.actor] = number


def _lane(label: str, actor: Actor, moments: list[Moment], length: float) -> Lane:
    lane = Lane(label)
    state, since, wanted = "", 0.0, ""
    if moments[0].what != "created":
        state = "hosts" if actor.kind == "main" else "works"

    def turn(new: str, time: float) -> None:
        nonlocal state, since
        if state and (time > since or state == "works"):
            span = Span(since, time, state, wanted if state == "queues" else "")
            if lane.spans and lane.spans[-1][1:] == (since, *span[2:]):
                # One step after the other, with no time between them.
                span = lane.spans.pop()._replace(end=time)
            lane.spans.append(span)
        state, since = new, time

    for moment in moments:
        match moment.what:
            case "created":
                turn("ready" if actor.kind == "task" and moment.by is not None else "", moment.time)
            case "runs":
                if actor.kind == "task" and moment.sent is not None:
                    turn("ready", max(since, moment.sent))
                turn("works", moment.time)
                if moment.text == "cancel":
                    lane.cancels.append(moment.time)
                    wanted = ""
            case "waits":
                turn("queues" if wanted else "waits", moment.time)
            case "queues":
                wanted = moment.text
                if actor.kind != "task":
                    turn("queues", moment.time)
            case "takes":
                if state == "queues":
                    turn("works", moment.time)
                wanted = ""
            case "prints":
                text = escaped(moment.text).removeprefix(f"{label}: ")
                lane.marks.append((moment.time, text))
            case "ends":
                turn("", moment.time)
                lane.end = (moment.time, moment.text)
    turn("", length)
    return lane


def _holds(moments: Iterable[Moment], length: float) -> Iterator[tuple[int, Span]]:
    """Yield who held a lock or semaphore, and how long."""
    open_holds: list[tuple[int, float, str]] = []
    for moment in moments:
        if moment.what == "takes":
            open_holds.append((moment.actor, moment.time, moment.text))
        elif moment.what == "gives":
            same = [hold for hold in open_holds if hold[2] == moment.text]
            # Whoever gives back a place that it doesn't hold, gives back another's.
            returned = [hold for hold in same if hold[0] == moment.actor][-1:] or same[:1]
            for hold in returned:
                open_holds.remove(hold)
                yield hold[0], Span(hold[1], moment.time, "holds", hold[2])
    for place, since, what in open_holds:
        yield place, Span(since, length, "holds", what)


def _arrows(moments: Iterable[Moment]) -> Iterator[Arrow]:
    creator: dict[int, int | None] = {}
    for moment in moments:
        what = "wakes"
        if moment.what == "created":
            what, creator[moment.actor] = "created", moment.by
        elif moment.what == "runs":
            first = creator.pop(moment.actor, None)
            if moment.text == "cancel":
                what = "cancels"
            elif first is not None and first == moment.by:
                continue  # its first step: the arrow of its creation is enough
        if moment.by is not None and moment.by != moment.actor:
            sent = moment.time if moment.sent is None else moment.sent
            yield Arrow(moment.by, sent, moment.actor, moment.time, what)


def _labels(cast: list[tuple[Actor, list[Moment]]]) -> list[str]:
    """Name the lanes as the output does; otherwise by the code that they run."""
    alone = sum(actor.kind == "process" for actor, _ in cast) < 2
    plain = [_printed_name(actor, moments) or _code_name(actor, alone) for actor, moments in cast]
    often = Counter(plain)
    with_arguments = [
        f"{name}({', '.join(actor.arguments)})" if often[name] > 1 and actor.arguments else name
        for name, (actor, _) in zip(plain, cast, strict=True)
    ]
    often = Counter(with_arguments)
    seen: Counter[str] = Counter()
    labels = []
    for name in with_arguments:
        seen[name] += 1
        labels.append(f"{name} {seen[name]}" if often[name] > 1 else name)
    return labels


def _code_name(actor: Actor, alone: bool) -> str:
    if actor.kind == "process" and alone:
        return "MainThread"
    return actor.code if actor.code and _NUMBERED.fullmatch(actor.name) else actor.name


def _printed_name(actor: Actor, moments: list[Moment]) -> str:
    """Return what the lines begin with, if that names the actor, its code or an argument."""
    lines = [moment.text for moment in moments if moment.what == "prints"]
    heads = {head for head, colon, _ in (line.partition(": ") for line in lines) if colon}
    root = "main" if actor.name == "MainProcess" else actor.name
    words = [root, *(argument.strip("'") for argument in actor.arguments)]
    if not heads and len(lines) == 1:
        heads = set(lines)
    elif actor.code:
        words.append(actor.code)
    named = {head for head in heads if any(_names(word, head) for word in words)}
    return named.pop() if len(named) == 1 else ""


def _names(word: str, head: str) -> bool:
    """Tell whether `head` has `word` in it, or is made of it as «listener» of «listen»."""
    whole = any(
        re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text)
        for part, text in ((word, head), (head, word))
    )
    return len(head) <= 20 and bool(word and (whole or (head.isalnum() and head.startswith(word))))
