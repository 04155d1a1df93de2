# pip install fastapi httpx
import asyncio

import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/report")
async def report() -> None:
    print("report: start")
    await asyncio.sleep(2)  # an async library asks the database
    print("report: answered")


@app.get("/ping")
async def ping() -> None:
    print("ping: answered")


async def main() -> None:
    transport = httpx.ASGITransport(app)  # no network
    async with httpx.AsyncClient(
        transport=transport, base_url="http://app"
    ) as client:
        await asyncio.gather(*map(client.get, ["/report", "/ping"]))


if __name__ == "__main__":
    asyncio.run(main())
