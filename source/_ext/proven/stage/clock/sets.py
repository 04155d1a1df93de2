"""Sets of tasks and futures, gone through in an order that a play can turn round.

A `TaskGroup` cancels its tasks and `asyncio.run` the last ones by going through a set, and
`wait` hands out sets: in an order that hangs on addresses (Lib/asyncio/taskgroups.py,
runners.py, tasks.py).  Here it is that of their coming; to use it counts as a tie.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import itertools
from asyncio import taskgroups, tasks
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import _base
from contextlib import contextmanager, suppress
from typing import Any
from weakref import WeakKeyDictionary

from proven.stage.clock import names, real

_serials = itertools.count()
_came: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
"""Of each member the number with which it came into a set first."""
_all_tasks, _wait = tasks.all_tasks, _base.wait


def _numbered(members: Iterable[Any]) -> list[Any]:
    """Number those that come for the first time; return all."""
    members = list(members)
    for member in members:
        # What is no future asyncio itself refuses.
        with suppress(TypeError):
            _came.setdefault(member, next(_serials))
    return members


def _number(member: Any) -> int:
    try:
        return _came.get(member, 0)
    except TypeError:
        return 0


class _Set(set[Any]):
    """A set that is gone through in the order in which its members came, or the other way."""

    def __init__(self, members: Iterable[Any] = ()) -> None:
        super().__init__(_numbered(members))

    def add(self, member: Any) -> None:
        super().add(*_numbered([member]))

    def pop(self) -> Any:
        for member in self:
            self.remove(member)
            return member
        return super().pop()

    def __iter__(self) -> Iterator[Any]:
        members = sorted(super().__iter__(), key=_number)
        clock = names.running()
        if clock and len(members) > 1:
            clock.tied = True
        return iter(members[::-1] if clock and clock.reverse else members)

    def __repr__(self) -> str:
        return repr(set(self)) if self else "set()"


# A program that asks for the type reads the usual name.
_Set.__name__ = _Set.__qualname__ = "set"
_Set.__module__ = "builtins"


def _all(loop: asyncio.AbstractEventLoop | None = None) -> set[Any]:
    """Stand in for asyncio.all_tasks: those without a name of their own come by their numbers."""
    return _Set(sorted(_all_tasks(loop), key=lambda task: (len(task.get_name()), task.get_name())))


def _done_first(*args: Any, **options: Any) -> Any:
    """Stand in for concurrent.futures.wait."""
    futures = _numbered(args[0] if args else options.pop("fs"))
    return _base.DoneAndNotDoneFutures(*map(_Set, _wait(futures, *args[1:], **options)))


_PATCHES: list[tuple[Any, str, Callable[..., Any]]] = [
    (taskgroups, "set", _Set),
    (tasks, "set", _Set),
    (tasks, "all_tasks", _all),
    (asyncio, "all_tasks", _all),
    (_base, "wait", _done_first),
    (concurrent.futures, "wait", _done_first),
]


@contextmanager
def in_order() -> Iterator[None]:
    """Let the sets of asyncio and of pools be such sets."""
    with real.patched(_PATCHES):
        yield
