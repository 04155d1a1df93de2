import signal
from concurrent.futures import ThreadPoolExecutor
from threading import Event


def work(number: int, begun: Event, stop: Event) -> None:
    begun.set()
    while not stop.wait(0.01):  # here: the next piece of work
        pass
    print(f"job {number}: stopped in good order")


def main() -> None:
    begun, stop = Event(), Event()
    with ThreadPoolExecutor(max_workers=1) as pool:
        try:
            for number in range(3):
                pool.submit(work, number, begun, stop)
            begun.wait()
            print("main: the user presses Ctrl+C")
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            print("main: KeyboardInterrupt")
            pool.shutdown(wait=False, cancel_futures=True)
            stop.set()


if __name__ == "__main__":
    main()
