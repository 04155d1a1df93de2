import threading


def work() -> None:
    threading.main_thread().join()
    print("worker: goes on after main")


def main() -> None:
    threading.Thread(target=work).start()
    print("main: ends without join")


if __name__ == "__main__":
    main()
