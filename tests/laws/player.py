"""Plays a random program on the virtual clock and returns what the laws look at."""

from __future__ import annotations

import asyncio

from proven.stage import SnippetError, perform

from tests.laws.acts import Do
from tests.laws.record import Record
from tests.laws.written import function, program


def played(seed: int) -> Record:
    """Return the record of a seed's program; a broken asyncio may have it end in the middle."""
    do, main = Do(), function(program(seed))
    try:
        perform(lambda: do.play(main))
    except (SnippetError, Exception, asyncio.CancelledError) as error:
        do.broke = error
    return do
