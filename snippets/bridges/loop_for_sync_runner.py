import asyncio
import threading


async def pay(begun: threading.Event) -> None:
    begun.set()
    await asyncio.sleep(1)


async def order() -> None:
    print(f"ordered by {threading.current_thread().name}")


if __name__ == "__main__":
    begun = threading.Event()
    with asyncio.Runner() as runner:
        other = threading.Thread(
            target=lambda: runner.run(pay(begun)), name="Other"
        )
        other.start()
        begun.wait()
        try:
            runner.run(order())
        except RuntimeError as error:
            print(f"main: {error}")
        other.join()
