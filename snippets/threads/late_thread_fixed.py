from concurrent.futures import ThreadPoolExecutor


def main() -> None:
    with ThreadPoolExecutor() as pool:
        try:
            print("main: ends")
        finally:
            pool.submit(print, "report: sent").result()


if __name__ == "__main__":
    main()
