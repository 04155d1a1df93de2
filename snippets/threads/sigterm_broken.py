import signal
from threading import Thread


def work() -> None:
    try:
        signal.signal(signal.SIGTERM, lambda *_: print("stops"))
    except ValueError as error:
        print(f"worker: ValueError: {error}")


def main() -> None:
    worker = Thread(target=work)
    worker.start()
    worker.join()


if __name__ == "__main__":
    main()
