import asyncio


class Account:
    balance = 100

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def withdraw(self, who: str, amount: int) -> None:
        async with self._lock:
            if self.balance < amount:
                print(f"{who}: refused")
                return
            await asyncio.sleep(1)
            self.balance -= amount
            print(f"{who}: paid, balance {self.balance}")


async def main() -> None:
    account = Account()
    await asyncio.gather(
        account.withdraw("Ann", 100),
        account.withdraw("Bob", 100),
    )


if __name__ == "__main__":
    asyncio.run(main())
