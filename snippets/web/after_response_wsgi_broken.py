import asyncio
from collections.abc import Callable
from typing import Any

Start = Callable[[str, list[tuple[str, str]]], object]
letters: set["asyncio.Task[None]"] = set()


async def send_letter() -> None:
    try:
        await asyncio.sleep(3)
        print("letter: sent")
    except asyncio.CancelledError:
        print("letter: cancelled")
        raise


async def view() -> bytes:
    letters.add(asyncio.create_task(send_letter()))
    await asyncio.sleep(1)  # saves the order
    return b"accepted"


def app(request: dict[str, Any], start: Start) -> list[bytes]:
    body = asyncio.run(view())  # what Flask does for async def
    start("200 OK", [("Content-Type", "text/plain")])
    return [body]


def main() -> None:
    body = app({}, lambda status, _: print(f"client: {status}"))
    print(f"client: {body[0].decode()}")


if __name__ == "__main__":
    main()
