import asyncio
from contextvars import ContextVar

user = ContextVar("user", default="nobody")


async def log_in(name: str) -> None:
    user.set(name)
    print(f"log_in: {user.get()}")


async def main() -> None:
    await asyncio.create_task(log_in("Ada"))
    print(f"after a task: {user.get()}")
    await log_in("Bob")
    print(f"after await log_in(): {user.get()}")


if __name__ == "__main__":
    asyncio.run(main())
