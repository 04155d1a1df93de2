import asyncio
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory


def save(path: Path, lines: list[str]) -> None:
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        for line in lines:
            time.sleep(1)  # A slow disk.
            print(line, file=file, flush=True)
    os.replace(fresh, path)


async def main(folder: Path) -> None:
    path = folder / "prices"
    path.write_text("old tea\nold coffee\n", encoding="utf-8")
    try:
        async with asyncio.timeout(1.5):
            await asyncio.to_thread(
                save, path, ["new tea", "new coffee"]
            )
    except TimeoutError:
        print("main: out of time")
    print(path.read_text(encoding="utf-8").splitlines())
    await asyncio.sleep(1)
    print(path.read_text(encoding="utf-8").splitlines())


if __name__ == "__main__":
    with TemporaryDirectory() as temporary:
        asyncio.run(main(Path(temporary)))
