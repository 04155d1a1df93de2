from threading import Event, Thread


def poll(stop: Event, polled: Event) -> None:
    while not stop.is_set():
        print("poller: asks the server")
        polled.set()
        stop.wait(timeout=60)
    print("poller: closes the connection")


def main() -> None:
    stop, polled = Event(), Event()
    poller = Thread(target=poll, args=(stop, polled))
    poller.start()
    polled.wait()
    print("main: stop")
    stop.set()
    poller.join()
    print("main: done")


if __name__ == "__main__":
    main()
