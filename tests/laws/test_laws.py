"""Laws hold in all of many random programs, and each fails where asyncio is broken."""

from __future__ import annotations

import asyncio
import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from tests.laws import of_cancelling, of_sharing, of_tasks
from tests.laws.law import LAWS, Law
from tests.laws.player import played
from tests.laws.written import program

PROGRAMS = int(os.environ.get("PROGRAMS", "500"))
"""PROGRAMS=20000 pytest tests/laws tries more."""
LEAST = 20
"""Places at which a law must have applied, or it says next to nothing."""
BROKEN = 150
"""Programs among which a broken asyncio must show."""

assert all((of_tasks, of_cancelling, of_sharing)), "the modules of laws"


@cache
def _judged() -> tuple[dict[str, Counter[int]], dict[str, int]]:
    """Return at how many places of which seeds each law applied, and the first seed against it."""
    applied: dict[str, Counter[int]] = {law.claim: Counter() for law in LAWS}
    against: dict[str, int] = {}
    for seed in range(PROGRAMS):
        record = played(seed)
        assert not record.broke, f"seed {seed}: {record.broke!r}\n{program(seed)}"
        for law in LAWS:
            places = [*law.judge(record)]
            applied[law.claim][seed] = len(places)
            if not all(places):
                against.setdefault(law.claim, seed)
    return applied, against


@pytest.mark.parametrize(
    "law", [pytest.param(law, id=law.claim, marks=pytest.mark.law(law.claim)) for law in LAWS]
)
def test_law_holds(law: Law, record_property: Callable[[str, object], None]) -> None:
    counts, against = _judged()
    applied, seed = counts[law.claim].total(), against.get(law.claim)
    assert seed is None, f"it doesn't hold in the program of seed {seed}:\n{program(seed)}"
    assert applied >= LEAST, f"it applied {applied} times in {PROGRAMS} programs"
    record_property("programs", PROGRAMS)
    record_property("applied", applied)


@pytest.fixture
def _remains() -> Iterator[None]:
    """Collect what a broken asyncio leaves behind while nobody complains about it.

    What can't be collected stays, or the collections after all later ones would look at it, too.
    """
    yield
    asyncio.set_event_loop(None)
    gc.collect()
    gc.freeze()


@pytest.mark.parametrize("law", [pytest.param(law, id=law.claim) for law in LAWS])
@pytest.mark.filterwarnings("ignore")
@pytest.mark.usefixtures("_remains")
def test_law_fails_on_a_broken_asyncio(law: Law) -> None:
    # Where it says something of the true asyncio, a fault shows soonest.
    applied = _judged()[0][law.claim]
    seeds = sorted(range(BROKEN), key=lambda seed: not applied[seed])
    with law.broken():
        is_seen = any(not all(law.judge(played(seed))) for seed in seeds)
    assert is_seen, f"{law.claim}: {BROKEN} programs don't show that asyncio is broken"
