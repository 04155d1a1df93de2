from concurrent.futures import Future, ThreadPoolExecutor


def size_of(page: str) -> int:
    return len(page)


def main() -> None:
    pages = {"home": ["a", "bc"], "blog": ["def"]}
    with ThreadPoolExecutor(1) as pool:
        sizes: dict[str, list[Future[int]]] = {
            site: [pool.submit(size_of, page) for page in parts]
            for site, parts in pages.items()
        }
    for site, futures in sizes.items():
        print(site, sum(future.result() for future in futures))


if __name__ == "__main__":
    main()
