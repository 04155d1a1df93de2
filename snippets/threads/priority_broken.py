from queue import PriorityQueue


def main() -> None:
    jobs: PriorityQueue[tuple[int, dict[str, str]]] = PriorityQueue()
    for priority, name in (
        (1, "password reset"),
        (2, "report"),
        (2, "newsletter"),
    ):
        jobs.put((priority, {"name": name}))
    for _ in range(3):
        try:
            _, job = jobs.get()
        except TypeError as error:
            print(error)
        else:
            print(f"worker: {job['name']}")


if __name__ == "__main__":
    main()
