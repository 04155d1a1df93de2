"""What the actors of a scene share, by its names, and the values of that as text."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from proven.stage.explore.scene import Scene, Space
from proven.stage.explore.steps.values import WAITED_FOR, shown
from proven.stage.explore.threads.locks import Lock, Named, Semaphore, named


def parts(scene: Scene, space: Space) -> Iterator[tuple[str, Any]]:
    """Yield name and value of all that the scene's actors share, down to what has no parts."""
    for name in _made(scene.make):
        yield from _parts_of(name, space.names[name])


@lru_cache
def _made(make: str) -> list[str]:
    nodes = ast.walk(ast.parse(make))
    return [
        node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]


def _parts_of(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, WAITED_FOR) or not hasattr(value, "__dict__"):
        yield name, value
    elif not callable(value):
        # A field that is still the class's own is one of the object, too.
        own = dict.fromkeys(part for kind in type(value).__mro__[-2::-1] for part in _fields(kind))
        for part in own | vars(value):
            yield from _parts_of(f"{name}.{part}", getattr(value, part))


def _fields(kind: type) -> Iterator[str]:
    for name, value in vars(kind).items():
        if not name.startswith("__") and not hasattr(value, "__get__"):
            yield name


def locks(scene: Scene, space: Space) -> dict[str, str]:
    """Return what the scene calls each lock and the like, by the name that moves tell."""
    names_by_label: dict[str, list[str]] = {}
    for name, value in parts(scene, space):
        if isinstance(value, WAITED_FOR):
            label = named(value) if isinstance(value, Named) else type(value).__name__
            names_by_label.setdefault(label, []).append(name)
    return {label: names[0] for label, names in names_by_label.items() if len(names) == 1}


def values(scene: Scene, space: Space) -> Iterator[tuple[str, str]]:
    """Yield name and value of what is shared and can be looked at."""
    for name, value in parts(scene, space):
        lock = getattr(value, "lock", value)
        if isinstance(lock, Lock):
            yield name, f"held by {lock.owner.name}" if lock.owner else "free"
        elif isinstance(lock, asyncio.Lock):
            yield name, f"held by {_holder(lock)}" if lock.locked() else "free"
        elif isinstance(lock, Semaphore):
            yield name, str(lock.value)
        elif isinstance(lock, asyncio.Semaphore):
            yield name, str(lock._value)
        elif not isinstance(lock, WAITED_FOR):
            yield name, shown(value)


def _holder(lock: asyncio.Lock) -> str:
    return str(getattr(lock, "holder", "?"))
