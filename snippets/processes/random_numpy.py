# pip install numpy
from concurrent.futures import ProcessPoolExecutor

import numpy as np


def job(seed: np.random.SeedSequence) -> float:
    own = np.random.default_rng(seed)
    return round(own.random(), 3)


def main() -> None:
    seeds = np.random.SeedSequence(42).spawn(4)
    for workers in (1, 2):
        with ProcessPoolExecutor(workers) as pool:
            print(f"{workers}:", list(pool.map(job, seeds)))


if __name__ == "__main__":
    main()
