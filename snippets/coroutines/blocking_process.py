import asyncio
import os
from concurrent.futures import ProcessPoolExecutor


def count_primes(limit: int) -> tuple[int, int]:
    primes = [
        number
        for number in range(2, limit)
        if all(number % divisor for divisor in range(2, number))
    ]
    return len(primes), os.getpid()


async def main() -> None:
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(1) as pool:
        job = loop.run_in_executor(pool, count_primes, 100)
        primes, pid = await job
    print(f"primes: {primes}")
    print(f"computed in this process: {pid == os.getpid()}")


if __name__ == "__main__":
    asyncio.run(main())
