"""Reading claims and proofs, and telling where they part."""

from pathlib import Path

from handbook.claims import Mark, claims_in, disagreements, proofs_in


def test_claims_are_read_with_file_and_line(tmp_path: Path) -> None:
    page = tmp_path / "source/tasks/page.md"
    page.parent.mkdir(parents=True)
    page.write_text(
        "# T\n\n[one *two*]{.always #a} and [x `y` z]{#b .never}.\n\n"
        "- [in a\n  list]{.sometimes #c}\n\n`[shown]{.always #not-a-claim}` [plain](x){.other}\n",
        encoding="utf-8",
    )
    assert claims_in(tmp_path) == [
        Mark("source/tasks/page.md", 3, "always", "a"),
        Mark("source/tasks/page.md", 3, "never", "b"),
        Mark("source/tasks/page.md", 6, "sometimes", "c"),
    ]


def test_proofs_are_read_with_file_line_and_name(tmp_path: Path) -> None:
    test = tmp_path / "tests/tasks/test_page.py"
    test.parent.mkdir(parents=True)
    test.write_text(
        "import pytest\n\n\n@pytest.mark.parametrize('x', [1])\n@pytest.mark.always('a')\n"
        "@pytest.mark.never('b')\ndef test_it(x): ...\n",
        encoding="utf-8",
    )
    assert proofs_in(tmp_path) == [
        Mark("tests/tasks/test_page.py", 5, "always", "a", "test_it"),
        Mark("tests/tasks/test_page.py", 6, "never", "b", "test_it"),
    ]


def test_disagreements() -> None:
    claims = [Mark("p.md", 1, "always", "kept"), Mark("p.md", 2, "always", "verb")]
    claims += [Mark("p.md", 3, "never", "unproven"), Mark("p.md", 4, "always", "kept")]
    proofs = [Mark("t.py", 1, "always", "kept", "t"), Mark("t.py", 2, "never", "verb", "t")]
    proofs += [Mark("t.py", 3, "always", "idle", "t")]
    problems = {mark.place: problem for mark, problem in disagreements(claims, proofs)}
    assert problems.keys() == {"p.md:2", "p.md:3", "p.md:4", "t.py:3"}
    assert "already used at p.md:1" in problems["p.md:4"]
