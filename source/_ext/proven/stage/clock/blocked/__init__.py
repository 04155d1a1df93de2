"""Who waits, and whether anything else may still bring what is waited for.

Bottom to top: ``waiters`` are those who wait; ``threads`` tells whether others can go on;
``sockets`` whether something is on its way between the program's own.
"""

from proven.stage.clock.blocked.sockets import all_sockets, are_on_their_way
from proven.stage.clock.blocked.threads import Limits, are_blocked_but
from proven.stage.clock.blocked.waiters import PAUSE, Due, Signal, Waiter

__all__ = [
    "PAUSE",
    "Due",
    "Limits",
    "Signal",
    "Waiter",
    "all_sockets",
    "are_blocked_but",
    "are_on_their_way",
]
