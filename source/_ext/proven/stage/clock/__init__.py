"""The virtual clock: a program that waits takes no time, and its seconds are exact.

One time line is shared by all event loops and all threads of a play.  It stands still
while any of them has something to do, and jumps to the next moment at which one of
them wants to go on.  Seconds count from 2026-01-01 09:00:00 UTC.

Bottom to top: ``real`` keeps Python's own clocks; ``cost`` measures what is computed; ``blocked``
tells whether threads can go on; ``line`` is the time line; ``names`` puts it behind the names
of Python's clocks; ``pool`` are its threads; ``sets`` orders sets of tasks; ``loop`` are its
event loops.
"""

from proven.stage.clock.line import Clock, Deadlock
from proven.stage.clock.loop import VirtualLoop, installed
from proven.stage.clock.names import EPOCH, hand_over

__all__ = ["EPOCH", "Clock", "Deadlock", "VirtualLoop", "hand_over", "installed"]
