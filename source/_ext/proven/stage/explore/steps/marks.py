"""What one step did, and after which steps a switch does harm."""

from __future__ import annotations

import linecache
from dataclasses import dataclass, field
from typing import Any

from proven.stage.trace import escaped


@dataclass
class Effect:
    """What a step did: reads or writes `name`, then `value` is there; or deletes, takes, waits.

    key: the place in memory, to tell whether others touch it, too; None if it is always told.
    """

    what: str
    name: str
    value: str = ""
    key: Any = None

    @property
    def changes(self) -> bool:
        """Whether others find another value after it."""
        return self.what in ("writes", "deletes")

    def __str__(self) -> str:
        # A line of its own with bars between its parts.
        value = escaped(self.value).replace("│", "\\u2502")
        if self.what in ("reads", "writes"):
            return f"{self.name} {'→' if self.what == 'reads' else '←'} {value}"
        return f"{self.what} {': '.join(filter(None, (self.name, value)))}"


@dataclass
class Step:
    """What `actor` does on `line` of the program; hurts: whether the switch after it does harm."""

    actor: str
    line: int
    effects: list[Effect] = field(default_factory=list)
    hurts: bool = False


def short(effects: list[Effect]) -> list[Effect]:
    """Leave out what is told twice in a row."""
    kept: list[Effect] = []
    for effect in effects:
        if not kept or str(kept[-1]) != str(effect):
            kept.append(effect)
    return kept


def mark(rows: list[Step], file: str, *, preemptive: bool) -> None:
    """Mark each step after which others change what its actor relies on, or take what it wants.

    Also one after which somebody cancels the actor, or sees what it wrote and beside it what it
    is yet to write.  Where none is such a step, the only one at which a thread had to stop in
    the middle is marked: the explorer finds the run with the fewest of them.
    """
    for place, row in enumerate(rows[:-1]):
        if rows[place + 1].actor == row.actor:
            continue
        back = next(
            (i for i in range(place + 1, len(rows)) if rows[i].actor == row.actor), len(rows)
        )
        seen = _relied_on(rows[: place + 1], rows[back:], row.actor, file)
        wanted = {
            effect.name.partition(",")[0]
            for later in rows[back : back + 1]
            for effect in later.effects
            if effect.what == "waits"
        }
        between = [effect for other in rows[place + 1 : back] for effect in other.effects]
        looked = {effect.key for effect in between if effect.what == "reads"}
        before, after = (_written(part, row.actor) for part in (rows[: place + 1], rows[back:]))
        row.hurts = back < len(rows) and (
            any(effect.changes and effect.key in seen for effect in between)
            or any((effect.what, effect.name) == ("cancels", row.actor) for effect in between)
            or any(effect.what == "takes" and effect.name in wanted for effect in between)
            or bool(looked & before and looked & after - before)
        )
    if preemptive and not any(row.hurts for row in rows):
        stops = [row for place, row in enumerate(rows) if _is_stopped(rows, place)]
        if len(stops) == 1:
            stops[0].hurts = True


def _is_stopped(rows: list[Step], place: int) -> bool:
    """Tell whether another moves after the step at `place`, though its actor could go on."""
    row, later = rows[place], rows[place + 1 :]
    goes_on = any(other.actor == row.actor for other in later)
    return goes_on and later[0].actor != row.actor and row.effects[-1].what != "waits"


def _relied_on(before: list[Step], after: list[Step], actor: str, file: str) -> set[Any]:
    """Return what the actor has asked in a condition, or overwrites without a second look."""
    asked = {
        effect.key
        for row in before
        if row.actor == actor
        and linecache.getline(file, row.line).strip().startswith(("if ", "while ", "for "))
        for effect in row.effects
    }
    later = (effect for row in after if row.actor == actor for effect in row.effects)
    first: dict[Any, bool] = {}
    for effect in later:
        first.setdefault(effect.key, effect.changes)
    seen = {effect.key for row in before if row.actor == actor for effect in row.effects}
    blind = {key for key, changes in first.items() if changes and key in seen}
    return (asked | blind) - {None}


def _written(rows: list[Step], actor: str) -> set[Any]:
    mine = (effect for row in rows if row.actor == actor for effect in row.effects)
    return {effect.key for effect in mine if effect.changes}
