import time
from concurrent.futures import ThreadPoolExecutor

PAGES = {"slow": 3, "usual": 2, "quick": 1}


def fetch(page: str) -> str:
    time.sleep(PAGES[page])  # the request
    print(f"{page}: ready")
    return page.upper()


def main() -> None:
    with ThreadPoolExecutor(max_workers=3) as pool:
        results = pool.map(fetch, PAGES)
        for count, result in enumerate(results, 1):
            print(f"main: {count} of {len(PAGES)}, {result}")


if __name__ == "__main__":
    main()
