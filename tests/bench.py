"""Measures what readers, authors and maintainers wait for; `make bench` prints the table.

Seconds are those of the processor, of a command with all its children: other work on the machine
changes them less than those of the clock, which stand behind.  A project of one page, built by
plain Sphinx with the same theme in the same run, tells how fast the machine is.
"""

from __future__ import annotations

import ast
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from time import perf_counter, sleep
from typing import NamedTuple

import sizes
from proven.book import Book
from proven.shown import record
from proven.stage import path_of
from proven.stage.player import is_virtual
from proven.stage.virtual import rest
from pypdf import PdfReader
from websockets.sync import client as websockets
from websockets.sync.client import ClientConnection

ROOT = Path(__file__).parents[1]
PAGE = "source/tasks/gather.md"
EXAMPLE = "tasks/gather_order"
OUTPUTS = Book.at(ROOT).outputs
SNIPPET, TEST = f"snippets/{EXAMPLE}.py", "tests/tasks/test_gather.py"
QUESTIONS, TIMES = 53, 4
"""How many the book had when the goals were set, and how much larger another one is."""


class Cost(NamedTuple):
    """What a command took: cpu and clock in seconds, memory of its largest process in MB."""

    cpu: float
    clock: float
    memory: float = 0

    def __str__(self) -> str:
        return f"{self.cpu:6.2f} s ({self.clock:.2f})"


def main() -> None:
    """Print each measure with its goal; nothing is asserted, machines differ."""
    parser = ArgumentParser(description=__doc__)
    parts = {"site": _site, "large": _large, "live": _live, "print": _print, "stage": _stage}
    parser.add_argument("--only", choices=parts, action="append", help="may be repeated")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'':56} {'CPU (clock)':>20}   goal")
        for part in arguments.only or parts:
            parts[part](Path(folder, part))


def _row(what: str, measured: object, goal: float | None = None, unit: str = "s") -> None:
    """Print a measure (Cost, or a number of `unit`), with its goal and whether it is met."""
    number = measured.cpu if isinstance(measured, Cost) else measured
    shown = str(measured) if isinstance(measured, Cost) else f"{measured:.2f} {unit}"
    told = "" if goal is None else f"under {goal:g} {unit}: {'met' if number < goal else 'MISSED'}"
    print(f"{what:56} {shown:>20}   {told}", flush=True)


# ---- The site


def _site(folder: Path) -> None:
    """Build the book, and as much of it as there was when its goals were set."""
    plain = _plain(folder / "plain")
    _row("Plain Sphinx with furo, one page: nothing touched", plain)
    for book, goal in (_cut(folder), 6), (_copy(folder / "book"), None):
        _row(f"{_size(book)}: from scratch", _scratch(book), goal)
        _row("  nothing touched", min(_build(book, "html") for _ in range(3)), 0.6)
        touched = min(_edited(book, PAGE) for _ in range(3))
        _row("  one page touched", touched, 1)
        _row("  the same, after plain Sphinx", touched.cpu / plain.cpu, unit="times")
    _row("one snippet touched", _edited(book, SNIPPET), 2)
    _row("one test touched", _edited(book, TEST), 2)
    _row("EPUB after the site", _build(book, "epub"))


def _large(folder: Path) -> None:
    """Build books and those that are several times as large, side by side."""
    for book, goal in (_cut(folder), 2.5), (_copy(folder / "book"), None):
        large = sizes.larger(book, book.with_name(f"{book.name}-large"), TIMES)
        once, more = _scratch(book), _scratch(large)
        _row(f"{_size(book)}: from scratch", once)
        _row(f"{_size(large)}: from scratch", more)
        _row("  the same, after the book", more.cpu / once.cpu, 4.5, "times")
        _row("  nothing touched", _build(large, "html"))
        touched = min(_edited(large, PAGE) for _ in range(3))
        _row("  one page touched", touched, goal)
        alone = min(_edited(book, PAGE) for _ in range(3))
        _row("  the same, after the book", touched.cpu / alone.cpu, unit="times")


def _copy(folder: Path) -> Path:
    return sizes.copy(ROOT, folder)


def _cut(folder: Path) -> Path:
    return sizes.cut(_copy(folder / "cut"), PAGE, QUESTIONS)


def _size(book: Path) -> str:
    return f"{len(sizes.questions(book))} questions, {len(sizes.pages(book))} pages"


def _scratch(book: Path) -> Cost:
    """Return what a build from scratch costs when Python has compiled all modules."""
    _build(book, "dummy")
    shutil.rmtree(book / "build")
    return _build(book, "html")


def _edited(book: Path, file: str) -> Cost:
    _edit(book / file)
    return _build(book, "html")


def _edit(file: Path, text: str = "") -> None:
    text = text or ("Ещё строка." if file.suffix == ".md" else "# A remark.")
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")


# ---- make live


def _live(folder: Path) -> None:
    """Print how long an edit takes from the save until the browser is told to load the page."""
    book = _copy(folder / "live")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "handbook.authors.live", "--port", str(port)]
    server = subprocess.Popen(
        command, cwd=book, env=_environment(book), stdout=subprocess.DEVNULL, start_new_session=True
    )
    with server:
        try:
            with _connect(port) as browser:
                _shown_after(browser, book, PAGE, "tasks/gather.html", "Начало.")  # warms up
                for what, file, page, text in (
                    ("a page", PAGE, "tasks/gather.html", "Ещё правка."),
                    ("a snippet", SNIPPET, "_downloads/*/gather_order.py", "# An edit."),
                    ("a test", TEST, "tests/tasks/test_gather.html", "# An edit."),
                    ("a claim", PAGE, "ledger/tasks.html", ""),
                ):
                    before = _of_session(server.pid)
                    seconds = _shown_after(browser, book, file, page, text)
                    cost = Cost(_of_session(server.pid) - before, seconds)
                    _row(f"make live: an edit of {what} is shown", cost, 2)
        finally:
            server.send_signal(signal.SIGINT)


def _of_session(leader: int) -> float:
    """Return the processor's seconds of all processes that `leader` began; Linux only."""
    ticks = 0
    for file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended
            fields = file.read_text().rpartition(")")[2].split()
            # proc_pid_stat(5): the session is field 6, the times are fields 14 to 17.
            if int(fields[3]) == leader:
                ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _connect(port: int) -> ClientConnection:
    """Return a browser's connection to the server, once it has built the site and serves it."""
    end = perf_counter() + 300
    while True:
        try:
            return websockets.connect(f"ws://127.0.0.1:{port}/websocket-reload")
        except OSError:
            if perf_counter() > end:
                raise
            sleep(0.2)


def _shown_after(browser: ClientConnection, book: Path, file: str, page: str, text: str) -> float:
    """Return the seconds until `page` shows `text` at the end of `file`, or a changed claim."""
    began = perf_counter()
    if text:
        _edit(book / file, text)
    else:
        source, text = (book / file).read_text(encoding="utf-8"), "Правленое"
        changed = re.sub(r"\[(?=[^\]]+\]\{\.always)", f"[{text}: ", source, count=1)
        (book / file).write_text(changed, encoding="utf-8")
    browser.recv(timeout=60)
    seconds = perf_counter() - began
    (built,) = (book / "build/live/html").glob(page)
    plain = re.sub("<[^>]*>", "", built.read_text(encoding="utf-8"))
    assert text in plain, f"{page} doesn't show the edit of {file}"
    return seconds


def _plain(folder: Path) -> Cost:
    """Return what Sphinx takes for a site of one page in which nothing changed."""
    (folder / "source").mkdir(parents=True)
    conf = 'extensions = ["myst_parser"]\nhtml_theme = "furo"\nlanguage = "ru"\n'
    (folder / "conf.py").write_text(conf, encoding="utf-8")
    (folder / "source/index.md").write_text("# Страница\n\nТекст.\n", encoding="utf-8")
    _build(folder, "html", "sphinx")
    return min(_build(folder, "html", "sphinx") for _ in range(3))


def _build(book: Path, builder: str, module: str = "handbook") -> Cost:
    # A warning would tell that a book of another size isn't whole.
    command = ["-m", module, "-c", ".", "-q", "-W", "-d", "build/doctrees", "-b", builder]
    return _cost([sys.executable, *command, "source", f"build/{builder}"], book)


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of a build, with compiled modules as `make` has them."""
    machinery = folder / "source/_ext"  # its own, as its conf.py puts that first
    own = {"PYTHONPATH": str(machinery), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": ""}
    return {**os.environ, **own}


def _cost(command: list[str], folder: Path) -> Cost:
    began = perf_counter()
    process = subprocess.Popen(command, cwd=folder, env=_environment(folder))
    # Unlike the usage of all children, this is that of one and of its own.
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Cost(used.ru_utime + used.ru_stime, perf_counter() - began, used.ru_maxrss / 1024)


# ---- The print edition


def _print(folder: Path) -> None:
    book = _copy(folder / "printed")
    _build(book, "html")
    printed = _build(book, "typst")
    file = book / "build/typst/handbook.pdf"
    pages = len(PdfReader(file).pages)
    _row(f"PDF of {pages} pages after the site", printed)
    _row("  for each page", 1000 * printed.cpu / pages, 50, "ms")
    _row("  the memory of its largest process", printed.memory, 500, "MB")
    _row("  its size", file.stat().st_size / 2**20, 3, "MB")
    _edit(book / PAGE)
    _row("PDF after one changed page", _build(book, "typst"))
    doctest = _build(book, "doctest")
    examples = len(Book.at(book).outputs)
    _row("doctest of the whole book", doctest)
    _row(f"  for each of {examples} examples", 1000 * doctest.cpu / examples, 18, "ms")
    _edit(book / SNIPPET)
    _row("doctest after one changed snippet", _build(book, "doctest"))


# ---- The stage


def _stage(folder: Path) -> None:
    """Print what plays cost; imports of packages cost what they do in any Python, so apart.

    A tie, or noticeable computing, makes a second play of an example.
    """
    (_, first), (_, more) = _played([EXAMPLE]), _played([EXAMPLE] * 101)
    _row(f"{EXAMPLE} played, and all that starts but once", first)
    _row("  each further play, all of its processes", 10 * (more.cpu - first.cpu), 10, "ms")
    kinds: dict[str, list[str]] = {"asyncio": [], "asyncio and packages": [], "threads": []}
    # What such a program imports and computes is most of it, with and without the stage.
    kinds |= {"processes and the rest": [], "packages on the real clock": []}
    for name, shown in OUTPUTS.items():
        modules = _imported(path_of(name))
        packages = modules - sys.stdlib_module_names
        if is_virtual(path_of(name)) and shown.terms.clock != "real" and not shown.terms.beside:
            kinds["asyncio and packages" if packages else "asyncio"].append(name)
        elif packages:
            kinds["packages on the real clock"].append(name)
        elif "threading" in modules and not modules & _PROCESSES:
            kinds["threads"].append(name)
        else:
            kinds["processes and the rest"].append(name)
    waits, spent = 0.0, 0.0
    for kind, those in kinds.items():
        elapsed, cost = _played(those)
        if "asyncio" in kind:
            waits, spent = waits + elapsed, spent + cost.cpu
        _row(f"{len(those)} snippets of {kind} played", cost)
        goal = 60 if kind == "threads" else None
        _row("  for each, all of its processes", 1000 * cost.cpu / len(those), goal, "ms")
    _row("The asyncio snippets by themselves would wait", waits)
    _row("  the same on the stage", Cost(spent, spent), waits / 50)


_PROCESSES = {"asyncio", "concurrent", "multiprocessing", "os", "subprocess"}
"""Modules whose programs may be more than threads."""


def _imported(path: Path) -> set[str]:
    """Return the top names of the modules that the program at `path` imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            found.update(alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add(str(node.module).partition(".")[0])
    return found


def _played(snippets: list[str]) -> tuple[float, Cost]:
    """Play `snippets`; return the seconds that they wait, and what the plays took."""
    rest()
    before, began = _spent(), perf_counter()
    shown = (OUTPUTS[name] for name in snippets)
    waits = sum(record(e.name, e.terms, ordered=not e.any_order).elapsed for e in shown)
    # What the zygote and its children took counts when it is let go.
    rest()
    return waits, Cost(_spent() - before, perf_counter() - began)


def _spent() -> float:
    """Return the processor's seconds of this process and of its children that are over."""
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(sum(resource.getrusage(kind)[:2]) for kind in kinds)


if __name__ == "__main__":
    main()
