"""What happened on the stage: who printed what, and when."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

BAR = " │ "

LONGER = "If it needs longer, give it more seconds by PROVEN_DEADLINE.\n"
"""What helps when a program still runs at the deadline."""

MOST_PRINTED, MOST_BYTES = 20_000, 1 << 26
"""What a program may print at most."""

TOO_MUCH = (
    f"it prints more than {MOST_PRINTED} lines, or {MOST_BYTES >> 20} MB: let it come to an end, "
    "or print less"
)

EMPTIED = (
    "what it had printed was emptied, as by open('/dev/stdout', 'w'), which no terminal does: "
    "write to sys.stdout or to descriptor 1"
)
_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp", "Zs"})


class SnippetError(Exception):
    """A snippet is missing, raised, hung or printed nothing; the text names it and shows why."""


class NotVirtual(SnippetError):
    """The program turned out to need the real clock; the text tells why."""


class Wait(NamedTuple):
    """Who waits for what, and who holds it ("" if nobody does): a row of a deadlock's table.

    line: where in the program it waits, 0 if nobody knows.
    """

    actor: str
    what: str
    holder: str = ""
    line: int = 0

    def __str__(self) -> str:
        held = f", held by {self.holder}" if self.holder else ""
        return f"{self.actor} waits for {self.what}{held}"


@dataclass(frozen=True)
class Event:
    """One printed line.

    time: seconds since the snippet began (virtual for asyncio snippets);
    actor: name of the task, thread or process that printed it;
    text: the line without its newline.
    """

    time: float
    actor: str
    text: str


@dataclass(frozen=True)
class Actor:
    """Who took part.

    name: of the task, thread or process; kind: main (the main thread), task,
    thread or process; code: the function that it runs; arguments: those of
    `code` that are short enough to tell actors apart.
    """

    name: str
    kind: str
    code: str = ""
    arguments: tuple[str, ...] = ()


class Moment(NamedTuple):
    """One thing that happened to one actor: what a timeline draws.

    time: the virtual second, or where the trace isn't timed the place in the
    order of events; actor, by: places in Trace.actors; what: created, runs (goes
    on), waits, prints, queues (for a lock or semaphore), takes, gives or ends;
    text: the line printed, the lock's class, how it ended ("" is a result), or
    "cancel" where a cancellation lets it run; by: who created or woke it, None
    if a timer did or nobody knows; sent: when it could have run.
    """

    time: float
    actor: int
    what: str
    text: str = ""
    by: int | None = None
    sent: float | None = None


@dataclass(frozen=True)
class Trace:
    """The recorded events in order, with the questions that proofs ask of them.

    elapsed: seconds until the snippet ended; timed: whether the seconds are
    virtual, hence exact and worth showing; stderr: what the snippet wrote there;
    actors, moments: what a timeline is drawn from, empty if nobody watched;
    exit: the program's exit code, 1 if an exception ended it, negative if a signal
    did; raised: the class of that exception, "" if none; deadlock: who waits for
    what, if the play was ended because nobody could go on; why: why the real clock;
    beside: whether two programs were played, so that each line has its program's name;
    ties: lines whose place hangs on which of two waits that end at the same moment, but
    began at different ones, is over first: real time decides that; unsettled: those that
    are only printed, or only at that second, if it is this one.
    """

    events: tuple[Event, ...]
    elapsed: float
    timed: bool
    stderr: str = ""
    actors: tuple[Actor, ...] = ()
    moments: tuple[Moment, ...] = ()
    exit: int = 0
    raised: str = ""
    deadlock: tuple[Wait, ...] = ()
    why: str = ""
    beside: bool = False
    ties: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """The printed lines in order."""
        return [event.text for event in self.events]

    def find(self, text: str) -> Event:
        """Return the one event that printed `text`; AssertionError if not exactly one."""
        events = [event for event in self.events if event.text == text]
        assert len(events) == 1, f"{len(events)} lines {text!r} in {self.lines}"
        return events[0]

    def at(self, text: str) -> float:
        """Return the second at which the one line `text` was printed."""
        return self.find(text).time

    def ordered(self, *texts: str) -> bool:
        """Tell whether these lines were printed in this order (others may stand between)."""
        places = [self.events.index(self.find(text)) for text in texts]
        return places == sorted(places)

    def peak(self, enter: str, leave: str) -> int:
        """Return how many were inside at once, between lines with `enter` and with `leave`."""
        inside = highest = 0
        for text in self.lines:
            inside += (enter in text) - (leave in text)
            highest = max(highest, inside)
        assert highest, f"no line with {enter!r} in {self.lines}"
        return highest

    def shown(self) -> list[str]:
        """Return the lines as the reader sees them: with the virtual second where it is exact."""
        if self.beside:
            width = max(len(event.actor) for event in self.events)
            return [f"{event.actor:>{width}}{BAR}{event.text}" for event in self.events]
        if not self.timed:
            return self.lines
        stamps = list(_stamps([event.time for event in self.events]))
        return [f"{stamp}{BAR}{text}" for stamp, text in zip(stamps, self.lines, strict=True)]

    def why_unordered(self, one: str, other: str) -> str:
        """Return why either of these lines may come first, "" if it isn't known.

        It is if the actors of both went on by one and the same thing, as two that wait for
        an Event do: which of them runs first is up to the system.
        """
        (first, cause), (second, same) = (self._let_go(text) for text in (one, other))
        if first == second or cause is None or cause != same:
            return ""
        by = f" {self.actors[cause[0]].name}" if cause[0] is not None else ""
        names = sorted(self.actors[actor].name for actor in (first, second))
        return f"{' and '.join(names)} went on by the same doing of{by or ' others'}"

    def _let_go(self, text: str) -> tuple[int, tuple[int | None, float] | None]:
        """Return who printed `text` first, and whose doing, and which, had let it go on."""
        latest: dict[int, tuple[int | None, float] | None] = {}
        for moment in self.moments:
            if moment.what == "prints" and moment.text == text:
                return moment.actor, latest.get(moment.actor)
            caused = moment.sent is not None and moment.sent < moment.time
            if moment.what in ("runs", "takes") and caused:
                latest[moment.actor] = (moment.by, moment.sent or 0.0)
            elif moment.what == "waits":
                latest[moment.actor] = None
        return -1, None


def _stamps(times: list[float]) -> Iterator[str]:
    """Format seconds in one width, with as many decimals as the finest needs (1 to 3)."""
    rounded = [round(time, 3) for time in times]
    decimals = max((len(f"{float(time)}".partition(".")[2]) for time in rounded), default=1)
    width = max((len(f"{time:.{decimals}f}") for time in rounded), default=0)
    return (f"{time:{width}.{decimals}f}" for time in rounded)


def escaped(text: str) -> str:
    """Return `text` with what can't be seen as Python's escapes: ``\\x1b``, ``\\u2028``."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char.encode("unicode_escape").decode()
        if char != " " and (unicodedata.category(char) in _UNSEEN or _is_none(char))
        else char
        for char in text
    )


def _is_none(char: str) -> bool:
    """Tell whether it is a code that is no character, and never will be: XML may not have it."""
    return ord(char) & 0xFFFE == 0xFFFE or "\ufdd0" <= char <= "\ufdef"
