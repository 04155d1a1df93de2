"""A call in a thread of its own that moves only when the loop lets it."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Callable
from typing import Any, Protocol

from proven.stage.explore.schedule import CannotExplore

PATIENCE = 2.0
"""Real seconds that a worker thread or the network may take for one step."""


class Clock(Protocol):
    """What a worker needs of its loop."""

    def time(self) -> float: ...

    def call_at(self, when: float, callback: Callable[[], object]) -> object: ...

    def finish(self, worker: Worker) -> None: ...


class Worker:
    """A call in a thread of its own that moves only when the loop lets it."""

    def __init__(self, loop: Clock, call: Callable[[], object], name: str) -> None:
        self.loop, self.call = loop, call
        self.ready = True
        self._pause: float | None = None
        self.future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        self._go, self._back = threading.Semaphore(0), threading.Semaphore(0)
        self.thread = threading.Thread(target=self._work, name=name, daemon=True)
        self.thread.start()

    def step(self) -> None:
        """Let it move until it sleeps or is done."""
        self.ready, self._pause = False, None
        self._go.release()
        if not self._back.acquire(timeout=PATIENCE):
            raise CannotExplore(
                f"the thread {self.thread.name} has worked for {PATIENCE:g} s: it may wait for the "
                "loop, which is no order that can be explored"
            )
        if self._pause is not None:
            # Here, not in its own thread, from which a loop in debug mode refuses it.
            self.loop.call_at(self.loop.time() + self._pause, self._wake)

    def sleep(self, seconds: float) -> None:
        """Stand still for virtual seconds; called in the thread itself."""
        self._pause = seconds
        self._back.release()
        self._go.acquire()

    def _wake(self) -> None:
        self.ready = True

    def _work(self) -> None:
        self._go.acquire()
        if self.future.set_running_or_notify_cancel():
            try:
                result = self.call()
            except BaseException as error:
                self.future.set_exception(error)
            else:
                self.future.set_result(result)
        self.loop.finish(self)
        self._back.release()
