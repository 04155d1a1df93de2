"""Plays outputs in copies of the snippets, with other hashes: the work of a process of its own.

It loads no more than a play needs, as several such processes play each change.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from proven.shown.recording import record
from proven.shown.text import Terms, on_page
from proven.stage import SnippetError


def play() -> None:
    """Play what stdin names, world by world, two at a time, and print what comes out as JSON."""
    print(json.dumps([_played(*world) for world in json.load(sys.stdin)]))


def _played(folder: str, seed: str, jobs: list[Any]) -> dict[str, list[str] | str]:
    outputs: dict[str, list[str] | str] = {}

    def play_one(job: tuple[int, str, dict[str, Any]]) -> None:
        number, name, options = job
        terms = Terms(**options)
        try:
            trace = record(name, terms, Path(folder), ordered=False)
            outputs[str(number)] = on_page(trace, terms)
        except SnippetError as error:
            outputs[str(number)] = str(error).partition("\n")[0]

    os.chdir(Path(folder).parent)
    os.environ["PYTHONHASHSEED"] = seed  # of the programs that are processes of their own
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(play_one, jobs))
    return outputs
