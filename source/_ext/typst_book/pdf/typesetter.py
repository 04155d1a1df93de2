"""Typesets parts of a book, each in a process of its own: the program that runs for each pass.

A process for each part keeps the memory of the whole at that of the longest ones; all are forked
off this one, which has loaded Typst.  ``parts/NAME.found`` in the book's folder then tells what
was found in part NAME, or the error.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import typst

STANDARDS = ["a-3a", "ua-1"]
HEAD = 33 * 72 / 25.4
"""What stands above it, in points, is at the head of a page: the margin and half a line."""


def typeset_all(out: Path, timestamp: int, names: Sequence[str]) -> None:
    """Typeset the parts, two at a time; exit if one of their processes fails."""
    running: dict[int, str] = {}
    for name in names:
        if len(running) == min(2, os.cpu_count() or 1):
            _await_one(running)
        # Typst has no threads before it compiles anything.
        child = os.fork()
        if child:
            running[child] = name
        else:
            _exit_typeset(out, timestamp, name)
    while running:
        _await_one(running)


def _await_one(running: dict[int, str]) -> None:
    child, status = os.wait()
    name = running.pop(child)
    if status:
        sys.exit(f"the process of part {name} ended with {os.waitstatus_to_exitcode(status)}")


def _exit_typeset(out: Path, timestamp: int, name: str) -> NoReturn:
    """Write what is found in part `name`, and end this process, a fork, without any clean-up."""
    status = 1
    try:
        text = json.dumps(_results(out, name, timestamp), ensure_ascii=False)
        (out / f"parts/{name}.found").write_text(text, encoding="utf-8")
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


def _results(out: Path, name: str, timestamp: int) -> dict[str, Any]:
    """Typeset part `name`; return its places, floating figures and warnings, or the error."""
    part = json.loads((out / f"parts/{name}.json").read_text(encoding="utf-8"))
    floating, places, warnings = set(part["floating"]), dict[str, Any](), list[Any]()
    file = out / f"parts/{name}.floating"
    try:
        while True:
            file.write_text(json.dumps(sorted(floating)), encoding="utf-8")
            compiler = typst.Compiler(
                out / f"parts/{name}.typ",
                root=out,
                ignore_system_fonts=True,
                sys_inputs={"part": f"/parts/{name}.json", "floating": f"/parts/{file.name}"},
            )
            places = json.loads(compiler.query("<places>", field="value", one=True))
            # Only ever more, or two layouts might take turns.
            more = floating | set(_at_head(places["labels"]))
            if more == floating:
                break
            floating = more
        # The pages that a draft refers to aren't known yet.
        if not part["draft"]:
            _, warnings = compiler.compile_with_warnings(
                output=out / f"parts/{name}.pdf",
                pdf_standards=STANDARDS,  # type: ignore[arg-type]  # its stub lists the names
                timestamp=timestamp,
            )
    except typst.TypstError as error:
        return {"error": error.diagnostic}
    except RuntimeError as error:  # what a query raises
        return {"error": str(error)}
    return {
        "places": places,
        "floating": sorted(floating),
        "warnings": [warning.diagnostic for warning in warnings],
    }


def _at_head(labels: Iterable[tuple[str, int, float, float]]) -> Iterator[str]:
    """Yield the figures that stand at the head of a page other than the first."""
    for label, page, _x, y in labels:
        if label.startswith("figure/") and page > 1 and y < HEAD:
            yield label


if __name__ == "__main__":
    typeset_all(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
