from threading import Event, Thread


def save(begun: Event, stop: Event) -> None:
    print("saver: file opened")
    begun.set()
    try:
        stop.wait()
    finally:
        print("saver: file closed")


def main() -> None:
    begun, stop = Event(), Event()
    saver = Thread(target=save, args=(begun, stop))
    saver.start()
    try:
        begun.wait()
        print("main: done")
    finally:
        stop.set()
        saver.join()


if __name__ == "__main__":
    main()
