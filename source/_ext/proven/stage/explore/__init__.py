"""Explores the orders in which a program of threads or of tasks could go.

Bottom to top: ``schedule`` decides who goes next; ``threads`` and ``tasks`` are the two explorers;
``steps`` are what a run did; ``watching`` records them of tasks; ``scene`` finds the run that
breaks; ``graph`` is all runs of a scene at once; ``terminal`` shows them.
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
