"""A law: what a claim says of all programs, as a function of what one of them did."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.laws.record import Record

Judge = Callable[[Record], Iterator[bool]]
Break = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True)
class Law:
    """A claim's.

    judge: yields for each place of a play to which the law applies whether it holds there;
    broken: plants an implementation on which it doesn't.
    """

    claim: str
    judge: Judge
    broken: Break


LAWS: list[Law] = []


def law(claim: str, broken: Break) -> Callable[[Judge], Judge]:
    """Make a function the law of a claim; it may be that of several."""

    def take(judge: Judge) -> Judge:
        LAWS.append(Law(claim, judge, broken))
        return judge

    return take
