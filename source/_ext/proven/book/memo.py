"""What was found in texts, kept for the next process: most of them don't change in between."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar, cast

T = TypeVar("T")


class Memo:
    """Results by what was made of which texts, in `file`; None keeps them in this process only.

    version: of the code that finds them; those of another version don't count.
    """

    def __init__(self, file: Path | None = None, version: str = "") -> None:
        self._file, self._version = file, version
        self._before: dict[bytes, object] = {}
        self._now: dict[bytes, object] = {}
        if file:
            with suppress(OSError, ValueError, EOFError, pickle.UnpicklingError):
                its_version, entries = pickle.loads(file.read_bytes())
                self._before = entries if its_version == version else {}

    def of(self, what: str, texts: Iterable[str], make: Callable[[], T]) -> T:
        """Return make(), which may depend on nothing but `what` is made and `texts`."""
        digest = hashlib.sha256(what.encode())
        for text in texts:
            encoded = text.encode()
            digest.update(b"\n%d " % len(encoded) + encoded)
        key = digest.digest()
        if key not in self._now:
            self._now[key] = self._before[key] if key in self._before else make()
        return cast("T", self._now[key])

    def save(self) -> None:
        """Keep what was asked for in this process, if any of it is new.

        What wasn't stays as well, since the builders ask for different things, until it is most.
        """
        if self._file and not self._now.keys() <= self._before.keys():
            before = self._before if len(self._before) <= 2 * len(self._now) else {}
            content = (self._version, {**before, **self._now})
            self._file.write_bytes(pickle.dumps(content, pickle.HIGHEST_PROTOCOL))
