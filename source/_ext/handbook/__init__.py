"""The machinery of the handbook, one module for each of its words.

``trace``, ``journal``, ``clock``, ``stage`` and ``explore`` know nothing of
Sphinx, and neither do ``lanes`` and ``timeline``, which draw a trace; ``claims``
and ``evidence`` read the pages and the tests as text.  ``output``, ``examples``,
``checked``, ``ledger``, ``pages``, ``overview``, ``site`` and ``typst`` are the
Sphinx side; ``play``, ``measure``, ``mutants``, ``covered``, ``stress`` and ``bench``
are commands.  Nothing imports back up this list, and this file imports nothing on
top, so that a proof that only plays a snippet never loads Sphinx.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Load every Sphinx part of the handbook."""
    for part in ("books", "output", "examples", "reports", "ledger", "pages", "overview", "site"):
        app.setup_extension(f"handbook.{part}")
    app.setup_extension("typst_book")
    return {"version": "1", "parallel_read_safe": True}
