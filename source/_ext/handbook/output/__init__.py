"""What programs print and do, as a page shows it.

Bottom to top: ``runs`` are tables of what actors did in turn and of who waits for what;
``recorded`` outputs and timelines; ``interleaving`` shows the run that breaks.
"""

from handbook.output.interleaving import Interleaving, add_script
from handbook.output.recorded import (
    TIMELINE,
    Output,
    OutputLexer,
    check,
    depart_guess_html,
    guess,
    keep_recordings,
    play_ahead,
    timeline_picture,
    visit_guess_html,
    visit_guess_typst,
    visit_picture_html,
    visit_picture_typst,
)

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
