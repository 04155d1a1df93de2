from contextlib import suppress
from io import StringIO
from threading import Barrier, BrokenBarrierError, Lock, Thread


class Screen(StringIO):
    def __init__(self, threads: int) -> None:
        super().__init__()
        self.everybody = Barrier(threads, timeout=0.1)

    def write(self, text: str) -> int:
        length = super().write(text)
        with suppress(BrokenBarrierError):  # nobody else came
            self.everybody.wait()
        return length


def report(screen: Screen, lock: Lock) -> None:
    with lock:
        print("ready", file=screen)


def main() -> None:
    screen, lock = Screen(threads=2), Lock()
    first = Thread(target=report, args=(screen, lock))
    second = Thread(target=report, args=(screen, lock))
    first.start()
    second.start()
    first.join()
    second.join()
    print(screen.getvalue().splitlines())


if __name__ == "__main__":
    main()
