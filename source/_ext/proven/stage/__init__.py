"""Plays a program and returns its trace: who printed what, and when.

Bottom to top: ``trace`` is what is returned; ``process`` plays a program in a process of its own;
``clock`` is the virtual clock; ``watch`` takes note of what an asyncio program does; ``player``
plays; ``explore`` plays in other orders.  ``child`` is the recorder in that process.
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
