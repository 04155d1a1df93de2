# pip install distributed
import random
from concurrent.futures import Executor

from distributed import Client, LocalCluster


def draw(_: str) -> float:
    return random.random()


def draw_five(pool: Executor) -> str:
    drawn = list(pool.map(draw, ["die"] * 5))
    return f"{len(set(drawn))} of {len(drawn)} differ"


def main() -> None:
    with (
        LocalCluster(processes=False, dashboard_address=":0") as local,
        Client(local) as client,
    ):
        print("default:", draw_five(client.get_executor()))
        pool = client.get_executor(pure=False)
        print("pure=False:", draw_five(pool))


if __name__ == "__main__":
    main()
