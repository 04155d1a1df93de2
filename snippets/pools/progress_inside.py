from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import Manager
from queue import Queue

PARTS = 2


def convert(name: str, reports: Queue[str | None]) -> str:
    for _ in range(PARTS):
        reports.put(name)  # a part is done
    return name


def main() -> None:
    with Manager() as manager, ProcessPoolExecutor(2) as pool:
        reports: Queue[str | None] = manager.Queue()

        def end(job: Future[str]) -> None:
            reports.put(None)

        names = ["a.mp4", "b.mp4", "c.mp4"]
        jobs = [pool.submit(convert, each, reports) for each in names]
        for job in jobs:
            job.add_done_callback(end)
        parts, working = 0, len(jobs)
        while working:
            if reports.get() is None:
                working -= 1
            else:
                parts += 1
                print(f"part {parts} of {PARTS * len(jobs)}")
        print([job.result() for job in jobs])


if __name__ == "__main__":
    main()
