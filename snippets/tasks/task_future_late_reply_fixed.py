import asyncio


async def main() -> None:
    loop = asyncio.get_running_loop()
    reply: asyncio.Future[str] = loop.create_future()

    def on_reply(text: str) -> None:
        if reply.done():
            print(f"too late: {text}")
        else:
            reply.set_result(text)

    loop.call_later(2, on_reply, "pong")
    try:
        async with asyncio.timeout(1):
            print(await reply)
    except TimeoutError:
        print(f"main: gave up, cancelled: {reply.cancelled()}")
    await asyncio.sleep(2)


if __name__ == "__main__":
    asyncio.run(main())
