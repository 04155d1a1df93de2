"""Plays on the virtual clock: a program by `play_virtually`, a coroutine by `perform`.

Bottom to top: ``recorder`` takes what is printed; ``stacks`` tells who waits for what; ``perform``
plays a coroutine in this process; ``audit`` notices the outside world; ``program`` runs a file as
the main program; ``zygote`` starts a process for each play; ``child`` is that process; ``start`` is
what the zygote is started as.
"""

from proven.stage.virtual.perform import DEADLINE, deadline, perform
from proven.stage.virtual.zygote import play_virtually, rest

__all__ = ["DEADLINE", "deadline", "perform", "play_virtually", "rest"]
