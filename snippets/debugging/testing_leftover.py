import asyncio
import unittest


async def save() -> None:
    raise OSError("the disk is full")


class SaveTest(unittest.IsolatedAsyncioTestCase):
    async def test_forgotten(self) -> None:
        self.saving = asyncio.create_task(save())

    async def test_awaited(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(save())


def main() -> None:
    for name in ("test_forgotten", "test_awaited"):
        result = unittest.TestResult()
        SaveTest(name).run(result)
        print(f"{name}: errors: {len(result.errors)}")


if __name__ == "__main__":
    main()
