import asyncio

rates: dict[str, asyncio.Task[int]] = {}
answers = iter([ConnectionError("the bank is down"), 90])


async def download(currency: str) -> int:
    await asyncio.sleep(1)
    answer = next(answers)
    if isinstance(answer, Exception):
        raise answer
    return answer


async def rate(currency: str) -> int:
    if currency not in rates:
        rates[currency] = asyncio.create_task(download(currency))
    return await asyncio.shield(rates[currency])


async def main() -> None:
    for _ in range(2):
        outcomes = await asyncio.gather(
            rate("EUR"), rate("EUR"), return_exceptions=True
        )
        print([str(outcome) for outcome in outcomes])


if __name__ == "__main__":
    asyncio.run(main())
