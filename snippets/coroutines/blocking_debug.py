import asyncio
import logging
import time


class Printer(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        print(f"{record.levelname} from {record.name}: a slow step")


def compute(seconds: float) -> None:
    time.sleep(seconds)


async def step(seconds: float) -> None:
    compute(seconds)
    print(f"step: {seconds} s")


async def main() -> None:
    await asyncio.create_task(step(0.02))
    await asyncio.create_task(step(0.25))


if __name__ == "__main__":
    logging.getLogger("asyncio").addHandler(Printer())
    asyncio.run(main(), debug=True)
