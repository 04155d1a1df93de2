import asyncio
import os
import signal


async def token(ready: asyncio.Event) -> str:
    await ready.wait()
    return "token"


async def fetch(ready: asyncio.Event) -> str:
    return f"page for {await token(ready)}"


def tell(told: asyncio.Event) -> None:
    for task in sorted(asyncio.all_tasks(), key=asyncio.Task.get_name):
        frames = task.get_stack()
        line = frames[0].f_lineno if frames else "unknown"
        print(f"{task.get_name()}: line {line}")
    told.set()


async def main() -> None:
    told, ready = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, tell, told)
    fetches = [
        asyncio.create_task(fetch(ready), name=name)
        for name in ("fetch-1", "fetch-2")
    ]
    os.kill(os.getpid(), signal.SIGUSR1)  # kill -USR1 PID
    await told.wait()
    print(f"still waiting: {not any(task.done() for task in fetches)}")


if __name__ == "__main__":
    asyncio.run(main())
