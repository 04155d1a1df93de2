from threading import Event, Thread


def watch(ready: Event) -> None:
    print("watcher: on duty")
    ready.set()
    Event().wait()


def main() -> None:
    ready = Event()
    Thread(target=watch, args=(ready,), daemon=True).start()
    ready.wait()
    print("main: done")


if __name__ == "__main__":
    main()
