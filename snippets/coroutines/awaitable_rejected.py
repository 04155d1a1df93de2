import asyncio
from typing import Any


async def ask() -> str:
    return "answer"


async def main() -> None:
    coroutine = ask()
    candidates: dict[str, Any] = {
        "function": ask,
        "list of coroutines": [coroutine],
        "generator": (number for number in (1, 2)),
    }
    for name, candidate in candidates.items():
        try:
            await candidate
        except TypeError:
            print(f"{name}: TypeError")
    print(f"coroutine: {await coroutine}")


if __name__ == "__main__":
    asyncio.run(main())
