"""Reading claims and proofs, and telling where they part."""

from pathlib import Path

import pytest
from proven.book import Book
from proven.book.laws import lawless, laws_in
from proven.checks.hollow import empty
from proven.claims import Mark, disagreements, excluded, proofs_in
from proven.proofs import too_narrow


def test_claims_are_read_with_file_and_line(tmp_path: Path) -> None:
    page = tmp_path / "source/tasks/page.md"
    page.parent.mkdir(parents=True)
    page.write_text(
        "# T\n\n[one *two*]{.always #a} and [x `y` z]{#b .never}.\n\n"
        "- [in a\n  list]{.sometimes #c}\n\n`[shown]{.always #not-a-claim}` [plain](x){.other}\n",
        encoding="utf-8",
    )
    assert Book.at(tmp_path).all_claims == [
        Mark("source/tasks/page.md", 3, "always", "a"),
        Mark("source/tasks/page.md", 3, "never", "b"),
        Mark("source/tasks/page.md", 6, "sometimes", "c"),
    ]


def test_a_role_over_two_lines_hides_no_claim(tmp_path: Path) -> None:
    page = tmp_path / "source/page.md"
    page.parent.mkdir()
    page.write_text(
        "[a {term}`long\nterm <term>`]{.always #a}. [`b` is]{.never #b}\n", encoding="utf-8"
    )
    assert [claim.id for claim in Book.at(tmp_path).all_claims] == ["a", "b"]


def test_proofs_are_read_with_file_line_and_name(tmp_path: Path) -> None:
    test = tmp_path / "tests/tasks/test_page.py"
    test.parent.mkdir(parents=True)
    test.write_text(
        "import pytest\n\n\n@pytest.mark.parametrize('x', [1])\n@pytest.mark.always('a')\n"
        "@pytest.mark.never('b')\ndef test_it(x): ...\n",
        encoding="utf-8",
    )
    assert Book.at(tmp_path).all_proofs == [
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


def test_ranges_are_read_on_both_ends_and_compared(tmp_path: Path) -> None:
    page, test = tmp_path / "source/tasks/page.md", tmp_path / "tests/tasks/test_page.py"
    for file in (page, test):
        file.parent.mkdir(parents=True)
    page.write_text('# T\n\n[so `[x]` it is [y]]{.always #a since="3.12" gil=on}.\n', "utf-8")
    test.write_text(
        'import pytest\n\n\n@pytest.mark.always("a", since="3.12")\ndef test_it(): ...\n', "utf-8"
    )
    (claim,), (proof,) = Book.at(tmp_path).all_claims, Book.at(tmp_path).all_proofs
    assert claim.only == (("gil", "on"), ("since", "3.12"))
    assert proof.only == (("since", "3.12"),)
    assert claim.text == "so `[x]` it is [y]"
    assert proof.text.splitlines()[1] == "def test_it(): ..."
    assert [problem for _, problem in disagreements([claim], [proof])] == [
        "claim 'a' says always gil on since 3.12, its proof at tests/tasks/test_page.py:4 "
        "always since 3.12"
    ]


@pytest.mark.parametrize(
    ("only", "version", "gil", "why"),
    [
        ({}, (3, 11), True, ""),
        ({"since": "3.12"}, (3, 11, 9), True, "since 3.12"),
        ({"since": "3.12"}, (3, 12, 0), True, ""),
        ({"before": "3.14"}, (3, 13, 9), True, ""),
        ({"before": "3.14"}, (3, 14, 0), True, "before 3.14"),
        ({"gil": "on"}, (3, 13), False, "gil on"),
        ({"gil": "off", "since": "3.13"}, (3, 12), True, "gil off, since 3.13"),
    ],
)
def test_a_claim_says_where_it_holds(
    only: dict[str, str], version: tuple[int, ...], gil: bool, why: str
) -> None:
    assert excluded(only, version, gil=gil) == why


def test_a_claim_tells_on_what_it_rests(tmp_path: Path) -> None:
    page = tmp_path / "source/page.md"
    page.parent.mkdir()
    page.write_text(
        '[a]{.always #a rests="asyncio.gather"} [b]{.never #b since="3.12" rests="async with"}'
        ' [c]{.always #c rests="cpython"} [d]{.always #d}\n',
        encoding="utf-8",
    )
    rests = [claim.rests for claim in Book.at(tmp_path).all_claims]
    assert rests == ["asyncio.gather", "async with", "cpython", ""]


def test_each_law_is_that_of_a_claim_which_has_no_other() -> None:
    text = '@law("known", broken)\n@law("unknown", broken)\ndef holds(record): ...\n'
    laws = [*laws_in({"tests/laws/of_a.py": text, "tests/laws/of_b.py": text[:22] + text[46:]})]
    claim = Mark("source/a.md", 1, "always", "known")
    problems = [f"{mark.place} {problem}" for mark, problem in lawless([claim], laws)]
    assert problems == [
        "tests/laws/of_a.py:2 law 'unknown' (holds) has no claim in the pages",
        "tests/laws/of_b.py:1 claim 'known' has its law at tests/laws/of_a.py:1 already",
    ]


@pytest.mark.parametrize(
    ("decorator", "comment", "argument", "verb", "is_wide"),
    [
        ("", "", "", "always", False),
        ("", "", "", "sometimes", True),
        ("", "", "explored", "never", True),
        ("", "# one way: a fact about a type\n", "", "always", True),
        ("", "# one way:\n", "", "always", False),
        ("@ways(end=ENDED)\n", "", "end", "always", True),
        ("@pytest.mark.parametrize('end', [1])\n", "", "end", "always", True),
        ("@pytest.mark.slow\n", "", "runaways", "always", False),
    ],
)
def test_a_rule_tried_in_one_way_says_why(
    decorator: str, comment: str, argument: str, verb: str, is_wide: bool
) -> None:
    text = f"@pytest.mark.{verb}('a')\n{decorator}{comment}def test_it({argument}): ...\n"
    found = [why for _, why in too_narrow(proofs_in({"test_page.py": text}))]
    assert bool(found) is not is_wide
    assert all("proof 'a' tries one way only" in why for why in found)


@pytest.mark.parametrize(
    ("body", "is_empty"),
    [
        ('trace = play("a/b")\n    assert len(trace.lines) >= 0', True),
        ('trace = play("a/b")\n    assert len(trace.lines) > -1', True),
        ('assert play("a/b"), "it runs"', False),
        ('assert (play("a/b").lines == [], "it is silent")', True),
        ('assert play("a/b").lines or True', True),
        ('lines = play("a/b").lines\n    assert lines == lines', True),
        ('with suppress(AssertionError):\n        assert play("a/b").lines == []', True),
        ('try:\n        assert play("a/b").lines\n    except Exception:\n        pass', True),
        ('if play("a/b").lines:\n        return\n    assert play("a/b").lines', True),
        ('with suppress(KeyError):\n        assert play("a/b").lines == []', False),
        ('assert play("a/b") == play("a/b")', False),
        ("seconds = 2\n    assert seconds == 2", True),
        ("with pytest.raises(ValueError):\n        int('x')\n    assert 1 + 1 == 2", True),
        ("async def main(): ...\n\n    assert main().close() is None", False),
        ('assert len(play("a/b").lines) > 0', False),
    ],
)
def test_an_assertion_that_cannot_fail_is_told(body: str, is_empty: bool) -> None:
    text = f'import pytest\n\n\n@pytest.mark.always("x")\ndef test_x():\n    {body}\n'
    assert bool(list(empty(proofs_in({"test_page.py": text})))) == is_empty
