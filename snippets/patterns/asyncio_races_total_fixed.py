import asyncio


class Counter:
    total = 0

    async def add(self) -> None:
        await asyncio.sleep(0)
        self.total += 1


async def main() -> None:
    counter = Counter()
    await asyncio.gather(counter.add(), counter.add())
    print(f"added 2 times, total {counter.total}")


if __name__ == "__main__":
    asyncio.run(main())
