"""Plays on the virtual clock: a program by `play_virtually`, a coroutine by `perform`."""

from proven.stage.virtual.perform import DEADLINE, deadline, perform
from proven.stage.virtual.zygote import play_virtually

__all__ = ["DEADLINE", "deadline", "perform", "play_virtually"]
