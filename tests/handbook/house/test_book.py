"""Rules that hold for the whole book."""

import csv
import json
import re
from functools import cache

import pytest
from handbook.style.page import read
from proven.book import Book
from proven.book.laws import lawless
from proven.checks.hollow import empty
from proven.claims import disagreements
from proven.proofs import too_narrow
from proven.stage import names

from tests.handbook.conftest import ROOT
from tests.model.ratios import EVIDENCE, tables

# As the contents have them.
CHAPTERS = re.findall(r"^(\w+)/index$", (ROOT / "source/index.md").read_text("utf-8"), re.M)


def test_claims_and_proofs_agree() -> None:
    book = Book.at(ROOT)
    claims, proofs = book.all_claims, book.all_proofs
    assert claims
    problems = [f"{mark.place}: {problem}" for mark, problem in disagreements(claims, proofs)]
    assert not problems, "\n".join(problems)


def test_laws_are_those_of_claims() -> None:
    book = Book.at(ROOT)
    assert book.all_laws
    problems = [
        f"{mark.place}: {problem}" for mark, problem in lawless(book.all_claims, book.all_laws)
    ]
    assert not problems, "\n".join(problems)


def test_a_route_of_the_first_page_names_a_page_once() -> None:
    text = (ROOT / "source/index.md").read_text(encoding="utf-8")
    for route in re.split(r"^#+ ", text, flags=re.M):
        steps = re.findall(r"^(?:\d+\.|-) \{doc\}`(?:[^`<]*<)?([\w/-]+)", route, re.M)
        assert len(steps) == len(set(steps)), f"source/index.md: {route.splitlines()[0]}: twice"


def test_every_snippet_is_on_a_page_with_its_output() -> None:
    text = "\n".join(
        page.read_text(encoding="utf-8") for page in Book.at(ROOT).settings.page_files()
    )
    included = set(re.findall(r"\{literalinclude\} (?:\.\./)+snippets/(\S+)\.py", text))
    shown = set(re.findall(r"\{output\} (\S+)", text))
    everything = included | shown | set(names())
    lacks = {"listing": included, "output": shown, "file": set(names())}
    problems = [
        f"snippets/{name}.py: it has no {what}: show it on a page with its output, or remove it"
        for what, there in lacks.items()
        for name in sorted(everything - there)
    ]
    assert not problems, "\n".join(problems)


def test_every_answer_to_an_exercise_is_a_program_with_its_output() -> None:
    settings = Book.at(ROOT).settings
    answers = [
        (f"{file}:{block.line}", block)
        for file in settings.page_files()
        for block in read(file, settings.pages).blocks
        if block.name == "answer"
    ]
    assert answers
    for place, answer in answers:
        name = answer.argument
        assert f"../snippets/{name}.py" in answer.body, f"{place}: it doesn't show {name}.py"
        assert f"{{output}} {name}\n" in answer.body, f"{place}: {name}.py has no output here"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_chapter_ends_with_two_to_four_exercises(chapter: str) -> None:
    pages = Book.at(ROOT).settings.pages
    blocks = read(pages / f"{chapter}/exercises.md", pages).blocks
    assert 2 <= [block.name for block in blocks].count("answer") <= 4
    contents = (pages / f"{chapter}/index.md").read_text(encoding="utf-8")
    assert contents.split("```{toctree}")[1].split("```")[0].split()[-1] == "exercises"


@pytest.mark.parametrize("tree", ["source", "snippets", "tests"])
def test_folders_are_chapters(tree: str) -> None:
    folders = {path.name for path in (ROOT / tree).iterdir() if path.is_dir()}
    own = {"locales", "handbook", "browser", "laws"}
    assert {name for name in folders if name[0] not in "_."} <= {*CHAPTERS, *own}


@cache
def shown_whole() -> set[str]:
    """Return the snippets that a page shows from their first line to their last."""
    whole = re.compile(r"^```\{literalinclude\} \S*snippets/(\S+)\.py\n```", re.M)
    pages = (ROOT / "source").glob("*/*.md")
    return {name for page in pages for name in whole.findall(page.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", names())
def test_snippet_fits_the_page(name: str) -> None:
    file = f"snippets/{name}.py"
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    most = 45 if name in shown_whole() else 65
    assert len(lines) <= most, f"{file}: {len(lines)} lines: cut it to {most}, or show parts of it"
    for number, line in enumerate(lines, 1):
        assert len(line) <= 72, f"{file}:{number}: {len(line)} columns: break the line, 72 fit"


def test_each_question_has_a_file_of_proofs() -> None:
    for page in (ROOT / "source").glob("*/*.md"):
        if page.stem not in ("index", "exercises") and page.parent.name in CHAPTERS:
            proofs = ROOT / "tests" / page.parent.name / f"test_{page.stem.replace('-', '_')}.py"
            assert proofs.is_file(), f"{page} has no {proofs}"


def test_each_question_says_what_to_read_first_and_what_is_asked_next() -> None:
    pages = Book.at(ROOT).settings.pages
    for chapter in CHAPTERS:
        for file in (pages / chapter).glob("*.md"):
            page = read(file, pages)
            names = [block.name for block in page.blocks]
            if page.is_question:
                assert names.count("asked") == 1, f"{file}: end with {{asked}}"
                at_start = page.name == "model/concurrency"
                assert names.count("first") == (not at_start), f"{file}: begin with {{first}}"


def test_lock_names_no_host() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "--hash=sha256:" in lock
    assert "://" not in lock
    assert "index" not in lock


def test_each_proof_of_a_rule_runs_in_several_ways_or_says_why_not() -> None:
    problems = [f"{mark.place}: {why}" for mark, why in too_narrow(Book.at(ROOT).all_proofs)]
    assert not problems, "\n".join(problems)


def test_each_proof_asserts_something_of_what_it_runs() -> None:
    problems = [f"{mark.place}: {why}" for mark, why in empty(Book.at(ROOT).all_proofs)]
    assert not problems, "\n".join(problems)


def test_measured_tables_are_what_was_measured() -> None:
    """Nobody edits one by hand: make measure writes them all."""
    measured = json.loads((EVIDENCE / "measured.json").read_text(encoding="utf-8"))
    for name, rows in tables(measured).items():
        text = (EVIDENCE / f"{name}.csv").read_text(encoding="utf-8")
        assert list(csv.reader(text.splitlines())) == rows, f"source/_evidence/{name}.csv"
