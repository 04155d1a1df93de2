"""What the book's own warnings are about."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NoReturn

from sphinx.util import logging

if TYPE_CHECKING:
    from docutils import nodes

logger = logging.getLogger(__name__)


class Fault(StrEnum):
    """What a warning is about: `suppress_warnings` and the log name it handbook.<fault>."""

    OUTPUT = "output"
    """An output is empty, on another page than its snippet, or its timeline can't be drawn."""
    CLAIM = "claim"
    """A claim without a proof, a proof without a claim, or marks that contradict each other."""
    UNCHECKED = "unchecked"
    """Python that nobody runs."""
    AROUND = "around"
    """What is to be read first goes in a circle, or what follows leads nowhere."""
    WIDTH = "width"
    """A line that doesn't fit the page."""
    SHORT = "short"
    """A question's page that doesn't begin with its short answer."""
    REPAIR = "repair"
    """A repair of another project's output that no longer applies: see MAINTAINING.md."""
    UNREADABLE = "unreadable"
    """A test, evidence or reason that can't be read: an error that ends the build."""


def warn(fault: Fault, message: str, location: nodes.Node | str | None) -> None:
    """Warn of `message` at `location`, a node or "file:line"; the strict build fails."""
    logger.warning("%s", message, location=location, type="handbook", subtype=fault.value)


def fail(fault: Fault, message: str, location: str | None = None) -> NoReturn:
    """End the build with `message` at `location`, "file:line".

    By SystemExit: Sphinx would print its versions and a traceback around any other error.
    """
    logger.error("%s", message, location=location, type="handbook", subtype=fault.value)
    raise SystemExit(1)
