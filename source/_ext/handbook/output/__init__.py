"""What programs print and do, as a page shows it.

Beside it ``drawn``, pictures that no run can give.

Bottom to top: ``figure`` is a picture with its caption; ``runs`` are tables of what actors did in
turn and of who waits for what; ``recorded`` outputs and timelines; ``pair`` compares a mistake with
its cure; ``replayed`` is how doctest checks outputs; ``interleaving`` shows the run that breaks;
``game`` lets readers find it.
"""

from handbook.output.drawn import Drawing
from handbook.output.figure import picture, visit_picture_html, visit_picture_typst
from handbook.output.game import (
    Scheduler,
    add_scripts,
    depart_game_html,
    game,
    visit_game_html,
    visit_game_typst,
)
from handbook.output.interleaving import Interleaving
from handbook.output.pair import VERDICTS, pair, twin, visit_pair_html, visit_pair_typst
from handbook.output.recorded import (
    TIMELINE,
    Output,
    OutputLexer,
    depart_guess_html,
    guess,
    visit_guess_html,
    visit_guess_typst,
)
from handbook.output.replayed import keep_recordings, play_ahead, print_now

__all__ = [
    "TIMELINE",
    "VERDICTS",
    "Drawing",
    "Interleaving",
    "Output",
    "OutputLexer",
    "Scheduler",
    "add_scripts",
    "depart_game_html",
    "depart_guess_html",
    "game",
    "guess",
    "keep_recordings",
    "pair",
    "picture",
    "play_ahead",
    "print_now",
    "twin",
    "visit_game_html",
    "visit_game_typst",
    "visit_guess_html",
    "visit_guess_typst",
    "visit_pair_html",
    "visit_pair_typst",
    "visit_picture_html",
    "visit_picture_typst",
]
