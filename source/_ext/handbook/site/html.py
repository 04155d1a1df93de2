"""The site's builder: Sphinx's, which leaves alone what nobody touched."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.builders.html import StandaloneHTMLBuilder

from handbook.site.outdated import written

if TYPE_CHECKING:
    from collections.abc import Set

    from _typeshed import StrPath


class HandbookSite(StandaloneHTMLBuilder):
    """Sphinx's builder; it would write index, search and static files at every build."""

    def prepare_writing(self, docnames: Set[str]) -> None:
        """Let each word be reduced to its stem once: that takes a tenth of a build."""
        super().prepare_writing(docnames)
        if self.indexer is not None:
            self.indexer.lang.stem = lru_cache(None)(self.indexer.lang.stem)  # type: ignore[method-assign]

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

    def _untouched(self) -> bool:
        return written(self._app).untouched and Path(self.outdir, "searchindex.js").is_file()

    def _is_copied(self, source: StrPath, to: StrPath) -> bool:
        try:
            copied, now = (
                Path(self.outdir, "_downloads", to).stat(),
                Path(self.srcdir, source).stat(),
            )
        except OSError:
            return False
        # Sphinx gives the copy the time of its source, rounded.
        return copied.st_size == now.st_size and copied.st_mtime > now.st_mtime - 0.001
