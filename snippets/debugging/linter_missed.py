# pip install ruff
import ast
import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path


def save() -> None:
    time.sleep(1)


async def sleeps_in_a_helper() -> None:
    save()


async def computes() -> int:
    return sum(range(10**9))


async def forgets_to_wait() -> None:
    asyncio.sleep(1)


async def loses_an_update(stock: dict[str, int]) -> None:
    left = stock["tea"]
    await asyncio.sleep(0)
    stock["tea"] = left - 1


async def takes_a_lock_twice(lock: asyncio.Lock) -> None:
    async with lock, lock:
        print("never")


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
