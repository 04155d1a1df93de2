"""No luck: the whole suite again and again, shuffled, on busy cores, in other surroundings.

`python -m proven.checks.stress [RUNS]` (make stress) runs pytest with this module as its
plugin, which shuffles the tests.  A run is repeated by its seed: --seed.  The result
is written at the end, also of an interrupted series.
"""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from proven.book import Book
from proven.checks import parse, parser
from proven.findings import STRESS, save

_SEED = "HANDBOOK_STRESS"
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


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """As a plugin: shuffle the tests, in every worker process alike."""
    items.sort(key=lambda item: item.nodeid)
    random.Random(os.environ.get(_SEED, "0")).shuffle(items)


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


def run(book: Book, seed: int, arguments: list[str]) -> tuple[bool, int, str]:
    """Run the suite once; return whether it passed, how many tests did, and the output."""
    options = ["-q", "-p", "proven.checks.stress", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=book.root,
        env=os.environ | surroundings(seed),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=False,
    )
    passed = re.search(r"(\d+) passed", done.stdout)
    return done.returncode == 0, int(passed[1]) if passed else 0, done.stdout


def main() -> int:
    """Run the suite, tell each run, and keep the result of whole suites."""
    command = parser("stress", main.__doc__)
    command.add_argument("runs", nargs="?", type=int, default=50)
    command.add_argument("--seed", type=int, default=1, help="of the first run")
    command.add_argument("arguments", nargs="*", help="for pytest, after --: paths, -n 2")
    options, book = parse(command)
    whole = not any(argument.startswith("tests") for argument in options.arguments)
    result = {"runs": 0, "tests": 0, "failed": 0}
    try:
        with busy_cores():
            for seed in range(options.seed, options.seed + options.runs):
                good, passed, output = run(book, seed, options.arguments)
                result["runs"] += 1
                result["failed"] += not good
                result["tests"] = max(result["tests"], passed)
                around = ", ".join(f"{key}={value}" for key, value in surroundings(seed).items())
                print(f"{'passed' if good else 'FAILED'}: {passed} tests; {around}", flush=True)
                if not good:
                    print(output, flush=True)
    finally:
        # Not before: a file that is newer than the PDF would make the tests build it anew.
        if whole and result["runs"]:
            save(book.settings.evidence / STRESS, result)
    return int(result["failed"] > 0)


if __name__ == "__main__":
    sys.exit(main())
