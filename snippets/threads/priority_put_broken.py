from queue import PriorityQueue


def main() -> None:
    jobs: PriorityQueue[tuple[int, dict[str, str]]] = PriorityQueue()
    for name in ("report", "newsletter"):
        try:
            jobs.put((2, {"name": name}))
        except TypeError:
            print(f"put: {name} was refused")
    while not jobs.empty():
        _, job = jobs.get()
        print(f"worker: {job['name']}")
        try:
            jobs.task_done()
        except ValueError as error:
            print(error)


if __name__ == "__main__":
    main()
