from multiprocessing import Process
from multiprocessing.shared_memory import SharedMemory


def paint(name: str) -> None:
    block = SharedMemory(name=name)
    block.buf[0] = 255
    block.close()


def main() -> None:
    block = SharedMemory(create=True, size=1)
    try:
        child = Process(target=paint, args=(block.name,))
        child.start()
        child.join()
        print(f"parent reads {block.buf[0]}")
    finally:
        block.close()
        block.unlink()


if __name__ == "__main__":
    main()
