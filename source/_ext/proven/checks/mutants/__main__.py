"""`python -m proven.checks.mutants` (make mutants): plays each mutant of each snippet.

Its page's output and the proofs that name it are the ones who may notice.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic
from typing import Any

from proven.book import Book
from proven.checks import environment, parse, parser
from proven.checks.mutants.report import PageReport, report, text_of
from proven.findings import MUTANTS, Mutation
from proven.stage import player

_WORKERS = 6  # on two cores: those that play threads mostly wait


def main() -> int:
    """Examine all pages, write the report and tell what nobody noticed."""
    command = parser("mutants", main.__doc__)
    command.add_argument("only", nargs="*", metavar="tests/…", help="try these, write nothing")
    options, book = parse(command)
    began = monotonic()
    wanted = pages(book, options.only)
    with ThreadPoolExecutor(_WORKERS) as pool:
        reports = list(pool.map(lambda pair: examine(book, *pair), wanted))
    data = report(book, reports, monotonic() - began)
    if options.only:
        tests = {test for _, test in wanted}
        data["claims"] = {
            id: entry for id, entry in data["claims"].items() if book.proofs[id].file in tests
        }
    else:
        book.settings.evidence.mkdir(exist_ok=True)
        (book.settings.evidence / MUTANTS).write_text(text_of(data), encoding="utf-8")
    return _summarize(book, data, [fault for page in reports for fault in page.faults])


def pages(book: Book, only: list[str]) -> list[tuple[str, str]]:
    """Return pages with their files of proofs; those that play threads come first.

    only: how the files of proofs begin; all, if it is empty.
    """
    ids = book.fingerprints["proofs"]
    pairs = sorted({(book.claims[id].file, book.proofs[id].file) for id in ids})
    wanted = [pair for pair in pairs if pair[1].startswith(tuple(only or [""]))]

    def is_quick(pair: tuple[str, str]) -> bool:
        return all(player.is_virtual(book.snippet(name)) for name in book.snippets_of(*pair))

    return sorted(wanted, key=is_quick)


def examine(book: Book, page: str, test: str) -> PageReport:
    """Let workers do a page, each from where the one before ended."""
    findings = PageReport()
    done, ended = 0, False
    while not ended:
        before = done
        for message in _messages(book, page, test, done, sorted(findings.broken)):
            match message:
                case {"snippet": name, "mutation": entry, "noticed": by}:
                    findings.noticed.setdefault(name, {})[Mutation.of(entry)] = by
                case {"claim": id, "by": by}:
                    findings.broken[id] = by
                case {"step": number}:
                    done = number
                case {"fault": text}:
                    findings.faults.append(text)
                case {"end": _}:
                    ended = True
        if done == before and not ended:
            done += 1  # this mutant killed its worker
            findings.faults.append(f"{page}: step {done} ended its worker")
    return findings


def _messages(
    book: Book, page: str, test: str, done: int, broken: list[str]
) -> Iterator[dict[str, Any]]:
    """Yield what one worker tells; wake it when it is silent too long, then kill it."""
    reader, writer = os.pipe()
    arguments = [page, test, str(done), ",".join(broken), str(writer)]
    with subprocess.Popen(
        [sys.executable, "-m", "proven.checks.mutants.worker", *arguments],
        cwd=book.root,
        env=environment(),
        pass_fds=(writer,),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        os.close(writer)
        limit, woken, rest = 60.0, 0, b""
        try:
            while woken < 3:
                if not select.select([reader], [], [], limit)[0]:
                    woken += 1
                    process.send_signal(signal.SIGUSR1)
                    limit = 2.0
                    continue
                data = os.read(reader, 65536)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                for message in map(json.loads, lines):
                    limit, woken = message.get("limit", limit), 0
                    yield message
                    if "end" in message:
                        return
        finally:
            os.close(reader)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _summarize(book: Book, data: dict[str, Any], faults: list[str]) -> int:
    snippets, claims = data["snippets"], data["claims"]
    vacuous = [id for id, entry in claims.items() if "vacuous" in entry]
    survivors = [
        f"survivor: snippets/{name}.py: {Mutation.of(entry)}"
        for name, each in snippets.items()
        for entry in each["survivors"]
    ]
    for line in survivors:
        print(line)
    for id in vacuous:
        print(f"vacuous: {book.proofs[id].place}: {id}")
    for fault in faults:
        print(f"fault: {fault}")
    mutants = sum(entry["mutants"] for entry in snippets.values())
    justified = sum(len(entry["justified"]) for entry in snippets.values())
    print(
        f"{mutants} mutants of {len(snippets)} snippets:"
        f" {justified} unnoticed with reason, {len(survivors)} without;"
        f" {len(claims)} proofs: {len(vacuous)} that no mutant breaks; {data['seconds']} s"
    )
    return int(bool(survivors or vacuous or faults))


if __name__ == "__main__":
    sys.exit(main())
