import asyncio


async def is_allowed(user: str) -> bool:
    await asyncio.sleep(1)
    return user == "admin"


async def main() -> None:
    for user in ("admin", "guest"):
        if is_allowed(user):
            print(f"{user}: come in")
        else:
            print(f"{user}: keep out")


if __name__ == "__main__":
    asyncio.run(main())
