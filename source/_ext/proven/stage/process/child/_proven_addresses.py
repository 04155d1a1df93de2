"""Lets objects lie elsewhere in memory, so that another order of a set of them shows.

A set of objects without a hash of their own is gone through by their addresses, which are the
same in each run of one program, but not on another machine or after any change.
"""

from __future__ import annotations

import os

_kept: list[object] = []


def shift() -> None:
    """Let free memory for small objects lie as PYTHONHASHSEED says, if it says anything.

    Who plays an output again sets it, for the order that hangs on hashes of text.
    """
    seed = os.environ.get("PYTHONHASHSEED", "")
    # A library may set any for its own processes, as Dask does.
    number = int(seed) % 100 if seed.isdigit() else 0
    if not number:
        return
    count, step = 64 + 7 * number, 2 * number + 1
    for places in range(0, 60, 2):
        # Without the GIL plain objects, those with references and those that are referred to
        # weakly lie in heaps of their own.
        slots = (*map("_{}".format, range(places)), "__weakref__")
        weak = type("Kept", (), {"__slots__": slots})
        for make in (
            lambda places=places: bytes(8 * places + 1),
            lambda places=places: (None,) * (places + 1),
            weak,
        ):
            taken: list[object] = [make() for _ in range(count)]
            # What is let go is what the next objects get, latest first.
            for place in range(0, count * step, 2 * step):
                taken[place % count] = None
            _kept.append(taken)
