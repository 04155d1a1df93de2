"""The questions that proofs ask of a trace, and its form on the page."""

import pytest
from proven.stage.trace import Event, Trace


def trace(*events: tuple[float, str], timed: bool = True) -> Trace:
    return Trace(tuple(Event(time, "Task-1", text) for time, text in events), 9.0, timed)


def test_find_wants_exactly_one_line() -> None:
    played = trace((0, "a"), (1, "b"), (2, "b"))
    assert played.at("a") == 0
    with pytest.raises(AssertionError, match="2 lines 'b'"):
        played.find("b")
    with pytest.raises(AssertionError, match="0 lines 'c'"):
        played.find("c")


def test_ordered() -> None:
    played = trace((0, "a"), (1, "b"), (2, "c"))
    assert played.ordered("a", "c")
    assert not played.ordered("c", "a")


def test_peak_counts_who_is_inside() -> None:
    assert (
        trace((0, "1 in"), (0, "2 in"), (1, "1 out"), (1, "3 in"), (2, "2 out")).peak("in", "out")
        == 2
    )
    with pytest.raises(AssertionError, match="no line with 'in'"):
        trace((0, "a")).peak("in", "out")


@pytest.mark.parametrize(
    ("times", "shown"),
    [
        ([0, 1], ["0.0 │ x", "1.0 │ x"]),
        ([0.5, 10], [" 0.5 │ x", "10.0 │ x"]),
        ([0.25, 1], ["0.25 │ x", "1.00 │ x"]),
        ([0.1 + 0.2], ["0.3 │ x"]),
        ([0.0004], ["0.0 │ x"]),
    ],
)
def test_shown_stamps_have_one_width(times: list[float], shown: list[str]) -> None:
    assert trace(*((time, "x") for time in times)).shown() == shown


def test_shown_without_times() -> None:
    assert trace((0.123, "x"), timed=False).shown() == ["x"]
