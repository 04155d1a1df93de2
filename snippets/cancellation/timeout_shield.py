import asyncio


async def pay() -> str:
    await asyncio.sleep(3)
    print("pay: done")
    return "receipt"


async def main() -> None:
    payment = asyncio.create_task(pay())
    try:
        async with asyncio.timeout(1):
            print(await asyncio.shield(payment))
    except TimeoutError:
        print(f"main: takes long, cancelled: {payment.cancelled()}")
    print(f"main: {await payment}")


if __name__ == "__main__":
    asyncio.run(main())
