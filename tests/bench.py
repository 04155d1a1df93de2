"""Measures what readers, authors and maintainers wait for; `make bench` prints the table.

Seconds are those of the processor, of a command with all its children: other work on the machine
changes them less than those of the clock, which stand behind.  A project of one page, built by
plain Sphinx with the same theme in the same run, tells how fast the machine is.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from proven.book import Book
from proven.stage import names, path_of, play
from proven.stage.player import is_virtual
from pypdf import PdfReader

ROOT = Path(__file__).parents[1]
PAGE = "source/tasks/gather.md"
TIMES = 4


class Cost(NamedTuple):
    """What a command took: cpu and clock in seconds."""

    cpu: float
    clock: float

    def __str__(self) -> str:
        return f"{self.cpu:6.2f} s ({self.clock:.2f})"


def main() -> None:
    """Print each measure with its goal; nothing is asserted, machines differ."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=("site", "all", "print", "stage"), default="all")
    parser.add_argument("--times", type=int, default=TIMES, help="the size of the second book")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _row("", "CPU (clock)", "goal")
        if arguments.only != "print" and arguments.only != "stage":
            _site(Path(folder), arguments.times)
        if arguments.only in ("all", "print"):
            _print(Path(folder))
        if arguments.only in ("all", "stage"):
            _stage()


def _row(what: str, measured: object, goal: str = "") -> None:
    print(f"{what:52} {measured!s:>20}   {goal}", flush=True)


# ---- The site


def _site(folder: Path, times: int) -> None:
    plain = _plain(folder / "plain")
    _row("Plain Sphinx with furo, one page: nothing touched", plain)
    scratch, touched = _measured(_copy(folder / "book"), "", plain)
    _row("  one page touched, after plain Sphinx", f"{touched.cpu / plain.cpu:.1f} times")
    if times > 1:
        name = f"The book {times} times: "
        large, large_touched = _measured(_larger(folder / "large", times), name, plain)
        ratio = f"{large.cpu / scratch.cpu:.1f} times"
        _row(f"{name}from scratch, after the book", ratio, f"under {times * 1.125:.1f}")
        _row(f"{name}one page, after the book", f"{large_touched.cpu / touched.cpu:.1f} times")


def _measured(book: Path, name: str, plain: Cost) -> tuple[Cost, Cost]:
    """Print what the site at `book` costs; return it from scratch and with one page touched."""
    goals = ("under 6", "under 0.6", "under 1.0") if not name else ("", "", "under 2.5")
    scratch = _build(book, "html")
    pages = len(list((book / "source").rglob("*.md")))
    _row(f"{name}{pages} pages from scratch", scratch, goals[0])
    _row(f"{name}nothing touched", _build(book, "html"), goals[1])
    _touch(book / PAGE)
    _build(book, "html")  # fills the caches of the interpreter
    _touch(book / PAGE)
    touched = _build(book, "html")
    _row(f"{name}one page touched", touched, goals[2])
    if not name:
        snippet, test = book / "snippets/tasks/gather_order.py", book / "tests/tasks/test_gather.py"
        for what, file, text in (
            ("snippet", snippet, "\n# A remark.\n"),
            ("test", test, "\n# !\n"),
        ):
            file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")
            _row(f"one {what} touched", _build(book, "html"), "under 2")
        _row("EPUB after the site", _build(book, "epub"))
    return scratch, touched


def _plain(folder: Path) -> Cost:
    """Return what Sphinx takes for a site of one page in which nothing changed."""
    (folder / "source").mkdir(parents=True)
    conf = 'extensions = ["myst_parser"]\nhtml_theme = "furo"\nlanguage = "ru"\n'
    (folder / "conf.py").write_text(conf, encoding="utf-8")
    (folder / "source/index.md").write_text("# Страница\n\nТекст.\n", encoding="utf-8")
    _build(folder, "html", "sphinx")
    return min(_build(folder, "html", "sphinx") for _ in range(3))


def _copy(folder: Path) -> Path:
    for part in ("source", "snippets", "tests"):
        ignored = shutil.ignore_patterns("__pycache__", "browser")
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    for file in ("conf.py", "pyproject.toml"):
        shutil.copy(ROOT / file, folder)
    return folder


def _larger(folder: Path, times: int) -> Path:
    """Return a copy of the book that has each chapter `times` times, under other names."""
    _copy(folder)
    chapters = [path.name for path in sorted((folder / "snippets").iterdir()) if path.is_dir()]
    texts = [page.read_text(encoding="utf-8") for page in (folder / "source").rglob("*.md")]
    labels = {label for text in texts for label in re.findall(r"^\(([\w-]+)\)=$", text, re.M)}
    own = [label for label in labels if label.partition("-")[0] in chapters]
    parts = (rf"{chapter}(?=-)" for chapter in chapters)
    rest = {label.partition("-")[2] for label in own}
    label = re.compile(rf"(?<![\w/-])({'|'.join(parts)})(-(?:{'|'.join(rest)}))(?![\w-])")
    names = "|".join(chapters)
    place = re.compile(rf"(?<![\w.])(?:(?:timeline|example)-(?:{names})(?=-)|(?:{names})(?=/\w))")
    claim = re.compile(r"(\]\{[^{}]*#|mark\.(?:always|sometimes|never)\(\s*\")([\w-]+)")
    for number in map(str, range(2, times + 1)):
        for tree in ("source", "snippets", "tests"):
            for chapter in chapters:
                copy = folder / tree / f"{chapter}{number}"
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(ROOT / tree / chapter, copy, ignore=ignored)
                for file in copy.rglob("*.*"):
                    text = claim.sub(rf"\1c{number}-\2", file.read_text(encoding="utf-8"))
                    text = label.sub(rf"\g<1>{number}\2", text)
                    file.write_text(place.sub(rf"\g<0>{number}", text), encoding="utf-8")
    index = folder / "source/index.md"
    copies = r"\g<0>" + "".join(rf"\g<1>{n}/index\n" for n in range(2, times + 1))
    text = re.sub(r"^(\w+)/index\n", copies, index.read_text(encoding="utf-8"), flags=re.M)
    index.write_text(text, encoding="utf-8")
    return folder


def _build(book: Path, builder: str, module: str = "handbook") -> Cost:
    command = ["-m", module, "-c", ".", "-q", "-d", "build/doctrees", "-b", builder]
    return _cost([sys.executable, *command, "source", f"build/{builder}"], book)


def _cost(command: list[str], folder: Path) -> Cost:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    machinery = folder / "source/_ext"  # its own, as its conf.py puts that first
    environment = {**os.environ, "PYTHONPATH": str(machinery), "PYTHONUTF8": "1"}
    subprocess.run(command, cwd=folder, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, perf_counter() - began)


def _touch(page: Path) -> None:
    page.write_text(page.read_text(encoding="utf-8") + "\nЕщё строка.\n", encoding="utf-8")


# ---- The print edition


def _print(folder: Path) -> None:
    book = _copy(folder / "printed")
    html = _build(book, "html")
    printed = _build(book, "typst")
    pages = len(PdfReader(book / "build/typst/handbook.pdf").pages)
    _row(f"PDF of {pages} pages after the site ({html.cpu:.1f} s)", printed)
    _row("the same for each page", f"{1000 * printed.clock / pages:.0f} ms", "under 50 ms")
    _touch(book / PAGE)
    _row("PDF after one changed page", _build(book, "typst"), "under 3 s for 60 pages")
    _row("doctest of the whole book", doctest := _build(book, "doctest"))
    examples = len(Book.at(book).outputs)
    each = f"{1000 * doctest.cpu / examples:.0f} ms"
    _row(f"the same for each of {examples} examples", each, "under 18 ms")
    snippet = book / "snippets/tasks/gather_order.py"
    snippet.write_text(snippet.read_text(encoding="utf-8") + "\n# A remark.\n", encoding="utf-8")
    _row("doctest after one changed snippet", _build(book, "doctest"))


# ---- The stage


def _stage() -> None:
    virtual = [name for name in names() if is_virtual(path_of(name))]
    # Four at a time: they mostly wait, and the sum is that of their own seconds.
    with ThreadPoolExecutor(4) as pool:
        real = sum(pool.map(lambda name: _seconds(lambda: _script(name)), virtual))
    played = sum(_seconds(lambda name=name: play(name)) for name in virtual)
    _row("asyncio snippets as plain scripts, clock", f"{real:.1f} s")
    _row(f"the same {len(virtual)} on the stage, clock", f"{played:.2f} s")
    _row("ratio", f"{real / played:.0f} times", "at least 50 times")
    _row("one asyncio example", f"{1000 * played / len(virtual):.1f} ms", "under 10 ms")


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _script(name: str) -> None:
    subprocess.run([sys.executable, path_of(name)], capture_output=True, check=True)


if __name__ == "__main__":
    main()
