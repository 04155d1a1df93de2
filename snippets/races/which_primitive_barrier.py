from threading import Barrier, Thread


class Report:
    def __init__(self, parts: int) -> None:
        self.counted = Barrier(parts)
        self.sums: list[int] = []
        self.shares: list[float] = []

    def work(self, numbers: list[int]) -> None:
        mine = sum(numbers)
        self.sums.append(mine)
        self.counted.wait()
        self.shares.append(mine / sum(self.sums))


def main() -> None:
    report = Report(parts=3)
    threads = []
    for numbers in ([1, 4], [2, 3], [10, 0]):
        thread = Thread(target=report.work, args=(numbers,))
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()
    print(f"shares: {sorted(report.shares)}")


if __name__ == "__main__":
    main()
