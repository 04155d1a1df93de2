"""The same program at other paces: an honest one prints the same at each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SLOW = """
import itertools, sys, threading, time
lines, numbers, own = itertools.count(), itertools.count(1), threading.local()
def slow(frame, event, arg):
    if not hasattr(own, "number"):
        own.number = next(numbers)
    if frame.f_globals.get("__name__") == "__main__" and {which}:
        next(lines) < 40 and time.sleep(0.004)
        return slow
"""
_PACES = (
    *(
        f"{_SLOW.format(which=which)}threading.settrace(slow)"
        for which in ("True", "own.number % 2", "own.number % 2 == 0")
    ),
    f"{_SLOW.format(which=True)}sys.settrace(slow)",
)
_SWITCHES = "import sys; sys.setswitchinterval(1e-6)\n"
_BLOCK = re.compile(r"(async|class|def|for|if|try|while|with|@)\b|@|from __future__")


def at_other_paces(source: str) -> Iterator[str]:
    """Yield the program so that it dawdles: its threads, every other one, the main one.

    Lines keep their numbers wherever the first one can have a statement before it.
    """
    break_ = "\n" if _BLOCK.match(source) else ";"
    for code in _PACES:
        before = f"exec(compile({_SWITCHES + code!r}, '<pace>', 'exec'), {{}})"
        yield f"{before}{break_}{source}" if source.strip() else before
