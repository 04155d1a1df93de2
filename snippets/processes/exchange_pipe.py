from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection


def add(connection: Connection) -> None:
    numbers = connection.recv()
    numbers.append(sum(numbers))
    connection.send(numbers)


def main() -> None:
    here, there = Pipe()
    child = Process(target=add, args=(there,))
    child.start()
    there.close()  # or the end of the child would go unnoticed
    numbers = [1, 2, 3]
    here.send(numbers)
    print(f"received: {here.recv()}")
    print(f"own list: {numbers}")
    child.join()


if __name__ == "__main__":
    main()
