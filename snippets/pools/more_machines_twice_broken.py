# pip install distributed
import logging
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import dask
from distributed import Client, LocalCluster

START = {"distributed.worker.multiprocessing-method": "forkserver"}
QUIET = {"silence_logs": logging.CRITICAL, "dashboard_address": ":0"}


def charge(order: str, ledger: Path) -> str:
    with ledger.open("a") as file:
        print(order, file=file)
    if ledger.read_text().split() == ["tea", "cake"]:
        os._exit(1)  # as if the machine had gone
    return f"{order}: paid"


def main() -> None:
    with (
        TemporaryDirectory() as folder,
        dask.config.set(START),
        LocalCluster(n_workers=2, **QUIET) as local,
        Client(local) as client,
    ):
        ledger = Path(folder, "ledger")
        pool = client.get_executor(pure=False)
        for order in ("tea", "cake"):
            print(pool.submit(charge, order, ledger).result())
        print("charged:", ledger.read_text().split())


if __name__ == "__main__":
    main()
