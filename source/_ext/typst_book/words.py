"""What the book says of itself, by language, and how Typst writes prose and strings."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docutils import nodes

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

_CODE = 4
"""Which of the template's faces is that of code, upright and not bold."""
_USUAL = "".join(map(chr, (*range(0xA0, 0x500), *range(0x2010, 0x2C00))))


def words(language: str | None) -> Mapping[str, str]:
    """Return the words of `language` ("ru", "en_GB" …); English where it isn't known."""
    return WORDS.get((language or "en").partition("_")[0], WORDS["en"])


def place_of(node: nodes.Node, page: str) -> str:
    """Return the file and line of `node` or of what is around it; else those of its `page`."""
    place: nodes.Node | None = node
    while place is not None and place.line is None:
        place = place.parent
    return f"{page}:{place.line if place else '?'}"


def string(text: str) -> str:
    """Return `text` as a Typst string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def markup(text: str) -> str:
    """Return prose as Typst markup, with the spaces that Russian typography keeps together."""
    text = re.sub(r"[!-/:-@\[-`{-~]", r"\\\g<0>", text)
    text = re.sub(r"[ \n]+(?=[—–])|(?<=№)[ \n]", "~", text)
    return re.sub(r"(?<![\w~])([аиоувксяАИОУВКСЯ])[ \n](?=\S)", r"\1~", text)


def letters_of_faces(out: Path, text: str) -> list[str]:
    """Return which letters of `text` each face of the template in folder `out` has."""
    import typst
    from pikepdf import Pdf

    letters = "".join(sorted({sign for sign in text if sign.isprintable()}))
    part = {"kind": "title", "number": 0, "start": 1, "known": {}}
    (out / "asked.json").write_text(json.dumps(part | {"letters": letters}), encoding="utf-8")
    text = '#import "/book.typ": *\n#asked-of-faces(json("/asked.json").letters)'
    (out / "asked.typ").write_text(text, encoding="utf-8")
    inputs = {"part": "/asked.json"}
    file = out / "asked.pdf"
    typst.compile(
        out / "asked.typ", output=file, root=out, ignore_system_fonts=True, sys_inputs=inputs
    )
    with Pdf.open(file) as pdf:
        return ["".join(sorted(_letters_of(page) & set(letters))) for page in pdf.pages]


class Code:
    """Writes what the font of code in folder `out` lacks as Python's escapes."""

    def __init__(self, out: Path) -> None:
        self._out = out
        # No font shows a space as a letter.
        self._asked, self._shown = {"\xa0"}, {"\xa0"}

    def visible(self, text: str) -> str:
        """Return `text` as print can show it."""
        if text.isascii():
            return text
        if unknown := set(text) - self._asked:
            # The first time all that is usual, as each question takes a moment.
            unknown |= set() if len(self._asked) > 1 else set(_USUAL)
            self._asked |= unknown
            upright = letters_of_faces(self._out, "".join(unknown))[_CODE]
            # Letters that are joined or go from the right have no place of their own in a column.
            self._shown |= {
                sign for sign in upright if unicodedata.bidirectional(sign) not in ("R", "AL")
            }
        return "".join(
            sign
            if sign.isascii() or sign in self._shown
            else sign.encode("unicode_escape").decode()
            for sign in text
        )


def _letters_of(page: Any) -> set[str]:
    """Return the letters of the page's fonts."""
    letters = set()
    for font in page.Resources.get("/Font", {}).values():
        for _glyph, letter in re.findall(rb"<(\w+)> <(\w+)>\n", font.ToUnicode.read_bytes()):
            letters.add(bytes.fromhex(letter.decode()).decode("utf-16-be"))
    return letters
