# pip install ruff
import ast
import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path
from threading import Lock


async def sleeps() -> None:
    time.sleep(1)


async def opens() -> str:
    with open("notes.txt") as file:
        return file.read()


async def runs_a_program() -> None:
    subprocess.run(["git", "status"])


async def lets_a_task_go() -> None:
    asyncio.create_task(sleeps())  # noqa: RUF006


async def asks_again_and_again(answers: list[str]) -> None:
    while not answers:
        await asyncio.sleep(0.1)


async def locks_nothing() -> None:
    with Lock():
        await asyncio.sleep(1)


def main() -> None:
    rules = "ASYNC,RUF006,PLE1142,PLW1509,PLW2101"
    ruff = f"-m ruff check -q --isolated --ignore-noqa --select={rules}"
    told = subprocess.run(
        [
            sys.executable,
            *ruff.split(),
            "--output-format=json",
            __file__,
        ],
        capture_output=True,
    ).stdout
    found = {
        one["location"]["row"]: one["code"] for one in json.loads(told)
    }
    for part in ast.parse(Path(__file__).read_text()).body:
        if isinstance(part, ast.AsyncFunctionDef):
            rows = range(part.lineno, (part.end_lineno or 0) + 1)
            codes = [found[row] for row in rows if row in found]
            print(f"{part.name}: {codes or None}")


if __name__ == "__main__":
    main()
