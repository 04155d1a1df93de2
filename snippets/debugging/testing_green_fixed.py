import unittest


async def total(*prices: int) -> int:
    return sum(prices)


class TotalTest(unittest.IsolatedAsyncioTestCase):
    async def test_total(self) -> None:
        assert await total(1, 2) == 4


def main() -> None:
    result = unittest.TestResult()
    TotalTest("test_total").run(result)
    print(f"run: {result.testsRun}, failed: {len(result.failures)}")


if __name__ == "__main__":
    main()
