import asyncio


class Session:
    open = True


async def serve(session: Session) -> None:
    try:
        await asyncio.sleep(100)
    finally:
        await asyncio.sleep(1)
        session.open = False


async def main() -> None:
    session = Session()
    task = asyncio.create_task(serve(session))
    await asyncio.sleep(2)
    task.cancel()
    await asyncio.wait([task])
    print(f"main: session open: {session.open}")


if __name__ == "__main__":
    asyncio.run(main())
