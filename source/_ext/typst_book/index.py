"""What order the book has: that of its pages, and its index with entries and their places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from typing import Any

from sphinx.builders import Builder
from sphinx.environment.adapters.indexentries import IndexEntries
from sphinx.util.matching import patmatch

# The script of the book's own language comes first in its index.
_SCRIPTS = {"ru": (("а", "я"), ("a", "z"))}
_LATIN = (("a", "z"), ("а", "я"))


def alphabetical(name: str, language: str | None) -> tuple[int, str, str]:
    """Return the key by which an index sorts `name`: own script, the other, rest; Ё beside Е."""
    letters = name.casefold().replace("ё", "е").lstrip("_«\"'(@*.")
    scripts = _SCRIPTS.get((language or "en").partition("_")[0], _LATIN)
    fitting = (n for n, (first, last) in enumerate(scripts) if first <= letters[:1] <= last)
    return next(fitting, len(scripts)), letters, name


def index(builder: Builder, pages: Set[str]) -> list[dict[str, Any]]:
    """Return the index in its order; each entry with its places and what is under it.

    Places that aren't on `pages` are left out.
    """

    def key(name: str) -> tuple[int, str, str]:
        return alphabetical(name, builder.config.language)

    def printed(links: Iterable[tuple[Any, Any]]) -> list[str]:
        labels = [str(uri).removeprefix("%") for _main, uri in links]
        return [label for label in labels if label.partition("#")[0] in pages]

    groups = IndexEntries(builder.env).create_index(builder, group_entries=False)
    entries = [
        {
            "name": name,
            "letter": key(name)[1][:1].upper() if key(name)[0] < 2 else "",
            "places": printed(links),
            "under": [
                {"name": sub, "places": printed(sublinks)}
                for sub, sublinks in sorted(subs, key=lambda pair: key(pair[0]))
                if printed(sublinks) or not sublinks
            ],
        }
        for _letter, group in groups
        for name, (links, subs, _key) in group
    ]
    entries = [entry for entry in entries if entry["places"] or entry["under"]]
    return sorted(entries, key=lambda entry: key(entry["name"]))


def places(entries: list[dict[str, Any]]) -> Iterator[str]:
    """Yield all labels to which the index leads."""
    for entry in entries:
        yield from entry["places"]
        yield from places([{**below, "under": []} for below in entry["under"]])


def order_of(builder: Builder) -> Iterator[tuple[str, int]]:
    """Yield the pages as the book has them, chapters first, each with its level."""
    seen: set[str] = set()
    waiting = [(builder.config.root_doc, 0)]
    while waiting:
        docname, level = waiting.pop(0)
        if docname not in seen:
            seen.add(docname)
            yield docname, level
            below = builder.env.toctree_includes.get(docname, [])
            if level == 0:
                below = sorted(below, key=lambda name: is_appendix(builder, name))
            waiting = [*((child, level + 1) for child in below), *waiting]


def is_appendix(builder: Builder, docname: str) -> bool:
    """Tell whether a page of the first level is an appendix, by the settings."""
    return any(patmatch(docname, pattern) for pattern in builder.config.typst_appendices)
