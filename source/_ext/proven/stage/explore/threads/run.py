"""One run of several threads of which exactly one moves, as the schedule says.

Each actor is a thread of the operating system that stands at a gate, a lock of its
own.  Who moves asks the schedule at each place of choice and, if another one is
next, opens that one's gate and stands at its own.  So a run is deterministic, on
every interpreter, with and without the GIL.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from proven.stage.explore.schedule import STEPS, CannotExplore, Failure, Orders
from proven.stage.explore.threads.actor import Actor, Recorder, Stop
from proven.stage.explore.threads.bytecode import Names, Place, Watch

PATIENCE = 2.0
"""Real seconds for a thread to end when its run is over."""


class Run:
    """One run; use it once.  `current` is the one that runs now, if any."""

    current: Run | None = None

    def __init__(
        self, orders: Orders, names: Names, watch: Watch | None, recorder: Recorder | None = None
    ) -> None:
        self.orders, self.names, self.watch, self.recorder = orders, names, watch, recorder
        self.actors: list[Actor] = []
        self.printed: list[str] = []
        self.failure: Failure | None = None
        self.trouble: CannotExplore | None = None
        self.shared: Any = None
        self.now = 0.0
        self.numbers: dict[str, int] = {}
        self.moving: Actor | None = None
        self.over = False
        self._moves = self._steps = self._places = self._after = 0
        self._finished = _thread.allocate_lock()
        self._finished.acquire()

    def add(self, name: str, work: Callable[[], object], *, daemon: bool = False) -> Actor:
        """Add a thread that begins as soon as it is chosen."""
        actor = Actor(len(self.actors), name or f"Thread-{len(self.actors)}", work, daemon)
        self.actors.append(actor)
        _thread.start_new_thread(self._live, (actor,))
        return actor

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """Make what the threads share within this block: it belongs to this run."""
        Run.current = self
        try:
            yield
        finally:
            Run.current = None

    def play(self) -> None:
        """Let the threads move until all are done or something broke; then end what is left."""
        Run.current = self
        try:
            self._next(None)
            if not self._finished.acquire(timeout=STEPS / 100):
                raise CannotExplore("a thread does something that takes too long, or for ever")
        finally:
            self.over = True
            for actor in self.actors:
                self._end(actor)
            Run.current = None
        if self.trouble:
            raise self.trouble

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
        if place.writes:
            self.names.write(place.writes)
        if self.over or self.names.matters(place):
            self.choose(me, (frame.f_code.co_qualname, frame.f_lineno, offset))
            me.entered = place.enters
        else:
            self._places += 1
        if self.recorder:
            self.recorder.opcode(me, frame, offset, place)

    def choose(self, me: Actor, where: Hashable, *, free: bool = False) -> None:
        """Let the schedule decide who moves on; that may be later."""
        self._count(me)
        others = [actor for actor in self.actors if actor is not me and actor.can_move()]
        if chosen := self._ask(me, 1 + len(others), where, free=free):
            self._hand_over(me, others[chosen - 1])

    def pick(self, me: Actor, options: int, where: Hashable) -> int:
        """Return one of so many options that nobody promises anything about."""
        return self._ask(me, options, where, free=True)

    def act(self, what: str, name: str, value: str = "") -> None:
        """Tell the recorder what the moving actor did."""
        if self.recorder and self.moving and not self.over:
            self.recorder.act(self.moving, what, name, value)

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
        self._next(me)
        me.ready, me.timed = None, False
        return ready()

    def sleep(self, me: Actor, seconds: float) -> None:
        """Let others go first, as many as like; who sleeps again lets one of them pass before."""
        self.now += seconds
        others = [actor for actor in self.actors if actor is not me and actor.can_move()]
        if others and me.slept == self._moves:
            self._count(me)
            self._hand_over(me, others[self.pick(me, len(others), "sleep again")])
        else:
            me.slept = self._moves
            self.choose(me, "sleep", free=True)
        me.slept = self._moves

    def _ask(self, me: Actor | None, options: int, where: Hashable, *, free: bool) -> int:
        self._places += 1
        if options < 2:
            return 0
        try:
            return self.orders.choose(options, self._places, (me and me.name, where), free=free)
        except CannotExplore as trouble:
            self._give_up(me, trouble)
        return 0

    def _count(self, me: Actor) -> None:
        if self.over:
            self._after += 1
            if self._after > STEPS:
                me.gate.acquire()  # It swallows what should end it: stand still for ever.
            raise Stop
        self._steps += 1
        if self._steps > STEPS:
            self._give_up(
                me,
                CannotExplore(
                    f"{me.name} has taken more than {STEPS} steps: it spins until another thread "
                    "does something; let it wait for that by an Event, a Condition or a sleep"
                ),
            )

    def _give_up(self, me: Actor | None, trouble: CannotExplore) -> None:
        self.trouble = trouble
        self._finish(me)

    def _hand_over(self, me: Actor | None, to: Actor) -> None:
        self._moves += 1
        self.moving = to
        to.gate.release()
        if me is not None and not me.done:
            me.gate.acquire()
            if self.over:
                raise Stop

    def _next(self, me: Actor | None) -> None:
        """Hand over to whoever can move; it is over if nobody can."""
        options = [actor for actor in self.actors if actor.can_move()]
        if all(actor.done or actor.daemon for actor in self.actors):
            self._finish(me)
        elif not options:
            stuck = [actor for actor in self.actors if not actor.done]
            text = "; ".join(f"{actor.name} waits for {actor.waits_for}" for actor in stuck)
            self._finish(me, Failure("deadlock", text, self.orders.schedule))
        else:
            chosen = options[self._ask(me, len(options), "who is next", free=True)]
            if chosen is not me and not self.over:
                self._hand_over(me, chosen)

    def _finish(self, me: Actor | None, failure: Failure | None = None) -> None:
        self.failure = self.failure or failure
        self.over = True
        self._finished.release()
        if me is not None and not me.done:
            me.gate.acquire()
            raise Stop

    def _live(self, actor: Actor) -> None:
        """What the thread of an actor does."""
        actor.gate.acquire()
        actor.thread = _thread.get_ident()
        failure = None
        if not self.over:
            if self.watch:
                self.watch.watch_thread()
            try:
                actor.work()
            except Stop:
                pass
            except BaseException as error:
                text = f"{type(error).__name__}: {error}".removesuffix(": ")
                failure = Failure("error", f"{actor.name}: {text}", self.orders.schedule)
            finally:
                if self.watch:
                    self.watch.unwatch_thread()
        actor.done = True
        if not self.over:
            if failure:
                self.act("raises", failure.text.partition(": ")[2])
                self._finish(actor, failure)
            else:
                self._next(actor)
        actor.ended.release()

    def _end(self, actor: Actor) -> None:
        """End the thread of an actor, wherever it stands."""
        if not actor.done:
            self.moving = actor
            actor.gate.release()
        if not actor.ended.acquire(timeout=PATIENCE):
            self.trouble = self.trouble or CannotExplore(
                f"{actor.name} doesn't end: it swallows what should end it, or waits for what "
                "the explorer doesn't know"
            )
