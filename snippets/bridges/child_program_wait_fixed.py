import asyncio
import sys

PROGRAM = "print('x' * 1_000_000)"


async def main() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    print("read:", len(output), "bytes")
    print("code:", process.returncode)


if __name__ == "__main__":
    asyncio.run(main())
