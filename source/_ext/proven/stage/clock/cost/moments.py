"""Moments and lapses as a program reads them: floats, but as exact as the clock."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

SECOND = 1_000_000_000


class _Float(type):
    """The class of both: it equals float, and is shown as float is."""

    def __eq__(cls, other: object) -> bool:
        return other is float or type(other) is _Float

    def __hash__(cls) -> int:
        return hash(float)

    def __dir__(cls) -> Any:
        return dir(float)

    @property  # type: ignore[misc]  # as Python itself has it, it could be set
    def __mro__(cls) -> Any:
        return float.__mro__

    @property  # type: ignore[misc]  # as Python itself has it, it could be set
    def __class__(cls) -> Any:
        return type


class _Moment(float, metaclass=_Float):
    """What both have in common."""

    __slots__ = ()

    @property  # type: ignore[misc]  # as Python itself has it, it could be set
    def __class__(self) -> Any:
        return float

    def __dir__(self) -> Any:
        return dir(0.0)

    def __reduce__(self) -> Any:
        return float, (float(self),)


class Lapse(_Moment):
    """Seconds between two readings, and what is counted with them.

    In real time each is a little more than here if it has elapsed, and a little less if it is left:
    so is its value, but what is shown of it is exact.  A wait that is reckoned from it ends a
    moment sooner, and which of two such waits that end at the same moment is over first nobody
    knows.
    """

    __slots__ = ("_exact",)
    _exact: float

    def __new__(cls, value: Any = 0.0, exact: float | None = None) -> Lapse:
        self = super().__new__(cls, value)
        self._exact = float(self) if exact is None else exact
        return self

    def __add__(self, other: Any) -> Any:
        return other + self._exact if isinstance(other, Reading) else self._by(operator.add, other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._by(operator.sub, other)

    def __rsub__(self, other: Any) -> Any:
        return self._by(lambda one, two: two - one, other)

    def __mul__(self, other: Any) -> Any:
        return self._by(operator.mul, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self._by(operator.truediv, other)

    def __neg__(self) -> Any:
        return Lapse(-float(self), -self._exact)

    def _by(self, reckon: Callable[[Any, Any], Any], other: Any) -> Any:
        if not isinstance(other, int | float):
            return NotImplemented
        exact = other._exact if type(other) is Lapse else other
        return Lapse(reckon(float(self), float(other)), reckon(self._exact, exact))

    def __repr__(self) -> str:
        return repr(self._exact)

    def __eq__(self, other: object) -> bool:
        # Of what is shown of it, be it by repr or by what reads the value, as json does.
        return exact(other) in (self._exact, float(self))

    def __hash__(self) -> int:
        return hash(self._exact)

    def __format__(self, form: str) -> str:
        return format(float(self) if form else self._exact, form)


class Reading(_Moment):
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
    def at(cls, nanoseconds: int, read: int, value: float | None = None) -> Reading:
        """Return that moment; read: how late was read what it is counted from; value: if not so."""
        self = float.__new__(cls, nanoseconds / SECOND if value is None else value)
        self._nanoseconds, self._read = nanoseconds, read
        return self

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, int | float) or not math.isfinite(other):
            return super().__add__(other)
        nanoseconds = self._nanoseconds + round(exact(other) * SECOND)
        return Reading.at(nanoseconds, self._read, super().__add__(exact(other)))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        if type(other) is Reading:
            late = (self._read > other._read) - (self._read < other._read)
            lapse = self._nanoseconds - other._nanoseconds
            return Lapse((lapse + late) / SECOND, lapse / SECOND)
        if not isinstance(other, int | float) or not math.isfinite(other):
            return super().__sub__(other)
        return self + -other

    # What hashes like a float must stay one.
    __hash__ = float.__hash__


def exact(seconds: Any) -> Any:
    """Return how many seconds a program means that has reckoned with what it read."""
    return seconds._exact if type(seconds) is Lapse else seconds


def type_of(value: Any) -> type:
    """Stand in for type in the program: of what it has read that is float."""
    return float if isinstance(value, _Moment) else type(value)


def _compared(compare: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def by(one: Reading, other: Any) -> Any:
        if type(other) is not Reading:
            return compare(float(one), other)
        return compare((one._nanoseconds, one._read), (other._nanoseconds, other._read))

    return by


# A program that asks for the type reads the usual name.
for _kind, _like in ((Reading, float), (Lapse, float), (_Float, type)):
    _kind.__name__ = _kind.__qualname__ = _like.__name__
    _kind.__module__ = _like.__module__
for _compare in (operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne):
    setattr(Reading, f"__{_compare.__name__}__", _compared(_compare))
