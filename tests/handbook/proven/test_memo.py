"""The memo of a book spares work and never answers for another text or another code."""

from pathlib import Path

from proven.book import Memo


def asked(file: Path, version: str, *texts: str) -> tuple[str, int]:
    """Return what a new process finds in `texts`, and how often it had to look."""
    looked: list[str] = []

    def look() -> str:
        looked.append("once")
        return " ".join(texts)

    memo = Memo(file, version)
    found = {memo.of("words", texts, look) for _ in range(2)}
    memo.save()
    assert len(found) == 1
    return found.pop(), len(looked)


def test_what_is_known_is_not_looked_for(tmp_path: Path) -> None:
    file = tmp_path / "memo"
    assert asked(file, "1", "a", "b") == ("a b", 1)
    assert asked(file, "1", "a", "b") == ("a b", 0)
    assert asked(file, "1", "a", "c") == ("a c", 1)
    # The border between texts counts.
    assert asked(file, "1", "ab", "") == ("ab ", 1)
    # What wasn't asked for last time is there, still.
    assert asked(file, "1", "a", "b") == ("a b", 0)


def test_another_version_of_the_code_looks_anew(tmp_path: Path) -> None:
    file = tmp_path / "memo"
    assert asked(file, "1", "a") == ("a", 1)
    assert asked(file, "2", "a") == ("a", 1)
    assert asked(file, "2", "a") == ("a", 0)


def test_what_was_made_counts(tmp_path: Path) -> None:
    memo = Memo(tmp_path / "memo")
    assert memo.of("first", ["a"], lambda: 1) == 1
    assert memo.of("second", ["a"], lambda: 2) == 2


def test_a_broken_file_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "memo"
    file.write_bytes(b"half a pick")
    assert asked(file, "1", "a") == ("a", 1)
    assert asked(file, "1", "a") == ("a", 0)
