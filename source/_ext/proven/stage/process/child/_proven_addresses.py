"""Lets objects lie elsewhere in memory, so that another order of a set of them shows.

A set of objects without a hash of their own is gone through by their addresses, which are the
same in each run of one program, but not on another machine or after any change.
"""

from __future__ import annotations

import os

_kept: list[object] = []


def shift() -> None:
    """Take so much memory, of each size of small objects, as PYTHONHASHSEED says, if it does.

    Who plays an output again sets it, for the order that hangs on hashes of text.
    """
    seed = os.environ.get("PYTHONHASHSEED", "")
    count = 7 * int(seed) if seed.isdigit() else 0
    for size in range(0, 480, 16):
        _kept.extend(bytes(size + 1) for _ in range(count))
