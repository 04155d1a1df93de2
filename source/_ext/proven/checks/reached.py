"""Coverage: the checks reach every line and branch of the snippets, or it is told why not.

`python -m proven.checks.reached` (make coverage) plays every example and runs every
proof that names one under coverage.py, in all processes that they start, and writes what it
found to source/_evidence.  A line that nothing can reach is justified in
tests/<chapter>/justified.toml as "not reached: <the line>".
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from proven.book import Book, may_play
from proven.checks import parse, parser
from proven.findings import COVERAGE, Mutation, excuse, save
from proven.shown import replay

# patch: without it a process that ends by os._exit, as forked ones do, would save nothing.
_CONFIG = """
[run]
branch = true
source = {source}
data_file = {folder}/data
parallel = true
concurrency = thread,multiprocessing
patch = _exit
disable_warnings = trace-changed, no-data-collected
[report]
partial_also = if __name__ == .__main__.:
"""


def unreached(source: str, coverage: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of `source` that weren't reached or from which a way wasn't taken."""
    lines = source.splitlines()
    numbers = {*coverage["missing_lines"], *(first for first, _ in coverage["missing_branches"])}
    for number in sorted(numbers):
        yield lines[number - 1].strip()


def measure(book: Book) -> dict[str, Any]:
    """Check all that plays snippets under coverage.py and return its report on these.

    Raises RuntimeError if a proof fails: what it would have reached isn't known then.
    """
    import coverage
    import pytest

    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

    proofs = sorted(
        f"{proof.file}::{proof.test}" for id, proof in book.proofs.items() if may_play(book, id)
    )
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "coverage.ini")
        text = _CONFIG.format(source=book.settings.snippets, folder=folder)
        config.write_text(text, encoding="utf-8")
        # Coverage.py starts by itself in every process that finds this.
        os.environ["COVERAGE_PROCESS_START"] = str(config)
        watch = coverage.Coverage(config_file=str(config))
        with watch.collect():
            # Proofs of processes mostly wait: four at a time take half as long.
            options = ["-q", "-p", "no:cacheprovider", "-p", "xdist.plugin"]
            code = pytest.main([*options, "-n", str(min(4, len(proofs))), *proofs])
            for shown in book.outputs.values():
                replay(shown, book.settings.snippets)
        if code:
            raise RuntimeError(f"the proofs did not pass: pytest ended with {code}")
        watch.save()
        watch.combine()
        watch.json_report(outfile=f"{folder}/report")
        report: dict[str, Any] = json.loads(Path(folder, "report").read_text(encoding="utf-8"))
    return report


def main() -> int:
    """Measure, write the result and tell every line that is neither reached nor justified."""
    _, book = parse(parser("reached", main.__doc__))
    report = measure(book)
    bad = 0
    justified: dict[str, dict[str, str]] = {}
    for file, of_file in sorted(report["files"].items()):
        name = Path(book.root, file).relative_to(book.settings.snippets).with_suffix("").as_posix()
        for line in unreached(book.code(name), of_file):
            label = str(Mutation("not reached", (), line))
            if why := excuse(book.excuses, name, label):
                justified.setdefault(name, {})[line] = why
            else:
                bad += 1
                print(f"snippets/{name}.py: {label}")
    totals = report["totals"]
    result = {
        "lines": totals["num_statements"],
        "branches": totals["num_branches"],
        "unreached": bad,
        "justified": justified,
    }
    save(book.settings.evidence / COVERAGE, result)
    print("{lines} lines, {branches} branches".format(**result), end="")
    print(f": {sum(map(len, justified.values()))} unreached with reason, {bad} without")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
