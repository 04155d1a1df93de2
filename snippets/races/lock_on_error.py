import threading


def fail_in_with(lock: threading.Lock) -> None:
    with lock:
        raise ValueError


def fail_after_acquire(lock: threading.Lock) -> None:
    lock.acquire()
    raise ValueError


def main() -> None:
    for fail in (fail_in_with, fail_after_acquire):
        lock = threading.Lock()
        try:
            fail(lock)
        except ValueError:
            print(f"{fail.__name__}: locked {lock.locked()}")


if __name__ == "__main__":
    main()
