from queue import Queue
from threading import Thread

END = None


def add_up(numbers: Queue[int | None], answer: Queue[int]) -> None:
    total = 0
    while (number := numbers.get()) is not END:
        total += number
    answer.put(total)


def main() -> None:
    numbers: Queue[int | None] = Queue()
    answer: Queue[int] = Queue()
    adder = Thread(target=add_up, args=(numbers, answer))
    adder.start()
    for number in range(1, 11):
        numbers.put(number)
    numbers.put(END)
    adder.join()
    print("total:", answer.get_nowait())


if __name__ == "__main__":
    main()
