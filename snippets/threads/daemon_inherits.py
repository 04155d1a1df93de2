import threading


def run() -> None:
    print("child runs")


def start_child() -> None:
    child = threading.Thread(target=run)
    print(f"child is a daemon: {child.daemon}")
    child.start()
    child.join()


def main() -> None:
    print(f"main is a daemon: {threading.main_thread().daemon}")
    parent = threading.Thread(target=start_child, daemon=True)
    parent.start()
    parent.join()


if __name__ == "__main__":
    main()
