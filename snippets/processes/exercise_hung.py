import multiprocessing
import time


def hang() -> None:
    time.sleep(1000)


def main() -> None:
    child = multiprocessing.Process(target=hang)
    child.start()
    child.join(timeout=0.2)
    if child.is_alive():
        print("too long: terminate")
        child.terminate()
        child.join()
    print("exit code:", child.exitcode)
    child.close()


if __name__ == "__main__":
    main()
