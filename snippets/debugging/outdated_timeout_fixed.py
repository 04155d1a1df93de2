import asyncio


async def fetch() -> str:
    await asyncio.sleep(10)
    return "page"


async def main() -> None:
    try:
        print(await asyncio.wait_for(fetch(), timeout=1))
    except TimeoutError:
        print("too slow: try again")
    except OSError:
        print("no network: call the operator")


if __name__ == "__main__":
    asyncio.run(main())
