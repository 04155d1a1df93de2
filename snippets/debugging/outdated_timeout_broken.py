import asyncio


async def fetch() -> str:
    await asyncio.sleep(10)
    return "page"


async def main() -> None:
    try:
        print(await asyncio.wait_for(fetch(), timeout=1))
    except OSError:
        print("no network: call the operator")
    except asyncio.TimeoutError:
        print("too slow: try again")


if __name__ == "__main__":
    asyncio.run(main())
