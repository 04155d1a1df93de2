"""Plays a program that a proof writes itself, as the stage plays a snippet."""

from __future__ import annotations

import tempfile
from pathlib import Path
from textwrap import dedent
from unittest import mock

from handbook import stage
from handbook.trace import Trace


def perform_script(code: str) -> Trace:
    """Run `code` as a program of its own and return its trace.

    It is a file of its own: processes that it starts may import it anew.
    Raises SnippetError if it hangs, ends with an exit code or prints nothing.
    """
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "script.py").write_text(dedent(code), encoding="utf-8")
        with mock.patch.object(stage, "SNIPPETS", Path(folder)):
            return stage.play("script")
