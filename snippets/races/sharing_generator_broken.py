from collections.abc import Iterator
from threading import Event, Thread


def numbers(working: Event, go_on: Event) -> Iterator[int]:
    for number in (1, 2):
        working.set()
        go_on.wait()  # asks a server
        yield number


def main() -> None:
    working, go_on = Event(), Event()
    shared = numbers(working, go_on)
    worker = Thread(target=lambda: print(f"worker: {next(shared)}"))
    worker.start()
    working.wait()
    try:
        print(f"main: {next(shared)}")
    except ValueError as error:
        print(f"main: ValueError: {error}")
    go_on.set()
    worker.join()
    print(f"main: {next(shared)}")


if __name__ == "__main__":
    main()
