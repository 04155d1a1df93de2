import asyncio
import warnings

saved = []


async def save(text: str) -> None:
    saved.append(text)


async def main() -> None:
    with warnings.catch_warnings(record=True) as caught:
        save("draft")
    for warning in caught:
        print(f"{warning.category.__name__}: {warning.message}")
    print(f"saved: {saved}")
    await save("draft")
    print(f"saved: {saved}")


if __name__ == "__main__":
    asyncio.run(main())
