"""Measures ratios of times, and what an interpreter can do; `make measure` runs it.

`python -m tests.model.ratios` measures the interpreter that runs it, keeps the numbers
beside those of other interpreters in measured.json and writes the tables that the pages
show.  Any interpreter can run it: PYTHONPATH=source/_ext pythonX.Y -m tests.model.ratios
With `--only messages` that part of PRICES is measured alone, and the other numbers stay.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
import sysconfig
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from proven.book import Settings
from proven.findings import version_key

from tests.model import prices
from tests.model.measuring import (
    COUNT,
    DIGEST,
    WAIT,
    features,
    in_interpreters,
    in_processes,
    in_tasks,
    in_threads,
    ratio,
    start_milliseconds,
)

EVIDENCE = Settings.at(Path(__file__).parents[2]).evidence
LOADS = {
    "Ждать: 10 раз по 0,1 с": WAIT,
    "Вычислять на Python: 2 задания": COUNT,
    "Вычислять в C, отпуская GIL: 2 задания": DIGEST,
}

PRICES: dict[str, Callable[[], dict[str, Any]]] = {
    "accesses": prices.accesses,
    "messages": prices.messages,
    "chunks": prices.chunks,
    "waves": prices.waves,
    "forks": prices.forks,
}
"""Parts that may be measured alone: their numbers are compared with each other only."""

ACCESSES = {
    "manager": "Менеджер",
    "queue": "`Queue`",
    "pipe": "`Pipe`",
    "value": "`Value` с блокировкой",
    "block": "`SharedMemory`",
    "dict": "Свой словарь",
}


def measure() -> dict[str, Any]:
    """Return features and ratios of this interpreter."""
    tools = {"threads": in_threads, "processes": in_processes, "tasks": in_tasks}
    ratios = {
        name: [round(ratio(tool, load, tries=5), 2) for load in LOADS.values()]
        for name, tool in tools.items()
    }
    if features()["interpreters"]:
        ratios["interpreters"] = [round(ratio(in_interpreters, COUNT, tries=5), 2)]
    return {
        "cores": os.cpu_count(),
        **features(),
        "ratios": ratios,
        "starts": start_milliseconds(),
        **{part: PRICES[part]() for part in PRICES},
    }


def interpreter() -> str:
    """Return the name of this interpreter as the tables show it: «3.13.5t» without a GIL."""
    free = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    return ".".join(map(str, sys.version_info[:3])) + free


def tables(measured: dict[str, dict[str, Any]]) -> dict[str, list[list[str]]]:
    """Return the tables of the pages, by the page's name."""
    rows = sorted(measured.items(), key=lambda row: version_key(row[0]))
    waved = [(name, row) for name, row in rows if "waves" in row]
    return {
        "threads-processes": [
            ["CPython", "Поток", "`fork`", "`forkserver`", "`spawn`"],
            *([name, *(_number(ms) for ms in row["starts"].values())] for name, row in rows),
        ],
        "cpu-io": [
            ["CPython", "Вычисления на Python", "`pbkdf2_hmac`", "`time.sleep`"],
            *([name, *_numbers(row, "threads", 1, 2, 0)] for name, row in rows),
        ],
        "without-gil": [
            ["CPython", "GIL", "2 потока", "2 процесса", "2 субинтерпретатора"],
            *(
                [
                    name,
                    _gil(row),
                    *_numbers(row, "threads", 1),
                    *_numbers(row, "processes", 1),
                    *(_numbers(row, "interpreters", 0) if row["interpreters"] else ["—"]),
                ]
                for name, row in rows
            ),
        ],
        "choose": _choose(rows),
        "manager": [
            ["CPython", *ACCESSES.values()],
            *([name, *_prices(row, "accesses", *ACCESSES)] for name, row in rows),
        ],
        "exchange": _sizes(rows),
        "slower": [
            ["CPython", *(f"`chunksize={size}`" for size in prices.CHUNKS)],
            *([name, *_prices(row, "chunks", *row["chunks"])] for name, row in rows),
        ],
        "to-thread-limit": [
            ["CPython", *(f"Вызовов: {count}" for count in waved[0][1]["waves"])],
            *([name, *_prices(row, "waves", *row["waves"])] for name, row in waved),
        ],
        "start-methods": [
            ["CPython", "Небольшой родитель", "С лишними 256 МБ"],
            *([name, *_prices(row, "forks", "small", "large")] for name, row in rows),
        ],
    }


def _choose(rows: list[tuple[str, dict[str, Any]]]) -> list[list[str]]:
    name, row = [row for row in rows if row[1]["gil"]][-1]
    columns = [
        ("Потоки", name, row, "threads"),
        ("Процессы", name, row, "processes"),
        ("asyncio", name, row, "tasks"),
    ]
    columns += [("Потоки без GIL", *free, "threads") for free in rows if not free[1]["gil"]][-1:]
    return [
        ["Нагрузка", *(title for title, *_ in columns)],
        *(
            [title, *(_number(row["ratios"][tool][place]) for *_, row, tool in columns)]
            for place, title in enumerate(LOADS)
        ),
        [f"Измерено на CPython, ядер: {row['cores']}", *(name for _, name, *_ in columns)],
    ]


def _sizes(rows: list[tuple[str, dict[str, Any]]]) -> list[list[str]]:
    name, row = [row for row in rows if row[1]["gil"]][-1]
    return [
        ["Размер", "`Queue`", "`Pipe`", "`SharedMemory`"],
        *([size, *map(_price, found.values())] for size, found in row["messages"].items()),
        ["Измерено на CPython", *[name] * 3],
    ]


def main() -> None:
    """Measure this interpreter and write the evidence anew."""
    command = argparse.ArgumentParser(description=main.__doc__)
    command.add_argument(
        "--only", action="append", default=[], choices=PRICES, help="leave the other numbers as is"
    )
    only = command.parse_args().only
    file = EVIDENCE / "measured.json"
    EVIDENCE.mkdir(exist_ok=True)
    # It takes long: the file is read after it.
    row = {part: PRICES[part]() for part in only} if only else measure()
    measured: dict[str, dict[str, Any]] = {}
    with suppress(FileNotFoundError):
        measured = json.loads(file.read_text(encoding="utf-8"))
    if only:
        row = measured[interpreter()] | row
    # One row for each version: a newer patch release replaces the older one.
    measured = {
        name: row for name, row in measured.items() if _series(name) != _series(interpreter())
    }
    measured[interpreter()] = row
    measured = dict(sorted(measured.items(), key=lambda row: version_key(row[0])))
    file.write_text(json.dumps(measured, indent=2) + "\n", encoding="utf-8")
    for name, rows in tables(measured).items():
        with open(EVIDENCE / f"{name}.csv", "w", encoding="utf-8", newline="") as out:
            csv.writer(out, lineterminator="\n").writerows(rows)
    found = {part: row[part] for part in only or ["ratios"]}
    print(f"{interpreter()}: {found}")


def _gil(row: dict[str, Any]) -> str:
    if not row["gil"]:
        return "нет"
    return "у каждого интерпретатора" if row["own_gil"] else "один на процесс"


def _numbers(row: dict[str, Any], tool: str, *places: int) -> list[str]:
    return [_number(row["ratios"][tool][place]) for place in places]


def _prices(row: dict[str, Any], table: str, *names: str) -> list[str]:
    return [_price(row[table][name]) for name in names]


def _price(value: float) -> str:
    return f"{value:g}".replace(".", ",")


def _number(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")


def _series(name: str) -> tuple[str, bool]:
    return name.rpartition(".")[0], name.endswith("t")


if __name__ == "__main__":
    main()
