import faulthandler
import multiprocessing
import os
import signal
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path


def prepare(reports: str, both: Barrier) -> None:
    global barrier
    barrier = both
    report = os.open(f"{reports}/{os.getpid()}", os.O_CREAT | os.O_RDWR)
    faulthandler.register(signal.SIGUSR1, file=report)


def cook(dish: str) -> str:
    if dish == "soup":
        barrier.wait()  # for tea, which doesn't come
    return f"{dish} is ready"


def where(pid: int, report: Path) -> str:
    while " in _process_worker" not in (stack := report.read_text()):
        os.kill(pid, signal.SIGUSR1)  # kill -USR1 PID
        time.sleep(0.01)
    own = [line for line in stack.splitlines() if " in cook" in line]
    return own[0].partition(", ")[2] if own else "waits for a job"


def main() -> None:
    both = multiprocessing.Barrier(2)
    with (
        tempfile.TemporaryDirectory() as reports,
        ProcessPoolExecutor(2, None, prepare, (reports, both)) as pool,
    ):
        pool.submit(cook, "soup")
        tea = pool.submit(cook, "tea")
        print(tea.result())
        while not both.n_waiting:
            time.sleep(0.01)
        children = multiprocessing.active_children()
        pids = [child.pid for child in children if child.pid]
        places = [where(pid, Path(reports, str(pid))) for pid in pids]
        print(*sorted(places), sep="\n")
        both.abort()


if __name__ == "__main__":
    main()
