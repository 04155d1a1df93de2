from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Semaphore

go_on = Event()


def save(row: int) -> None:
    go_on.wait()


def main() -> None:
    free = Semaphore(3)

    def release(job: Future[None]) -> None:
        free.release()

    with ThreadPoolExecutor(max_workers=2) as pool:
        for row in range(10):
            if not free.acquire(blocking=go_on.is_set()):
                print(f"row {row} waits for a free place")
                go_on.set()
                free.acquire()
            pool.submit(save, row).add_done_callback(release)
    print("all rows are saved")


if __name__ == "__main__":
    main()
