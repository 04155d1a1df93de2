import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context

request: ContextVar[str] = ContextVar("request", default="?")


def save(page: str) -> None:
    print(f"[{request.get()}] saved {page}")


async def handle(pool: ThreadPoolExecutor, number: int) -> None:
    request.set(f"request {number}")
    print(f"[{request.get()}] started")
    loop = asyncio.get_running_loop()
    run = copy_context().run
    await loop.run_in_executor(pool, run, save, f"page {number}")


async def serve(pool: ThreadPoolExecutor) -> None:
    for number in (1, 2):
        await asyncio.create_task(handle(pool, number))


def main() -> None:
    with ThreadPoolExecutor(max_workers=1) as pool:
        asyncio.run(serve(pool))


if __name__ == "__main__":
    main()
