"""The states of a graph, its moves, and what is counted along them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from proven.stage.explore.schedule import CannotExplore

DONE = -1
"""The line of an actor that has come to its end."""

Label = tuple[str, str]
"""Who moves, and of several that wait for a signal the one that gets it (else "")."""


@dataclass(frozen=True)
class Move:
    """What `who` does next: the state after it, and what it reads, writes, takes and the like.

    which: of several that wait for a signal the one that gets it, if it is about that.
    """

    who: str
    to: int
    did: tuple[str, ...]
    which: str = ""


@dataclass
class State:
    """Where runs can be.

    stand: for each actor the line that it is about to execute, or where it waits (0: its
    expression, DONE), and what it waits for; shared: value of each shared name; moves: what
    may be next; end: what came of it, where nobody moves any more; breaks: whether that is
    what should not be.
    """

    stand: tuple[tuple[int, str], ...]
    shared: tuple[tuple[str, str], ...]
    moves: dict[Label, Move] = field(default_factory=dict)
    end: str = ""
    breaks: bool = False


def paths(states: list[State], *, broken: bool = False) -> int:
    """Return the number of paths from the begin to an end, or of those that break only."""
    counts: dict[int, int] = {}
    todo = [0]
    while todo:
        state = states[todo[-1]]
        unknown = [move.to for move in state.moves.values() if move.to not in counts]
        todo += unknown
        if not unknown:
            ends = bool(state.end) and (state.breaks or not broken)
            counts[todo.pop()] = ends + sum(counts[move.to] for move in state.moves.values())
    return counts[0]


def shortened(states: list[State]) -> list[State]:
    """Return the states if each move goes on until its actor stands before what is told.

    Raises CannotExplore if fewer ends could be reached so.
    """
    kept, new_numbers = [0], {0: 0}
    short: list[State] = []
    for number in kept:
        state = states[number]
        moves: dict[Label, Move] = {}
        for label, move in state.moves.items():
            while (then := states[move.to].moves.get((move.who, ""))) and not then.did:
                move = replace(move, to=then.to)
            if move.to not in new_numbers:
                new_numbers[move.to] = len(kept)
                kept.append(move.to)
            moves[label] = replace(move, to=new_numbers[move.to])
        short.append(replace(state, moves=moves))
    if {state.end for state in short} != {state.end for state in states}:
        raise CannotExplore("what leads to an end isn't told")
    return short


def hopes(states: list[State]) -> list[bool]:
    """Return for each state whether an order that breaks leads on from it."""
    leads_on: dict[int, bool] = {}
    todo = [0]
    while todo:
        state = states[todo[-1]]
        after = [move.to for move in state.moves.values()]
        unknown = [number for number in after if number not in leads_on]
        todo += unknown
        if not unknown:
            leads_on[todo.pop()] = state.breaks or any(leads_on[number] for number in after)
    return [leads_on[number] for number in range(len(states))]
