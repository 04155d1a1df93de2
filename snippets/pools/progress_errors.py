from concurrent.futures import ThreadPoolExecutor, as_completed


def half(number: int) -> int:
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


def main() -> None:
    halves: list[int] = []
    errors: list[str] = []
    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(half, number) for number in range(5)]
        for count, future in enumerate(as_completed(futures), 1):
            if error := future.exception():
                errors.append(repr(error))
            else:
                halves.append(future.result())
            print(f"{count} of {len(futures)}")
    print(sorted(halves), *sorted(errors))


if __name__ == "__main__":
    main()
