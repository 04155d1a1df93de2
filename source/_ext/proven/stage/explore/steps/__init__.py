"""What a run of threads or tasks did, step by step.

Bottom to top: ``values`` are those of a source's expressions; ``marks`` tells
after which steps a switch does harm; ``record`` keeps what was done.
"""

from proven.stage.explore.steps.marks import Effect, Step
from proven.stage.explore.steps.record import Steps

__all__ = ["Effect", "Step", "Steps"]
