# pip install fastapi httpx
import asyncio
import time

import httpx
from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

app = FastAPI()


@app.get("/report")
def report() -> None:
    time.sleep(2)


@app.get("/version")
def version() -> str:
    return "1.0"


@app.get("/ping")
async def ping() -> None:
    pass


async def main() -> None:
    limit = current_default_thread_limiter()
    print(f"threads at most: {limit.total_tokens}")
    limit.total_tokens = 2  # to see it with few requests

    async def ask(path: str) -> None:
        await client.get(path)
        print(f"{path}: answered")

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://app"
    ) as client:
        reports = ["/report"] * 3
        await asyncio.gather(*map(ask, [*reports, "/version", "/ping"]))


if __name__ == "__main__":
    asyncio.run(main())
