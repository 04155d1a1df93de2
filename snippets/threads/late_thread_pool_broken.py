import threading
from concurrent.futures import ThreadPoolExecutor


def report(pool: ThreadPoolExecutor) -> None:
    threading.main_thread().join()  # here: work that takes longer
    try:
        pool.submit(print, "report: sent")
    except RuntimeError as error:
        print(f"report: {error}")


if __name__ == "__main__":
    pool = ThreadPoolExecutor(1)
    threading.Thread(target=report, args=(pool,)).start()
    print("main: last line")
