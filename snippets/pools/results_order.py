from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event

quick_was_seen = Event()


def fetch(page: str) -> str:
    if page == "slow":
        quick_was_seen.wait()
    return page


def main() -> None:
    pages = ("slow", "quick")
    with ThreadPoolExecutor(max_workers=2) as pool:
        futures = [pool.submit(fetch, page) for page in pages]
        for future in as_completed(futures):
            print(f"as completed: {future.result()}")
            quick_was_seen.set()
        for page in pool.map(fetch, pages):
            print(f"map: {page}")


if __name__ == "__main__":
    main()
