from io import StringIO
from threading import Barrier, Thread


class Screen(StringIO):
    def __init__(self, threads: int) -> None:
        super().__init__()
        self.everybody = Barrier(threads)

    def write(self, text: str) -> int:
        length = super().write(text)
        self.everybody.wait()
        return length


def report(screen: Screen) -> None:
    screen.write("ready\n")


def main() -> None:
    screen = Screen(threads=2)
    first = Thread(target=report, args=(screen,))
    second = Thread(target=report, args=(screen,))
    first.start()
    second.start()
    first.join()
    second.join()
    print(screen.getvalue().splitlines())


if __name__ == "__main__":
    main()
