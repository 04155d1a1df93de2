"""Watches a play of asyncio by hooks in its handles, tasks and locks.

Its journal tells who was created, ran, waited, held a lock and ended, and who woke whom.
"""

from proven.stage.watch.hooks import watching
from proven.stage.watch.journal import Journal

__all__ = ["Journal", "watching"]
