"""Rewrites a page, whole or not at all, and shows what changed."""

from __future__ import annotations

import difflib
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path

from proven.book import Book
from proven.checks import parse, parser
from proven.checks.accept.changes import Changes
from proven.checks.accept.distrust import Again, Untrusted, suspicions
from proven.claims import excluded_here
from proven.shown import QUIET, Shown, on_page, outputs_in, record, rewritten, unseen
from proven.stage import SnippetError


def accept(
    page: Path, snippets: Path, wanted: Callable[[Shown], bool] = lambda shown: True
) -> bool:
    """Rewrite the outputs of `page` from fresh recordings; tell whether anything changed.

    wanted: which of them to play.  The page is written whole, and only when every recording
    succeeded and can be trusted: else SnippetError, Untrusted, or ValueError for an option
    that isn't known.
    """
    before = page.read_bytes().decode("utf-8")
    place = os.path.relpath(page)
    played = []
    for shown in outputs_in({place: before}):
        if wanted(shown) and not excluded_here(dict(shown.only)):
            trace = record(shown.name, shown.terms, snippets, ordered=not shown.any_order)
            played.append((shown, trace, on_page(trace, shown.terms)))
    problems = [
        (shown, problem)
        for shown, trace, lines in played
        for problem in suspicions(lines, timed=trace.timed)
    ]
    # What already is refused needn't be played ten times more.
    if played and not problems:
        problems = list(Again(played, snippets).differences())
    if problems:
        raise Untrusted(
            "\n".join(f"{place}:{each.line}: {each.name}: {problem}" for each, problem in problems)
        )
    for shown, trace, _ in played:
        if end := unseen(shown, trace, before):
            at = f"{place}:{shown.line}: {shown.name}"
            print(f"{at}: its stderr, «{end}», is seen nowhere: {QUIET}")
    after = rewritten(before, {shown.line: lines for shown, _, lines in played})
    if after == before:
        return False
    replace_text(page, after)
    return True


def replace_text(page: Path, text: str) -> None:
    """Write a page so that it is there whole, whatever happens meanwhile."""
    fresh = page.with_name(f".{page.name}.fresh")
    try:
        fresh.write_bytes(text.encode("utf-8"))
        fresh.chmod(page.stat().st_mode)
        os.replace(fresh, page)
    finally:
        fresh.unlink(missing_ok=True)


def each_page(
    name: str, description: str | None, rewrite: Callable[[Book, Changes, Path], str]
) -> int:
    """Run command `name` on the pages that it is given; return its exit code.

    rewrite: rewrites a page as far as it changed and returns what to say of it, "" for nothing;
    SnippetError, Untrusted and ValueError leave the page as it is.
    """
    command = parser(name, description)
    chosen = _choose(command)
    options, book = parse(command)
    try:
        pages, changes = chosen(options, book)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    failed = False
    for page in pages:
        place, before = book.settings.name_of(page), page.read_text(encoding="utf-8")
        try:
            said = rewrite(book, changes, page)
        except (SnippetError, Untrusted, ValueError) as error:
            failed = True
            print(f"{place}: left as it is\n{error}", file=sys.stderr)
            continue
        if (after := page.read_text(encoding="utf-8")) != before:
            print(_diff(place, before, after))
        if said:
            print(f"{place}: {said}")
    return int(failed)


def _diff(place: str, before: str, after: str) -> str:
    """Return what changed in the page at `place`, as git would tell it."""
    lines = (before.splitlines(), after.splitlines())
    return "\n".join(difflib.unified_diff(*lines, f"a/{place}", f"b/{place}", lineterm=""))


def _choose(command: ArgumentParser) -> Callable[[Namespace, Book], tuple[list[Path], Changes]]:
    """Let a command be given pages; return what then tells them, and what changed in them.

    ValueError if there is no such page.
    """
    command.add_argument("pages", nargs="*", metavar="PAGE", help="as in tasks/gather")
    command.add_argument("--all", action="store_true", help="whether anything changed or not")
    command.add_argument("--recordings", type=Path, default=Path("build/doctest/recordings.json"))
    command.add_argument("--accepted", type=Path, default=Path("build/accepted.json"))

    def chosen(options: Namespace, book: Book) -> tuple[list[Path], Changes]:
        files = [book.settings.pages / f"{name}.md" for name in options.pages]
        for file in files:
            if not file.is_file():
                raise ValueError(f"{book.settings.name_of(file)}: there is no such page")
        everything = options.all or bool(files)
        changes = Changes(book, options.recordings, options.accepted, everything=everything)
        return files or book.settings.page_files(), changes

    return chosen
