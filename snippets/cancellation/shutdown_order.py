import asyncio


async def serve(name: str, closing: float) -> None:
    try:
        await asyncio.sleep(100)
        print(f"{name}: served")
    finally:
        await asyncio.sleep(closing)
        print(f"{name}: closed")


async def main() -> str:
    servers = [serve("web", closing=2), serve("mail", closing=1)]
    tasks = [asyncio.create_task(server) for server in servers]
    await asyncio.sleep(1)
    print(f"main: returns, unfinished: {len(tasks)}")
    return "result"


if __name__ == "__main__":
    print(f"run: {asyncio.run(main())}")
