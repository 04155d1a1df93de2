"""Changes attributes of classes of C, whose own dicts are reached by the collector only."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

HIGH = 100
"""Below it are the descriptors of the program itself."""


def replace(kind: type, name: str, value: Any) -> None:
    """Let attribute `name` of a class be `value`."""
    if "ctypes" not in sys.modules:
        _load_ctypes()
    import ctypes

    gc.get_referents(vars(kind))[0][name] = value
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


def _load_ctypes() -> None:
    """Load it so that what libffi may open, and keep, has no number that the program would get."""
    taken = [os.open(os.devnull, os.O_RDONLY)]
    try:
        while taken[-1] < HIGH:
            taken.append(os.dup(taken[-1]))
    except OSError:
        pass  # No more are allowed.
    try:
        os.close(taken.pop())
        import ctypes  # noqa: F401 - kept: its import is the work
    finally:
        for descriptor in taken:
            os.close(descriptor)
