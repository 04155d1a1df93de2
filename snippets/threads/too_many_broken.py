from threading import Event, Thread, active_count


def main() -> None:
    database_is_back = Event()
    for _ in range(40):
        Thread(target=database_is_back.wait).start()
    print("threads with the main one:", active_count())
    database_is_back.set()


if __name__ == "__main__":
    main()
