import asyncio
import time


async def heartbeat() -> None:
    for beat in range(3):
        print(f"beat {beat}")
        await asyncio.sleep(0.5)


def crunch_portion() -> None:
    time.sleep(0.1)  # stands for a tenth of a second of computing


async def crunch() -> None:
    for _ in range(12):
        crunch_portion()
        await asyncio.sleep(0)
    print("crunched")


async def main() -> None:
    await asyncio.gather(heartbeat(), crunch())


if __name__ == "__main__":
    asyncio.run(main())
