from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from itertools import islice

taken = 0


def numbers(count: int) -> Iterator[int]:
    global taken
    for number in range(count):
        taken += 1
        yield number


def feed(
    pool: futures.Executor,
    work: Callable[[int], int],
    items: Iterable[int],
    ahead: int,
) -> Iterator[futures.Future[int]]:
    left = iter(items)
    waiting = {pool.submit(work, item) for item in islice(left, ahead)}
    while waiting:
        done, waiting = futures.wait(
            waiting, return_when=futures.FIRST_COMPLETED
        )
        while done:
            yield done.pop()
            for item in islice(left, 1):  # one came, one goes
                waiting.add(pool.submit(work, item))


def main() -> None:
    count = most = 0
    with futures.ThreadPoolExecutor(max_workers=2) as pool:
        for future in feed(pool, abs, numbers(10_000), ahead=8):
            most = max(most, taken - count)
            count += 1
            future.result()
    print(f"results: {count}, taken ahead: {most}")


if __name__ == "__main__":
    main()
