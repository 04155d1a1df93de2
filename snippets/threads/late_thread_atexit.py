import atexit
import threading
import time


def save() -> None:
    time.sleep(0.5)
    print("saved")


@atexit.register
def at_exit() -> None:
    threading.Thread(target=save).start()
    print("atexit: thread started")


if __name__ == "__main__":
    print("main: last line")
