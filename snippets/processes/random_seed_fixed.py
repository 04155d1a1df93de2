import random
from concurrent.futures import ProcessPoolExecutor

SEED = 42


def job(number: int) -> float:
    own = random.Random(f"{SEED}-{number}")
    return round(own.random(), 3)


def main() -> None:
    for workers in (1, 2):
        with ProcessPoolExecutor(workers) as pool:
            print(f"{workers}:", list(pool.map(job, range(4))))


if __name__ == "__main__":
    main()
