import multiprocessing
import time


def packed(name: str) -> str:
    time.sleep(0.5)
    return name


def save(name: str) -> None:
    print(f"{packed(name)} is saved")


def main() -> None:
    with multiprocessing.Pool(1) as pool:
        pool.apply_async(save, ("report",))
    print("main: left the pool")


if __name__ == "__main__":
    main()
