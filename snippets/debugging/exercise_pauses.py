import asyncio
from collections.abc import Awaitable, Callable
from unittest.mock import AsyncMock, call

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
    pauses = sleep.await_args_list
    assert pauses == [call(10), call(20), call(40)]
    print("pauses:", [pause.args[0] for pause in pauses])
    print("tries:", action.await_count)


async def check_last_error() -> None:
    last = OSError("still down")
    failures = [OSError(), OSError(), OSError(), last]
    action = AsyncMock(side_effect=failures)
    (error,) = await asyncio.gather(
        retry(action, AsyncMock()), return_exceptions=True
    )
    assert error is last
    print(f"tries: {action.await_count}, then: {error}")


if __name__ == "__main__":
    asyncio.run(check_pauses())
    asyncio.run(check_last_error())
