from dataclasses import dataclass, field
from itertools import count
from math import inf
from queue import PriorityQueue
from threading import Thread

number = count()


@dataclass(order=True)
class Entry:
    priority: float
    job: dict[str, str] | None = field(compare=False)
    number: int = field(default_factory=lambda: next(number))


def work(jobs: PriorityQueue[Entry]) -> None:
    while (job := jobs.get().job) is not None:
        print(f"worker: {job['name']}")


def main() -> None:
    jobs: PriorityQueue[Entry] = PriorityQueue()
    jobs.put(Entry(inf, None))
    for priority, name in (
        (2, "report"),
        (2, "newsletter"),
        (1, "password reset"),
    ):
        jobs.put(Entry(priority, {"name": name}))
    worker = Thread(target=work, args=(jobs,))
    worker.start()
    worker.join()


if __name__ == "__main__":
    main()
