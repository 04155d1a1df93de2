import os
import signal
import sys
from collections.abc import Callable
from multiprocessing import Process


def succeed() -> None:
    pass


def leave() -> None:
    sys.exit(3)


def fail() -> None:
    raise ValueError("nobody in the parent catches this")


def get_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def exit_code(target: Callable[[], None]) -> int | None:
    child = Process(target=target)
    child.start()
    child.join()
    return child.exitcode


def main() -> None:
    for target in (succeed, leave, fail, get_killed):
        print(f"{target.__name__}: {exit_code(target)}")


if __name__ == "__main__":
    main()
