import asyncio


class Connection:
    async def __aenter__(self) -> "Connection":
        await asyncio.sleep(1)
        print("connection: open")
        return self

    async def __aexit__(self, *error: object) -> None:
        await asyncio.sleep(1)
        print("connection: closed")


async def neighbour() -> None:
    await asyncio.sleep(0.5)
    print("neighbour: works meanwhile")


async def main() -> None:
    task = asyncio.create_task(neighbour())
    try:
        async with Connection():
            print("main: sends a request")
            raise ConnectionError
    except ConnectionError:
        print("main: ConnectionError")
    await task


if __name__ == "__main__":
    asyncio.run(main())
