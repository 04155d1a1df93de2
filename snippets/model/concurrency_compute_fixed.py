import asyncio
import multiprocessing
from concurrent.futures import ProcessPoolExecutor


def add_up(limit: int) -> tuple[int, bool]:
    in_child = multiprocessing.parent_process() is not None
    return sum(range(limit)), in_child


async def main(pool: ProcessPoolExecutor) -> None:
    loop = asyncio.get_running_loop()
    left = loop.run_in_executor(pool, add_up, 1_000_000)
    right = loop.run_in_executor(pool, add_up, 1_000_000)
    for total, in_child in await asyncio.gather(left, right):
        print(f"{total}, in another process: {in_child}")


if __name__ == "__main__":
    with ProcessPoolExecutor(max_workers=2) as pool:
        asyncio.run(main(pool))
