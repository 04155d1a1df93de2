import threading


def work(done: threading.Event) -> None:
    done.wait()


def main() -> None:
    done = threading.Event()
    worker = threading.Thread(target=work, args=(done,))
    worker.start()
    print(f"join returned {worker.join(timeout=0.05)}")
    print(f"still runs: {worker.is_alive()}")
    done.set()
    print(f"join returned {worker.join()}")
    print(f"still runs: {worker.is_alive()}")


if __name__ == "__main__":
    main()
