from concurrent.futures import ThreadPoolExecutor
from threading import Event, stack_size


def main() -> None:
    go_on = Event()
    with ThreadPoolExecutor(max_workers=2) as pool:
        pool.submit(go_on.wait)
        stack_size(2**50)  # no thread can start
        try:
            pool.submit(print, "order 7: paid")
        except RuntimeError as error:
            print("submit:", error)
        go_on.set()
    print("main: all done")


if __name__ == "__main__":
    main()
