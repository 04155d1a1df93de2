import logging
from logging.handlers import QueueHandler, QueueListener
from queue import SimpleQueue
from threading import Event

ready = Event()


class Printer(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        ready.wait()  # a slow disk
        print(f"written: {record.getMessage()}")


def main() -> None:
    records: SimpleQueue[logging.LogRecord] = SimpleQueue()
    listener = QueueListener(records, Printer())
    logging.getLogger().addHandler(QueueHandler(records))
    listener.start()
    for step in range(3):
        logging.warning("step %d", step)
    print("logged")
    ready.set()
    listener.stop()
    print("stopped")


if __name__ == "__main__":
    main()
