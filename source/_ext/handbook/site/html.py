"""The site's builder: Sphinx's, which leaves alone what nobody touched."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.highlighting import PygmentsBridge

from handbook.site import search
from handbook.site.outdated import written

if TYPE_CHECKING:
    from collections.abc import Set

    from _typeshed import StrPath
    from docutils import nodes
    from pygments.formatter import Formatter


class _Highlighter(PygmentsBridge):
    """Makes each kind of formatter once: with its styles that takes as long as a short listing."""

    def __init__(self, like: PygmentsBridge) -> None:
        super().__init__(like.dest)
        self.formatter_args = like.formatter_args
        self._made: dict[str, Formatter[str]] = {}

    def get_formatter(self, **options: Any) -> Formatter[str]:
        """Return the formatter with these options; what it has formatted leaves nothing in it."""
        key = repr(sorted(options.items()))
        if key not in self._made:
            self._made[key] = super().get_formatter(**options)
        return self._made[key]


class HandbookSite(StandaloneHTMLBuilder):
    """Sphinx's builder; it would write index, search and static files at every build."""

    def init_highlighter(self) -> None:
        """Let listings share their formatters."""
        super().init_highlighter()
        if self.highlighter:
            self.highlighter = _Highlighter(self.highlighter)

    def copy_assets(self) -> None:
        """Copy what lies beside the pages, unless nothing changed."""
        if not self._untouched():
            super().copy_assets()

    def copy_download_files(self) -> None:
        """Copy the snippets if one of them is newer: Sphinx compares and logs each of them."""
        if not all(self._is_copied(source, to) for source, (_, to) in self.env.dlfiles.items()):
            super().copy_download_files()

    def finish(self) -> None:
        """Write index and search, unless nothing changed."""
        if not self._untouched():
            super().finish()

    def index_page(self, pagename: str, doctree: nodes.document, title: str) -> None:
        """Leave the words to `search`, which has them since the page was read."""

    def load_indexer(self, docnames: Set[str]) -> None:
        """Load nothing: the index is made of what the pages left."""

    def dump_search_index(self) -> None:
        """Write the index of our own search, where Sphinx's search loads its own."""
        search.write(self.env, Path(self.outdir, self.searchindex_filename))

    def _untouched(self) -> bool:
        return written(self._app).untouched and Path(self.outdir, "searchindex.js").is_file()

    def _is_copied(self, source: StrPath, to: StrPath) -> bool:
        try:
            copied = os.stat(os.path.join(self.outdir, "_downloads", to))
            now = os.stat(os.path.join(self.srcdir, source))
        except OSError:
            return False
        # Sphinx gives the copy the time of its source, rounded.
        return copied.st_size == now.st_size and copied.st_mtime > now.st_mtime - 0.001
