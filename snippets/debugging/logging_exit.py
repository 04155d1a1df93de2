import logging
import multiprocessing
import os
from pathlib import Path


def work() -> None:
    logging.basicConfig(filename="app.log")
    with open("report.txt", "w") as report:
        logging.warning("step 1")
        report.write("step 1\n")
        os._exit(1)  # as if the system had killed the process


def main() -> None:
    worker = multiprocessing.Process(target=work)
    worker.start()
    worker.join()
    for name in ("app.log", "report.txt"):
        lines = Path(name).read_text().splitlines()
        print(f"{name}: {len(lines)}")


if __name__ == "__main__":
    main()
