from collections.abc import Callable
from multiprocessing import Manager
from multiprocessing.managers import BaseProxy
from unittest.mock import patch


def count(label: str, action: Callable[[], object]) -> None:
    ask = BaseProxy._callmethod
    with patch.object(BaseProxy, "_callmethod", autospec=True) as asked:
        asked.side_effect = ask
        action()
    print(f"{label}: {asked.call_count}")


def main() -> None:
    with Manager() as manager:
        prices = manager.dict({number: 1 for number in range(100)})

        def raise_price() -> None:
            prices[7] += 1

        count("prices[7]", lambda: prices[7])
        count("prices[7] += 1", raise_price)
        count("prices.copy()", lambda: prices.copy())
        count("dict(prices)", lambda: dict(prices))
        count("for number in prices", lambda: [n for n in prices])
        count("prices == {}", lambda: prices == {})


if __name__ == "__main__":
    main()
