from threading import Event, Thread

ready = Event()
looked_often = Event()


def wait_for_ready() -> None:
    looks = 0
    while not ready.is_set():
        looks += 1
        if looks == 1_000:
            looked_often.set()
    print(f"looked at least 1000 times: {looks >= 1_000}")


def main() -> None:
    waiter = Thread(target=wait_for_ready)
    waiter.start()
    looked_often.wait()
    ready.set()
    waiter.join()


if __name__ == "__main__":
    main()
