import signal
from threading import Event, Thread

ASKED = {signal.SIGTERM, signal.SIGINT}


def work(stop: Event) -> None:
    stop.wait()
    print("worker: closes the file")


def main() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, ASKED)
    stop = Event()
    worker = Thread(target=work, args=(stop,))
    worker.start()
    signal.raise_signal(signal.SIGTERM)  # systemd asks to stop
    print(f"main: {signal.Signals(signal.sigwait(ASKED)).name}")
    stop.set()
    worker.join()


if __name__ == "__main__":
    main()
