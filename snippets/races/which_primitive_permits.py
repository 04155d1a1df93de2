from threading import BoundedSemaphore


def main() -> None:
    connections = BoundedSemaphore(2)
    for _ in range(3):
        print(f"acquired: {connections.acquire(blocking=False)}")
    connections.release()
    print(f"acquired: {connections.acquire(blocking=False)}")
    connections.release()
    connections.release()
    try:
        connections.release()
    except ValueError as error:
        print(f"ValueError: {error}")


if __name__ == "__main__":
    main()
