import threading


def main() -> None:
    locks = {"Lock": threading.Lock(), "RLock": threading.RLock()}
    for name, lock in locks.items():
        with lock:
            again = lock.acquire(blocking=False)
            print(f"{name} again: {again}")
            if again:
                lock.release()


if __name__ == "__main__":
    main()
