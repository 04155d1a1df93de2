import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

CHILD = "import time; time.sleep(5); print('page 2')"
PROGRAM = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", {CHILD!r}])
print("ready\\npage 1", flush=True)
"""


async def output_within(process: Process, seconds: float) -> bytes:
    reading = asyncio.create_task(process.communicate())
    try:
        await asyncio.wait([reading], timeout=seconds)
    finally:
        if not reading.done():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    output, _ = await reading
    return output


async def main() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        stdout=PIPE,
        start_new_session=True,
    )
    print("read:", await process.stdout.readline())
    print("output:", await output_within(process, 0.1))


if __name__ == "__main__":
    asyncio.run(main())
