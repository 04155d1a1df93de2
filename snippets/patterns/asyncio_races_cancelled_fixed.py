import asyncio


class Cinema:
    seats, paid = 1, 0

    async def book(self, who: str) -> None:
        if self.seats == 0:
            print(f"{who}: no seats")
            return
        self.seats -= 1
        try:
            await asyncio.sleep(1)
        except BaseException:
            self.seats += 1
            raise
        self.paid += 1
        print(f"{who}: paid")


async def main() -> None:
    cinema = Cinema()
    ann = asyncio.create_task(cinema.book("Ann"))
    await asyncio.sleep(0.5)
    ann.cancel()
    await asyncio.wait([ann])
    await cinema.book("Bob")
    print(f"seats free: {cinema.seats}, paid: {cinema.paid}")


if __name__ == "__main__":
    asyncio.run(main())
