"""Leaves the stage's own frames out of all in which a program can see stacks.

Both kinds of play use it: frames are linked by `f_back`, tracebacks by `tb_next`, and these two
skip what is the stage's.  So inspect, traceback, pdb and asyncio's stacks show what they show
without the stage.  It imports nothing but Python's own.
"""

from __future__ import annotations

import os
import sys
import threading
import warnings
from types import BuiltinFunctionType, CoroutineType, FrameType, TracebackType

from _proven_types import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

STAGE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..")) + os.sep
"""The folder of whatever is the stage's own."""

getframe, current_frames = sys._getframe, sys._current_frames
"""Python's own, for the stage itself."""

back: Any = vars(FrameType)["f_back"].__get__
"""Returns the frame that called a frame, be it the stage's or not; None if there is none."""
following: Any = vars(TracebackType)["tb_next"]
"""The part of a traceback after another one, be it the stage's or not."""
_local = threading.local()


def is_own(frame: Any) -> bool:
    """Tell whether `frame` runs code of the stage."""
    return bool(frame.f_code.co_filename.startswith(STAGE))


def outer(frame: Any) -> Any:
    """Return `frame`, or the next one out of it that isn't the stage's; None if there is none."""
    while frame is not None and is_own(frame):
        frame = back(frame)
    return frame


def beyond(trace: Any) -> Any:
    """Return traceback `trace`, or the next part of it that isn't the stage's."""
    while trace is not None and is_own(trace.tb_frame):
        trace = following.__get__(trace)
    return trace


def hide() -> None:
    """Hide them from now on, in this process."""
    replace(FrameType, "f_back", property(lambda frame: outer(back(frame))))
    follow = property(
        lambda trace: beyond(following.__get__(trace)),
        lambda trace, value: following.__set__(trace, value),
    )
    replace(TracebackType, "tb_next", follow)
    replace(CoroutineType, "cr_origin", property(_origin_of))
    sys.set_coroutine_origin_tracking_depth = InC("sys", _track_origins, _set_depth.__doc__)
    sys.get_coroutine_origin_tracking_depth = InC("sys", _tracked, _get_depth.__doc__)
    sys._getframe = _getframe
    sys._current_frames = _current_frames
    warnings.warn = warn
    for name in ("trace", "profile"):
        _hide_from(name)


_origin: Any = vars(CoroutineType)["cr_origin"].__get__
_get_depth, _set_depth = (
    getattr(sys, f"{what}_coroutine_origin_tracking_depth") for what in ("get", "set")
)
_OWN = 2
"""Frames of the stage at most that may stand between those of the program and asyncio's."""


def _track_origins(depth: int) -> None:
    _set_depth(depth + _OWN if depth > 0 else depth)
    _local.depth = max(depth, getattr(_local, "depth", 0))


def _tracked() -> int:
    return max(0, int(_get_depth()) - _OWN)


def _origin_of(coroutine: Any) -> Any:
    """Return where a coroutine was made, as debug mode tells it."""
    origin = _origin(coroutine)
    if origin is None:
        return None
    shown = tuple(entry for entry in origin if not entry[0].startswith(STAGE))
    return shown[: getattr(_local, "depth", None)]


class InC:
    """What stands in for a function of C: no method of a class that keeps it, shown as Python's."""

    def __init__(self, module: str, function: Any, doc: str | None = None) -> None:
        if not callable(function):
            # It was taken for the base of a class.
            raise TypeError(f"cannot create '{type(self).__name__}' instances")
        self._function = function
        self.__module__, self.__doc__ = module, doc
        self.__name__ = self.__qualname__ = function.__name__

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._function(*arguments, **options)

    def __repr__(self) -> str:
        return f"<built-in function {self.__name__}>"

    def __reduce__(self) -> str:
        return str(self.__name__)

    # It can't be set, as with functions of C.
    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return BuiltinFunctionType


# A program that asks for the type reads the usual name.
for _name in ("__name__", "__qualname__"):
    setattr(InC, _name, BuiltinFunctionType.__name__)


for _function, _like in ((_track_origins, _set_depth), (_tracked, _get_depth)):
    _function.__name__ = _like.__name__


def _getframe(depth: int = 0, /) -> Any:
    frame = outer(getframe(1))
    while depth > 0 and frame is not None:
        frame, depth = outer(back(frame)), depth - 1
    if frame is None:
        raise ValueError("call stack is not deep enough")
    return frame


def _current_frames() -> dict[int, Any]:
    shown = {ident: outer(frame) for ident, frame in current_frames().items()}
    shown[threading.get_ident()] = outer(getframe(1))
    return {ident: frame for ident, frame in shown.items() if frame is not None}


def warn(
    message: Any, category: Any = None, stacklevel: int = 1, source: Any = None, **more: Any
) -> None:
    """Stand in for warnings.warn, which counts frames in C: the stage's don't count."""
    if "skip_file_prefixes" in more:
        more["skip_file_prefixes"] += (STAGE,)
        _warn(message, category, stacklevel, source, **more)
        return
    frame, counted, left = getframe(1), 2, max(stacklevel, 1)
    while frame is not None:
        if not _is_of_importing(frame):
            left -= not is_own(frame)
            if not left:
                break
            counted += 1
        frame = back(frame)
    _warn(message, category, counted, source, **more)


_warn = warnings.warn


def _is_of_importing(frame: Any) -> bool:
    """Tell whether warnings passes over `frame`, wherever it counts."""
    file = frame.f_code.co_filename
    return "importlib" in file and "_bootstrap" in file


_RECORDING = (
    *(
        "_proven_record.py",
        "_proven_stdout.py",
        "journal.py",
        "threads.py",
        "recorder.py",
        "meter.py",
    ),
    *("line.py", "sockets.py"),
)


def _is_for_records(frame: Any) -> bool:
    """Tell whether `frame` is the stage's, or of what it calls to take its notes."""
    while frame is not None and os.path.basename(frame.f_code.co_filename) == "contextlib.py":
        frame = back(frame)
    if frame is not None and is_own(frame):
        return True
    while frame is not None and not is_own(frame):
        frame = back(frame)
    return frame is not None and os.path.basename(frame.f_code.co_filename) in _RECORDING


def _hide_from(kind: str) -> None:
    """Let the functions given to sys.settrace or sys.setprofile see no frame of the stage."""
    set_ = getattr(sys, f"set{kind}")

    def put(function: Any, /) -> None:
        calls: list[Any] = []

        def seen(frame: Any, event: str, arg: Any) -> Any:
            if frame.f_code is InC.__call__.__code__ and kind == "profile":
                return in_c(frame, event)
            return None if _is_for_records(frame) else function(frame, event, arg)

        def in_c(frame: Any, event: str) -> None:
            """Let it hear of a stand-in what it would hear of the function of C."""
            caller = back(frame)
            if event == "call":
                calls.append(frame)
            elif event != "return" or not calls or calls.pop() is not frame:
                return
            if not _is_for_records(caller):
                function(caller, f"c_{event}", frame.f_locals["self"])

        setattr(_local, kind, function)
        set_(function and seen)

    def get() -> Any:
        return getattr(_local, kind, None)

    put.__name__ = put.__qualname__ = f"set{kind}"
    get.__name__ = get.__qualname__ = f"get{kind}"
    setattr(sys, f"set{kind}", InC("sys", put, set_.__doc__))
    setattr(sys, f"get{kind}", InC("sys", get))
