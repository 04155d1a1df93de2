import asyncio


class Poller:
    def __init__(self) -> None:
        polling = self.poll()
        try:
            self.task = asyncio.create_task(polling)
        except RuntimeError:
            polling.close()
            print("RuntimeError: no loop is running yet")

    async def poll(self) -> None:
        print("poller: polls")


def main() -> None:
    Poller()


if __name__ == "__main__":
    main()
