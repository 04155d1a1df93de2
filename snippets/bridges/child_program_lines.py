import asyncio
import sys
from asyncio.subprocess import PIPE

PROGRAM = """
for step in "load", "train", "save":
    print(step, flush=True)
    input()  # goes on when it is told to
"""


async def main() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, stdin=PIPE, stdout=PIPE
    )
    async for line in process.stdout:
        print(line.decode().rstrip(), "- code", process.returncode)
        process.stdin.write(b"\n")
    print("end - code", await process.wait())


if __name__ == "__main__":
    asyncio.run(main())
