# pip install ruff
import asyncio
import json
import subprocess
import sys
import time
from linecache import getline


def save() -> None:
    time.sleep(1)


async def sleeps_in_a_helper() -> None:
    save()


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
