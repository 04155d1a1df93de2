"""Measures what the reader of the build log waits for; `make bench` prints the table."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

from proven.stage import names, path_of, play
from proven.stage.player import is_virtual
from pypdf import PdfReader

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Print each measure with its goal; nothing is asserted, machines differ."""
    virtual = [name for name in names() if is_virtual(path_of(name))]
    # Four at a time: they mostly wait, and the sum is that of their own seconds.
    with ThreadPoolExecutor(4) as pool:
        real = sum(pool.map(lambda name: _seconds(lambda: _script(name)), virtual))
    played = sum(_seconds(lambda name=name: play(name)) for name in virtual)
    _row("asyncio snippets as plain scripts", f"{real:.1f} s")
    _row(f"the same {len(virtual)} on the stage", f"{played:.2f} s")
    _row("ratio", f"{real / played:.0f} times", "at least 50 times")
    _row("one asyncio example", f"{1000 * played / len(virtual):.1f} ms", "under 10 ms")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        words = sum(len(page.read_text(encoding="utf-8").split()) for page in _pages())
        scratch = _seconds(lambda: _build("html", out))
        _row("doctest of the whole book", f"{_seconds(lambda: _build('doctest', out)):.1f} s")
        _row("HTML from scratch", f"{scratch:.2f} s", "under 3 s for the first 10 pages")
        _row(
            "for each 1000 words of source",
            f"{1e6 * scratch / words:.0f} ms",
            "attrs 210, devguide 79",
        )
        _row("HTML after one changed page", f"{_after_change('html', out):.2f} s", "under 1.0 s")
        printed = _seconds(lambda: _build("typst", out / "print"))
        pages = len(PdfReader(out / "print/typst/handbook.pdf").pages)
        _row(f"PDF of {pages} pages from scratch", f"{printed:.1f} s")
        _row("the same for each 60 pages", f"{printed * 60 / pages:.1f} s", "under 6 s")
        again = _after_change("typst", out)
        _row("PDF after one changed page", f"{again:.1f} s", "under 3 s for 60 pages")
        if shutil.which("latexmk") and shutil.which("lualatex"):
            latex = _seconds(lambda: _latex(out))
            _row("Sphinx's LaTeX route", f"{latex:.0f} s, {latex / printed:.0f} times ours")
        else:
            _row("Sphinx's LaTeX route", "—", "needs latexmk and lualatex")


def _row(what: str, measured: str, goal: str = "") -> None:
    print(f"{what:40} {measured:>12}   {goal}")


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _pages() -> list[Path]:
    return sorted((ROOT / "source").rglob("*.md"))


def _script(name: str) -> None:
    subprocess.run([sys.executable, path_of(name)], capture_output=True, check=True)


def _build(builder: str, out: Path, source: Path = ROOT) -> None:
    command = ["-m", "sphinx", "-c", ".", "-q", "-d", out / "doctrees", "-b", builder]
    subprocess.run([sys.executable, *command, "source", out / builder], cwd=source, check=True)


def _latex(out: Path) -> None:
    _build("latex", out)
    command = ["latexmk", "-lualatex", "-interaction=batchmode", "-silent"]
    subprocess.run(command, cwd=out / "latex", capture_output=True, check=False)


def _after_change(builder: str, out: Path) -> float:
    """Return the seconds of a build after one page of a copy changed."""
    copy = out / f"copy for {builder}"
    copy.mkdir()
    for part in ("source", "snippets", "tests"):
        shutil.copytree(ROOT / part, copy / part)
    shutil.copy(ROOT / "conf.py", copy)
    _build(builder, out / "again", copy)
    page = copy / "source/tasks/gather.md"
    page.write_text(page.read_text(encoding="utf-8") + "\nЕщё строка.\n", encoding="utf-8")
    return _seconds(lambda: _build(builder, out / "again", copy))


if __name__ == "__main__":
    main()
