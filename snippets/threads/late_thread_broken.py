import atexit
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor()


def send_report() -> None:
    try:
        pool.submit(print, "report: sent").result()
    except RuntimeError as error:
        print(f"RuntimeError: {error}")


if __name__ == "__main__":
    atexit.register(send_report)
    print("main: ends")
