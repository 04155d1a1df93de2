from collections.abc import Callable
from threading import Barrier, Thread


class Cinema:
    def __init__(self, seats: int) -> None:
        self.seats = seats
        self.sold: list[str] = []

    def book(self, guest: str, pay: Callable[[], object]) -> None:
        if len(self.sold) < self.seats:
            pay()
            self.sold.append(guest)


def main() -> None:
    cinema = Cinema(seats=1)
    pay = Barrier(2).wait
    ann = Thread(target=cinema.book, args=("Ann", pay))
    bob = Thread(target=cinema.book, args=("Bob", pay))
    ann.start()
    bob.start()
    ann.join()
    bob.join()
    print(f"{cinema.seats} seat, sold to {sorted(cinema.sold)}")


if __name__ == "__main__":
    main()
