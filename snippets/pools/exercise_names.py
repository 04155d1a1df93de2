from concurrent.futures import ThreadPoolExecutor


def parse(text: str) -> int:
    return int(text)


def main() -> None:
    texts = ["12", "many", "30"]
    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(parse, text) for text in texts]
    for text, future in zip(texts, futures, strict=True):
        if error := future.exception():
            print(f"{text}: {type(error).__name__}")
        else:
            print(f"{text}: {future.result()}")


if __name__ == "__main__":
    main()
