import asyncio
from inspect import getcoroutinestate


async def prepare() -> None:
    print("prepare: no waiting here")


async def job() -> str:
    print("job: begins")
    await prepare()
    print("job: after the first await")
    await asyncio.sleep(1)
    print("job: wakes up")
    return "result"


async def main() -> None:
    coroutine = job()
    print(f"main: {getcoroutinestate(coroutine)}")
    task = asyncio.create_task(coroutine)
    print("main: the task is created")
    await asyncio.sleep(0)
    print(f"main: {getcoroutinestate(coroutine)}")
    print(f"main: {await task}")
    print(f"main: {getcoroutinestate(coroutine)}")


if __name__ == "__main__":
    asyncio.run(main())
