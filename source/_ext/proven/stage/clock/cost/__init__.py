"""What time it is, and what computing costs.

Bottom to top: ``moments`` are what a program reads; ``meter`` measures what it computes meanwhile.
"""

from proven.stage.clock.cost.meter import (
    NOTHING,
    READ,
    READS,
    STEPS,
    Computed,
    Meter,
    Now,
    first_line,
)
from proven.stage.clock.cost.moments import SECOND, Lapse, Reading, exact, type_of

__all__ = [
    "NOTHING",
    "READ",
    "READS",
    "SECOND",
    "STEPS",
    "Computed",
    "Lapse",
    "Meter",
    "Now",
    "Reading",
    "exact",
    "first_line",
    "type_of",
]
