"""Deep, long and full of signs: what a listing must carry over."""

import asyncio

TABLE = {"ключ": ["a  b", 'c"d', "\\n", "#$@<>*_~`"], "✓": None}


class Deep:
    def method(self, number: int) -> str:
        try:
            if number > 1:
                for _ in range(2):
                    while True:
                        break

                return "deep"

            return "flat"
        finally:
            # комментарий
            number += 1

    async def wait(self) -> None:
        await asyncio.sleep(0)


def lines() -> str:
    return """\
first
    second
"""


async def main() -> None:
    print(Deep().method(1), Deep().method(2))
    print(lines(), end="")
    print(len(TABLE["ключ"]))
    match TABLE:
        case {"ключ": [*_, last]}:
            print(last)

            await Deep().wait()
    print("done")


if __name__ == "__main__":
    asyncio.run(main())
