import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE

CHILD = "print('ready', flush=True); input(); print('still here')"
PROGRAM = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {CHILD!r}])
"""


async def main() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        stdin=PIPE,
        stdout=PIPE,
        start_new_session=True,
    )
    print("read:", await process.stdout.readline())
    try:
        async with asyncio.timeout(0.1):
            await process.wait()
    except TimeoutError:
        print("timeout, code:", process.returncode)
        os.killpg(process.pid, signal.SIGKILL)
    print("read:", await process.stdout.read())
    print("code:", await process.wait())


if __name__ == "__main__":
    asyncio.run(main())
