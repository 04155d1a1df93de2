import asyncio


async def main() -> None:
    loop = asyncio.get_running_loop()
    reply: asyncio.Future[str] = loop.create_future()
    loop.call_later(2, reply.set_result, "pong")
    print(f"main: waiting, done: {reply.done()}")
    print(f"main: {await reply}")


if __name__ == "__main__":
    asyncio.run(main())
