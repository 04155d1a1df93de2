from threading import Event, Thread


def count(begun: Event, flag: list[str]) -> None:
    begun.set()
    while not flag:
        pass
    print("count: sees the flag")


def main() -> None:
    begun = Event()
    flag: list[str] = []
    thread = Thread(target=count, args=(begun, flag))
    thread.start()
    begun.wait()
    print("neighbour: raises the flag")
    flag.append("up")
    thread.join()


if __name__ == "__main__":
    main()
