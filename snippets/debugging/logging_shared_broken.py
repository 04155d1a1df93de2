import logging
import multiprocessing
from pathlib import Path


def work(name: str) -> None:
    logging.basicConfig(filename="app.log", filemode="w")
    for step in range(3):
        logging.warning("%s: step %d", name, step)


def main() -> None:
    workers = [
        multiprocessing.Process(target=work, args=(name,))
        for name in ("Ann", "Bob")
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    lines = Path("app.log").read_text().splitlines()
    print(f"logged: 6, in the file: {len(lines)}")


if __name__ == "__main__":
    main()
