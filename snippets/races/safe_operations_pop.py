from threading import Thread


def drain(jobs: list[str], done: list[str]) -> None:
    while True:
        try:
            job = jobs.pop()
        except IndexError:
            return
        done.append(job)


def main() -> None:
    jobs, done = ["a", "b", "c", "d", "e"], list[str]()
    threads = [
        Thread(target=drain, args=(jobs, done)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"left {jobs}, done {sorted(done)}")


if __name__ == "__main__":
    main()
