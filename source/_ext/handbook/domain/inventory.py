"""What the official documentation describes, for references and for what claims rest on.

sphinx.ext.intersphinx resolves references, but its load_mappings parses a local inventory at each
build and keeps all of it in the environment (sphinx/ext/intersphinx/_load.py): a sixth of a build
in which one page changed.  Here it is read when somebody first asks, and parsed when it changed.
This can go when intersphinx does the same.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.ext.intersphinx import InventoryAdapter
from sphinx.util.inventory import InventoryFile

if TYPE_CHECKING:
    from sphinx.application import Sphinx


_parsed: dict[tuple[object, ...], dict[str, dict[str, Any]]] = {}
"""What this process has read, by address, file, its size and time: many builds may ask for it."""


class Inventory(Mapping[str, dict[str, Any]]):
    """What `file` lists, by kind ("py:function") and name, with addresses below `address`.

    kept: the file in which it is kept for the next build.
    """

    def __init__(self, address: str, file: Path, kept: Path) -> None:
        self._address, self._file, self._kept = address, file, kept

    @cached_property
    def _kinds(self) -> dict[str, dict[str, Any]]:
        file = self._file.resolve()
        stat = file.stat()
        key = (self._address, str(file), stat.st_size, stat.st_mtime_ns)
        if key not in _parsed:
            _parsed[key] = self._read(key)
        return _parsed[key]

    def _read(self, key: tuple[object, ...]) -> dict[str, dict[str, Any]]:
        with suppress(OSError, ValueError, EOFError, pickle.UnpicklingError):
            before, kinds = pickle.loads(self._kept.read_bytes())
            if before == key:
                return kinds
        kinds = InventoryFile.loads(self._file.read_bytes(), uri=self._address).data
        self._kept.write_bytes(pickle.dumps((key, kinds), pickle.HIGHEST_PROTOCOL))
        return kinds

    def __getitem__(self, kind: str) -> dict[str, Any]:
        return self._kinds[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._kinds)

    def __len__(self) -> int:
        return len(self._kinds)

    def __reduce__(self) -> tuple[type[Inventory], tuple[str, Path, Path]]:
        """Leave what it lists out of the environment."""
        return Inventory, (self._address, self._file, self._kept)


def offer(app: Sphinx) -> None:
    """Let intersphinx resolve references by the inventory of the setting `documentation`."""
    if not app.config.documentation:
        return
    name, address, file = app.config.documentation
    inventory = Inventory(
        address, Path(app.confdir, file), Path(app.doctreedir, "inventory.pickle")
    )
    InventoryAdapter(app.env)  # makes the places
    vars(app.env).update(
        intersphinx_inventory=inventory, intersphinx_named_inventory={name: inventory}
    )
