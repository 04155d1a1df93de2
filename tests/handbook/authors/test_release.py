"""A release is refused with its reasons, each told once."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from handbook.authors import release
from handbook.authors.reasons import reasons
from handbook.authors.release import external, forged
from proven.book import Book
from proven.book.settings import Settings
from proven.checks.unchanged import Contents
from proven.findings import COVERAGE, MUTANTS, STRESS, Evidence, Finding

PYPROJECT = '[project]\nversion = "2.0"\n\n[tool.proven]\npythons = ["3.11"]\n'
TODAY = date.today().isoformat()
CHANGES = f"# Changes\n\n## 2.0 — {TODAY}\n\n- All.\n"


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


def commit(root: Path) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "x", "--allow-empty")


def write(file: Path, data: Any) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")


def evidence(root: Path, version: str = "3.11", /, **outcomes: str) -> None:
    """Write evidence in which all passed but what `outcomes` tell otherwise."""
    prints = Book.at(root).fingerprints
    claims, examples = (
        {key: Finding(outcomes.get(key, "passed"), hash) for key, hash in prints[part].items()}
        for part in ("claims", "examples")
    )
    text = Evidence(version, f"CPython {version}.0", TODAY, claims, examples).text()
    write(root / f"source/_evidence/{version}.json", text)


def mutants(root: Path, **more: Any) -> None:
    prints = Book.at(root).fingerprints
    claims = {id: {"hash": hash, "broken": "x"} for id, hash in prints["proofs"].items()}
    snippets = {
        name: {"hash": hash, "mutants": 5, "survivors": []}
        for name, hash in prints["examples"].items()
    }
    write(root / "source/_evidence" / MUTANTS, {"claims": claims, "snippets": snippets, **more})


def edited(root: Path, name: str, old: str, new: str) -> None:
    """Write into a file of evidence by hand."""
    file = root / "source/_evidence" / name
    text = file.read_text(encoding="utf-8")
    assert old in text
    write(file, text.replace(old, new))


CONFTEST = """
from proven import proofs


def pytest_configure(config):
    config.pluginmanager.register(proofs)
"""


def stressed(root: Path, **other: object) -> None:
    """Write that each file of tests had its runs as it is now, but for what is `other`."""
    prints = Contents(Settings.at(root)).own_prints()
    entry = {"runs": 20, "tests": 1, "failed": 0, **other}
    files = {file: {"hash": print, **entry} for file, print in prints.items()}
    write(root / "source/_evidence" / STRESS, {"date": TODAY, "seed": 20, "files": files})


@pytest.fixture
def whole(book: Any) -> Path:
    """Return the root of a small book that lacks nothing for a release."""
    root: Path = book.root
    write(root / "pyproject.toml", PYPROJECT)
    write(root / "tests/conftest.py", CONFTEST)
    write(root / "CHANGELOG.md", CHANGES)
    write(root / "CITATION.cff", 'version: "2.0"\n')
    write(root / ".gitignore", "build/\n")
    for made in ("build/html/index.html", "build/handbook.pdf", "build/handbook.epub"):
        write(root / made, "x")
    evidence(root)
    mutants(root)
    stressed(root)
    write(root / "source/_evidence" / COVERAGE, {"date": TODAY, "unreached": 0})
    git(root, "init", "-q")
    commit(root)
    return root


def test_nothing_stands_in_the_way(whole: Path) -> None:
    assert list(reasons(Book.at(whole))) == []


FAULTS: dict[str, Callable[[Path], object]] = {
    r"CITATION.cff: version": lambda root: write(root / "CITATION.cff", 'version: "1.0"\n'),
    r"CHANGELOG.md: no heading": lambda root: write(root / "CHANGELOG.md", "# Changes\n"),
    r"the tag v2.0 is there": lambda root: git(root, "tag", "v2.0"),
    r"evidence: none of 3.11": lambda root: (root / "source/_evidence/3.11.json").unlink(),
    r"hello-at-once: failed": lambda root: evidence(root, **{"hello-at-once": "failed"}),
    r"hello-at-once: skipped": lambda root: evidence(root, **{"hello-at-once": "skipped"}),
    r"1 claims were tried": lambda root: mutants(root, claims={}),
    r"nothing breaks the proof of x": lambda root: mutants(
        root,
        claims=json.loads((root / "source/_evidence" / MUTANTS).read_text())["claims"]
        | {"x": {"vacuous": True}},
    ),
    r"nobody notices 1": lambda root: mutants(
        root,
        snippets={
            name: {"hash": hash, "mutants": 5, "survivors": [{}]}
            for name, hash in Book.at(root).fingerprints["examples"].items()
        },
    ),
    "stress: 1 files of tests had, as they are now, fewer": lambda root: stressed(root, runs=19),
    "20 runs (tests/tasks/test_hello.py): make stress": lambda root: stressed(root, hash="other"),
    "stress: tests/tasks/test_hello.py: 3 failed": lambda root: stressed(root, failed=3),
    r"coverage: 2 lines": lambda root: write(
        root / "source/_evidence" / COVERAGE, {"date": TODAY, "unreached": 2}
    ),
    r"date-released: 2999-01-01 is yet to come": lambda root: write(
        root / "CITATION.cff", 'version: "2.0"\ndate-released: 2999-01-01\n'
    ),
    r"CHANGELOG.md: there is no day 2026-13-01": lambda root: write(
        root / "CHANGELOG.md", f"## 2.0 — 2026-13-01\n\n{CHANGES}"
    ),
    r"CHANGELOG.md: 2999-01-01 is yet to come": lambda root: write(
        root / "CHANGELOG.md", CHANGES.replace(TODAY, "2999-01-01")
    ),
    r"evidence of 3.11: 2999-01-01 is yet to come": lambda root: edited(
        root, "3.11.json", TODAY, "2999-01-01"
    ),
    r"evidence of 3.11: it was taken on CPython 3.14.0": lambda root: edited(
        root, "3.11.json", "CPython 3.11", "CPython 3.14"
    ),
    r"3.11.json:2: ": lambda root: edited(root, "3.11.json", '"CPython', ""),
    r"4 are told, it has 5": lambda root: edited(root, MUTANTS, '"mutants": 5', '"mutants": 4'),
    r"coverage: 2999-01-01 is yet to come": lambda root: edited(
        root, COVERAGE, TODAY, "2999-01-01"
    ),
    r"stress: it isn't what make stress writes (KeyError('failed'))": lambda root: edited(
        root, STRESS, '"failed"', '"fialed"'
    ),
    r"handbook.pdf: there is none": lambda root: (root / "build/handbook.pdf").unlink(),
    r"html/index.html: there is none": lambda root: shutil.rmtree(root / "build/html"),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_a_reason_is_told_once(whole: Path, reason: str) -> None:
    FAULTS[reason](whole)
    commit(whole)
    (told,) = reasons(Book.at(whole))
    assert reason in told


def skipped_for_a_package(root: Path, version: str, why: str) -> None:
    """Let the evidence say that all was skipped on this interpreter."""
    evidence(root, version)
    file = root / f"source/_evidence/{version}.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    for part in ("claims", "examples"):
        for entry in data[part].values():
            entry |= {"outcome": "skipped", "why": why}
    write(file, data)
    commit(root)


@pytest.fixture
def packaged(whole: Path) -> Path:
    """Return the root of a book for two interpreters whose snippet needs a package."""
    write(whole / "pyproject.toml", PYPROJECT.replace('["3.11"]', '["3.11", "3.15"]'))
    snippet = whole / "snippets/tasks/hello.py"
    write(snippet, "# pip install numpy\n" + snippet.read_text(encoding="utf-8"))
    evidence(whole)
    mutants(whole)
    stressed(whole)
    return whole


def test_what_lacks_a_package_is_skipped_if_it_passed_where_that_is(packaged: Path) -> None:
    skipped_for_a_package(packaged, "3.15", "there is no numpy for it")
    assert list(reasons(Book.at(packaged))) == []


def test_a_package_that_the_page_does_not_name_excuses_nothing(packaged: Path) -> None:
    skipped_for_a_package(packaged, "3.15", "there is no pandas for it")
    told = list(reasons(Book.at(packaged)))
    assert told
    assert all(re.fullmatch(r"evidence of 3.15: \S+: skipped", reason) for reason in told)


@pytest.mark.parametrize(("needed", "excused"), [("tkinter", True), ("time", False)])
def test_what_lacks_a_module_that_its_proof_needs_is_skipped_if_it_passed_elsewhere(
    packaged: Path, needed: str, excused: bool
) -> None:
    file = packaged / "tests/tasks/test_hello.py"
    proof = file.read_text(encoding="utf-8")
    write(file, proof.replace("    assert", f'    needs("{needed}")\n    assert'))
    for take in (evidence, mutants, stressed):
        take(packaged)
    skipped_for_a_package(packaged, "3.15", "this machine lacks: tkinter")
    told = [reason for reason in reasons(Book.at(packaged)) if "hello-at-once" in reason]
    assert bool(told) is not excused


def test_what_lacks_its_package_everywhere_is_checked_nowhere(packaged: Path) -> None:
    for version in ("3.11", "3.15"):
        skipped_for_a_package(packaged, version, "there is no numpy for it")
    assert any("evidence of 3.11" in reason for reason in reasons(Book.at(packaged)))


def test_an_exercise_has_no_proofs_that_could_notice_mutants(whole: Path) -> None:
    write(whole / "snippets/tasks/more.py", "print(1)\n")
    shown = "{literalinclude} ../../snippets/tasks/more.py\n```\n\n```{output} tasks/more\n1\n```\n"
    write(whole / "source/tasks/exercises.md", f"# x\n\n```{shown}")
    evidence(whole)
    commit(whole)
    assert list(reasons(Book.at(whole))) == []


def test_what_is_not_committed(whole: Path) -> None:
    write(whole / "source/tasks/more.md", "# x\n")
    assert list(reasons(Book.at(whole))) == ["git: there are changes that are not committed"]


def test_a_changed_proof_makes_all_of_it_stale(whole: Path) -> None:
    file = whole / "tests/tasks/test_hello.py"
    write(file, file.read_text(encoding="utf-8").replace("== 0", "< 1"))
    commit(whole)
    assert [told.partition(":")[0] for told in reasons(Book.at(whole))] == [
        "evidence of 3.11",
        "mutants",
        "stress",
    ]


HERE = "{}.{}{}".format(*sys.version_info[:2], getattr(sys, "abiflags", ""))


def test_evidence_written_by_hand_does_not_come_out(whole: Path) -> None:
    evidence(whole, HERE)
    assert list(forged(Book.at(whole))) == []
    file = whole / "tests/tasks/test_hello.py"
    write(file, file.read_text(encoding="utf-8").replace("== 0", "== 7"))
    page = whole / "source/tasks/hello.md"
    write(page, page.read_text(encoding="utf-8").replace("1.0 │ goodbye", "1.0 │ farewell"))
    evidence(whole, HERE)
    assert list(forged(Book.at(whole))) == [
        f"evidence of {HERE}: {key}: it says passed, a run failed"
        for key in ("hello-at-once", "tasks/hello")
    ]


def test_without_a_network_links_are_told_as_not_looked_at(
    whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with mock.patch.object(release.socket, "create_connection", side_effect=OSError):
        assert list(external(whole)) == []
    assert capsys.readouterr().out == "External links: not looked at, there is no network.\n"


def test_a_dead_link_is_told_with_its_place(whole: Path) -> None:
    page = whole / "source/tasks/hello.md"
    write(page, page.read_text(encoding="utf-8") + "\n[Там](http://localhost:9/none).\n")
    with mock.patch.object(release.socket, "create_connection"):
        (told,) = external(whole)
    assert told.startswith("source/tasks/hello.md:19: [broken] http://localhost:9/none")


def test_links_that_could_not_be_looked_at_are_a_reason(whole: Path) -> None:
    (whole / "conf.py").write_text("broken(\n", encoding="utf-8")
    with mock.patch.object(release.socket, "create_connection"):
        (told,) = external(whole)
    assert told.startswith("links: sphinx could not look at them")
