import os
from threading import Thread


def read(source: int) -> None:
    text = os.read(source, 100).decode()
    print(f"thread: got {text!r}")


def main() -> None:
    source, sink = os.pipe()
    reader = Thread(target=read, args=(source,))
    reader.start()
    print(f"main: sum is {sum(range(1_000_000))}")
    print(f"main: thread is waiting: {reader.is_alive()}")
    os.write(sink, b"data")
    reader.join()


if __name__ == "__main__":
    main()
