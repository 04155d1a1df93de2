from concurrent.futures import ProcessPoolExecutor


def squares(start: int, stop: int) -> int:
    return sum(number * number for number in range(start, stop))


def main() -> None:
    bounds = range(0, 1_000_001, 250_000)
    with ProcessPoolExecutor(2) as pool:
        parts = list(pool.map(squares, bounds[:-1], bounds[1:]))
    print("jobs:", len(parts))
    print("right:", sum(parts) == squares(0, 1_000_000))


if __name__ == "__main__":
    main()
