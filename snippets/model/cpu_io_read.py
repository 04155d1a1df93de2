from socket import socket, socketpair
from threading import Thread


def read(network: socket) -> None:
    text = network.recv(100).decode()
    print(f"thread: got {text!r}")


def main() -> None:
    here, there = socketpair()
    with here, there:
        reader = Thread(target=read, args=(here,))
        reader.start()
        print(f"main: sum is {sum(range(1_000_000))}")
        print(f"main: thread is waiting: {reader.is_alive()}")
        there.sendall(b"data")
        reader.join()


if __name__ == "__main__":
    main()
