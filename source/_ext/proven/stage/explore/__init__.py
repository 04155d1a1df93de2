"""Explores the orders in which a program of threads or of tasks could go."""

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
