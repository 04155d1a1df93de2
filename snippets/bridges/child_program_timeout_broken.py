import asyncio
import sys
from asyncio.subprocess import PIPE

CHILD = "print('ready', flush=True); input(); print('still here')"
PROGRAM = f"""
import subprocess, sys
subprocess.run([sys.executable, "-c", {CHILD!r}])
"""


async def main() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, stdin=PIPE, stdout=PIPE
    )
    print("read:", await process.stdout.readline())
    process.kill()
    process.stdin.write(b"\n")
    print("read:", await process.stdout.read())
    print("code:", await process.wait())


if __name__ == "__main__":
    asyncio.run(main())
