try:
    from concurrent.futures import InterpreterPoolExecutor as Pool
except ImportError:  # before Python 3.14
    from concurrent.futures import ProcessPoolExecutor as Pool


def count_primes(limit: int) -> int:
    return sum(
        all(number % divisor for divisor in range(2, number))
        for number in range(2, limit)
    )


def main() -> None:
    with Pool(max_workers=2) as pool:
        for primes in pool.map(count_primes, (100, 200)):
            print(primes)


if __name__ == "__main__":
    main()
