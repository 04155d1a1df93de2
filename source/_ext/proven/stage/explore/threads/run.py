"""One run of a program: where its threads stand before what others could notice, and wait."""

from __future__ import annotations

import _thread
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from proven.stage.explore.schedule import STEPS, CannotExplore, Orders
from proven.stage.explore.threads.actor import Actor, Recorder, Turns
from proven.stage.explore.threads.bytecode import Names, Place, Watch

HANDLER = 200
"""Bytecodes within which a handler gets on with an end; one that doesn't is ended itself."""


class Run(Turns):
    """One run; use it once.  `current` is the one that runs now, if any."""

    current: Run | None = None

    def __init__(
        self, orders: Orders, names: Names, watch: Watch | None, recorder: Recorder | None = None
    ) -> None:
        super().__init__(orders, watch, recorder)
        self.names = names
        self.printed: list[str] = []
        self.shared: Any = None
        self.now = 0.0
        self.numbers: dict[str, int] = {}
        self._steps = self._after = 0

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """Let what is made within this block belong to this run."""
        Run.current = self
        try:
            yield
        finally:
            Run.current = None

    def play(self) -> None:
        """Play it as the current run."""
        with self.prepared():
            super().play()

    def mine(self) -> Actor | None:
        """Return the actor that calls; None if the caller is none of this run."""
        moving = self.moving
        if moving is not None and _thread.get_ident() == moving.thread:
            return moving
        return None

    def stop(self, frame: FrameType, offset: int, place: Place) -> None:
        """Stand before a bytecode of the watched code: a place of choice."""
        me = self.mine()
        if me is None:
            return
        if self.over:
            self._urge(me)
            return
        if place.writes:
            self.names.write(place.writes)
        if self.names.matters(place):
            self.choose(me, (frame.f_code.co_qualname, frame.f_lineno, offset))
            me.entered = place.enters
        else:
            self.places += 1
        if self.recorder:
            self.recorder.opcode(me, frame, offset, place)

    def choose(self, me: Actor, where: Hashable, *, free: bool = False) -> None:
        """Let the schedule decide who moves on; that may be later."""
        self._count(me)
        if not free and self.orders.spent:
            # Nothing to ask: of the most frequent case only the least is done.
            self.places += 1
            self.orders.cut = self.orders.cut or any(
                actor.can_move() for actor in self.actors if actor is not me
            )
            return
        others = [actor for actor in self.actors if actor is not me and actor.can_move()]
        if chosen := self.ask(me, [me, *others], where, free=free):
            self.hand_over(me, others[chosen - 1])

    def pick(self, me: Actor, options: Sequence[Actor], where: Hashable) -> int:
        """Return the place of one of these, of which nobody promises which it is."""
        return self.ask(me, [option.name for option in options], where, free=True)

    def before(self, what: str) -> Actor | None:
        """Stand before an operation of a lock or the like: a place of choice.

        Return the actor, None if the caller is none or the run is over.
        """
        me = self.mine()
        if me is None or self.over:
            return None
        if me.entered:
            # The call itself was the place, and nothing has happened since.
            me.entered = False
        else:
            self.choose(me, what)
        return me

    def wait(self, me: Actor, ready: Callable[[], bool], what: str, *, timed: bool = False) -> bool:
        """Stand still until ready() is true; False if a time limit ends the wait."""
        if ready():
            return True
        self.act("waits", what)
        me.ready, me.waits_for, me.timed = ready, what, timed
        self._count(me)
        self.let_go_on(me)
        me.ready, me.timed = None, False
        return ready()

    def sleep(self, me: Actor, seconds: float) -> None:
        """Let others go first, as many as like; who sleeps again lets one of them pass before."""
        self.now += seconds
        others = [actor for actor in self.actors if actor is not me and actor.can_move()]
        if others and me.slept == self.moves:
            self._count(me)
            self.hand_over(me, others[self.pick(me, others, "sleep again")])
        else:
            me.slept = self.moves
            self.choose(me, "sleep", free=True)
        me.slept = self.moves

    def _urge(self, me: Actor) -> None:
        """End an actor of a run that is over, unless it is on its way out and gets on with it."""
        self._after += 1
        if self._after > STEPS:
            me.gate.acquire()  # It swallows what should end it: stand still for ever.
        if not me.leaves or self._after % HANDLER == 0:
            me.leave()

    def _count(self, me: Actor) -> None:
        if self.over:
            me.leave()
        self._steps += 1
        if self._steps > STEPS:
            self.give_up(
                me,
                CannotExplore(
                    f"{me.name} has taken more than {STEPS} steps: it spins until another thread "
                    "does something; let it wait for that by an Event, a Condition or a sleep"
                ),
            )
