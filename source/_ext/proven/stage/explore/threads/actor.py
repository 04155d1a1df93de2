"""The threads of a run, and how they take turns.

Each actor is a thread of the operating system that stands at a gate, a lock of its
own.  Who moves asks the schedule at each place of choice and, if another one is
next, opens that one's gate and stands at its own.  So a run is deterministic, on
every interpreter, with and without the GIL.
"""

from __future__ import annotations

import _thread
from collections.abc import Callable, Hashable, Sequence
from types import FrameType
from typing import Any, NoReturn, Protocol

from proven.stage.explore.schedule import STEPS, CannotExplore, Failure, Orders
from proven.stage.explore.threads.bytecode import Place, Watch

PATIENCE = 2.0
"""Real seconds for a thread to end when its run is over."""


class Stop(BaseException):
    """Ends a thread whose run is over."""


class Actor:
    """A thread of the run: what it waits for, if it does, and whether it is done."""

    def __init__(self, index: int, name: str, work: Callable[[], object], daemon: bool) -> None:
        self.index, self.name, self.work, self.daemon = index, name, work, daemon
        self.gate = _thread.allocate_lock()
        self.gate.acquire()
        self.ended = _thread.allocate_lock()
        self.ended.acquire()
        self.ready: Callable[[], bool] | None = None
        """Tells whether what it waits for is there; None if it doesn't wait."""
        self.waits_for = ""
        self.timed = self.done = self.entered = self.leaves = False
        self.slept = -1
        self.thread: Any = None
        self.own: Any = None
        """The program's own object for this thread, if it has made one."""

    def leave(self) -> NoReturn:
        """End it; the handlers that it passes on its way out run to their ends."""
        self.leaves = True
        raise Stop

    def can_move(self) -> bool:
        """Tell whether it could be the next one."""
        return not self.done and (self.ready is None or self.timed or self.ready())


class Recorder(Protocol):
    """Takes note of what a run does, for those who want to see it."""

    def opcode(self, actor: Actor, frame: FrameType, offset: int, place: Place) -> None:
        """Take note of a bytecode that is about to be executed."""

    def act(self, actor: Actor, what: str, name: str, value: str = "") -> None:
        """Take note of what an actor did with a lock or the like."""


class Turns:
    """Threads of which one moves at a time, until all are done or something breaks."""

    def __init__(self, orders: Orders, watch: Watch | None, recorder: Recorder | None) -> None:
        self.orders, self.watch, self.recorder = orders, watch, recorder
        self.actors: list[Actor] = []
        self.failure: Failure | None = None
        self.trouble: CannotExplore | None = None
        self.moving: Actor | None = None
        self.over = self.left = False
        self.moves = self.places = 0
        self._finished = _thread.allocate_lock()
        self._finished.acquire()

    def add(self, name: str, work: Callable[[], object], *, daemon: bool = False) -> Actor:
        """Add a thread that begins as soon as it is chosen."""
        actor = Actor(len(self.actors), name or f"Thread-{len(self.actors)}", work, daemon)
        self.actors.append(actor)
        _thread.start_new_thread(self._live, (actor,))
        return actor

    def play(self) -> None:
        """Let the threads move until all are done or something broke; then end what is left."""
        try:
            self.let_go_on(None)
            if not self._finished.acquire(timeout=STEPS / 100):
                raise CannotExplore("a thread does something that takes too long, or for ever")
        finally:
            self.over = True
            for actor in self.actors:
                self._end(actor)
        if self.trouble:
            raise self.trouble

    def give_up(self, me: Actor | None, trouble: CannotExplore) -> None:
        """End the run: it can't be explored."""
        self.trouble = trouble
        self._finish(me)

    def leave(self, me: Actor | None) -> None:
        """End the run here: what would come of it is known."""
        self.over = self.left = True
        self._finish(me)

    def hand_over(self, me: Actor | None, to: Actor) -> None:
        """Let another thread move and stand still until it is my turn again."""
        self.moves += 1
        self.moving = to
        to.gate.release()
        if me is not None and not me.done:
            me.gate.acquire()
            if self.over:
                me.leave()

    def let_go_on(self, me: Actor | None) -> None:
        """Hand over to whoever can move; it is over if nobody can."""
        options = [actor for actor in self.actors if actor.can_move()]
        if all(actor.done or actor.daemon for actor in self.actors):
            self._finish(me)
        elif not options:
            stuck = [actor for actor in self.actors if not actor.done]
            text = "; ".join(f"{actor.name} waits for {actor.waits_for}" for actor in stuck)
            self._finish(me, Failure("deadlock", text, self.orders.schedule))
        else:
            chosen = options[self.ask(me, options, "who is next", free=True)]
            if chosen is not me and not self.over:
                self.hand_over(me, chosen)

    def before_end(self, me: Actor) -> None:
        """Let daemons go on once more, as they may, before the last one they don't outlive ends."""
        others = [actor for actor in self.actors if actor is not me and not actor.done]
        able = [actor for actor in others if actor.can_move()]
        if me.daemon or self.over or not able or not all(actor.daemon for actor in others):
            return
        if chosen := self.ask(me, [me, *able], "the end", free=False):
            self.hand_over(me, able[chosen - 1])

    def _finish(self, me: Actor | None, failure: Failure | None = None) -> None:
        self.failure = self.failure or failure
        if not self.over:
            self.orders.meet(self, me, (), "the end")
        self.over = True
        self._finished.release()
        if me is not None and not me.done:
            me.gate.acquire()
            me.leave()

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
                self.before_end(actor)
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
                self.let_go_on(actor)
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

    def act(self, what: str, name: str, value: str = "") -> None:
        """Tell the recorder what the moving actor did."""
        if self.recorder and self.moving and not self.over:
            self.recorder.act(self.moving, what, name, value)

    def ask(self, me: Actor | None, options: Sequence[Any], where: Hashable, *, free: bool) -> int:
        """Return which option the schedule takes here."""
        self.places += 1
        if not self.over:
            self.orders.meet(self, me, options, where)
        if len(options) < 2:
            return 0
        try:
            where = (me and me.name, where)
            return self.orders.choose(len(options), self.places, where, free=free)
        except CannotExplore as trouble:
            self.give_up(me, trouble)
        return 0
