# pip install ruff
import asyncio
import json
import subprocess
import sys
import time
from linecache import getline
from threading import Lock


async def sleeps() -> None:
    time.sleep(1)


async def opens() -> None:
    open("notes.txt").close()


async def lets_a_task_go() -> None:
    asyncio.create_task(sleeps())  # noqa: RUF006


async def asks_again_and_again(answers: list[str]) -> None:
    while not answers:
        await asyncio.sleep(0.1)


async def locks_nothing() -> None:
    with Lock():
        await asyncio.sleep(1)


def main() -> None:
    ruff = "-m ruff check -q --isolated --ignore-noqa"
    how = "--output-format=json --select=ASYNC,RUF006,PLW2101"
    command = [sys.executable, *f"{ruff} {how}".split(), __file__]
    told = subprocess.run(command, capture_output=True).stdout
    for one in json.loads(told):
        line = getline(__file__, one["location"]["row"])
        print(f"{one['code']}: {line.partition('#')[0].strip()}")
    print(f"found: {len(json.loads(told))}")


if __name__ == "__main__":
    main()
