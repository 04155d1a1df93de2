import signal
from threading import Event, Thread


def work(stop: Event) -> None:
    stop.wait()
    print("worker: closes the file")


def serve() -> None:
    print("main: the user presses Ctrl+C")
    signal.raise_signal(signal.SIGINT)


def main() -> None:
    stop = Event()
    worker = Thread(target=work, args=(stop,))
    worker.start()
    try:
        serve()
    except KeyboardInterrupt:
        print("main: KeyboardInterrupt")
    finally:
        stop.set()
        worker.join()


if __name__ == "__main__":
    main()
