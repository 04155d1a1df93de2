import os
from multiprocessing import Process
from threading import Thread

visitors: list[str] = []


def visit(name: str, home: int) -> None:
    visitors.append(name)
    print(f"{name}: same pid: {os.getpid() == home}")


def main() -> None:
    for kind in (Thread, Process):
        worker = kind(target=visit, args=(kind.__name__, os.getpid()))
        worker.start()
        worker.join()
        print(f"main sees {visitors}")


if __name__ == "__main__":
    main()
