"""Makes books of other sizes out of a book, for `tests/bench.py`: smaller and larger ones."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

_CLAIM = re.compile(r"(\]\{[^{}]*#|mark\.(?:always|sometimes|never)\(\s*\")([\w-]+)")
_LABEL = re.compile(r"^\(([\w-]+)\)=$", re.M)
_TREES = ("source", "snippets", "tests")


def copy(root: Path, folder: Path) -> Path:
    """Return `folder` with a copy of the book at `root`."""
    for part in _TREES:
        # Tools leave hidden folders.
        ignored = shutil.ignore_patterns("__pycache__", ".*", "browser")
        shutil.copytree(root / part, folder / part, ignore=ignored)
    for file in ("conf.py", "pyproject.toml"):
        shutil.copy(root / file, folder)
    return folder


def pages(book: Path) -> list[Path]:
    """Return all pages."""
    own = sorted((book / "source").glob("*.md"))
    files = (sorted((book / "source" / each).glob("*.md")) for each in chapters(book))
    return [*own, *(page for chapter in files for page in chapter)]


def questions(book: Path) -> list[Path]:
    """Return the pages that answer a question."""
    files = (page for page in pages(book) if page.parent.name != "source")
    return [page for page in files if page.stem not in ("index", "exercises")]


def chapters(book: Path) -> list[str]:
    """Return the chapters in the order of the contents."""
    index = (book / "source/index.md").read_text(encoding="utf-8")
    return re.findall(r"^(\w+)/index$", index, re.M)


def cut(book: Path, page: str, least: int) -> Path:
    """Leave of `book` the chapter of `page` and the first others that make up `least` questions.

    What led to the rest leads to `page`, to its label and to its first claim.  Snippets stay,
    since pages of other chapters show some.
    """
    _, own, name = Path(page).with_suffix("").parts
    counts = Counter(file.parent.name for file in questions(book))
    kept = {own}
    for chapter in chapters(book):
        if sum(counts[each] for each in kept) < least:
            kept.add(chapter)
    for chapter in set(chapters(book)) - kept:
        shutil.rmtree(book / "source" / chapter)
        shutil.rmtree(book / "tests" / chapter)
    # They are about claims of all chapters.
    shutil.rmtree(book / "tests/laws")
    index = book / "source/index.md"
    lost = "|".join(sorted(set(chapters(book)) - kept))
    text = index.read_text(encoding="utf-8")
    index.write_text(re.sub(rf"^(?:{lost})/index\n", "", text, flags=re.M), encoding="utf-8")
    texts = {file: file.read_text(encoding="utf-8") for file in pages(book)}
    claims = [id for text in texts.values() for _, id in _CLAIM.findall(text)]
    labels = {label for text in texts.values() for label in _LABEL.findall(text)}
    (label, *_), ((_, claim), *_) = (each.findall(texts[book / page]) for each in (_LABEL, _CLAIM))

    def put_label(role: re.Match[str]) -> str:
        is_there = role["label"] in labels or re.match(rf"\w+-(?:{'|'.join(kept)})-", role["label"])
        return role[0] if is_there else role[0].replace(role["label"], label)

    def put_claim(place: re.Match[str]) -> str:
        return place[0] if place[2] in claims else f"{place[1]}{claim}"

    for file, text in texts.items():
        text = re.sub(rf"^```\{{first\}}.*\b(?:{lost})/.*\n```\n", "", text, flags=re.M)
        text = re.sub(rf"(\{{doc\}}`|=> |<)(?:{lost})/[\w-]+", rf"\1{own}/{name}", text)
        text = re.sub(r"(\{claim\}`|=> #)([\w-]+)", put_claim, text)
        text = re.sub(r"\{ref\}`(?:[^`<]*<)?(?P<label>[\w-]+)>?`", put_label, text)
        file.write_text(text, encoding="utf-8")
    answers = book / "source/_faq.toml"
    text = re.sub(rf'"(?:{lost})/[\w-]+"', f'"{own}/{name}"', answers.read_text(encoding="utf-8"))
    text = re.sub(r'(claim = ")([\w-]+)', put_claim, text)
    answers.write_text(text, encoding="utf-8")
    return book


def larger(book: Path, folder: Path, times: int) -> Path:
    """Return `folder` with a copy of `book` that has each chapter `times` times, by new names."""
    copy(book, folder)
    texts = [page.read_text(encoding="utf-8") for page in pages(book)]
    labels = {label for text in texts for label in _LABEL.findall(text)}
    own = [label for label in labels if label.partition("-")[0] in chapters(book)]
    parts = (rf"{chapter}(?=-)" for chapter in chapters(book))
    rest = {label.partition("-")[2] for label in own}
    label = re.compile(rf"(?<![\w/-])({'|'.join(parts)})(-(?:{'|'.join(rest)}))(?![\w-])")
    names = "|".join(chapters(book))
    place = re.compile(rf"(?<![\w.])(?:(?:timeline|example)-(?:{names})(?=-)|(?:{names})(?=/\w))")
    drawing = re.compile(r"(?<=\{drawing\} )[\w-]+")
    drawings = list((folder / "source/_drawings").glob("*.typ"))
    for number in map(str, range(2, times + 1)):
        for file in drawings:
            shutil.copy(file, file.with_stem(f"{file.stem}{number}"))
        for tree in _TREES:
            for chapter in chapters(book):
                new = folder / tree / f"{chapter}{number}"
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(book / tree / chapter, new, ignore=ignored)
                for file in new.rglob("*.*"):
                    text = _CLAIM.sub(rf"\1c{number}-\2", file.read_text(encoding="utf-8"))
                    text = drawing.sub(rf"\g<0>{number}", text)
                    text = label.sub(rf"\g<1>{number}\2", text)
                    file.write_text(place.sub(rf"\g<0>{number}", text), encoding="utf-8")
    index = folder / "source/index.md"
    copies = r"\g<0>" + "".join(rf"\g<1>{n}/index\n" for n in range(2, times + 1))
    text = re.sub(r"^(\w+)/index\n", copies, index.read_text(encoding="utf-8"), flags=re.M)
    index.write_text(text, encoding="utf-8")
    return folder
