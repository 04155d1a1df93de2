import signal
from threading import Event, Thread


def leave(number: int, frame: object) -> None:
    raise SystemExit


def work(stop: Event) -> None:
    stop.wait()
    print("worker: closes the file")


def serve(stop: Event) -> None:
    print("main: systemd asks to stop")
    signal.raise_signal(signal.SIGTERM)
    stop.wait()  # nobody else would end this wait


def main() -> None:
    stop = Event()
    worker = Thread(target=work, args=(stop,))
    worker.start()
    try:
        signal.signal(signal.SIGTERM, leave)
        serve(stop)
    finally:
        stop.set()
        worker.join()
        print("main: the worker has ended")


if __name__ == "__main__":
    main()
