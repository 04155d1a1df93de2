import asyncio
import os
from concurrent.futures import Executor, ProcessPoolExecutor


def count_primes(limit: int) -> tuple[int, int]:
    primes = [
        number
        for number in range(2, limit)
        if all(number % divisor for divisor in range(2, number))
    ]
    return len(primes), os.getpid()


async def report(pool: Executor) -> None:
    loop = asyncio.get_running_loop()
    job = loop.run_in_executor(pool, count_primes, 100)
    primes, pid = await job
    print(f"primes: {primes}")
    print(f"computed in this process: {pid == os.getpid()}")


def main() -> None:
    with ProcessPoolExecutor(1) as pool:
        asyncio.run(report(pool))


if __name__ == "__main__":
    main()
