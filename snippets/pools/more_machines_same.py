# pip install distributed
from concurrent.futures import Executor, ProcessPoolExecutor

import dask
from distributed import Client, LocalCluster

# Workers share one import of Dask: the cluster starts sooner.
START = {"distributed.worker.multiprocessing-method": "forkserver"}
# One thread a worker: threads that compute would share one GIL.
SIZE = {"n_workers": 2, "threads_per_worker": 1}


def divisors(number: int) -> int:
    return sum(number % each == 0 for each in range(1, number + 1))


def count_divisors(pool: Executor) -> list[int]:
    return list(pool.map(divisors, [60, 97]))


def main() -> None:
    with ProcessPoolExecutor(max_workers=2) as pool:
        print("pool:", count_divisors(pool))
    with (
        dask.config.set(START),
        LocalCluster(**SIZE, dashboard_address=":0") as local,
        Client(local) as client,
    ):
        pool = client.get_executor(pure=False)
        print("cluster:", count_divisors(pool))


if __name__ == "__main__":
    main()
