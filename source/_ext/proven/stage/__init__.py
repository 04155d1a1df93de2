"""Plays a program and returns its trace: who printed what, and when."""

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
