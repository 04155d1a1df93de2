import asyncio


class Account:
    balance = 100

    async def withdraw(self, who: str, amount: int) -> None:
        if self.balance < amount:
            print(f"{who}: refused")
            return
        self.balance -= amount
        await asyncio.sleep(1)
        print(f"{who}: paid, balance {self.balance}")


async def main() -> None:
    account = Account()
    await asyncio.gather(
        account.withdraw("Ann", 100),
        account.withdraw("Bob", 100),
    )


if __name__ == "__main__":
    asyncio.run(main())
