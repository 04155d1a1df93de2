import asyncio
from collections.abc import Awaitable, Callable
from unittest.mock import AsyncMock

Sleep = Callable[[float], Awaitable[None]]


async def retry(
    action: Callable[[], Awaitable[str]], sleep: Sleep = asyncio.sleep
) -> str:
    pause = 10
    while True:
        try:
            return await action()
        except OSError:
            await sleep(pause)
            pause *= 2


async def check_pauses() -> None:
    sleep = AsyncMock()
    failures = [OSError(), OSError(), OSError()]
    action = AsyncMock(side_effect=[*failures, "ready"])
    assert await retry(action, sleep) == "ready"
    print("pauses:", [call.args[0] for call in sleep.await_args_list])
    print("tries:", action.await_count)


if __name__ == "__main__":
    asyncio.run(check_pauses())
