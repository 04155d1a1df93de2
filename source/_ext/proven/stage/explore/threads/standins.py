"""What an explored program gets for `threading`, `queue` and `time`, and how it is loaded."""

from __future__ import annotations

import builtins
import queue
import sys
import threading as real_threading
import time
from collections.abc import Callable
from functools import lru_cache
from os.path import relpath
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

from proven.stage.explore.schedule import CannotExplore
from proven.stage.explore.threads.actor import Actor
from proven.stage.explore.threads.locks import BoundedSemaphore, Lock, RLock, Semaphore, begin, wait
from proven.stage.explore.threads.queues import LifoQueue, PriorityQueue, Queue, SimpleQueue
from proven.stage.explore.threads.run import Run
from proven.stage.explore.threads.signals import Barrier, BrokenBarrierError, Condition, Event
from proven.stage.player import path_of


class Thread:
    """As threading.Thread; start() makes it one of the run's actors."""

    def __init__(
        self,
        group: None = None,
        target: Callable[..., object] | None = None,
        name: str | None = None,
        args: Any = (),
        kwargs: Any = None,
        *,
        daemon: bool | None = None,
        context: Any = None,
    ) -> None:
        self._work = target, args, kwargs or {}
        self.name, self.daemon = name or "", bool(daemon)
        self.actor: Actor | None = None

    def start(self) -> None:
        run, _ = begin("start a thread")
        if run is None:
            raise RuntimeError("a thread of an explored program starts while it is explored")
        if self.actor:
            raise RuntimeError("threads can only be started once")
        self.actor = run.add(self.name, self.run, daemon=self.daemon)
        self.name = self.actor.name
        self.actor.own = self
        run.act("starts", self.name)

    def run(self) -> None:
        target, args, kwargs = self._work
        if target:
            target(*args, **kwargs)

    def join(self, timeout: float | None = None) -> None:
        begin("join a thread")
        if self.actor is None:
            raise RuntimeError("cannot join thread before it is started")
        actor = self.actor
        wait(lambda: actor.done, f"the end of {self.name}", timeout)

    def is_alive(self) -> bool:
        begin("is_alive")
        return self.actor is not None and not self.actor.done

    @property
    def ident(self) -> int | None:
        return self.actor.index + 1 if self.actor else None


class Timer(Thread):
    """As threading.Timer: as long as it isn't cancelled it may go off at any moment."""

    def __init__(
        self, interval: float, function: Callable[..., object], args: Any = None, kwargs: Any = None
    ) -> None:
        super().__init__(target=function, args=args or (), kwargs=kwargs)
        self.interval, self.finished = interval, Event()

    def cancel(self) -> None:
        self.finished.set()

    def run(self) -> None:
        if not self.finished.wait(self.interval):
            super().run()
        self.finished.set()


class StandIn(SimpleNamespace):
    """A module of which only some names are scheduled; the others say so."""

    def __getattr__(self, name: str) -> Any:
        raise CannotExplore(f"{self.__name__}.{name} isn't scheduled by the explorer")


def sleep(seconds: float) -> None:
    """Let others go first, as many as like."""
    run, me = begin("sleep")
    if run and me:
        run.sleep(me, seconds)


def _current_thread() -> Any:
    run = Run.current
    me = run.mine() if run else None
    if me is None:
        return real_threading.current_thread()
    return me.own or SimpleNamespace(name=me.name, ident=me.index + 1, daemon=me.daemon)


def _now() -> float:
    return Run.current.now if Run.current else 0.0


def _print(*texts: object, sep: str = " ", end: str = "\n", **_: Any) -> None:
    text = sep.join(map(str, texts))
    if Run.current:
        Run.current.printed.append(text)
        Run.current.act("prints", "", text)
    else:
        builtins.print(text, end=end)


threading = StandIn(
    __name__="threading",
    **{kind.__name__: kind for kind in (Barrier, BoundedSemaphore, Condition, Event, Lock, RLock)},
    Semaphore=Semaphore,
    Thread=Thread,
    Timer=Timer,
    BrokenBarrierError=BrokenBarrierError,
    local=real_threading.local,
    current_thread=_current_thread,
    get_ident=lambda: _current_thread().ident,
    TIMEOUT_MAX=real_threading.TIMEOUT_MAX,
)
queues = StandIn(
    __name__="queue",
    **{kind.__name__: kind for kind in (Queue, LifoQueue, PriorityQueue, SimpleQueue)},
    Empty=queue.Empty,
    Full=queue.Full,
)
clock = StandIn(
    __name__="time",
    sleep=sleep,
    **dict.fromkeys(("monotonic", "perf_counter", "time"), _now),
    strftime=time.strftime,
)
_MODULES = {"threading": threading, "queue": queues, "time": clock}
_FOREIGN = frozenset({"_thread", "concurrent", "multiprocessing", "subprocess"})


def _import(
    name: str, globals: Any = None, locals: Any = None, of: Any = (), level: int = 0
) -> Any:
    if name in _MODULES:
        return _MODULES[name]
    if name.partition(".")[0] in _FOREIGN:
        caller = sys._getframe(1)
        raise CannotExplore(
            f"{relpath(caller.f_code.co_filename)}:{caller.f_lineno}: the explorer can't schedule"
            f" what {name} starts: start it by threading.Thread here, or explore another snippet"
        )
    return builtins.__import__(name, globals, locals, of, level)


_BUILTINS = {**vars(builtins), "__import__": _import, "print": _print}


def code_of(name: str) -> CodeType:
    """Return the compiled snippet; SnippetError if there is none of that name."""
    path = path_of(name)
    return _compiled(path, path.stat().st_mtime_ns)


@lru_cache
def _compiled(path: Path, _: int) -> CodeType:
    return compile(path.read_text(encoding="utf-8"), str(path), "exec", dont_inherit=True)


def load(name: str) -> SimpleNamespace:
    """Return anew what snippet `name` defines, upon locks and threads that are scheduled."""
    space: dict[str, Any] = {"__name__": "snippet", "__builtins__": _BUILTINS}
    exec(code_of(name), space)
    return SimpleNamespace(**space)
