"""Random asyncio programs, and the same programs on the real clock.

`seeded(seed)` returns the text of a program.  Every wait lasts a power of two of UNIT
seconds of its own: no two sums of waits are equal, so no two timers tie, and no two
moments are nearer than one UNIT.
Every wait for somebody else has a limit, so every program ends.

`python tests/programs.py UNIT < texts.json` runs programs on the real clock, several at
once, and prints for each the lines that it printed.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

WAITS = 7
"""Waits that a program has at most: the longest possible lasts 127 UNITs."""

_HEAD = """import asyncio
import time

UNIT = 1.0
"""
_SHARED = """    lock, limit = asyncio.Lock(), asyncio.Semaphore(2)
    bell, room, news = asyncio.Event(), asyncio.Queue(1), asyncio.Condition()
"""


def seeded(seed: int) -> str:
    """Return the program of a seed."""
    return _Writer(random.Random(seed).randrange).text()


class _Writer:
    """Writes one program; choose(n) is asked for a number below n."""

    def __init__(self, choose: Callable[[int], int]) -> None:
        self.choose = choose
        self._waits = list(range(WAITS))
        self._lines = self._names = 0
        self._functions: list[str] = []

    def text(self) -> str:
        eager = sys.version_info >= (3, 12) and self.choose(4) == 0
        body = self._block(depth=0)
        start = "    loop.set_task_factory(asyncio.eager_task_factory)\n" if eager else ""
        functions = "".join(self._functions)
        main = "".join(f"    {line}\n" for line in body)
        return (
            f"{_HEAD}\n\nasync def main():\n    loop = asyncio.get_running_loop()\n{_SHARED}{start}"
            f"{functions}{main}    say('end')\n\n\n"
            "def say(text):\n    print(text)\n\n\n"
            "if __name__ == '__main__':\n    asyncio.run(main())\n"
        )

    def _wait(self) -> str:
        """Return the seconds of a wait; no other has the same."""
        power = self._waits.pop(self.choose(len(self._waits)))
        return f"{2**power} * UNIT"

    def _say(self) -> str:
        self._lines += 1
        return f"say('line {self._lines}')"

    def _coroutine(self, depth: int) -> str:
        """Return the call of a new coroutine function."""
        self._names += 1
        name = f"work_{self._names}"
        body = self._block(depth + 1)
        if self.choose(4) == 0:
            said = self._say()
            body = ["try:", *_in(body), "finally:", f"    {said}"]
        if self.choose(6) == 0:
            body.append("raise ValueError")
        lines = "".join(f"        {line}\n" for line in body)
        self._functions.append(f"    async def {name}():\n{lines}        return '{name}'\n\n")
        return f"{name}()"

    def _block(self, depth: int) -> list[str]:
        lines = [self._say()]
        for _ in range(1 + self.choose(3)):
            kinds: list[Callable[[int], list[str]]] = [self._step, self._ring]
            if self._waits:
                kinds += [self._sleep, self._thread, self._hear, self._take, self._give]
                kinds += [self._listen, self._generator]
            if self._waits and depth < 2:
                kinds += [self._gather, self._group, self._first, self._limited, self._cancelled]
                kinds += [self._shielded, self._locked, self._timeout]
            lines += kinds[self.choose(len(kinds))](depth)
            lines.append(self._say())
        return lines

    def _step(self, _: int) -> list[str]:
        return ["await asyncio.sleep(0)"]

    def _ring(self, _: int) -> list[str]:
        return [("bell.set()", "bell.clear()")[self.choose(2)]]

    def _sleep(self, _: int) -> list[str]:
        return [f"await asyncio.sleep({self._wait()})"]

    def _thread(self, _: int) -> list[str]:
        return [f"await asyncio.to_thread(time.sleep, {self._wait()})"]

    def _within(self, lines: list[str], otherwise: str = "") -> list[str]:
        said = otherwise or self._say()
        return [
            "try:",
            f"    async with asyncio.timeout({self._wait()}):",
            *_in(_in(lines)),
            "except TimeoutError:",
            f"    {said}",
        ]

    def _hear(self, _: int) -> list[str]:
        return self._within(["await bell.wait()"])

    def _take(self, _: int) -> list[str]:
        return self._within(["say(await room.get())"])

    def _give(self, _: int) -> list[str]:
        self._lines += 1
        return self._within([f"await room.put('item {self._lines}')"])

    def _listen(self, _: int) -> list[str]:
        if self.choose(2):
            return ["async with news:", "    news.notify(1)"]
        return self._within(["async with news:", "    await news.wait()"])

    def _generator(self, _: int) -> list[str]:
        self._names += 1
        name = f"stream_{self._names}"
        said = self._say()
        self._functions.append(
            f"    async def {name}():\n        try:\n            yield 1\n"
            f"            await asyncio.sleep({self._wait()})\n            yield 2\n"
            f"        finally:\n            {said}\n\n"
        )
        left = ["    break"] if self.choose(3) == 0 else []
        return [f"async for number in {name}():", f"    say(('{name}', number))", *left]

    def _several(self, depth: int) -> str:
        return ", ".join(self._coroutine(depth) for _ in range(2 + self.choose(2)))

    def _gather(self, depth: int) -> list[str]:
        return [f"say(repr(await asyncio.gather({self._several(depth)}, return_exceptions=True)))"]

    def _group(self, depth: int) -> list[str]:
        calls = [self._coroutine(depth) for _ in range(2)]
        return [
            "try:",
            "    async with asyncio.TaskGroup() as group:",
            *(f"        group.create_task({call})" for call in calls),
            "except* ValueError as errors:",
            "    say(len(errors.exceptions))",
        ]

    def _first(self, depth: int) -> list[str]:
        self._names += 1
        when = ("FIRST_COMPLETED", "ALL_COMPLETED", "FIRST_EXCEPTION")[self.choose(3)]
        tasks = ", ".join(f"loop.create_task({self._coroutine(depth)})" for _ in range(2))
        return [
            f"done, left = await asyncio.wait([{tasks}], return_when=asyncio.{when})",
            "say((len(done), len(left)))",
            "for task in left:",
            "    task.cancel()",
            "await asyncio.gather(*done, *left, return_exceptions=True)",
        ]

    def _limited(self, depth: int) -> list[str]:
        call = self._coroutine(depth)
        if not self._waits:
            return [f"await asyncio.gather({call}, return_exceptions=True)"]
        said = self._say()
        return [
            "try:",
            f"    say(await asyncio.wait_for({call}, {self._wait()}))",
            "except (TimeoutError, ValueError) as error:",
            "    say(type(error).__name__)",
            f"    {said}",
        ]

    def _cancelled(self, depth: int) -> list[str]:
        call = self._coroutine(depth)
        self._names += 1
        pause = f"asyncio.sleep({self._wait() if self._waits and self.choose(3) else 0})"
        return [
            f"task_{self._names} = asyncio.create_task({call})",
            f"await {pause}",
            f"say(task_{self._names}.cancel())",
            f"say(repr(await asyncio.gather(task_{self._names}, return_exceptions=True)))",
        ]

    def _shielded(self, depth: int) -> list[str]:
        call = self._coroutine(depth)
        self._names += 1
        if not self._waits:
            return [f"await asyncio.gather({call}, return_exceptions=True)"]
        return [
            f"task_{self._names} = asyncio.create_task({call})",
            "try:",
            f"    await asyncio.wait_for(asyncio.shield(task_{self._names}), {self._wait()})",
            "except (TimeoutError, ValueError) as error:",
            "    say(type(error).__name__)",
            f"await asyncio.gather(task_{self._names}, return_exceptions=True)",
        ]

    def _locked(self, depth: int) -> list[str]:
        return [f"async with {('lock', 'limit')[self.choose(2)]}:", *_in(self._plain())]

    def _timeout(self, depth: int) -> list[str]:
        limit = self._wait()
        said = self._say()
        return [
            "try:",
            f"    async with asyncio.timeout({limit}):",
            *_in(_in(self._plain())),
            "except TimeoutError:",
            f"    {said}",
        ]

    def _plain(self) -> list[str]:
        """Return waits that hold no lock in turn."""
        said = self._say()
        waits = [self._sleep, self._thread, self._step]
        kind = waits[self.choose(3)] if self._waits else self._step
        return [said, *kind(0), self._say()]


def _in(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def run(text: str, unit: float) -> list[str]:
    """Run a program on the real clock, `unit` real seconds for one of its own."""
    lines: list[str] = []
    scope: dict[str, Any] = {"__name__": "program", "print": lambda text: lines.append(str(text))}
    exec(compile(text, "program", "exec"), scope)
    scope["UNIT"] = unit
    try:
        asyncio.run(scope["main"]())
    except BaseException as error:
        lines.append(f"raised {type(error).__name__}")
    return lines


if __name__ == "__main__":
    logging.disable()
    with ThreadPoolExecutor(8) as pool:
        unit = float(sys.argv[1])
        found = list(pool.map(lambda text: run(text, unit), json.load(sys.stdin)))
    json.dump(found, sys.stdout)
