"""Coverage tells the lines of a snippet that no check reaches, on the virtual clock and off it."""

import json
from typing import Any

import pytest
from proven.findings import COVERAGE

from tests.handbook.conftest import SNIPPET

DEAD = 'if __name__ == "nobody":\n    print("never")\n\n\n'
REAL = """\
import threading


def work() -> None:
    print("hello")


thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
PROOF = """\
import pytest
from proven.stage import play


@pytest.mark.always("hello-at-once")
def test_hello_at_once() -> None:
    trace = play("tasks/hello")
    assert (trace.why == "", trace.lines[0]) == ({virtual}, "hello")
"""


@pytest.fixture
def small(book: Any) -> Any:
    """Return a small book in which pytest finds its marks."""
    verbs = "".join(f"  {verb}(id)\n" for verb in ("always", "sometimes", "never"))
    book.write("pytest.ini", f"[pytest]\naddopts = --strict-markers\nmarkers =\n{verbs}")
    return book


@pytest.mark.parametrize("virtual", [True, False])
def test_a_line_that_nothing_reaches_is_told(small: Any, virtual: bool) -> None:
    small.write("tests/tasks/test_hello.py", PROOF.format(virtual=virtual))
    snippet = SNIPPET if virtual else REAL
    small.write("snippets/tasks/hello.py", snippet.replace("\n\n\n", f"\n\n\n{DEAD}", 1))
    done = small.run("proven.checks.reached", "--root", str(small.root))
    told = [line for line in done.stdout.splitlines() if line.startswith("snippets/")]
    assert told == [
        'snippets/tasks/hello.py: not reached: if __name__ == "nobody":',
        'snippets/tasks/hello.py: not reached: print("never")',
    ]
    report = json.loads((small.root / "source/_evidence" / COVERAGE).read_text("utf-8"))
    assert report["unreached"] == 2
    assert report["lines"] > 5
