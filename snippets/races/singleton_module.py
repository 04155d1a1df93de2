from threading import Barrier, Thread


def main() -> None:
    together, got = Barrier(5), []

    def use() -> None:
        together.wait()
        from singleton_settings import settings

        got.append(settings)

    threads = [Thread(target=use) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(got), "threads,", len(set(map(id, got))), "object")


if __name__ == "__main__":
    main()
