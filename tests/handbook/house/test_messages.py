"""Every message marked on a page is one that Python really writes, in the words of its version."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest
from handbook.appendices.overview.messages import MESSAGE
from handbook.style.page import Page, read
from proven.book import Settings

from tests.handbook.conftest import ROOT
from tests.messages import PRINTED, Printed, is_alone

TOGETHER = """\
import contextlib, gc, io, json, sys, threading, traceback, warnings
warnings.simplefilter("always")
written = []
for text in json.load(sys.stdin):
    with contextlib.redirect_stderr(io.StringIO()) as stderr:
        try:
            exec(compile(text, "program.py", "exec"), {"__name__": "__main__"})
        except Exception:
            traceback.print_exc()
        for thread in threading.enumerate()[1:]:
            thread.join()
        gc.collect()
    written.append(stderr.getvalue())
json.dump(written, sys.stdout)
"""
"""Runs all programs in one process: the start of an interpreter takes longer than they do."""


@cache
def pages() -> list[Page]:
    settings = Settings.at(ROOT)
    return [read(file, settings.pages) for file in settings.page_files()]


def marked(page: Page) -> Iterator[tuple[str, int]]:
    """Yield each message that `page` marks, and the line."""
    for block in page.blocks:
        kind, _, text = block.argument.removeprefix("single:").partition(";")
        if block.name == "index" and kind.strip() == MESSAGE:
            yield text.strip(), block.line


def is_in(message: str, texts: Iterable[str]) -> bool:
    """Tell whether one of `texts` holds `message`, in which «…» stands for a few words."""
    pattern = ".{,300}".join(re.escape(part) for part in message.split("…"))
    # Long messages come in several lines.
    return any(re.search(pattern, " ".join(text.split())) for text in texts)


def proven(page: Page) -> Iterator[str]:
    """Yield what the proofs of `page` have as texts, their docstrings left out."""
    chapter, _, question = page.name.partition("/")
    file = ROOT / "tests" / chapter / f"test_{question.replace('-', '_')}.py"
    tree = ast.parse(file.read_text(encoding="utf-8")) if file.is_file() else ast.Module([], [])
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def unproven(page: Page) -> Iterator[str]:
    """Yield the messages of `page` that no run is known to write, with file and line."""
    shown = [block.body for block in page.blocks if block.name == "output"]
    for message, line in marked(page):
        if (page.name, message) not in PRINTED and not is_in(message, [*shown, *proven(page)]):
            yield (
                f"{page.file}:{line}: no output and no proof of this page has «{message}»: "
                "mend its words, or add a program that makes Python write it to tests/messages.py"
            )


def test_every_marked_message_is_in_an_output_or_a_proof() -> None:
    problems = [problem for page in pages() for problem in unproven(page)]
    assert not problems, "\n".join(problems)


def test_a_message_that_nothing_writes_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "tasks" / "gather.md"
    file.parent.mkdir()
    marks = [
        f"```{{index}} single: сообщение; {text}\n```\n"
        for text in ("a list is not … awaitable", "no such message")
    ]
    output = "```{output} tasks/gather\na list is not at all awaitable\n```\n"
    file.write_text("".join(["# Как?\n\n", *marks, "\n", output]), encoding="utf-8")
    (problem,) = unproven(read(file, tmp_path))
    assert problem.startswith(f"{file}:5: no output")


def test_every_program_is_of_a_marked_message() -> None:
    known = {(page.name, message) for page in pages() for message, _ in marked(page)}
    assert PRINTED.keys() <= known


def written(programs: list[Printed], folder: Path) -> Iterator[str]:
    """Yield what each of `programs` writes to stderr."""
    together = [each.text for each in programs if not is_alone(each.page)]
    command = [sys.executable, "-c", TOGETHER]
    run = subprocess.run(
        command, input=json.dumps(together), capture_output=True, text=True, check=True, timeout=60
    )
    texts = iter(json.loads(run.stdout))
    for each in programs:
        if is_alone(each.page):
            file = folder / "program.py"
            file.write_text(each.text, encoding="utf-8")
            command = [sys.executable, str(file)]
            yield subprocess.run(command, capture_output=True, text=True, timeout=60).stderr
        else:
            yield next(texts)


@pytest.mark.skipif(sys.platform == "win32", reason="a program forks")
def test_python_writes_these_messages(tmp_path: Path) -> None:
    programs = [
        each for each in PRINTED.values() if each.since <= sys.version_info[:2] < each.before
    ]
    wrong = [
        f"{each.page}: Python doesn't write «{each.message}» but: {stderr[-300:]}"
        for each, stderr in zip(programs, written(programs, tmp_path), strict=True)
        if not is_in(each.message, [stderr])
    ]
    assert not wrong, "\n".join(wrong)
