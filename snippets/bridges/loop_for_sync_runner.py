import asyncio
import threading


async def pay(begun: threading.Event, refused: threading.Event) -> None:
    begun.set()
    refused.wait()  # stands for a step that takes long


async def order() -> None:
    print(f"ordered by {threading.current_thread().name}")


if __name__ == "__main__":
    begun, refused = threading.Event(), threading.Event()
    with asyncio.Runner() as runner:
        other = threading.Thread(
            target=lambda: runner.run(pay(begun, refused)), name="Other"
        )
        other.start()
        begun.wait()
        try:
            runner.run(order())
        except RuntimeError as error:
            print(f"main: {error}")
        refused.set()
        other.join()
