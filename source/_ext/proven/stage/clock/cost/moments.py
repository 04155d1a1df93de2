"""Moments and lapses as a program reads them: floats, but as exact as the clock."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

SECOND = 1_000_000_000


class Lapse(float):
    """Seconds between two readings, and what is counted with them.

    In real time each is a little longer than here: a wait that is reckoned from it ends a moment
    sooner, and which of two such waits that end at the same moment is over first nobody knows.
    late: 1 if real time makes it a little more, as what has elapsed, -1 if less, as what is left.
    """

    __slots__ = ("_late",)
    _late: int

    def __new__(cls, seconds: Any = 0.0, late: int = 0) -> Lapse:
        self = super().__new__(cls, seconds)
        self._late = late
        return self

    def __add__(self, other: Any) -> Any:
        return (
            other + float(self) if isinstance(other, Reading) else self._as(super().__add__, other)
        )

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._as(super().__sub__, other)

    def __rsub__(self, other: Any) -> Any:
        return self._as(super().__rsub__, other, -self._late)

    def __mul__(self, other: Any) -> Any:
        return self._as(super().__mul__, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._as(super().__truediv__, other)

    def __neg__(self) -> Any:
        return Lapse(-float(self), -self._late)

    def _as(self, reckon: Callable[[Any], Any], other: Any, late: int | None = None) -> Any:
        result = reckon(other)
        late = self._late if late is None else late
        return Lapse(result, late) if isinstance(result, float) else result

    def _real(self) -> float:
        return float(self) + self._late / SECOND

    def _beside(self, other: Any) -> tuple[Any, Any]:
        return (float(self), float(other)) if isinstance(other, Lapse) else (self._real(), other)

    def __round__(self, digits: Any = None) -> Any:
        return round(self._real(), digits)

    def __ceil__(self) -> int:
        return math.ceil(self._real())

    def __format__(self, form: str) -> str:
        return format(self._real() if form else float(self), form)

    def __reduce__(self) -> Any:
        return float, (float(self),)


class Reading(float):
    """A moment in seconds, exact to the nanosecond as the clock is: also what is counted from it.

    As a plain float 0.1 + 0.2 would be later than 0.3, and who has slept as long as that not yet
    through; in real time each sleep is a little late.  So of equal moments that one is later
    which is counted from a later reading.
    """

    __slots__ = ("_nanoseconds", "_read")
    _nanoseconds: int
    _read: int

    def __new__(cls, seconds: Any = 0.0) -> Any:
        """Return a plain float, as who calls the type of a float does."""
        return float(seconds)

    @classmethod
    def at(cls, nanoseconds: int, read: int | None = None) -> Reading:
        """Return that moment; read: that of the reading from which it is counted, if not itself."""
        self = float.__new__(cls, nanoseconds / SECOND)
        self._nanoseconds = nanoseconds
        self._read = nanoseconds if read is None else read
        return self

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, int | float) or not math.isfinite(other):
            return super().__add__(other)
        return Reading.at(self._nanoseconds + round(other * SECOND), self._read)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, Reading):
            late = (self._read > other._read) - (self._read < other._read)
            return Lapse((self._nanoseconds - other._nanoseconds) / SECOND, late)
        if not isinstance(other, int | float) or not math.isfinite(other):
            return super().__sub__(other)
        return Reading.at(self._nanoseconds - round(other * SECOND), self._read)

    def _beside(self, other: Any) -> tuple[Any, Any]:
        if not isinstance(other, Reading):
            return float(self), other
        return (self._nanoseconds, self._read), (other._nanoseconds, other._read)

    def __reduce__(self) -> Any:
        return float, (float(self),)


def _compared(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda one, other: compare(*one._beside(other))


# A program that asks for the type reads the usual name.
for _kind in (Reading, Lapse):
    for _compare in (operator.lt, operator.le, operator.gt, operator.ge):
        setattr(_kind, f"__{_compare.__name__}__", _compared(_compare))
    _kind.__name__ = _kind.__qualname__ = float.__name__
    _kind.__module__ = float.__module__
