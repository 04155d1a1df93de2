from collections.abc import Callable
from threading import Lock, Thread


def try_both(
    first: Lock, second: Lock, act: Callable[[], object]
) -> bool:
    with first:
        if not second.acquire(timeout=0.05):
            return False
        try:
            act()
        finally:
            second.release()
        return True


def main() -> None:
    fork, knife = Lock(), Lock()

    def dine() -> None:
        took = try_both(fork, knife, lambda: print("eats"))
        print(f"both taken: {took}")

    with knife:
        guest = Thread(target=dine)
        guest.start()
        guest.join()
        print(f"fork is free again: {not fork.locked()}")
    dine()


if __name__ == "__main__":
    main()
