"""Laws: claims checked in random programs, functions under ``@law("some-id", …)``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping

from proven.claims import Mark


def laws_in(tests: Mapping[str, str]) -> Iterator[Mark]:
    """Yield the laws of `tests`, texts by file, in their order."""
    for file, text in tests.items():
        for function in ast.parse(text, file).body:
            for decorator in getattr(function, "decorator_list", ()):
                match decorator:
                    case ast.Call(func=ast.Name(id="law"), args=[ast.Constant(value=str(id)), *_]):
                        name = getattr(function, "name", "")
                        yield Mark(file, decorator.lineno, "law", id, name)


def lawless(claims: Iterable[Mark], laws: Iterable[Mark]) -> Iterator[tuple[Mark, str]]:
    """Yield each law of no claim, or of one that has a law, with what is wrong."""
    ids = {claim.id for claim in claims}
    seen: dict[str, Mark] = {}
    for law in laws:
        first = seen.setdefault(law.id, law)
        if law.id not in ids:
            yield law, f"law {law.id!r} ({law.test}) has no claim in the pages"
        elif first is not law:
            yield law, f"claim {law.id!r} has its law at {first.place} already"
