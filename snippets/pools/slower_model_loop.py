import asyncio


async def main() -> None:
    for job in (1, 2, 3):
        print(f"loop: begins {job}")
        await asyncio.sleep(0.5)  # computes
        print(f"loop: ends {job}")


if __name__ == "__main__":
    asyncio.run(main())
