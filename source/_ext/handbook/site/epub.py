"""The book for readers' devices: Sphinx's EPUB with its figures declared and coloured."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

from sphinx.builders.epub3 import Epub3Builder


class HandbookEpub(Epub3Builder):
    """Declares the figures, which Sphinx doesn't, and colours them without CSS variables."""

    def build_epub(self) -> None:
        """Pack the book when its list of files and its style know the figures."""
        outdir = Path(self.outdir)
        content = outdir / "content.opf"
        items = re.sub(
            r'(<item id="[^"]*" href="([^"]*\.xhtml)")(?! properties)',
            lambda item: (
                f'{item[1]} properties="svg"' if _has_figure(outdir / item[2]) else item[0]
            ),
            content.read_text(encoding="utf-8"),
        )
        content.write_text(items, encoding="utf-8")
        site, book = outdir / "_static/handbook.css", outdir / "_static/book.css"
        figures = "\n".join(
            re.findall(r"^svg\.(?:timeline|drawing).*\}$", site.read_text("utf-8"), re.M)
        )
        colours = self.config.html_theme_options["light_css_variables"]
        for name, value in {**colours, "font-stack--monospace": "monospace"}.items():
            figures = figures.replace(f"var(--{name})", value)
        with book.open("a", encoding="utf-8") as style:
            style.write(f"/* Figures */\n{figures}\n")
        # The archive keeps the times of its files: the same sources give the same bytes.
        moment = _moment(Path(self.confdir))
        for name in ("mimetype", "META-INF/container.xml", "content.opf", "toc.ncx", *self.files):
            os.utime(outdir / name, (moment, moment))
        super().build_epub()

    def content_metadata(self) -> dict[str, Any]:
        """Return what the book tells of itself, dated like its PDF."""
        date = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(_moment(Path(self.confdir))))
        return {**super().content_metadata(), "date": date}


def _moment(root: Path) -> int:
    """Return the seconds that date the book: SOURCE_DATE_EPOCH, the last commit, or 2026."""
    if fixed := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(fixed)
    git = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    seconds = subprocess.run(git, capture_output=True, text=True, check=False).stdout.strip()
    return int(seconds or 1_767_225_600)


def _has_figure(page: Path) -> bool:
    return "<svg" in page.read_text(encoding="utf-8")
