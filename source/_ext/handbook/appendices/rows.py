"""The rows of the ledger: what each says of its claim, in words, for screens and for paper."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes
from proven.claims import PRACTICE, VERBS, Mark
from proven.findings import Finding

from handbook import badges
from handbook.domain import handbook, reading_order

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

IN_RUSSIAN = {"always": "всегда", "sometimes": "бывает", "never": "никогда"}
_OUTCOMES = {
    "unchecked": "ещё не проверено",
    "failed": "не прошло",
    "skipped": "не запускалось",
}
"""What a row says of versions on which its proof didn't pass."""


@dataclass(frozen=True)
class Row:
    """What the ledger says of one claim.

    number: its place in reading order; page, id, verb: of the claim; sentence: its span;
    proof: its test; when: verb and ranges, in how many ways it was tried, how much was explored;
    exceptions: the versions on which it didn't pass; promise: name and address of the place in
    the documentation that promises it, None for what CPython does;
    is_partial: whether it holds or passed not everywhere.
    """

    number: int
    page: str
    id: str
    verb: str
    sentence: nodes.inline
    proof: Mark | None
    when: str
    exceptions: list[str]
    promise: tuple[str, str] | None
    is_partial: bool

    @property
    def rests(self) -> str:
        """On what the claim rests, in words."""
        return f"обещает {self.promise[0]}" if self.promise else "так делает CPython"


def numbered(env: BuildEnvironment) -> Iterator[tuple[int, str, str]]:
    """Yield each claim's number, page and id, in reading order."""
    sentences = handbook(env).sentences
    claims = ((page, id) for page in reading_order(env) for id in sentences.get(page, ()))
    for number, (page, id) in enumerate(claims, 1):
        yield number, page, id


def numbers(env: BuildEnvironment) -> dict[str, int]:
    """Return each claim's number: its row in the ledger, in reading order."""
    return {id: number for number, _page, id in numbered(env)}


def rows(env: BuildEnvironment) -> Iterator[Row]:
    """Yield all rows in reading order."""
    store = handbook(env)
    findings = {each.version: store.book.current(each, "claims") for each in store.book.evidence}
    for number, page, id in numbered(env):
        sentence = store.sentences[page][id]
        verb = next(verb for verb in VERBS if verb in sentence["classes"])
        claim = store.book.claims.get(id)
        only, rests = badges.where(claim), claim.rests if claim else PRACTICE
        own = {version: claims.get(id) for version, claims in findings.items()}
        recorded = [finding for finding in own.values() if finding]
        differs = any(finding.outcome != "passed" for finding in recorded)
        yield Row(
            *(number, page, id, verb, sentence),
            proof=store.book.proofs.get(id),
            when=_when(verb, only, recorded),
            exceptions=list(_exceptions(own)),
            promise=store.promise(rests),
            is_partial=bool(only) or differs,
        )


def _when(verb: str, only: tuple[tuple[str, str], ...], findings: list[Finding]) -> str:
    """Return verb and versions in Russian, in how many ways it was tried, how much explored."""
    parts = [", ".join([IN_RUSSIAN[verb], *(short for short, _ in badges.words(only))])]
    ways = max((finding.ways for finding in findings), default=0)
    if ways:
        parts.append("одним способом" if ways == 1 else f"способов {ways}")
    most = max(findings, key=lambda finding: finding.explored, default=None)
    if most and most.explored:
        parts.append(f"перебрано {most.explored}{_how(most.how)}")
    if programs := max((finding.programs for finding in findings), default=0):
        # «В 500 случайных программах» is right for any number that doesn't end in one.
        parts.append(f"верно и в {programs} случайных программах")
    return "; ".join(parts)


def _how(how: str) -> str:
    """Return in Russian how a proof explored: all orders or which part, and at which grain."""
    if not how:
        return ": не порядки, а входные данные"
    (kind, *bound), grain = (part.split() for part in how.split(", "))
    kinds = {
        "exhaustive": "все порядки",
        "bounded": f"все порядки, где вытеснений не больше {''.join(bound)}",
        "random": "случайные порядки",
    }
    grains = {"bytecode": "на каждом шаге байт-кода", "wait": "на каждом ожидании"}
    return f": {kinds[kind]}, переключение возможно {grains[grain[-1]]}"


def _exceptions(findings: Mapping[str, Finding | None]) -> Iterator[str]:
    """Yield on which versions the proof did not pass, and why if it was kept from running."""
    versions: dict[tuple[str, str], list[str]] = {}
    for version, finding in findings.items():
        outcome, why = (finding.outcome, finding.why) if finding else ("unchecked", "")
        if outcome == "passed" or why.startswith("holds only"):
            continue
        versions.setdefault((outcome, why if outcome == "skipped" else ""), []).append(version)
    for (outcome, why), where in versions.items():
        on = "" if len(where) == len(findings) else f" на {', '.join(where)}"
        yield f"{_OUTCOMES[outcome]}{on}" + (f": {why}" if why else "")
