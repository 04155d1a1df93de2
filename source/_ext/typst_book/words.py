"""What the book says of itself, by language, and how its index is ordered."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "answer": "To the question on page {}:",
        "answers": "Answers",
        "appendix": "Appendix {}.",
        "appendices": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "ask": "What does it print? Think first, then see the answer on page {}.",
        "contents": "Contents",
        "figure": "Fig.",
        "index": "Index",
        "later": "(continued)",
        "listing": "Listing",
        "output": "Output",
        "page": "(p.\u00a0{})",
        "preface": "Preface",
        "table": "Table",
        "version": "Version",
    },
    "ru": {
        "answer": "К вопросу на с.\u00a0{}:",
        "answers": "Ответы",
        "appendix": "Приложение {}.",
        "appendices": "АБВГДЕЖИКЛМНПРСТУФХЦШЭЮЯ",
        "ask": "Что напечатает? Подумайте, потом сверьтесь с ответом на с.\u00a0{}.",
        "contents": "Содержание",
        "figure": "Рис.",
        "index": "Предметный указатель",
        "later": "(продолжение)",
        "listing": "Листинг",
        "output": "Вывод",
        "page": "(с.\u00a0{})",
        "preface": "Предисловие",
        "table": "Таблица",
        "version": "Версия",
    },
}

# The script of the book's own language comes first in its index.
_SCRIPTS = {"ru": (("а", "я"), ("a", "z"))}
_LATIN = (("a", "z"), ("а", "я"))


def words(language: str | None) -> Mapping[str, str]:
    """Return the words of `language` ("ru", "en_GB" …); English where it isn't known."""
    return WORDS.get((language or "en").partition("_")[0], WORDS["en"])


def alphabetical(name: str, language: str | None) -> tuple[int, str, str]:
    """Return the key by which an index sorts `name`: own script, the other, the rest; Ё beside Е."""
    letters = name.casefold().replace("ё", "е").lstrip("_«\"'(@*.")
    scripts = _SCRIPTS.get((language or "en").partition("_")[0], _LATIN)
    known = (n for n, (first, last) in enumerate(scripts) if first <= letters[:1] <= last)
    return next(known, len(scripts)), letters, name
