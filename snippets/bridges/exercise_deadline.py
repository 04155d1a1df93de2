import asyncio
import time
from concurrent.futures import ThreadPoolExecutor


def ask(server: str, seconds: float) -> str:
    time.sleep(seconds)
    return server


async def main(pool: ThreadPoolExecutor) -> None:
    loop = asyncio.get_running_loop()
    servers = {"near": 1, "middle": 2.5, "far": 7}
    calls = [
        loop.run_in_executor(pool, ask, *server)
        for server in servers.items()
    ]
    done, late = await asyncio.wait(calls, timeout=3)
    print("answered:", sorted(call.result() for call in done))
    print("too late:", len(late))


if __name__ == "__main__":
    with ThreadPoolExecutor(3) as pool:
        asyncio.run(main(pool))
    print("the pool has finished its jobs")
