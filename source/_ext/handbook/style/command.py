"""The command: all rules over all pages, or those named; a line for each finding."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from proven.book import Settings

from handbook.style.blocks import blocks, snippet
from handbook.style.links import Targets, links
from handbook.style.names import names as library_names
from handbook.style.page import Finding, read
from handbook.style.shape import shape
from handbook.style.words import terms, typed, vocabulary, words

_OF_TOOLS = ("ruff.toml",)
"""What may lie beside snippets."""


def findings(root: Path, names: Iterable[str] = ()) -> Iterator[tuple[Path, Finding]]:
    """Yield file and finding for every page of the book at `root`, or for those named.

    names: pages as in "tasks/gather".  ValueError if there is no such page.
    """
    settings = Settings.at(root)
    pages = settings.pages
    table = terms(pages)
    own_words = vocabulary(pages, table)
    wanted = typed(pages, table)
    targets = Targets(settings)
    for file in _files(settings, names):
        try:
            page = read(file, pages)
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            yield file, Finding(line, "bytes", "not UTF-8: save the file as UTF-8")
            continue
        on_page = [
            *(*snippet(file), *shape(page), *blocks(page, settings.width)),
            *(*words(page, table, own_words, wanted), *library_names(page)),
            *links(page, targets),
        ]
        yield from ((file, finding) for finding in sorted(set(on_page)))


def code(root: Path, files: Iterable[Path] = ()) -> Iterator[tuple[Path, Finding]]:
    """Yield file and finding for the letters of snippets and proofs, and a snippet's name.

    files: which; none means all of the book at `root`.
    """
    settings = Settings.at(root)
    folders = settings.snippets, settings.tests
    for file in files or (file for folder in folders for file in sorted(folder.rglob("*.py"))):
        is_snippet = file.is_relative_to(settings.snippets)
        yield from ((file, finding) for finding in snippet(file, english=is_snippet))
        if is_snippet and file.stem in sys.stdlib_module_names:
            problem = f"it hides the standard module {file.stem} from its folder: rename it"
            yield file, Finding(1, "module", problem)
    for file in () if files else sorted(settings.snippets.rglob("*")):
        if _is_beside(file, settings.snippets):
            problem = "no check knows what a snippet reads or writes here: let it make its own"
            yield file, Finding(1, "module", f"{problem}, in a temporary folder")


def _is_beside(file: Path, folder: Path) -> bool:
    """Tell whether a file in the folder of snippets is neither a snippet nor a tool's."""
    hidden = any(part.startswith((".", "_")) for part in file.relative_to(folder).parts)
    return file.is_file() and not (hidden or file.suffix == ".py" or file.name in _OF_TOOLS)


def _files(settings: Settings, names: Iterable[str]) -> list[Path]:
    if not names:
        return settings.page_files()
    files = [settings.pages / f"{name}.md" for name in names]
    for file in files:
        if not file.is_file():
            name = settings.name_of(file)
            raise ValueError(f"{name}: there is no such page: name one as in tasks/gather")
    return files


def main() -> int:
    """Check pages, snippets and proofs; print what is wrong and return how the run ended."""
    parser = argparse.ArgumentParser(prog="handbook.style", description=main.__doc__)
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="as in tasks/gather")
    parser.add_argument("--root", type=Path, default=Path())
    options = parser.parse_args()
    root = options.root.resolve()
    try:
        wrong = [*findings(root, options.pages), *(() if options.pages else code(root))]
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    for file, finding in wrong:
        print(f"{file.relative_to(root)}:{finding.line}: {finding.rule}: {finding.text}")
    return int(bool(wrong))
