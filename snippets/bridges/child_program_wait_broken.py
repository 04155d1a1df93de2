import asyncio
import sys

PROGRAM = "print('x' * 1_000_000)"


async def main() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(1):
            await process.wait()
    except TimeoutError:
        print("wait: no end")
    print("read:", len(await process.stdout.read()), "bytes")
    print("wait:", await process.wait())


if __name__ == "__main__":
    asyncio.run(main())
