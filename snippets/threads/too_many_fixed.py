from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Semaphore, active_count


def main() -> None:
    database_is_back = Event()
    places = Semaphore(10)
    refused = 0

    def leave(_: Future[bool]) -> None:
        places.release()

    with ThreadPoolExecutor(max_workers=4) as pool:
        for _ in range(40):
            if places.acquire(blocking=False):
                request = pool.submit(database_is_back.wait)
                request.add_done_callback(leave)
            else:
                refused += 1
        print("threads with the main one:", active_count())
        database_is_back.set()
    print("refused:", refused)
    print("a place is free again:", places.acquire())


if __name__ == "__main__":
    main()
