"""Explores the orders in which a program of threads or of tasks could go."""

from proven.stage.explore.loop import Deadlock
from proven.stage.explore.schedule import CannotExplore, Exploration, Failure
from proven.stage.explore.standins import load, queues, threading
from proven.stage.explore.tasks import Tasks, interleavings
from proven.stage.explore.threads import Threads, program

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
