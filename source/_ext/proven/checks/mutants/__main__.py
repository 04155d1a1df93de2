"""`python -m proven.checks.mutants` (make changed, make mutants): plays mutants of snippets.

Their page's output and the proofs that name them are the ones who may notice.
"""

from __future__ import annotations

import sys
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import partial
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any

from proven.book import Book
from proven.checks import parse, parser
from proven.checks.mutants.mutations import is_timed
from proven.checks.mutants.record import (
    Pair,
    complaints,
    found_since,
    merged,
    remember,
    report_now,
    settled_in,
    untried,
    write,
)
from proven.checks.mutants.report import ADVICE, PageReport, left_in, report
from proven.checks.mutants.worker import BREAK, NOTICE
from proven.checks.mutants.workers import end_with_workers, messages
from proven.findings import MUTANTS, Mutation

_WORKERS = 6  # on two cores: those that play threads mostly wait
_MOST_IN_VAIN = 3
_PATIENCE = 60.0
"""Seconds without a result after which whoever waits is told for what."""


def main() -> int:
    """Try mutants of what changed since it passed, or of all, and tell what nobody noticed."""
    command = parser("mutants", main.__doc__)
    command.add_argument("only", nargs="*", metavar="tests/…", help="try these, write nothing")
    command.add_argument("--changed", action="store_true", help="of these those that changed")
    command.add_argument("--all", action="store_true", help="try all anew")
    command.add_argument("--within", type=float, default=inf, help="leave what takes more seconds")
    command.add_argument("--report", action="store_true", help="write what is known to the report")
    options, book = parse(command)
    end_with_workers()
    if options.only and not options.changed:
        before, file = {}, None
    else:
        before = {} if options.all else report_now(book)
        file = found_since(book)
    only = tuple(options.only or [""])
    settled = settled_in(book, before)
    for test in options.only * options.changed:
        remember(book, before, settled, test)
    wanted = untried(book, merged(book, before), settled)
    wanted = {pair: names for pair, names in wanted.items() if pair[1].startswith(only)}
    book.memo.save()
    data = _try_pages(book, wanted, before, settled, file, options.within)
    if options.report:
        write(book.settings.evidence / MUTANTS, merged(book, before, data))
    return _summarize(book, data)


def _try_pages(
    book: Book,
    wanted: dict[Pair, list[str]],
    before: dict[str, Any],
    settled: dict[str, str],
    file: Path | None,
    within: float,
) -> dict[str, Any]:
    """Examine each page `within` so many seconds; after each without a fault keep it in `file`."""
    done: dict[str, PageReport] = {}
    began = monotonic()
    with ThreadPoolExecutor(_WORKERS) as pool:
        # Those that play threads take longest.
        first = sorted(wanted, key=lambda pair: _is_quick(book, pair))
        at_once = {pair: _at_once(book, pair, len(wanted)) for pair in first}
        examined = {
            pool.submit(examine, book, pair, wanted[pair], at_once[pair], settled, within): pair[1]
            for pair in first
        }
        waiting = set(examined)
        while waiting:
            ended, waiting = wait(waiting, _PATIENCE, FIRST_COMPLETED)
            if not ended:
                files = ", ".join(sorted(examined[future] for future in waiting)[:_WORKERS])
                print(f"mutants: {round(monotonic() - began)} s, still at {files}", file=sys.stderr)
            done |= {examined[future]: future.result() for future in ended}
            if file and ended:
                fine = {test: page for test, page in done.items() if not page.faults}
                write(file, merged(book, before, report(book, fine)))
    faults = [fault for page in done.values() for fault in page.faults]
    return {**report(book, done), "faults": faults, "seconds": round(monotonic() - began)}


def _is_quick(book: Book, pair: Pair) -> bool:
    return all(is_timed(book, name) for name in book.snippets_of(*pair))


def _at_once(book: Book, pair: Pair, pages: int) -> int:
    """Return how many workers do a page: those that play processes mostly wait."""
    return max(1, (2 if _is_quick(book, pair) else 4) // pages)


def examine(
    book: Book,
    pair: Pair,
    names: list[str],
    workers: int,
    settled: dict[str, str],
    within: float = inf,
) -> PageReport:
    """Ask who notices each mutant of these snippets of a page, then break what proofs none broke.

    settled: what has broken proofs that are as they were then; within: so many seconds of work.
    """
    mine = [id for id, proof in book.proofs.items() if proof.file == pair[1]]
    done = [id for id in mine if id in settled]
    broken = {id: settled[id] for id in done if settled[id]}
    findings = PageReport({name: {} for name in names}, broken)  # some have no mutant
    job: dict[str, Any] = {"page": pair[0], "test": pair[1], "names": names, "settled": done}
    for task in (NOTICE, BREAK):
        unbroken = len({*mine}.difference(done, findings.broken))
        count = workers * bool(names) if task == NOTICE else min(workers, unbroken)
        if count:
            with ThreadPoolExecutor(count) as pool:
                each = max(0.0, within - sum(findings.spent)) / count
                work = {"task": task, "within": each}
                shares = [job | work | {"share": (n, count)} for n in range(count)]
                list(pool.map(partial(_do_share, book, findings), shares))
    return findings


def _do_share(book: Book, findings: PageReport, job: dict[str, Any]) -> None:
    """Let workers do a share of a task, each from where the one before ended."""
    done, ended, in_vain = 0, False, 0
    while not ended:
        before, has_begun, how, spent = done, False, "", 0.0
        so_far = {"done": done, "broken": sorted(findings.broken)}
        for message in messages(book, job | so_far):
            how, spent = message.get("died", how), message.get("spent", spent)
            match message:
                case {"snippet": name, "mutation": entry, "noticed": by}:
                    findings.noticed.setdefault(name, {})[Mutation.of(entry)] = by
                case {"claim": id, "by": by}:
                    findings.broken.setdefault(id, by)
                case {"step": number}:
                    done = number
                case {"fault": text}:
                    findings.blame(text)
                case {"begins": _}:
                    has_begun = True
                case {"left": what}:
                    findings.left[what] += 1
                case {"end": _}:
                    ended = True
        findings.spent.append(spent)
        job["within"] -= spent
        in_vain = 0 if ended or done > before else in_vain + 1
        if in_vain and not has_begun:
            findings.blame(f"{job['page']}: its worker ended before the first mutant, with {how}")
            return  # so would the next one
        if in_vain:
            done += 1  # this mutant killed its worker
            findings.blame(f"{job['page']}: step {done} ended its worker, with {how}")
        if in_vain == _MOST_IN_VAIN:
            many = f"{in_vain} workers in a row ended with {how}"
            findings.blame(f"{job['page']}: {many}, none of them with a mutant tried")
            return


def _summarize(book: Book, data: dict[str, Any]) -> int:
    kinds = complaints(book, data)
    for kind, places in kinds.items():
        for place in places:
            print(f"{place}: {kind}: {ADVICE[kind]}")
    if left := left_in(data):
        print(left)
    snippets, claims = data["snippets"], data["claims"]
    mutants = sum(entry["mutants"] for entry in snippets.values())
    justified = sum(len(entry["justified"]) for entry in snippets.values())
    print(
        f"{mutants} mutants of {len(snippets)} snippets:"
        f" {justified} unnoticed with reason, {len(kinds['survivor'])} without;"
        f" {len(claims)} proofs: {len(kinds['vacuous'])} that no mutant breaks; {data['seconds']} s"
    )
    return int(any(kinds.values()))


if __name__ == "__main__":
    sys.exit(main())
