"""Where a thread may be interrupted: each bytecode that others could notice, on each interpreter.

A step that touches nothing but its own frame (a local variable, a constant, a
jump) changes nothing for others, and they change nothing for it: a switch before
it comes to the same as one before the next step that does.  So those are no
places of choice, and nothing is lost.  What isn't known to be such a step, is one.

Reading a global or an attribute whose name nobody writes while threads run isn't
a place either: `Names` learns the written names, and begins anew if there are more.
"""

from __future__ import annotations

import dis
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

_OWN_FRAME = (
    *("CACHE", "CHECK_EXC_MATCH", "CLEANUP_THROW", "COPY", "END_", "EXTENDED_ARG", "GEN_START"),
    *("BUILD_", "DELETE_FAST", "IS_OP", "JUMP", "KW_NAMES", "LIST_TO_TUPLE", "LOAD_CLOSURE"),
    *("LOAD_ASSERTION_ERROR", "LOAD_BUILD_CLASS", "LOAD_COMMON_CONSTANT", "LOAD_CONST"),
    *("LOAD_FAST", "LOAD_SMALL_INT", "LOAD_SPECIAL", "MAKE_CELL", "MAKE_FUNCTION", "NOP"),
    *("NOT_TAKEN", "POP_EXCEPT", "POP_ITER", "POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE"),
    *("POP_JUMP_FORWARD_IF_NONE", "POP_JUMP_FORWARD_IF_NOT_NONE", "POP_TOP", "PRECALL"),
    *("PUSH_", "RERAISE", "RESUME", "RETURN_", "SET_FUNCTION_ATTRIBUTE", "STORE_FAST", "SWAP"),
    *("UNARY_NOT", "RAISE_VARARGS"),
)
"""Begins of the names of operations that touch their own frame only."""

_JUMPS = ("POP_JUMP", "JUMP_IF_")
_MAKES_A_BOOL = ("COMPARE_OP", "CONTAINS_OP", "IS_OP", "UNARY_NOT", "TO_BOOL")
_ENTERS = ("CALL", "BEFORE_WITH", "WITH_EXCEPT_START")
_READS = ("LOAD_GLOBAL", "LOAD_ATTR", "LOAD_METHOD", "LOAD_NAME", "LOAD_DEREF")
_WRITES = ("STORE_", "DELETE_")
_NAMED = ("GLOBAL", "ATTR", "NAME", "DEREF")
_ANY_NAME = frozenset(
    {"__dict__", "__setattr__", "delattr", "eval", "exec", "globals", "locals", "setattr", "vars"}
)
"""Whoever uses one of these can write any name."""


@dataclass(frozen=True)
class Place:
    """A bytecode before which a switch can make a difference.

    enters: whether it may call one of the explorer's own locks, which then needs
    no place of choice again; reads: by which name, where that can't be noticed
    unless somebody writes the name; writes: by which name.
    """

    op: str
    enters: bool
    reads: str | None
    writes: str | None


@dataclass
class Names:
    """The names of globals and attributes that threads write; `grown` if there were new ones."""

    any: bool = False
    written: set[str] = field(default_factory=set)
    grown: bool = False

    def write(self, name: str) -> None:
        """Take note that a thread wrote this name."""
        if name not in self.written:
            self.written.add(name)
            self.grown = True

    def matters(self, place: Place) -> bool:
        """Tell whether a switch before this place can make a difference."""
        return place.reads is None or self.any or place.reads in self.written


def all_codes(code: CodeType) -> Iterator[CodeType]:
    """Yield `code` and the code of all that it defines."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from all_codes(constant)


def codes_of(thing: Any) -> Iterator[CodeType]:
    """Yield the code of a function, of a class's own methods or of a method; of others nothing."""
    if isinstance(thing, CodeType):
        yield from all_codes(thing)
    elif isinstance(thing, type):
        for own in vars(thing).values():
            yield from codes_of(own)
    elif isinstance(thing, property):
        for part in filter(None, (thing.fget, thing.fset, thing.fdel)):
            yield from codes_of(part)
    else:
        inner = getattr(thing, "__wrapped__", None) or getattr(thing, "__func__", None) or thing
        if isinstance(code := getattr(inner, "__code__", None), CodeType):
            yield from all_codes(code)


def uses_any_name(codes: Iterable[CodeType]) -> bool:
    """Tell whether somewhere names may be written that can't be read off the code."""
    return any(not _ANY_NAME.isdisjoint(code.co_names) for code in codes)


def places(code: CodeType) -> dict[int, Place]:
    """Return the places of `code` before which a switch can make a difference, by offset."""
    places = {}
    before = ""
    for step in dis.get_instructions(code):
        op = step.opname
        own = op.startswith(_OWN_FRAME) and not op.startswith("LOAD_FROM")
        if op.startswith(_JUMPS) and "NONE" not in op:
            # Until 3.12 a jump asks an object for its truth.
            own = before in _MAKES_A_BOOL
        if not own:
            reads = step.argval if op in _READS else None
            writes = step.argval if op.startswith(_WRITES) and op.endswith(_NAMED) else None
            places[step.offset] = Place(op, op.startswith(_ENTERS), reads, writes)
        if op not in ("CACHE", "EXTENDED_ARG"):
            before = op
    return places


Stop = Callable[[FrameType, int, Place], None]
"""Called before the bytecode at a place is executed: frame, offset, place."""


class Watch:
    """Calls `stop` before each bytecode of these codes that has a place, in the calling threads."""

    def __init__(self, codes: Iterable[CodeType], stop: Stop) -> None:
        self.places = {code: places(code) for code in codes}
        self._stop = stop
        self._trace = _tracer(self.places, stop)

    @contextmanager
    def on(self) -> Iterator[None]:
        """Watch while the block lasts."""
        if sys.version_info < (3, 12):
            yield
            return
        events, tool = sys.monitoring.events, 4
        sys.monitoring.use_tool_id(tool, "proven.stage.explore")
        sys.monitoring.register_callback(tool, events.INSTRUCTION, self._instruction)
        try:
            for code in self.places:
                sys.monitoring.set_local_events(tool, code, events.INSTRUCTION)
            yield
        finally:
            for code in self.places:
                sys.monitoring.set_local_events(tool, code, 0)
            sys.monitoring.register_callback(tool, events.INSTRUCTION, None)
            sys.monitoring.free_tool_id(tool)

    def watch_thread(self) -> None:
        """Watch the calling thread: before 3.12 each one asks for it."""
        if sys.version_info < (3, 12):
            sys.settrace(self._trace)

    def unwatch_thread(self) -> None:
        """Leave the calling thread alone again."""
        if sys.version_info < (3, 12):
            sys.settrace(None)

    def _instruction(self, code: CodeType, offset: int) -> Any:
        place = self.places[code].get(offset)
        if place is None:
            # Since 3.12, and mypy reads for 3.11.
            return sys.monitoring.DISABLE  # type: ignore[attr-defined]
        self._stop(sys._getframe(1), offset, place)
        return None


def _tracer(places: dict[CodeType, dict[int, Place]], stop: Stop) -> Any:
    """Return what sys.settrace calls: closures, since it does so at each bytecode."""

    def opcode(frame: FrameType, event: str, _: Any) -> Any:
        if event == "opcode":
            code = frame.f_code
            place = places[code].get(frame.f_lasti)
            if place is not None:
                stop(frame, frame.f_lasti, place)
                if code.co_freevars or code.co_cellvars:
                    # The interpreter writes its copy of the locals back when this returns: others
                    # may have changed a variable of a closure while this thread stood still.
                    _ = frame.f_locals
        return opcode

    def call(frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code not in places:
            return None
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        return opcode

    return call
