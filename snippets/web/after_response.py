# pip install fastapi uvicorn httpx
import asyncio

import httpx
import uvicorn
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
kept = set()  # a task needs a strong reference


async def send(what: str, seconds: float) -> None:
    try:
        await asyncio.sleep(seconds)
        print(f"{what}: sent")
    except asyncio.CancelledError:
        print(f"{what}: cancelled")
        raise


@app.post("/order")
async def order(background: BackgroundTasks) -> None:
    kept.add(asyncio.create_task(send("letter", 5)))
    background.add_task(send, "receipt", 3)


async def main() -> None:
    config = uvicorn.Config(app, port=0, log_level="error")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with httpx.AsyncClient() as client:
        got = await client.post(f"http://127.0.0.1:{port}/order")
    print(f"client: {got.status_code}")
    server.should_exit = True  # as at Ctrl+C
    await serving
    print("server: stopped")


if __name__ == "__main__":
    asyncio.run(main())
