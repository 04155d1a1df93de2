from threading import Barrier, Thread


def main() -> None:
    sizes: dict[str, int] = {}
    all_started = Barrier(3)

    def download(page: str) -> None:
        all_started.wait()
        sizes[page] = len(page) * 100

    pages = ["home", "about", "contacts"]
    threads = [Thread(target=download, args=(page,)) for page in pages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for page in pages:
        print(page, sizes[page])


if __name__ == "__main__":
    main()
