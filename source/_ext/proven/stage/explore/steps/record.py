"""What the steps of one run read and wrote, held and waited for: the rows of an interleaving.

A step is what one actor does on one source line until another actor moves or it
goes on to another line.  Kept is what others could notice: what two actors
touch, one of them writing, and what is done with locks and the like.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol

from proven.stage.explore.steps.marks import Effect, Step, mark, short
from proven.stage.explore.steps.values import (
    CONTAINERS,
    WAITED_FOR,
    asks,
    is_module,
    next_op,
    node_at,
    shown,
    text_of,
    value_of,
)
from proven.stage.explore.threads.bytecode import Place

_TAKES_ALL = ("GET_ITER", "TO_BOOL", "POP_JUMP", "UNARY_NOT", "JUMP_IF")
_QUIET = ("asks", "starts")


class Who(Protocol):
    """An actor: its name is all that is needed."""

    name: str


class Steps:
    """Records a run of the program in `file`; `steps()` then returns its rows.

    preemptive: whether a turn may pass to another anywhere, as with threads.
    """

    def __init__(self, file: str, *, preemptive: bool = True) -> None:
        self._file = file
        self._preemptive = preemptive
        self._steps: list[Step] = []
        self._frame: FrameType | None = None
        self._at: dict[str, tuple[FrameType, int]] = {}
        self._pending: Callable[[], None] | None = None
        self._alive: list[Any] = []
        self._seen = 0, 0

    def opcode(self, actor: Who, frame: FrameType, offset: int, place: Place) -> None:
        """Take note of a bytecode that is about to be executed."""
        self.flush()
        code = frame.f_code
        if code.co_filename != self._file:
            return
        line, node = node_at(code, offset)
        if line:
            self._at[actor.name] = frame, line
        if node is None:
            return
        if place.op.startswith("STORE_"):
            step = self._step(actor.name)
            self._pending = lambda: self._note(step, frame, node, "writes")
        elif place.op.startswith("DELETE_"):
            # Afterwards it can't be looked up any more.
            self._note(self._step(actor.name), frame, node, "deletes")
        elif place.op.startswith("CALL"):
            if asks(node):
                self._note(self._step(actor.name), frame, node, "reads")
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                base = node.func.value
                known, value = value_of(base, frame)
                if known and isinstance(value, CONTAINERS):
                    step, before = self._step(actor.name), repr(value)

                    def called() -> None:
                        what = "reads" if repr(value) == before else "writes"
                        self._note(step, frame, base, what, whole=True)

                    self._pending = called
        elif not isinstance(node, ast.Call):
            whole = next_op(frame.f_code, offset).startswith(_TAKES_ALL)
            self._note(self._step(actor.name), frame, node, "reads", whole=whole)

    def act(self, actor: Who, what: str, name: str, value: str = "") -> None:
        """Take note of what an actor did with a lock or the like."""
        self.flush()
        if what not in _QUIET:
            self._step(actor.name).effects.append(Effect(what, name, value))

    def flush(self) -> None:
        """See what the latest step wrote."""
        pending, self._pending = self._pending, None
        if pending:
            pending()

    def latest(self) -> list[str]:
        """Return what was done since this was called last."""
        self.flush()
        step, effect = self._seen
        new = [one for later in self._steps[step:] for one in later.effects][effect:]
        if self._steps:
            self._seen = len(self._steps) - 1, len(self._steps[-1].effects)
        return [str(one) for one in new]

    def steps(self) -> list[Step]:
        """Return what matters of the run, in order."""
        self.flush()
        users: dict[Any, set[str]] = {}
        written: set[Any] = set()
        for step in self._steps:
            for effect in step.effects:
                users.setdefault(effect.key, set()).add(step.actor)
                if effect.changes:
                    written.add(effect.key)
        shared = {key for key in written if len(users[key]) > 1} | {None}
        rows: list[Step] = []
        for step in self._steps:
            effects = [effect for effect in step.effects if effect.key in shared]
            if not effects:
                continue
            if rows and (rows[-1].actor, rows[-1].line) == (step.actor, step.line):
                rows[-1].effects += effects
            else:
                rows.append(Step(step.actor, step.line, effects))
        for row in rows:
            row.effects = short(row.effects)
        mark(rows, self._file, preemptive=self._preemptive)
        return rows

    def _step(self, name: str) -> Step:
        frame, line = self._at.get(name, (None, 0))
        last = self._steps[-1] if self._steps else None
        if last is None or (last.actor, last.line, self._frame) != (name, line, frame):
            self._steps.append(Step(name, line))
            self._frame = frame
        return self._steps[-1]

    def _note(
        self, step: Step, frame: FrameType, node: ast.expr, what: str, *, whole: bool = False
    ) -> None:
        known, value = value_of(node, frame)
        if not known or isinstance(value, WAITED_FOR) or callable(value) or is_module(value):
            return
        base: Any = None
        # Of a container, this is only the way to it: what is done with it comes next.
        way = isinstance(node, ast.Attribute) and what == "reads" and not whole
        if isinstance(node, ast.Attribute):
            base = value_of(node.value, frame)[1]
            key: Any = (id(base), node.attr)
        elif isinstance(node, ast.Subscript):
            base = value_of(node.value, frame)[1]
            key = id(base)
        elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
            base = value_of(node.comparators[0], frame)[1]
            key = id(base)
        elif isinstance(node, ast.Call):
            base = value_of(node.args[0], frame)[1]
            key = id(base)
        elif isinstance(node, ast.Name) and node.id in frame.f_code.co_varnames:
            return
        elif isinstance(node, ast.Name):
            key = node.id
        else:
            return
        if isinstance(value, CONTAINERS) and (whole or what == "reads") and not way:
            key = id(value)
        self._alive += [base, value]
        text = "" if what == "deletes" else shown(value)
        step.effects.append(Effect(what, text_of(node), text, key))
