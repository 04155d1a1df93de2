import asyncio
import time

from loop_for_sync_thread import LoopThread


class Client:
    """Renews its token each second, in the background."""

    def __init__(self) -> None:
        self.renewed = 0

    async def open(self) -> None:
        self.renewing = asyncio.create_task(self.renew())

    async def renew(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.renewed += 1

    async def state(self) -> str:
        done = "dead" if self.renewing.done() else "alive"
        return f"renewed {self.renewed} times, {done}"


def by_run(client: Client) -> str:
    asyncio.run(client.open())
    time.sleep(3.5)
    return asyncio.run(client.state())


def by_runner(client: Client) -> str:
    with asyncio.Runner() as runner:
        runner.run(client.open())
        time.sleep(3.5)
        return runner.run(client.state())


def by_thread(client: Client) -> str:
    loop_thread = LoopThread()
    loop_thread.call(client.open())
    time.sleep(3.5)
    return loop_thread.call(client.state())


if __name__ == "__main__":
    for way in by_run, by_runner, by_thread:
        print(f"{way.__name__}: {way(Client())}")
