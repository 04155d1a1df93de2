"""Writes random programs whose operations can be looked at: see `acts`.

As in `tests.programs`, every wait lasts a power of two of its own, so that no two timers
tie, and every wait for somebody else has a limit, so that every program ends.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any

WAITS = 14
"""Waits that a program has at most."""


def program(seed: int) -> str:
    """Return the text of a program: the same for the same seed."""
    return _Writer(random.Random(seed).randrange).text()


def function(text: str) -> Callable[[Any], Any]:
    """Return the coroutine function `main` that the text defines."""
    scope: dict[str, Any] = {}
    exec(compile(text, "a random program", "exec"), scope)
    main: Callable[[Any], Any] = scope["main"]
    return main


class _Writer:
    def __init__(self, choose: Callable[[int], int]) -> None:
        self.choose = choose
        self._waits = list(range(WAITS))
        self._names = 0
        self._functions: list[str] = []

    def text(self) -> str:
        lines = self._block(0)
        return "\n".join(["async def main(do):", *self._functions, *_in(lines), ""])

    def _wait(self) -> str:
        """Return seconds that nobody else waits."""
        if not self._waits:
            return "0"
        return str(2 ** self._waits.pop(self.choose(len(self._waits))))

    def _limit(self) -> str:
        """Return the seconds of a limit, which must not be zero."""
        wait = self._wait()
        return wait if wait != "0" else "0.5"

    def _flag(self, out_of: int = 2) -> str:
        return str(self.choose(out_of) == 0)

    def _function(self, depth: int, *, plain: bool = False) -> str:
        """Write a coroutine function and return its name."""
        self._names += 1
        name = f"work_{self._names}"
        body = self._plain() if plain else self._block(depth + 1)
        ends = ["raise ValueError"] if self.choose(5) == 0 else [f"return {name!r}"]
        body += ends
        kind = self.choose(5)
        if kind < 2:
            cleanup = [f"do.tidy({name})"]
            if kind == 1 and self.choose(2):
                cleanup.append(f"await do.sleep({self._wait()})")
            body = [f"do.tidies({name})", "try:", *_in(body), "finally:", *_in(cleanup)]
        elif kind == 2:
            caught = [f"do.note('reraises', {name!r})", "raise"]
            if self.choose(3) == 0:
                caught = ["return 'swallowed'"]
            body = ["try:", *_in(body), "except do.Cancelled:", *_in(caught)]
        elif kind == 3 and self.choose(2):
            body = ["try:", *_in(body), "except ValueError:", "    return 'caught'"]
        self._functions += [f"    async def {name}():", *_in(_in(body)), ""]
        return name

    def _functions_of(self, depth: int) -> str:
        return ", ".join(self._function(depth) for _ in range(2 + self.choose(2)))

    def _plain(self) -> list[str]:
        """Return waits that hold nothing in turn."""
        return [
            (f"await do.sleep({self._wait()})", "await do.sleep(0)", "pass")[self.choose(3)]
            for _ in range(1 + self.choose(2))
        ]

    def _block(self, depth: int) -> list[str]:
        kinds = [self._sleep, self._alone, self._shared]
        if depth < 2:
            kinds += [self._several, self._several, self._limited, self._inner, self._crowd]
        return [kinds[self.choose(len(kinds))](depth) for _ in range(2 + self.choose(3))]

    def _sleep(self, _: int) -> str:
        return f"await do.sleep({self._wait() if self.choose(3) else 0})"

    def _alone(self, _: int) -> str:
        kinds: list[Callable[[], str]] = [
            lambda: f"await do.thread({self._wait()}, {self._flag(3)})",
            lambda: f"await do.callbacks({self._limit()}, {self._limit()})",
            lambda: "await do.again()",
            lambda: ("do.ring()", "do.hush()")[self.choose(2)],
            lambda: f"await do.notify({self._flag()})",
        ]
        return kinds[self.choose(len(kinds))]()

    def _shared(self, depth: int) -> str:
        which = ("'room'", "'heap'")[self.choose(2)]
        guard = ("'lock'", "'limit'")[self.choose(2)]
        kinds: list[Callable[[], str]] = [
            lambda: f"await do.put({which}, {self._limit()})",
            lambda: f"await do.get({which}, {self._limit()}, {self._flag()})",
            lambda: f"await do.join({which}, {self._limit()})",
            lambda: f"await do.hear({self._limit()})",
            lambda: f"await do.listen({self._limit()})",
            lambda: f"await do.locked({guard}, {self._function(depth, plain=True)})",
            lambda: f"await do.guarded({guard}, {self._function(depth, plain=True)})",
        ]
        return kinds[self.choose(len(kinds))]()

    def _several(self, depth: int) -> str:
        when = ("FIRST_COMPLETED", "ALL_COMPLETED", "FIRST_EXCEPTION")[self.choose(3)]
        body = ("plain", "waits", "raises", "cancels")[self.choose(4)]
        limit = self._limit() if self.choose(2) else "None"
        kinds: list[Callable[[], str]] = [
            lambda: f"await do.gather({self._flag()}, {self._functions_of(depth)})",
            lambda: f"await do.group({body!r}, {self._wait()}, {self._functions_of(depth)})",
            lambda: f"await do.wait({when!r}, {limit}, {self._functions_of(depth)})",
            lambda: f"await do.as_completed({limit}, {self._functions_of(depth)})",
            lambda: f"do.create({self._function(depth)})",
        ]
        return kinds[self.choose(len(kinds))]()

    def _crowd(self, _: int) -> str:
        """Write three or four that want the same."""
        guard = ("'lock'", "'limit'")[self.choose(2)]
        body: list[Callable[[], str]] = [
            lambda: f"await do.guarded({guard}, {self._function(2, plain=True)})"
        ]
        if self.choose(2):
            queue = ("'room'", "'heap'", "'room'")[self.choose(3)]
            body = [
                lambda: f"await do.put({queue}, {self._limit()})",
                lambda: f"await do.get({queue}, {self._limit()}, {self._flag()})",
                lambda: f"await do.join({queue}, {self._limit()})",
            ]
        names = []
        for number in range(3 + self.choose(2)):
            first = [f"await do.sleep({self._wait()})"] if self.choose(2) else []
            names.append(self._define([*first, body[number % len(body)]()]))
        return f"await do.gather(True, {', '.join(names)})"

    def _define(self, body: list[str]) -> str:
        """Write a coroutine function with this body and return its name."""
        self._names += 1
        name = f"work_{self._names}"
        self._functions += [f"    async def {name}():", *_in(_in(body)), ""]
        return name

    def _limited(self, depth: int) -> str:
        kind = ("timeout", "wait_for", "shielded")[self.choose(3)]
        return f"await do.{kind}({self._limit()}, {self._function(depth)})"

    def _inner(self, depth: int) -> str:
        pause = self._wait() if self.choose(2) else "0"
        inner = self._function(depth)
        kinds = [
            f"await do.awaited({inner})",
            f"await do.cancelled({pause}, {1 + self.choose(2)}, {inner})",
            f"await do.cancelled({pause}, {1 + self.choose(2)}, {inner})",
            f"await do.context({inner})",
            f"await do.managed({inner})",
            f"await do.stream({self._wait()}, {self._flag()}, {inner})",
        ]
        return kinds[self.choose(len(kinds))]


def _in(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


if __name__ == "__main__":
    print(program(int(sys.argv[1])))
