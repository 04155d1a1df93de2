"""No luck: the tests again and again, shuffled, on busy cores, in other surroundings.

`python -m proven.checks.stress [RUNS]` (make stress) runs pytest with this module as its plugin,
which shuffles the tests, until each file of tests has had so many runs as it, its helpers and its
snippets are now: what a test waits for stands there.  One that failed begins anew.  A run is
repeated by its seed: --seed.  The result is written at the end, also of an interrupted series.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from proven.book import Book
from proven.checks import parse, parser
from proven.checks.unchanged import Contents
from proven.findings import STRESS, loaded, save

ENOUGH = 20
"""Runs of each file of tests without which nobody knows that no luck is needed."""
_SEED = "HANDBOOK_STRESS"
_OUTCOMES = "HANDBOOK_STRESS_OUTCOMES"
_BUSY = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    pass"


def surroundings(seed: int) -> dict[str, str]:
    """Return the environment of the run with this seed; two seeds in a row share nothing."""
    return {
        _SEED: str(seed),
        "PYTHONHASHSEED": str(seed),
        "PYTHONUNBUFFERED": "1" if seed % 2 else "",
        "PYTHONASYNCIODEBUG": "1" if seed // 2 % 2 else "",
        "HANDBOOK_SWITCH": ("0.005", "0.000001", "0.1")[seed % 3],
    }


def pytest_configure(config: Any) -> None:
    """As a plugin: switch threads as often as this run wants; snippets' processes do it, too."""
    sys.setswitchinterval(float(os.environ.get("HANDBOOK_SWITCH", "0.005")))
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Outcomes())


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """As a plugin: shuffle the tests, in every worker process alike."""
    items.sort(key=lambda item: item.nodeid)
    random.Random(os.environ.get(_SEED, "0")).shuffle(items)


class _Outcomes:
    """As a plugin: note how many tests of each file passed and failed, for a run that ended."""

    def __init__(self) -> None:
        self._passed: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: Any) -> None:
        file = report.nodeid.partition("::")[0]
        self._failed[file] += report.failed
        self._passed[file] += report.passed and report.when == "call"

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if exitstatus in (0, 1):
            counts = {file: [passed, self._failed[file]] for file, passed in self._passed.items()}
            Path(os.environ[_OUTCOMES]).write_text(json.dumps(counts), encoding="utf-8")


@contextmanager
def busy_cores() -> Iterator[None]:
    """Keep every core busy; the loops also end if this process dies."""
    loops = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def run(book: Book, seed: int, arguments: list[str]) -> tuple[dict[str, list[int]], str]:
    """Run tests once; return of each file how many passed and failed, and what pytest said.

    Nothing is counted if the run broke off.
    """
    options = ["-q", "-p", "proven.checks.stress", "-p", "no:cacheprovider", *arguments]
    with tempfile.TemporaryDirectory() as folder:
        outcomes = Path(folder, "outcomes")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options],
            cwd=book.root,
            env=os.environ | surroundings(seed) | {_OUTCOMES: str(outcomes)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        counts = json.loads(outcomes.read_text("utf-8")) if outcomes.is_file() else {}
    return counts, done.stdout


def kept(files: dict[str, Any], prints: dict[str, str]) -> dict[str, Any]:
    """Return of each file of tests what counts of its former runs, by its digests of today.

    Those of what it was before don't, nor those of one that failed: it begins anew.
    """
    former = {
        file: had
        for file, had in files.items()
        if had["hash"] == prints.get(file) and not had["failed"]
    }
    none = {"runs": 0, "tests": 0, "failed": 0}
    return {file: {"hash": print, **none} for file, print in prints.items()} | former


def lacking(files: dict[str, Any], runs: int) -> dict[str, Any]:
    """Return the files that had fewer runs, with what they had."""
    return {name: had for name, had in files.items() if had["runs"] < runs}


def failing(files: dict[str, Any]) -> list[str]:
    """Return the files of which a test failed."""
    return [name for name, had in files.items() if had["failed"]]


def again(book: Book, seed: int, files: dict[str, Any], arguments: list[str]) -> bool:
    """Run these files once more, tell it, and count it in `files`.

    Returns whether it came to its end: a run that broke off counts for nothing.
    """
    counts, output = run(book, seed, [*files, *arguments])
    passed, failed = (sum(each) for each in zip((0, 0), *counts.values(), strict=True))
    good = bool(counts) and not failed
    around = ", ".join(f"{key}={value}" for key, value in surroundings(seed).items())
    print(f"{'passed' if good else 'FAILED'}: {passed} tests; {around}", flush=True)
    if not good:
        print(output, flush=True)
    for file, entry in files.items() if counts else ():
        tests, failures = counts.get(file, (0, 0))
        entry["runs"] += 1
        entry["tests"] = max(entry["tests"], tests)
        entry["failed"] += failures
    return bool(counts)


def main() -> int:
    """Run the files of tests that lack runs, tell each run, and keep what came out."""
    command = parser("stress", main.__doc__)
    command.add_argument(
        "runs", nargs="?", type=int, default=ENOUGH, help="that each file shall have"
    )
    command.add_argument("--seed", type=int, help="only repeat that run, with all files")
    command.add_argument("arguments", nargs="*", help="for pytest, after --: -n 2")
    options, book = parse(command)
    record = book.settings.evidence / STRESS
    former = loaded(record)
    files = kept(former.get("files", {}), Contents(book.settings).own_prints())
    seed = former.get("seed", 0)
    with busy_cores():
        if options.seed is not None:
            ended = again(book, options.seed, files, options.arguments)
            return int(not ended or bool(failing(files)))
        try:
            while short := lacking(files, options.runs):
                seed += 1
                if not again(book, seed, short, options.arguments):
                    break
        finally:
            # Not before: a file that is newer than the PDF would make the tests build it anew.
            save(record, {"seed": seed}, files=files)
    return int(bool(lacking(files, options.runs) or failing(files)))


if __name__ == "__main__":
    sys.exit(main())
