import threading
from concurrent.futures import ThreadPoolExecutor


def report(pool: ThreadPoolExecutor) -> None:
    pool.submit(print, "report: sent")


if __name__ == "__main__":
    with ThreadPoolExecutor(1) as pool:
        reporter = threading.Thread(target=report, args=(pool,))
        reporter.start()
        reporter.join()
    print("main: last line")
