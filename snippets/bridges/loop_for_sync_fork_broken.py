import multiprocessing

from loop_for_sync_thread import LoopThread

loop_thread = LoopThread()


async def fetch() -> str:
    return "a page"


def work() -> None:
    try:
        print(f"worker: {loop_thread.call(fetch(), timeout=0.5)}")
    except TimeoutError:
        print("worker: nobody answers")


if __name__ == "__main__":
    print(f"main: {loop_thread.call(fetch())}")
    multiprocessing.get_context("fork").Process(target=work).start()
