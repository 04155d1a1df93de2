import asyncio
from collections.abc import Callable
from typing import Any

Start = Callable[[str, list[tuple[str, str]]], object]
loops: list[asyncio.AbstractEventLoop] = []


async def ask(service: str) -> str:
    await asyncio.sleep(1)
    return service


async def view() -> str:
    loops.append(asyncio.get_running_loop())
    parts = await asyncio.gather(ask("price"), ask("stock"))
    return " and ".join(parts)


def app(request: dict[str, Any], start: Start) -> list[bytes]:
    body = asyncio.run(view())  # what async_to_sync does in a thread
    start("200 OK", [("Content-Type", "text/plain")])
    return [body.encode()]


def main() -> None:
    for visitor in ("Ann", "Bob"):
        body = app({}, lambda status, _: print(status, end=" "))
        print(f"{visitor}: {body[0].decode()}")
    print(f"the same loop: {loops[0] is loops[1]}")


if __name__ == "__main__":
    main()
