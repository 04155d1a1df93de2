import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

PROGRAM = """
import time
print("ready\\npage 1", flush=True)
time.sleep(5)
print("page 2")
"""


async def output_within(process: Process, seconds: float) -> bytes:
    reading = asyncio.create_task(process.communicate())
    try:
        await asyncio.wait([reading], timeout=seconds)
    finally:
        if not reading.done():
            with suppress(ProcessLookupError):
                process.kill()
    output, _ = await reading
    return output


async def main() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, stdout=PIPE
    )
    print("read:", await process.stdout.readline())
    print("output:", await output_within(process, 0.1))
    print("code:", process.returncode)


if __name__ == "__main__":
    asyncio.run(main())
