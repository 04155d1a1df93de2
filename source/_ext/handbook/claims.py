"""Claims of the prose and the proofs that carry their ids.

A claim is a MyST span, ``[sentence]{.always #some-id}``; its proof is a test
under ``@pytest.mark.always("some-id")``.  Both are read as text, so that the
build needs no pytest and the tests need no Sphinx.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

VERBS = ("always", "sometimes", "never")
_CODE = re.compile(r"(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)")
_SPAN = re.compile(r"\]\{([^{}]*)\}")


@dataclass(frozen=True, order=True)
class Mark:
    """One end of a claim: the marked sentence or the proof.

    file: relative to the repository; line: counted from 1; test: the proof's name.
    """

    file: str
    line: int
    verb: str
    id: str
    test: str = ""

    @property
    def place(self) -> str:
        """Return file and line as tools print them."""
        return f"{self.file}:{self.line}"


def claims_in(root: Path) -> list[Mark]:
    """Return the claims of all pages under root/source, by file and line."""
    pages = sorted((root / "source").rglob("*.md"))
    return [claim for page in pages for claim in _claims_of(root, page)]


def proofs_in(root: Path) -> list[Mark]:
    """Return the proofs of all tests under root/tests, by file and line."""
    tests = sorted((root / "tests").rglob("test_*.py"))
    return [proof for test in tests for proof in _proofs_of(root, test)]


def disagreements(claims: Iterable[Mark], proofs: Iterable[Mark]) -> Iterator[tuple[Mark, str]]:
    """Yield each mark that lacks its counterpart, with a sentence that says what is wrong."""
    claim_of: dict[str, Mark] = {}
    proof_of: dict[str, Mark] = {}
    for what, marks, seen in (("claim", claims, claim_of), ("proof", proofs, proof_of)):
        for mark in marks:
            if not mark.id:
                yield mark, f"this {what} has no id"
                continue
            first = seen.setdefault(mark.id, mark)
            if first is not mark:
                yield mark, f"{what} id {mark.id!r} is already used at {first.place}"
    for id, claim in claim_of.items():
        proof = proof_of.get(id)
        if proof is None:
            yield claim, f"claim {id!r} has no proof"
        elif proof.verb != claim.verb:
            yield claim, f"claim {id!r} says {claim.verb}, its proof at {proof.place} {proof.verb}"
    for id, proof in proof_of.items():
        if id not in claim_of:
            yield proof, f"proof {id!r} ({proof.test}) has no claim in the pages"


def _claims_of(root: Path, page: Path) -> Iterator[Mark]:
    text = page.read_text(encoding="utf-8")
    for span in _SPAN.finditer(_without_literals(text)):
        words = span[1].split()
        verbs = [word[1:] for word in words if word[:1] == "." and word[1:] in VERBS]
        ids = [word[1:] for word in words if word[:1] == "#"]
        if verbs:
            line = text.count("\n", 0, span.start()) + 1
            yield Mark(page.relative_to(root).as_posix(), line, verbs[0], ids[0] if ids else "")


def _without_literals(text: str) -> str:
    """Blank out inline code, which may show a claim's syntax without making one."""
    return _CODE.sub(lambda code: " " * len(code[0]), text)


def _proofs_of(root: Path, test: Path) -> Iterator[Mark]:
    file = test.relative_to(root).as_posix()
    for function in ast.walk(ast.parse(test.read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef):
            continue
        for decorator in function.decorator_list:
            match decorator:
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Attribute(value=ast.Name(id="pytest"), attr="mark"), attr=verb
                    ),
                    args=[ast.Constant(value=str(id)), *_],
                ) if verb in VERBS:
                    yield Mark(file, decorator.lineno, verb, id, function.name)
