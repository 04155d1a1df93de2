import signal
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event


def work(number: int, begun: Event) -> None:
    begun.set()
    time.sleep(0.3)  # here: a request
    print(f"job {number}: done")


def main() -> None:
    begun = Event()
    try:
        with ThreadPoolExecutor(max_workers=1) as pool:
            for number in range(3):
                pool.submit(work, number, begun)
            begun.wait()
            print("main: the user presses Ctrl+C")
            signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        print("main: KeyboardInterrupt")


if __name__ == "__main__":
    main()
