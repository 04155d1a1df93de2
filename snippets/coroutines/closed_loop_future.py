import asyncio


async def order() -> asyncio.Future[str]:
    return asyncio.get_running_loop().create_future()


async def by_await(future: asyncio.Future[str]) -> None:
    try:
        print("await:", await future)
    except RuntimeError as error:
        print("await:", str(error).rpartition(">")[2].strip())


async def by_wait(future: asyncio.Future[str]) -> None:
    done, pending = await asyncio.wait([future], timeout=60)
    print(f"wait: {len(done)} done, {len(pending)} pending")


def main() -> None:
    future = asyncio.run(order())
    asyncio.run(by_await(future))
    future.set_result("coffee")
    asyncio.run(by_await(future))
    asyncio.run(by_wait(asyncio.run(order())))


if __name__ == "__main__":
    main()
