from threading import Event, Thread


def watch(ready: Event) -> None:
    print("watcher: on duty")
    ready.set()
    Event().wait()


def main() -> None:
    ready = Event()
    watcher = Thread(target=watch, args=(ready,), daemon=True)
    watcher.start()
    ready.wait()
    print(f"main: done, watcher is alive: {watcher.is_alive()}")


if __name__ == "__main__":
    main()
