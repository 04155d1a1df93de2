import time
from concurrent.futures import ThreadPoolExecutor, as_completed

PAGES = {"slow": 3, "usual": 2, "quick": 1}


def fetch(page: str) -> str:
    time.sleep(PAGES[page])  # the request
    print(f"{page}: ready")
    return page.upper()


def main() -> None:
    with ThreadPoolExecutor(max_workers=3) as pool:
        page_of = {pool.submit(fetch, page): page for page in PAGES}
        for count, future in enumerate(as_completed(page_of), 1):
            result = future.result()
            print(f"main: {count} of {len(page_of)}, {result}")


if __name__ == "__main__":
    main()
