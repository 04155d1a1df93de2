import asyncio
from contextvars import ContextVar

user = ContextVar("user", default="nobody")


def see(place: str) -> None:
    print(f"{place}: {user.get()}")


async def see_async(place: str) -> None:
    see(place)


async def main() -> None:
    user.set("Ann")
    await see_async("await")
    await asyncio.create_task(see_async("task"))
    await asyncio.to_thread(see, "to_thread")
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, see, "run_in_executor")


if __name__ == "__main__":
    asyncio.run(main())
    see("after asyncio.run")
