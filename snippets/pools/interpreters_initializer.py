try:
    from concurrent.futures import InterpreterPoolExecutor as Pool
except ImportError:  # before Python 3.14
    from concurrent.futures import ProcessPoolExecutor as Pool

settings: dict[str, int] = {}


def prepare(today: int) -> None:
    settings["rate"] = today


def convert(price: int) -> int:
    return price * settings["rate"]


def main() -> None:
    with Pool(2, initializer=prepare, initargs=(90,)) as pool:
        print(list(pool.map(convert, [2, 3])))


if __name__ == "__main__":
    main()
