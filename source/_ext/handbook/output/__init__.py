"""What programs print and do, as a page shows it.

Bottom to top: ``recorded`` outputs and timelines; ``replayed`` is how doctest checks them;
``runs`` are tables of what actors did in turn; ``interleaving`` shows the run that breaks.
"""

from handbook.output.interleaving import Interleaving, add_script
from handbook.output.recorded import (
    TIMELINE,
    Output,
    OutputLexer,
    depart_guess_html,
    guess,
    timeline_picture,
    visit_guess_html,
    visit_guess_typst,
    visit_picture_html,
    visit_picture_typst,
)
from handbook.output.replayed import check, keep_recordings, play_ahead

__all__ = [
    "TIMELINE",
    "Interleaving",
    "Output",
    "OutputLexer",
    "add_script",
    "check",
    "depart_guess_html",
    "guess",
    "keep_recordings",
    "play_ahead",
    "timeline_picture",
    "visit_guess_html",
    "visit_guess_typst",
    "visit_picture_html",
    "visit_picture_typst",
]
