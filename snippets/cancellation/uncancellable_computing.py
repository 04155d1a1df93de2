import asyncio


def count_file(number: int) -> None:  # takes 1 s
    print(f"counted {number}")


async def count(pause: bool) -> None:
    for number in range(1, 5):
        count_file(number)
        if pause:
            await asyncio.sleep(0)


async def main() -> None:
    for pause in False, True:
        try:
            async with asyncio.timeout(1.5):
                await count(pause)
            print(f"pause {pause}: in time")
        except TimeoutError:
            print(f"pause {pause}: too late")


if __name__ == "__main__":
    asyncio.run(main())
