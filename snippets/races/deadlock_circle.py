from threading import Barrier, Lock, Thread


def take(
    first: Lock, second: Lock, both: Barrier, got: list[bool]
) -> None:
    with first:
        both.wait()
        got.append(second.acquire(blocking=False))
        both.wait()


def main() -> None:
    fork, knife, both = Lock(), Lock(), Barrier(2)
    got: list[bool] = []
    ann = Thread(target=take, args=(fork, knife, both, got))
    bob = Thread(target=take, args=(knife, fork, both, got))
    ann.start()
    bob.start()
    ann.join()
    bob.join()
    print(f"second lock taken: {got}")


if __name__ == "__main__":
    main()
