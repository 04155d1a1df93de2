import multiprocessing
import os
from functools import cache

from loop_for_sync_thread import LoopThread


@cache
def loop_thread_of(pid: int) -> LoopThread:
    return LoopThread()


async def fetch() -> str:
    return "a page"


def call() -> str:
    return loop_thread_of(os.getpid()).call(fetch(), timeout=0.5)


def work() -> None:
    print(f"worker: {call()}")


if __name__ == "__main__":
    print(f"main: {call()}")
    multiprocessing.get_context("fork").Process(target=work).start()
