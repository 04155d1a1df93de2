import asyncio


async def send(name: str, text: str) -> None:
    await asyncio.sleep(1)  # the network
    print(f"{name}: {text}")


class Chat:
    def __init__(self, names: str) -> None:
        self.clients = names.split()

    async def broadcast(self, text: str) -> None:
        for name in list(self.clients):
            await send(name, text)


async def main() -> None:
    chat = Chat("Ann Bob Eve")
    sending = asyncio.create_task(chat.broadcast("hello"))
    await asyncio.sleep(1.5)
    print("Ann leaves")
    chat.clients.remove("Ann")
    await sending
    print("all have it")


if __name__ == "__main__":
    asyncio.run(main())
