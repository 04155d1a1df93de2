"""What the title page tells: names, version and date."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.dates import format_date
from sphinx.builders import Builder

from typst_book.words import words

WITHOUT_HISTORY = 1_767_225_600
"""The date of a copy without git: the first of January 2026."""


def moment(root: Path) -> int:
    """Return the seconds that date the book at `root`: SOURCE_DATE_EPOCH or the last commit."""
    if fixed := os.environ.get("SOURCE_DATE_EPOCH"):
        return int(fixed)
    git = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    try:
        return int(subprocess.run(git, capture_output=True, text=True, check=True).stdout)
    except (OSError, subprocess.CalledProcessError, ValueError):
        return WITHOUT_HISTORY


def about(builder: Builder) -> dict[str, Any]:
    """Return what the title page tells, and the words of the template."""
    config = builder.config
    name = builder.env.titles[config.root_doc].astext()
    title, _, subtitle = name.partition(": ")
    date = datetime.fromtimestamp(moment(Path(builder.confdir)), UTC)
    return {
        "name": name,
        "title": title,
        "subtitle": subtitle[:1].upper() + subtitle[1:],
        "author": config.author,
        "copyright": config.copyright,
        "version": config.release,
        "date": format_date(date, "long", locale=config.language or "en"),
        "language": config.language or "en",
        "variant": config.typst_variant,
        "words": words(config.language),
    }
