"""Every claim and listing of the original FAQ is answered somewhere in the book."""

import re
from pathlib import Path

import pytest
from handbook.appendices.overview.answers import Answer, answers
from proven.book import Book

from tests.handbook.conftest import ROOT

ANSWERS = {answer.id: answer for answer in answers(ROOT)}
CLAIMS = Book.at(ROOT).claims
IDS = [*(f"C{number}" for number in range(1, 151)), *(f"S{number}" for number in range(1, 12))]
# What the FAQ said wrongly (15) or what has become outdated since (4).
# Shorter to read than a list.
WRONG = "C5 C13 C20 C33 C35 C41 C60 C62 C64 C88 C111 C115 C121 C128 C142 C10 C73 C75 C80".split()  # noqa: SIM905


def test_all_and_only_the_ids_of_the_faq() -> None:
    assert list(ANSWERS) == IDS


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=lambda answer: answer.id)
def test_answer_is_on_its_page(answer: Answer) -> None:
    lines = (ROOT / "source/_faq.toml").read_text(encoding="utf-8").splitlines()
    place = f"source/_faq.toml:{lines.index(f'[{answer.id}]') + 1}: {answer.id}"
    page = f"source/{answer.page}.md"
    assert (ROOT / page).is_file(), f"{place}: there is no page {page}: name one"
    one = "either a claim or the reason why there is none"
    assert bool(answer.claim) != bool(answer.why), f"{place}: {one}"
    if answer.claim:
        there = CLAIMS[answer.claim].file if answer.claim in CLAIMS else "on no page"
        assert there == page, f"{place}: claim {answer.claim!r} is {there}: name one of {page}"


@pytest.mark.parametrize("id", WRONG)
def test_what_was_wrong_is_listed_with_its_proof(id: str) -> None:
    assert re.search("[а-яё]", ANSWERS[id].was)
    assert ANSWERS[id].claim


def test_nothing_else_is_listed_as_wrong() -> None:
    assert {answer.id for answer in ANSWERS.values() if answer.was} == set(WRONG)


@pytest.mark.parametrize(
    ("text", "told"), [("[C1\n", "line 1"), ("[C1]\nclam = 'x'\n", r"\[C1\]: .*'clam'")]
)
def test_a_map_that_cannot_be_read_is_named(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/_faq.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=rf"source/_faq\.toml: .*{told}.*: mend the map"):
        answers(tmp_path)
