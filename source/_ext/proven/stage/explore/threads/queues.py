"""Stand-ins for the queues of `queue`."""

from __future__ import annotations

import heapq
import queue
from collections import deque
from types import GenericAlias
from typing import Any, ClassVar

from proven.stage.explore.threads.locks import Named, begin, named, note, wait


class Queue(Named):
    """As queue.Queue."""

    # Queue[str] is a Queue.
    __class_getitem__: ClassVar[Any] = classmethod(GenericAlias)

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__()
        self.maxsize, self.unfinished_tasks = maxsize, 0
        self.items: Any = deque()

    def qsize(self) -> int:
        begin(f"qsize {named(self)}")
        return len(self.items)

    def empty(self) -> bool:
        begin(f"empty {named(self)}")
        note("asks", self, str(not self.items))
        return not self.items

    def full(self) -> bool:
        begin(f"full {named(self)}")
        return not self._has_room()

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        begin(f"put {named(self)}")
        if block:
            wait(self._has_room, f"room in {named(self)}", timeout)
        if not self._has_room():
            raise queue.Full
        self._put(item)
        self.unfinished_tasks += 1
        note("puts", self, repr(item))

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        begin(f"get {named(self)}")
        if block:
            wait(lambda: bool(self.items), f"an item in {named(self)}", timeout)
        if not self.items:
            note("fails", self)
            raise queue.Empty
        item = self._get()
        note("gets", self, repr(item))
        return item

    def put_nowait(self, item: Any) -> None:
        self.put(item, block=False)

    def get_nowait(self) -> Any:
        return self.get(block=False)

    def task_done(self) -> None:
        begin(f"task_done {named(self)}")
        if not self.unfinished_tasks:
            raise ValueError("task_done() called too many times")
        self.unfinished_tasks -= 1
        note("done", self)

    def join(self) -> None:
        begin(f"join {named(self)}")
        wait(lambda: not self.unfinished_tasks, f"task_done of {named(self)}")

    def _has_room(self) -> bool:
        return self.maxsize <= 0 or len(self.items) < self.maxsize

    def _put(self, item: Any) -> None:
        self.items.append(item)

    def _get(self) -> Any:
        return self.items.popleft()


class LifoQueue(Queue):
    """As queue.LifoQueue."""

    def _get(self) -> Any:
        return self.items.pop()


class PriorityQueue(Queue):
    """As queue.PriorityQueue."""

    def __init__(self, maxsize: int = 0) -> None:
        super().__init__(maxsize)
        self.items = []

    def _put(self, item: Any) -> None:
        heapq.heappush(self.items, item)

    def _get(self) -> Any:
        return heapq.heappop(self.items)


class SimpleQueue(Queue):
    """As queue.SimpleQueue."""
