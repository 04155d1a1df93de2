import sqlite3
from collections.abc import Callable
from contextlib import suppress
from threading import Thread


class Shop:
    def __init__(self) -> None:
        self.base = sqlite3.connect(":memory:", check_same_thread=False)
        self.base.execute("CREATE TABLE sold (what TEXT)")

    def sell(
        self, what: str, pay: Callable[[], object] = lambda: None
    ) -> None:
        with self.base:  # commits, or rolls back on an error
            self.base.execute("INSERT INTO sold VALUES (?)", [what])
            pay()

    def sold(self) -> list[str]:
        rows = self.base.execute("SELECT what FROM sold").fetchall()
        return [what for (what,) in rows]


def main() -> None:
    shop = Shop()

    def tea_fails() -> None:
        with suppress(ZeroDivisionError):
            shop.sell("tea", lambda: 1 // 0)

    def meanwhile() -> None:
        other = Thread(target=tea_fails)
        other.start()
        other.join()

    shop.sell("cake", meanwhile)
    print(f"sold: {shop.sold()}")
    shop.base.close()


if __name__ == "__main__":
    main()
