import sqlite3
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread


class Shop:
    def __init__(self) -> None:
        self.base = sqlite3.connect(":memory:", check_same_thread=False)
        self.base.execute("CREATE TABLE sold (what TEXT)")
        self.lock = Lock()

    def sell(
        self, what: str, pay: Callable[[], object] = lambda: None
    ) -> None:
        with self.lock, self.base:
            self.base.execute("INSERT INTO sold VALUES (?)", [what])
            pay()

    def sold(self) -> list[str]:
        with self.lock:
            rows = self.base.execute("SELECT what FROM sold")
            return [what for (what,) in rows]


def main() -> None:
    shop = Shop()

    def tea_fails() -> None:
        with suppress(ZeroDivisionError):
            shop.sell("tea", lambda: 1 // 0)

    other = Thread(target=tea_fails)
    shop.sell("cake", other.start)
    other.join()
    print(f"sold: {shop.sold()}")
    shop.base.close()


if __name__ == "__main__":
    main()
