import asyncio
from contextlib import AsyncExitStack


class Client:
    def __init__(self, host: str) -> None:
        self.host = host
        print(f"{host}: opened")

    @classmethod
    async def open(cls, host: str) -> "Client":
        await asyncio.sleep(1 if host == "one" else 2)
        if host == "bad":
            raise OSError(f"no answer from {host}")
        return cls(host)

    async def close(self) -> None:
        print(f"{self.host}: closed")


async def open_in(stack: AsyncExitStack, host: str) -> Client:
    client = await Client.open(host)
    stack.push_async_callback(client.close)
    return client


async def main() -> None:
    try:
        async with AsyncExitStack() as stack:
            async with asyncio.TaskGroup() as group:
                for host in ("one", "bad"):
                    group.create_task(open_in(stack, host))
            print("main: all are open")
    except* OSError as errors:
        print(f"main: {errors.exceptions[0]}")


if __name__ == "__main__":
    asyncio.run(main())
