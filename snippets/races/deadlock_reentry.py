import threading


def main() -> None:
    lock, reentrant = threading.Lock(), threading.RLock()
    with lock:
        print(f"Lock again: {lock.acquire(blocking=False)}")
    with reentrant:
        print(f"RLock again: {reentrant.acquire(blocking=False)}")
        reentrant.release()


if __name__ == "__main__":
    main()
