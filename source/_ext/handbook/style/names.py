"""Names of the standard library in inline code: «`asyncio.gahter`» is a wrong statement, too."""

from __future__ import annotations

import importlib
import re
import sys
import zlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from handbook.style.page import Finding, Page

INVENTORIES = "_inventories"
_DOTTED = re.compile(r"(?<![\w.\"'/@])([a-z_]\w*(?:\.[A-Za-z_]\w*)+)(?![\w/]|\.\w)")
_LISTED = re.compile(r"^(.+?)\s+(\S+:\S+)\s+-?\d+\s", re.M)
_OWN_FILE = re.compile(r"\.(?:py|md|json|toml|txt|log)$")


def names(page: Page) -> Iterator[Finding]:
    """Yield each name of the standard library in inline code that it doesn't have.

    What the inventory of its documentation lists is known, and what this interpreter has.
    """
    documented = _documented(listed(page.file.parents[page.name.count("/")] / INVENTORIES))
    if not documented:
        return
    for token, first in page.inlines:
        line = first
        for child in token.children or ():
            if child.type == "softbreak":
                line += 1
            elif child.type == "code_inline":
                for match in _DOTTED.finditer(child.content):
                    if not _is_name(match[1], documented):
                        text = f"«{match[1]}»: Python's library has no such name: type it anew"
                        yield Finding(line, "name", text)


def _is_name(name: str, documented: frozenset[str]) -> bool:
    module = name.partition(".")[0]
    # A variable may be called as a module is: `queue.put`.
    if module not in sys.stdlib_module_names or module.title() in _classes(documented):
        return True
    return name in documented or bool(_OWN_FILE.search(name)) or _is_here(name)


@cache
def _classes(documented: frozenset[str]) -> frozenset[str]:
    return frozenset(name.rpartition(".")[2] for name in documented)


@cache
def _is_here(name: str) -> bool:
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            thing: object = importlib.import_module(".".join(parts[:count]))
        except ImportError:
            continue
        for part in parts[count:]:
            if not hasattr(thing, part):
                return False
            thing = getattr(thing, part)
        return True
    return False


def listed(folder: Path) -> frozenset[tuple[str, str]]:
    """Return name and kind ("py:class") of what the inventories in `folder` list."""
    # Several books may share the folder, each by a link of its own.
    return _listed(folder.resolve())


@cache
def _documented(entries: frozenset[tuple[str, str]]) -> frozenset[str]:
    return frozenset(name for name, kind in entries if kind.startswith("py:"))


@cache
def _listed(folder: Path) -> frozenset[tuple[str, str]]:
    # Each has four lines, then lines compressed: name, kind, priority, address, title.
    entries: set[tuple[str, str]] = set()
    for file in sorted(folder.glob("*.inv")):
        lines = zlib.decompress(file.read_bytes().split(b"\n", 4)[4]).decode("utf-8")
        entries |= {(match[1], match[2]) for match in _LISTED.finditer(lines)}
    return frozenset(entries)
