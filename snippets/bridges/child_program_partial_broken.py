import asyncio
import sys
from asyncio.subprocess import PIPE

PROGRAM = """
import time
print("ready\\npage 1", flush=True)
time.sleep(5)
print("page 2")
"""


async def main() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, stdout=PIPE
    )
    print("read:", await process.stdout.readline())
    try:
        async with asyncio.timeout(0.1):
            output, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        output, _ = await process.communicate()
    print("output:", output)
    print("code:", process.returncode)


if __name__ == "__main__":
    asyncio.run(main())
