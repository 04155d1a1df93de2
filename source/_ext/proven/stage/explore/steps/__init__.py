"""What a run of threads or tasks did, step by step.

Bottom to top: ``values`` are those of a source's expressions; ``record`` keeps what was done.
"""

from proven.stage.explore.steps.record import Effect, Step, Steps

__all__ = ["Effect", "Step", "Steps"]
