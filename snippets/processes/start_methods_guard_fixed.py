import multiprocessing


def greet() -> None:
    print("child: hello")


def main() -> None:
    spawn = multiprocessing.get_context("spawn")
    child = spawn.Process(target=greet)
    child.start()
    child.join()
    print(f"parent: exit code {child.exitcode}")


if __name__ == "__main__":
    main()
