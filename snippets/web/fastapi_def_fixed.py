# pip install fastapi httpx
import asyncio
import time

import httpx
from fastapi import FastAPI

app = FastAPI()


@app.get("/report")
def report() -> None:
    print("report: start")
    time.sleep(2)  # an ordinary library asks the database
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
