"""Watches a play of asyncio by hooks in its handles, tasks and locks.

Its journal tells who was created, ran, waited, held a lock and ended, and who woke whom.

Bottom to top: ``depth`` is the recursion limit; ``actors`` gives tasks their names; ``journal``
takes note; ``hooks`` and ``threads`` tell it.
"""

from proven.stage.watch.hooks import watching
from proven.stage.watch.journal import Journal
from proven.stage.watch.threads import prepare_threads, watch_threads

__all__ = ["Journal", "prepare_threads", "watch_threads", "watching"]
