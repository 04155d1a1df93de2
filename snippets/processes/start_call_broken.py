from multiprocessing import Process, parent_process


def report() -> None:
    place = "child" if parent_process() else "parent"
    print(f"the work is done in the {place}")


def main() -> None:
    child = Process(target=report())
    print("starting the process")
    child.start()
    child.join()
    print(f"exit code: {child.exitcode}")


if __name__ == "__main__":
    main()
