"""The book: its settings, its claims, proofs and outputs, and the fingerprints of them all.

Bottom to top: ``settings`` tell where it keeps what; ``laws`` are claims checked in random
programs; ``prints`` are fingerprints of texts; ``memo`` keeps for the next process what was found
in them, and ``tried`` what came of a try; ``texts`` reads each file once; ``contents`` are all of
a book; ``inputs`` tell on what the outcome of a proof hangs.
"""

from proven.book.contents import Book, Printed, remembered
from proven.book.inputs import (
    committed,
    gets,
    git,
    hangs_on_the_same,
    inputs_of,
    may_play,
    snippets_in,
)
from proven.book.memo import Memo
from proven.book.settings import Settings
from proven.book.tried import Outcome, Tried

__all__ = [
    "Book",
    "Memo",
    "Outcome",
    "Printed",
    "Settings",
    "Tried",
    "committed",
    "gets",
    "git",
    "hangs_on_the_same",
    "inputs_of",
    "may_play",
    "remembered",
    "snippets_in",
]
