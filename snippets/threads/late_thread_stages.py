import atexit
import threading
import time
from concurrent.futures import ThreadPoolExecutor


def work(name: str, seconds: float) -> None:
    try:
        time.sleep(seconds)
        print(f"{name}: done")
    finally:
        print(f"{name}: finally")


if __name__ == "__main__":
    atexit.register(print, "atexit")
    ThreadPoolExecutor().submit(work, "pool", 1)
    threading.Thread(target=work, args=("plain thread", 2)).start()
    threading.Thread(
        target=work, args=("daemon", 3), daemon=True
    ).start()
    print("main: last line")
