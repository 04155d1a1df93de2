import asyncio
from collections.abc import Awaitable, Callable
from unittest.mock import AsyncMock

Sleep = Callable[[float], Awaitable[None]]


async def retry(
    action: Callable[[], Awaitable[str]], sleep: Sleep = asyncio.sleep
) -> str:
    for pause in (10, 20, 40):
        try:
            return await action()
        except OSError:
            await sleep(pause)
    return await action()


async def check_pauses() -> None:
    sleep = AsyncMock()
    failures = [OSError(), OSError(), OSError()]
    action = AsyncMock(side_effect=[*failures, "ready"])
    assert await retry(action, sleep) == "ready"
    print("pauses:", [call.args[0] for call in sleep.await_args_list])
    print("tries:", action.await_count)


async def check_last_error() -> None:
    action = AsyncMock(side_effect=OSError("still down"))
    try:
        await retry(action, AsyncMock())
    except OSError as error:
        print(f"tries: {action.await_count}, then: {error}")


if __name__ == "__main__":
    asyncio.run(check_pauses())
    asyncio.run(check_last_error())
