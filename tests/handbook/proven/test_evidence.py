"""Evidence counts only for what was checked, and the reader sees which."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from proven.book import Book, Memo
from proven.book.prints import fingerprint
from proven.checks import evidence
from proven.findings import Evidence, Finding, read
from proven.proofs import MACHINE, Outcomes
from proven.shown import replay

from tests.handbook.conftest import ROOT


def take(book: Any, outcome: str = "passed", version: str = "3.11") -> Evidence:
    """Write evidence as if all had come out like this."""
    prints = Book.at(book.root).fingerprints
    findings = (
        {key: Finding(outcome, hash, why="it says") for key, hash in prints[part].items()}
        for part in ("claims", "examples")
    )
    found = Evidence(version, f"CPython {version}.0", "2026-11-23", *findings)
    book.write(f"source/_evidence/{version}.json", found.text())
    return found


def test_a_file_is_sorted_and_has_a_line_for_each_entry(book: Any) -> None:
    found = take(book)
    assert read(book.root / "source/_evidence") == [found]
    claims = {id: Finding("passed") for id in "cab"}
    lines = Evidence("3.9", "CPython", "2026-11-23", claims, {}).text().splitlines()
    assert [line[3] for line in lines if line.startswith("  ")] == ["a", "b", "c"]


def test_versions_are_in_order(book: Any) -> None:
    for version in ("3.13t", "3.9", "3.13", "3.15"):
        take(book, version=version)
    book.write("source/_evidence/measured.json", "{}")
    assert [found.version for found in read(book.root / "source/_evidence")] == [
        "3.9",
        "3.13",
        "3.13t",
        "3.15",
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        ("source/tasks/hello.md", "Строка печатается", "Текст печатается", {"claims"}),
        ("source/tasks/hello.md", "always #hello", "sometimes #hello", {"claims"}),
        ("source/tasks/hello.md", "1.0 │ good", "2.0 │ good", {"examples"}),
        ("source/tasks/hello.md", "Программа. Она", "Она", set()),
        ("snippets/tasks/hello.py", "sleep(1)", "sleep(2)", {"claims", "examples"}),
        ("tests/tasks/test_hello.py", "== 0", "== 1", {"claims"}),
        (
            "tests/tasks/test_hello.py",
            "import pytest\n",
            "import pytest\n\nN = 1\n",
            {"claims"},
        ),
    ],
)
def test_what_changed_since_does_not_count(
    book: Any, file: str, old: str, new: str, stale: set[str]
) -> None:
    found, kept = take(book), book.root / "memo"

    def outdated(memo: Memo) -> set[str]:
        contents = Book.at(book.root, memo)
        parts = {part for part in ("claims", "examples") if not contents.current(found, part)}
        memo.save()
        return parts

    # What an earlier process found and when it saw which files.
    assert outdated(Memo(kept)) == outdated(Memo(kept)) == set()
    book.replace(file, old, new)
    assert outdated(Memo()) == outdated(Memo(kept)) == outdated(Memo(kept)) == stale


def test_another_proof_of_the_file_changes_nothing(book: Any) -> None:
    found = take(book)
    file = book.root / "tests/tasks/test_hello.py"
    more = '\n\n@pytest.mark.always("another")\ndef test_another() -> None: ...\n'
    file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")
    assert Book.at(book.root).current(found, "claims")


def test_wrapping_changes_nothing() -> None:
    assert fingerprint("a \n\nb") == fingerprint("a\nb") != fingerprint("a b")


def test_a_claim_skipped_once_is_not_proven() -> None:
    outcomes = Outcomes()
    for outcome, explored in (("passed", 2), ("skipped", 0), ("passed", 3)):
        outcomes._note("id", Finding(outcome, explored=explored, why="x" * (outcome == "skipped")))
    assert outcomes.claims == {"id": Finding("skipped", explored=5, why="x")}
    outcomes._note("id", Finding("failed", why="y"))
    assert outcomes.claims["id"].outcome == "failed"


def test_the_ways_of_a_claim_are_counted() -> None:
    outcomes = Outcomes()
    for _ in range(3):
        outcomes._note("id", Finding("passed", ways=1))
    assert outcomes.claims == {"id": Finding("passed", ways=3)}


def test_examples_are_compared_as_the_page_shows_them() -> None:
    shown = Book.at(ROOT).outputs["tasks/gather_order"]
    assert replay(shown).outcome == "passed"
    assert replay(shown).seconds == 2
    shown = replace(shown, lines=shown.lines[::-1])
    assert replay(shown) == Finding("failed", why="other output")


def test_evidence_is_taken_by_an_interpreter(book: Any, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    book.write("pyproject.toml", (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    book.write("tests/conftest.py", (ROOT / "tests/conftest.py").read_text(encoding="utf-8"))
    book.write(
        "tests/tasks/test_more.py",
        'import pytest\n\n\n@pytest.mark.always("b", since="4.0")\ndef test_b() -> None: ...\n\n\n'
        '@pytest.mark.never("c")\ndef test_c() -> None: ...\n\n\ndef test_d() -> None: ...\n',
    )
    done = book.run("proven.checks.evidence", "--root", str(book.root), "--inside", str(out))
    assert out.is_file(), done.stdout
    data = json.loads(out.read_text(encoding="utf-8"))
    assert data["examples"] == {"tasks/hello": {"outcome": "passed", "seconds": 1.0}}
    assert {id: entry["outcome"] for id, entry in data["claims"].items()} == {
        "hello-at-once": "passed",
        "b": "skipped",
        "c": "failed",
    }
    assert data["claims"]["b"]["why"] == "holds only since 4.0"
    assert "explored" in data["claims"]["c"]["why"]


def test_what_a_proof_asks_of_a_machine_is_installed_and_asked_for_again(book: Any) -> None:
    book.write("snippets/tasks/served.py", "# pip install uvicorn httpx\nprint(1)\n")
    test = book.root / "tests/tasks/test_hello.py"
    test.write_text(test.read_text("utf-8") + '\n\ndef more() -> None:\n    needs("mypy")\n')
    here = Book.at(book.root)
    assert evidence._packages(here) == {"uvicorn", "httpx", "mypy"}
    (id,) = here.proofs
    lacked = Finding("skipped", hash=here.fingerprints["claims"][id], why=f"{MACHINE}mypy")
    shown = {
        name: Finding("passed", hash=print) for name, print in here.fingerprints["examples"].items()
    }
    passed = replace(lacked, outcome="passed", why="")
    for day, found, asked in (("01", lacked, [here.proofs[id].file]), ("02", passed, [])):
        known = Evidence("3.11", "CPython 3.11.0", f"2026-01-{day}", {id: found}, shown)
        assert evidence._changed(here, known) == asked


@pytest.mark.parametrize(
    ("python", "edit", "asked"),
    [
        ("3.11.0", False, []),
        ("3.11.0", True, ["tests/tasks/test_hello.py"]),
        ("3.11.1", False, [None]),
    ],
    ids=["fresh", "changed", "another release"],
)
def test_only_what_changed_is_taken_anew(
    book: Any, monkeypatch: pytest.MonkeyPatch, python: str, edit: bool, asked: list[str | None]
) -> None:
    took: list[str | None] = []

    def inside(command: list[str], **_: Any) -> None:
        _, _, _, _, out, *tests = command
        took.extend(tests or [None])
        finding = {"outcome": "passed"}
        found = {"claims": {"hello-at-once": finding}, "examples": {"tasks/hello": finding}}
        book.write("build/evidence/3.11.findings.json", json.dumps(found))
        assert Path(out).is_file()

    def ask(_: str, question: str) -> str:
        return f"CPython {python}" if "platform" in question else "3.11"

    monkeypatch.setattr(evidence, "_ask", ask)
    monkeypatch.setattr(evidence, "_interpreter", lambda *_: "python")
    monkeypatch.setattr(evidence.subprocess, "run", inside)
    before = take(book)
    if edit:
        book.replace("tests/tasks/test_hello.py", "== 0", "== 0.0")
    now = evidence.take(Book.at(book.root), "python", only_changed=True)
    assert took == asked
    assert now is not None
    assert set(Book.at(book.root).current(now, "claims")) == {"hello-at-once"}
    # The day stays that of the oldest finding, but of a file that is all new.
    assert (now.date == before.date) == (asked != [None])


def test_the_reader_sees_what_was_checked_and_what_was_not(book: Any) -> None:
    take(book, version="3.11")
    book.replace("source/tasks/hello.md", "Строка печатается сразу", "Строка идёт сразу")
    take(book, version="3.12")
    take(book, "skipped", version="3.15")
    done = book.build("html")
    assert done.returncode == 0, done.stdout
    page = (book.root / "build/html/tasks/hello.html").read_text(encoding="utf-8")
    assert "Проверено 23.11.2026 на CPython 3.12, 3.15." in page
    assert (
        "На CPython 3.11 после последней правки ещё не проверено утверждений и примеров: 1 из 2."
        in page
    )
    assert "На CPython 3.15 не запускалось утверждений и примеров: 2 из 2 (" in page
    ledger = (book.root / "build/html/ledger/tasks.html").read_text(encoding="utf-8")
    row = ledger.partition('id="claim-hello-at-once"')[2].partition("<tr")[0]
    # Only what differs is told: it passed on 3.12.
    told = row.split("<td>")[3].removesuffix("</td>").split("<br>")
    assert told == ["всегда", "ещё не проверено на 3.11", "не запускалось на 3.15: it says"]


def test_evidence_in_the_repo_tells_no_failure() -> None:
    contents = Book.at(ROOT)
    for found in contents.evidence:
        for part in ("claims", "examples"):
            failed = [
                f"{key} on {found.version}: {finding.why}"
                for key, finding in contents.current(found, part).items()
                if finding.outcome == "failed"
            ]
            assert not failed, "\n".join(failed)


def test_an_example_may_be_of_some_versions_only(book: Any) -> None:
    old = "{output} tasks/hello\n"
    book.replace("source/tasks/hello.md", old, f"{old}:before: 3.9\n")
    (shown,) = Book.at(book.root).outputs.values()
    assert shown.only == (("before", "3.9"),)
    assert replay(shown) == Finding("skipped", why="holds only before 3.9")


HELPERS = """\
import time
from tests.deeper import DEEP

WAYS = {"one": 1}
WAYS["two"] = DEEP


def _seconds():
    return time.monotonic()


@property
def chosen():
    return _seconds()


def another():
    return WAYS
"""


@pytest.mark.parametrize(
    ("old", "new", "stale"),
    [
        ("time.monotonic()", "time.time()", True),
        ("@property\n", "", True),
        ("return WAYS", "return dict(WAYS)", False),
        ('"one": 1', '"one": 3', False),
    ],
)
def test_of_a_helper_only_what_a_proof_uses_counts(
    book: Any, old: str, new: str, stale: bool
) -> None:
    book.write("tests/helpers.py", HELPERS)
    book.write("tests/deeper.py", "DEEP = 2\n")
    book.replace("tests/tasks/test_hello.py", "import pytest\n", USES)
    evidence = take(book)
    book.replace("tests/helpers.py", old, new)
    assert bool(Book.at(book.root).current(evidence, "claims")) is not stale


USES = "import pytest\nfrom tests.helpers import (\n    chosen,\n)\n"


def test_what_a_helper_uses_of_others_counts_too(book: Any) -> None:
    book.write("tests/helpers.py", HELPERS)
    book.write("tests/deeper.py", "DEEP = 2\n")
    book.replace("tests/tasks/test_hello.py", "import pytest\n", USES.replace("chosen", "another"))
    evidence = take(book)
    book.replace("tests/deeper.py", "2", "3")
    assert not Book.at(book.root).current(evidence, "claims")


def test_where_helpers_live_does_not_count(book: Any) -> None:
    book.write("tests/helpers.py", HELPERS)
    book.replace("tests/tasks/test_hello.py", "import pytest\n", USES)
    evidence = take(book)
    (book.root / "tests/helpers.py").rename(book.root / "tests/tools.py")
    book.replace("tests/tasks/test_hello.py", "tests.helpers", "tests.tools")
    assert Book.at(book.root).current(evidence, "claims")
