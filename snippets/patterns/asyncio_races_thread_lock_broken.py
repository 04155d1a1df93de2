import asyncio
import threading

lock = threading.Lock()


async def save(name: str) -> None:
    print(f"{name}: asks for the lock")
    if not lock.acquire(timeout=0.1):
        print(f"{name}: waited in vain")
        return
    print(f"{name}: has the lock")
    await asyncio.sleep(0)
    print(f"{name}: saved")
    lock.release()


async def main() -> None:
    await asyncio.gather(save("a"), save("b"))


if __name__ == "__main__":
    asyncio.run(main())
