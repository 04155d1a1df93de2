"""What old answers recommend, and what an interpreter makes of it: rows of a page's table.

As a script it gets a list of programs in JSON on stdin, and prints the list of what each did.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import warnings

WORKS, WARNS = "работает", "предупреждает"

RECIPES = {
    "`get_event_loop()` вне корутины": "asyncio.get_event_loop()",
    "`get_event_loop()` в корутине": "asyncio.run(current())",
    "`ensure_future(work())` вне корутины": "asyncio.ensure_future(work())",
    "`ensure_future(work())` в корутине": "asyncio.run(future())",
    "`asyncio.get_child_watcher()`": "asyncio.get_child_watcher()",
    "`set_event_loop_policy(…)`": "asyncio.set_event_loop_policy(None)",
    "`asyncio.iscoroutinefunction(…)`": "asyncio.iscoroutinefunction(work)",
    "`except asyncio.TimeoutError`": "asyncio.TimeoutError",
    "`thread.setDaemon(True)`": "threading.Thread().setDaemon(True)",
    "`threading.currentThread()`": "threading.currentThread()",
}
"""The first cell of the row, and the program."""


async def work() -> None:
    """Do nothing."""


async def current() -> object:
    """Return the loop as old programs do."""
    return asyncio.get_event_loop()


async def future() -> None:
    """Start a task as old programs do."""
    await asyncio.ensure_future(work())


def outcome(program: str) -> str:
    """Return what this interpreter makes of `program`: the name of an error, WARNS or WORKS."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec(program, globals())
        except Exception as error:
            return f"`{type(error).__name__}`"
    return WARNS if any(each.category is DeprecationWarning for each in caught) else WORKS


def apart(program: str) -> str:
    """Return its outcome in a process of its own: which loop is current is a matter of history."""
    into, out = os.pipe()
    if not os.fork():
        os.write(out, outcome(program).encode())
        os._exit(0)
    os.close(out)
    with open(into, encoding="utf-8") as told:
        result = told.read()
    os.wait()
    return result


if __name__ == "__main__":
    assert threading.active_count() == 1
    print(json.dumps([apart(program) for program in json.load(sys.stdin)]))
