import asyncio


async def save() -> None:
    try:
        await asyncio.sleep(10)
    except BaseException as error:
        print(f"save: {type(error).__name__}")
        raise


async def start() -> None:
    saving = asyncio.create_task(save())
    await asyncio.sleep(1)
    print(f"start: saved: {saving.done()}")


def main() -> None:
    asyncio.run(start())
    print("main: the loop is closed")


if __name__ == "__main__":
    main()
