"""Records who waits at a queue, and who lets it go on."""

from __future__ import annotations

import functools
from collections import deque

from _proven_deadlock import might_last
from _proven_record import Here, by_program, record, when_imported
from _proven_sleeps import slept
from _proven_threads import watch_wait, watch_waking, woken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from _proven_record import Cause


def install() -> None:
    """Watch queues as soon as they are imported."""
    when_imported("queue", _watch_queues)


def _watch_queues(module: Any) -> None:
    """Record who waits for an item, for room or for the end of all work, and who let it go on."""
    module.SimpleQueue = _simple(module.SimpleQueue)
    owner = module.Queue
    watch_wait(owner, "join", woken)
    watch_waking(owner, "task_done")
    get, put = owner.get, owner.put

    @functools.wraps(get)
    def take(self: Any, block: bool = True, timeout: float | None = None) -> Any:
        wait = by_program() and block and not (timeout and timeout < 0)
        try:
            item = get(self, block and not wait, timeout)
        except module.Empty:
            if not wait:
                raise
        else:
            _exchange(self)
            return item
        record("waits")
        try:
            with might_last():
                item = get(self, True, timeout)
        except BaseException:
            record("runs")
            raise
        record("runs", **_exchange(self))
        return item

    @functools.wraps(put)
    def give(self: Any, item: Any, block: bool = True, timeout: float | None = None) -> None:
        wait = by_program() and block and not (timeout and timeout < 0)
        vars(self).setdefault("handbook_put", deque()).append(record("sets"))
        try:
            put(self, item, block and not wait, timeout)
        except module.Full:
            if not wait:
                self.handbook_put.pop()
                raise
        else:
            return
        record("waits")
        try:
            with might_last():
                put(self, item, True, timeout)
        finally:
            record("runs", **getattr(self, "handbook_room", {}))

    owner.get, owner.put = take, give


def _exchange(queue: Any) -> Cause:
    """Return what put the item that was just taken: they leave in the order of their coming."""
    queue.handbook_room = record("sets")
    puts = getattr(queue, "handbook_put", None)
    return puts.popleft() if puts else {}


def _simple(base: Any) -> type:
    """Return what stands in for `base`, a queue of C, where the program makes one."""

    # Its base is known when it runs.
    class SimpleQueue(base):  # type: ignore[misc]
        def __new__(cls, *arguments: Any) -> Any:
            return base.__new__(cls, *arguments) if by_program() else base(*arguments)

        def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
            self.__dict__.setdefault("handbook_put", deque()).append(record("sets"))
            super().put(item, block, timeout)

        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            if not block or self.qsize():
                item = super().get(block, timeout)
            else:
                record("waits")
                try:
                    with might_last():
                        item = super().get(block, timeout)
                except BaseException as error:
                    record("runs")
                    if type(error).__name__ == "Empty" and timeout:
                        slept(timeout)
                        Here.ran_out(timeout)
                    raise
                record("runs", **self._exchanged())
                return item
            self._exchanged()
            return item

        def _exchanged(self) -> Cause:
            puts = vars(self).get("handbook_put")
            return puts.popleft() if puts else {}

    SimpleQueue.__module__, SimpleQueue.__qualname__ = base.__module__, base.__qualname__
    return SimpleQueue
