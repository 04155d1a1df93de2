from concurrent.futures import ProcessPoolExecutor


def square(number: int) -> int:
    return number * number


def main() -> None:
    numbers = range(1, 101)
    with ProcessPoolExecutor(max_workers=2) as pool:
        jobs = [pool.submit(square, number) for number in numbers]
        print(f"sum of squares: {sum(job.result() for job in jobs)}")
    print(f"jobs sent: {len(jobs)}")


if __name__ == "__main__":
    main()
