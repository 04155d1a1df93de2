from threading import Lock, Thread


def try_both(first: Lock, second: Lock) -> bool:
    with first:
        if not second.acquire(timeout=0.05):
            return False
        second.release()
        return True


def main() -> None:
    fork, knife = Lock(), Lock()

    def dine() -> None:
        print(f"both taken: {try_both(fork, knife)}")

    with knife:
        guest = Thread(target=dine)
        guest.start()
        guest.join()
        print(f"fork is free again: {not fork.locked()}")
    dine()


if __name__ == "__main__":
    main()
