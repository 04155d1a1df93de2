"""What the pages leave for one another, and what the whole build knows.

Bottom to top: ``faults`` are the kinds of warnings; ``inventory`` is what the official
documentation describes; ``store`` is Sphinx's domain, with the book and its evidence.
"""

from handbook.domain.faults import Fault, warn
from handbook.domain.inventory import offer
from handbook.domain.store import Handbook, handbook, is_question, loose, read_all, reading_order

__all__ = [
    "Fault",
    "Handbook",
    "handbook",
    "is_question",
    "loose",
    "offer",
    "read_all",
    "reading_order",
    "warn",
]
