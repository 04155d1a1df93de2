"""Fingerprints of texts: what changes no outcome changes none of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache

_IMPORT = re.compile(
    r"^[ ]*from (?P<module>(?:handbook|proven|tests)[\w.]*) import (?:\([^)]*\)|.*)$\n?", re.M
)
"""An import of the machinery's or of a helper that proofs share."""


def fingerprint(*texts: str) -> str:
    """Return twelve hexadecimal digits: blank lines and the wrapping of a sentence change nothing.

    Neither does where helpers live, as imports of them don't count: what they say must be
    among the texts, see `helpers_in`.
    """
    return hashlib.sha256("\n".join(map(_normal, texts)).encode()).hexdigest()[:12]


@lru_cache(None)
def _normal(text: str) -> str:
    return "\n".join(filter(None, map(str.rstrip, _IMPORT.sub("", text).splitlines())))


def helpers_in(text: str) -> Iterator[str]:
    """Yield the files that `text` imports helpers from, as paths relative to the book's root.

    Those of the machinery, which are elsewhere, come along: there is no such file.
    """
    for match in _IMPORT.finditer(text):
        yield match["module"].replace(".", "/") + ".py"
