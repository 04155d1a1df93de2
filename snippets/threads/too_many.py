from threading import Event, Thread, stack_size


def wait(done: Event) -> None:
    done.wait()
    print("first: done")


def main() -> None:
    done = Event()
    first = Thread(target=wait, args=(done,))
    second = Thread(target=print, args=("second: runs",))
    first.start()

    stack_size(2**50)  # more than there are addresses
    try:
        second.start()
    except RuntimeError as error:
        print("start:", error)

    stack_size(0)  # the size that the system chooses
    Thread(target=done.set).start()
    first.join()

    print("second is alive:", second.is_alive())
    try:
        second.join()
    except RuntimeError as error:
        print("join:", error)


if __name__ == "__main__":
    main()
