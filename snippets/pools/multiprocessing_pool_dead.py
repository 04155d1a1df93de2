import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


def job() -> None:
    os._exit(1)  # as if the system had killed the process


def main() -> None:
    with multiprocessing.Pool(1) as old:
        try:
            old.apply_async(job).get(timeout=0.5)
        except multiprocessing.TimeoutError:
            print("Pool: no answer in time")
        print(f"Pool: the next job gives {old.apply(abs, (-1,))}")
    with ProcessPoolExecutor(1) as new:
        try:
            new.submit(job).result()
        except BrokenProcessPool:
            print("Executor: BrokenProcessPool")


if __name__ == "__main__":
    main()
