import asyncio
import logging
import sys
from contextvars import ContextVar

request_id = ContextVar("request_id", default="-")


class WithRequest(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.request = request_id.get()
        return True


def set_up() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(WithRequest())
    form = "%(request)s %(funcName)s %(message)s"
    logging.basicConfig(format=form, handlers=[handler], level="INFO")


async def query() -> None:
    logging.info("started")
    await asyncio.sleep(2)
    logging.info("done")


async def handle(number: str) -> None:
    request_id.set(number)
    await query()


async def main() -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(handle("A1"))
        await asyncio.sleep(1)
        group.create_task(handle("B2"))
    logging.info("over")


if __name__ == "__main__":
    set_up()
    asyncio.run(main())
