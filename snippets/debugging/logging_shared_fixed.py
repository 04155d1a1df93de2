import logging
import multiprocessing
from logging.handlers import QueueHandler, QueueListener
from multiprocessing.queues import Queue
from pathlib import Path


def work(name: str, records: "Queue[logging.LogRecord]") -> None:
    logging.getLogger().addHandler(QueueHandler(records))
    for step in range(3):
        logging.warning("%s: step %d", name, step)


def main() -> None:
    records: Queue[logging.LogRecord] = multiprocessing.Queue()
    file = logging.FileHandler("app.log", mode="w")
    listener = QueueListener(records, file)
    listener.start()
    workers = [
        multiprocessing.Process(target=work, args=(name, records))
        for name in ("Ann", "Bob")
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    listener.stop()
    lines = Path("app.log").read_text().splitlines()
    print(f"logged: 6, in the file: {len(lines)}")


if __name__ == "__main__":
    main()
