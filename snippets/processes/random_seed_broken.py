import multiprocessing
import random
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier


def prepare(barrier: Barrier) -> None:
    global all_busy
    all_busy = barrier
    random.seed(42)


def job(number: int) -> float:
    all_busy.wait()  # a job for each worker
    return round(random.random(), 3)


def main() -> None:
    for workers in (1, 2):
        barrier = multiprocessing.Barrier(workers)
        with ProcessPoolExecutor(
            workers, initializer=prepare, initargs=(barrier,)
        ) as pool:
            print(f"{workers}:", list(pool.map(job, range(4))))


if __name__ == "__main__":
    main()
