import time
from concurrent.futures import ThreadPoolExecutor


def ask(server: str, seconds: float) -> str:
    time.sleep(seconds)
    return f"{server} answered"


def main() -> None:
    servers, seconds = ("a", "b", "c"), (0.1, 0.3, 0.2)
    began = time.monotonic()
    with ThreadPoolExecutor() as pool:
        for answer in pool.map(ask, servers, seconds):
            print(answer)
    spent = time.monotonic() - began
    print("all waits overlapped:", spent < sum(seconds))


if __name__ == "__main__":
    main()
