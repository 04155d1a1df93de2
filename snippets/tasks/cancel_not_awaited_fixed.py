import asyncio


class Session:
    open = True

    def close(self) -> None:
        self.open = False
        print("session: closed")


async def serve(session: Session) -> None:
    try:
        await asyncio.sleep(100)
    finally:
        print("serve: closing")
        await asyncio.sleep(1)
        session.close()


async def main() -> None:
    session = Session()
    task = asyncio.create_task(serve(session))
    await asyncio.sleep(2)
    task.cancel()
    await asyncio.wait([task])
    print(f"main: session open: {session.open}")


if __name__ == "__main__":
    asyncio.run(main())
