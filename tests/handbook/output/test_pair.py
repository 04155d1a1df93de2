"""A mistake and its cure are compared line by line."""

from handbook.output.pair import LEFT_OUT, beside, twin

SAME = [f"line {number}" for number in range(10)]


def test_what_differs_stands_side_by_side() -> None:
    wrong = "\n".join([*SAME, "if a:", *SAME])
    right = "\n".join([*SAME, "while a:", "    b()", *SAME])
    here, there, changed, new = beside(wrong, right)
    assert len(here) == len(there)
    assert [here[number - 1] for number in changed] == ["if a:"]
    assert [there[number - 1] for number in new] == ["while a:", "    b()"]
    assert here[new[1] - 1] == "", "what one side lacks is blank"
    alike = [n for n in range(len(here)) if n + 1 not in {*changed, *new}]
    assert [here[n] for n in alike] == [there[n] for n in alike]
    assert here == [LEFT_OUT, *SAME[-3:], "if a:", "", *SAME[:3]]


def test_programs_that_agree_have_nothing_to_compare() -> None:
    assert beside("a\nb", "a\nb") == ([], [], [], [])


def test_a_cure_has_a_mistake() -> None:
    assert twin("races/lock_fixed") == "races/lock_broken"
    assert twin("races/lock_broken") == twin("races/lock") == ""
