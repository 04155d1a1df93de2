"""Claims of the prose and the proofs that carry their ids.

A claim is a MyST span, ``[sentence]{.always #some-id}``; its proof is a test under
``@pytest.mark.always("some-id")``.  Both are read as text: the build needs no pytest, the tests no
Sphinx.

What holds only on some interpreters says so on both ends: ``since="3.12"`` stands in the span and
in the mark.  ``added="3.14"`` stands in the span only, for what is proven to be lacking before.

``rests="asyncio.gather"`` is a promise, the target of the official documentation's inventory that
makes it; ``rests="cpython"`` is practice.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

VERBS = ("always", "sometimes", "never")
RANGES = ("since", "before", "gil")
"""What may stand beside the verb: the first version, the first one too new, gil="on" or "off"."""

# Inline code and roles may run over the end of a line, but not of a paragraph; fences aren't meant.
_CODE = re.compile(r"(?<!`)(`{1,2})(?!`)(?:[^\n]|\n(?![ ]*\n))+?(?<!`)\1(?!`)")
_SPAN = re.compile(r"\]\{([^{}]*)\}")
_RANGE = re.compile(rf"""\b({"|".join(RANGES)})=["']?([\w.]+)""")
_GIVEN = re.compile(r'\b(rests|added)="([^"]*)"')
_ONE_WAY = re.compile(r"^ *# one way: (.+)$", re.M)
_SEVERAL = re.compile(r"\b(?:ways|parametrize|explored)$")

PRACTICE = "cpython"
"""What a claim rests on that nobody promised."""


@dataclass(frozen=True, order=True)
class Mark:
    """One end of a claim: the marked sentence or the proof.

    file: relative to the repository; line: counted from 1; test: the proof's name;
    only: the interpreters for which it holds, if not for all, as (range, value);
    added: the version that added what it speaks of, "" if it says none;
    unknown: what stands in its span and means nothing: a misspelt verb or range;
    rests: on what a claim does, a target of the documentation or PRACTICE, "" if it doesn't say;
    several: whether a proof runs through several ways or explores; one_way: why it doesn't;
    text: the sentence or the proof as it is written.
    """

    file: str
    line: int
    verb: str
    id: str
    test: str = ""
    only: tuple[tuple[str, str], ...] = ()
    text: str = field(default="", compare=False)
    rests: str = field(default="", compare=False)
    added: str = field(default="", compare=False)
    unknown: str = field(default="", compare=False)
    several: bool = field(default=False, compare=False)
    one_way: str = field(default="", compare=False)

    @property
    def place(self) -> str:
        """Return file and line as tools print them."""
        return f"{self.file}:{self.line}"


def claims_in(pages: Mapping[str, str]) -> Iterator[Mark]:
    """Yield the claims of `pages`, texts by file, in their order."""
    for file, text in pages.items():
        yield from _claims_of(file, text)


def proofs_in(tests: Mapping[str, str]) -> Iterator[Mark]:
    """Yield the proofs of `tests`, texts by file, in their order."""
    for file, text in tests.items():
        yield from _proofs_of(file, text)


def nowhere_checked(marks: Iterable[Mark], pythons: Sequence[str]) -> Iterator[tuple[Mark, str]]:
    """Yield each mark whose range holds on none of `pythons`: nobody ever checks it."""
    for mark in marks:
        if any(nowhere(r, pythons) for r in (dict(mark.only), {"since": mark.added or "3"})):
            yield mark, f"{_said(mark)} holds on no interpreter of {', '.join(pythons)}"


def disagreements(claims: Iterable[Mark], proofs: Iterable[Mark]) -> Iterator[tuple[Mark, str]]:
    """Yield each mark that lacks its counterpart, with a sentence that says what is wrong."""
    claim_of: dict[str, Mark] = {}
    proof_of: dict[str, Mark] = {}
    for what, marks, seen in (("claim", claims, claim_of), ("proof", proofs, proof_of)):
        for mark in marks:
            if not mark.id:
                yield mark, f"this {what} has no id"
                continue
            if mark.unknown:
                allowed = f"{', '.join(VERBS)}; {', '.join(RANGES)}, added, rests"
                yield mark, f"{what} {mark.id!r}: {mark.unknown} means nothing here: {allowed} do"
            first = seen.setdefault(mark.id, mark)
            if first is not mark:
                yield mark, f"{what} id {mark.id!r} is already used at {first.place}"
    for id, claim in claim_of.items():
        proof = proof_of.get(id)
        if proof is None:
            yield claim, f"claim {id!r} has no proof"
        elif _said(proof) != _said(claim) and not claim.unknown:
            said = f"claim {id!r} says {_said(claim)}, its proof at {proof.place} {_said(proof)}"
            yield claim, said
    for id, proof in proof_of.items():
        if id not in claim_of:
            yield proof, f"proof {id!r} ({proof.test}) has no claim in the pages"


def excluded(only: Mapping[str, str], version: tuple[int, ...], *, gil: bool) -> str:
    """Return why a claim that holds only there says nothing of this interpreter, "" if it does."""
    reasons: dict[str, Callable[[str], bool]] = {
        "since": lambda value: version[:2] < _numbers(value),
        "before": lambda value: version[:2] >= _numbers(value),
        "gil": lambda value: gil != (value == "on"),
    }
    return ", ".join(f"{key} {value}" for key, value in only.items() if reasons[key](value))


def excluded_here(only: Mapping[str, str]) -> str:
    """Return why a claim that holds only there says nothing of the interpreter that runs."""
    return excluded(only, sys.version_info[:2], gil=has_gil())


def nowhere(only: Mapping[str, str], pythons: Sequence[str]) -> bool:
    """Tell whether what holds only there holds on none of `pythons` ("3.13t": without GIL)."""
    return bool(pythons) and all(
        excluded(only, _numbers(python.rstrip("t")), gil=not python.endswith("t"))
        for python in pythons
    )


def has_gil() -> bool:
    """Tell whether this interpreter runs with the GIL."""
    return bool(getattr(sys, "_is_gil_enabled", lambda: True)())


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _said(mark: Mark) -> str:
    return " ".join([mark.verb, *(f"{key} {value}" for key, value in mark.only)])


@lru_cache(None)
def _claims_of(file: str, text: str) -> list[Mark]:
    blank = _without_literals(text)
    claims = []
    for span in _SPAN.finditer(blank):
        words = span[1].split()
        verbs = [word[1:] for word in words if word[:1] == "." and word[1:] in VERBS]
        ids = [word[1:] for word in words if word[:1] == "#"]
        if verbs or ids:
            claims.append(
                Mark(
                    file,
                    text.count("\n", 0, span.start()) + 1,
                    verbs[0] if verbs else "",
                    ids[0] if ids else "",
                    only=tuple(sorted(_RANGE.findall(span[1]))),
                    text=text[_opening(blank, span.start()) + 1 : span.start()],
                    **dict(_GIVEN.findall(span[1])),
                    unknown=_unknown(span[1]),
                )
            )
    return claims


def _unknown(attributes: str) -> str:
    """Return the first of a span's attributes that means nothing, "" if all do."""
    bare = re.sub(r'"[^"]*"', '""', attributes)
    for word in bare.split():
        name, is_given, _ = word.partition("=")
        if (is_given and name not in (*RANGES, "added", "rests")) or (
            word[:1] == "." and word[1:] not in VERBS
        ):
            return word if not is_given else name
    return ""


def _opening(text: str, end: int) -> int:
    """Return where the bracket opens that closes at `end`; -1 if nowhere."""
    depth = 0
    for place in range(end, -1, -1):
        depth += (text[place] == "]") - (text[place] == "[")
        if not depth:
            return place
    return -1


def _without_literals(text: str) -> str:
    """Blank out inline code, which may show a claim's syntax without making one."""
    return _CODE.sub(lambda code: " " * len(code[0]), text)


@lru_cache(None)
def _proofs_of(file: str, source: str) -> list[Mark]:
    lines = source.splitlines(keepends=True)
    proofs = []
    for function in _tests_of(ast.parse(source, file).body):
        for decorator in function.decorator_list:
            match decorator:
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Attribute(value=ast.Name(id="pytest"), attr="mark"), attr=verb
                    ),
                    args=[ast.Constant(value=str(id)), *_],
                    keywords=keywords,
                ) if verb in VERBS:
                    only = [(str(word.arg), ast.literal_eval(word.value)) for word in keywords]
                    first = min(decorator.lineno for decorator in function.decorator_list)
                    text = "".join(lines[first - 1 : function.end_lineno])
                    proofs.append(
                        Mark(
                            file,
                            decorator.lineno,
                            verb,
                            id,
                            function.name,
                            only=tuple(sorted(only)),
                            text=text,
                            several=_is_several(function),
                            one_way="".join(_ONE_WAY.findall(text)[:1]),
                        )
                    )
    return proofs


def _is_several(function: ast.FunctionDef) -> bool:
    """Tell whether a test runs through ways, by its decorators, or explores, by its fixture."""
    called = (each.func for each in function.decorator_list if isinstance(each, ast.Call))
    names = [*map(ast.unparse, called), *(argument.arg for argument in function.args.args)]
    return any(_SEVERAL.search(name) for name in names)


def _tests_of(body: list[ast.stmt]) -> Iterator[ast.FunctionDef]:
    """Yield the functions that pytest may collect: what stands within others it doesn't see."""
    for statement in body:
        if isinstance(statement, ast.FunctionDef):
            yield statement
        elif isinstance(statement, ast.ClassDef):
            yield from _tests_of(statement.body)
