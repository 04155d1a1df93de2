import multiprocessing
import os
import signal

jobs: list[str] = []


def accept() -> None:
    jobs.append("letter")
    print("server: accepted and answered", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)  # before the work is done


def work() -> None:
    print(f"worker: {len(jobs)} to do")
    for what in jobs:
        print(f"worker: {what} is sent")


def main() -> None:
    for step in (accept, work):
        process = multiprocessing.Process(target=step)
        process.start()
        process.join()


if __name__ == "__main__":
    main()
