import os
from multiprocessing import Process


def crash() -> None:
    print("child: about to crash")
    os.abort()


def main() -> None:
    child = Process(target=crash)
    child.start()
    child.join()
    print(f"parent: still running, exit code {child.exitcode}")


if __name__ == "__main__":
    main()
