from concurrent.futures import ProcessPoolExecutor


def sum_of_squares(numbers: range) -> int:
    return sum(number * number for number in numbers)


def main() -> None:
    halves = (range(1, 51), range(51, 101))
    with ProcessPoolExecutor(max_workers=2) as pool:
        jobs = [pool.submit(sum_of_squares, half) for half in halves]
        print(f"sum of squares: {sum(job.result() for job in jobs)}")
    print(f"jobs sent: {len(jobs)}")


if __name__ == "__main__":
    main()
