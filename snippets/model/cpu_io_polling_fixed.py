from threading import Event, Thread

ready = Event()


def wait_for_ready() -> None:
    ready.wait()
    print("woken up by the event")


def main() -> None:
    waiter = Thread(target=wait_for_ready)
    waiter.start()
    print("main: sets the event")
    ready.set()
    waiter.join()


if __name__ == "__main__":
    main()
