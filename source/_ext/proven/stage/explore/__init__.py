"""Explores the orders in which a program of threads or of tasks could go.

Bottom to top: ``schedule`` says who goes on; ``threads`` and ``tasks`` are run by it; ``values``
are shown; ``steps`` are what a thread does; ``watching`` takes note of them; ``scene`` is all of a
run; ``terminal`` shows it.
"""

from proven.stage.explore.schedule import CannotExplore, Exploration, Failure
from proven.stage.explore.tasks.loop import Deadlock
from proven.stage.explore.tasks.program import Tasks, interleavings
from proven.stage.explore.threads.program import Threads, program
from proven.stage.explore.threads.standins import load, queues, threading

__all__ = [
    "CannotExplore",
    "Deadlock",
    "Exploration",
    "Failure",
    "Tasks",
    "Threads",
    "interleavings",
    "load",
    "program",
    "queues",
    "threading",
]
