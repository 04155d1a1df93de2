"""Plays a program and returns its trace: who printed what, and when.

Bottom to top: ``trace`` is what is returned; ``choice`` tells which clock a program needs;
``process`` plays it on the real one; ``clock`` is the virtual one; ``watch`` takes note of what an
asyncio program does; ``virtual`` plays it on that clock; ``player`` is where a play begins;
``explore`` plays in other orders.
"""

from proven.stage.player import load, names, path_of, perform, perform_script, play
from proven.stage.trace import Event, SnippetError, Trace

__all__ = [
    "Event",
    "SnippetError",
    "Trace",
    "load",
    "names",
    "path_of",
    "perform",
    "perform_script",
    "play",
]
