"""Plays a program and returns its trace: who printed what, and when.

Bottom to top: ``trace`` is what is returned; ``choice`` tells which clock a program needs;
``process`` plays it on the real one; ``clock`` is the virtual one; ``watch`` takes note of what an
asyncio program does; ``virtual`` plays it on that clock; ``player`` is where a play begins;
``explore`` plays in other orders.
"""

from typing import TYPE_CHECKING, Any

from proven.stage.trace import Event, SnippetError, Trace

if TYPE_CHECKING:
    from proven.stage.player import load, names, path_of, perform, perform_script, play

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

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        """Load what plays when it is first asked for: most builds of pages play nothing."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from proven.stage import player

        return getattr(player, name)
