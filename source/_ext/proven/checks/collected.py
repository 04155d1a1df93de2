"""A pytest plugin: fails for each proof of the files it collects that isn't run in the end.

A proof whose name pytest doesn't know, or that a conftest.py takes out, would pass by not being
there.  Who leaves tests out by pytest's options, or tells pytest so, may do it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from proven.claims import VERBS, proofs_in

_MODULES: set[Path] = set()
_LEFT_OUT: set[str] = set()
_ID = re.compile(rf"^ *@pytest\.mark\.(?:{'|'.join(VERBS)})\(\s*\"([\w-]+)\"", re.M)


def pytest_collectstart(collector: pytest.Collector) -> None:
    """Note from which files tests are collected."""
    if isinstance(collector, pytest.Module):
        _MODULES.add(collector.path)


def pytest_deselected(items: Sequence[pytest.Item]) -> None:
    """Note the proofs that somebody left out and said so."""
    _LEFT_OUT.update(_ids(items))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> Iterator[Any]:
    """Let a test fail for each proof of these files that isn't among the tests in the end."""
    result = yield
    if not any("::" in argument for argument in config.args):
        there = _ids(items) | _LEFT_OUT
        for path in sorted(_MODULES):
            text = path.read_text(encoding="utf-8")
            if there.issuperset(_ID.findall(text)):
                continue
            name = os.path.relpath(path, config.rootpath)
            for proof in proofs_in({name: text}):
                if proof.id not in there:
                    nodeid = f"{name}::{proof.id}"
                    missing = _NeverRun.from_parent(session, name=proof.id, nodeid=nodeid)
                    missing.told = (
                        f"{proof.place}: the proof of {proof.id} is never run: pytest doesn't "
                        "collect it, or somebody takes it out"
                    )
                    items.append(missing)
    return result


def _ids(items: Iterable[pytest.Item]) -> set[str]:
    marks = (mark for item in items for mark in item.iter_markers() if mark.name in VERBS)
    return {str(mark.args[0]) for mark in marks if mark.args}


class _NeverRun(pytest.Item):
    """Fails in the place of a proof."""

    told = ""

    def runtest(self) -> None:
        pytest.fail(self.told, pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name
