import threading


def report(failure: threading.ExceptHookArgs) -> None:
    thread, error = failure.thread, failure.exc_type
    print(f"{thread and thread.name} died of {error.__name__}")


def divide(a: int, b: int) -> float:
    return a / b


def main() -> None:
    threading.excepthook = report
    worker = threading.Thread(
        target=divide,
        args=(6, 0),
        name="divider",
    )
    worker.start()
    worker.join()
    print("main: done")


if __name__ == "__main__":
    main()
