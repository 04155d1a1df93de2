import threading


def load(page: str) -> None:
    print(f"{page}: begins")
    print(f"{page}: ends")


def main() -> None:
    for page in ("page 1", "page 2", "page 3"):
        thread = threading.Thread(target=load, args=(page,))
        thread.start()
        thread.join()


if __name__ == "__main__":
    main()
