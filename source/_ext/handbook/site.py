"""What the theme leaves in English although the site is Russian."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# furo writes these without gettext; overriding its page.html instead would break the EPUB builder.
IN_RUSSIAN = {
    '"Toggle site navigation sidebar"': '"Показать или скрыть оглавление сайта"',
    '"Toggle table of contents sidebar"': '"Показать или скрыть содержание страницы"',
    '"Toggle Light / Dark / Auto color theme"': '"Сменить тему: светлая, тёмная, как в системе"',
    '"Toggle navigation of ': '"Показать или скрыть раздел: ',
}


def translate(app: Sphinx, error: Exception | None) -> None:
    """Put the theme's literal English labels into Russian in every page written."""
    if error or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        before = after = page.read_text(encoding="utf-8")
        for english, russian in IN_RUSSIAN.items():
            after = after.replace(english, russian)
        if after != before:
            page.write_text(after, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the hook."""
    app.connect("build-finished", translate)
    return {"version": "1", "parallel_read_safe": True}
