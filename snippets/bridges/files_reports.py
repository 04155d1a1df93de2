import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory


def read_report(path: Path) -> str:
    time.sleep(1)  # A slow disk.
    with path.open(encoding="utf-8") as file:
        return file.read()


async def tick() -> None:
    while True:
        print("tick")
        await asyncio.sleep(0.4)


async def main(folder: Path) -> None:
    for name in ("may", "june"):
        (folder / name).write_text(f"all of {name}", encoding="utf-8")
    ticking = asyncio.create_task(tick())
    texts = await asyncio.gather(
        asyncio.to_thread(read_report, folder / "may"),
        asyncio.to_thread(read_report, folder / "june"),
    )
    print(texts)
    ticking.cancel()


if __name__ == "__main__":
    with TemporaryDirectory() as temporary:
        asyncio.run(main(Path(temporary)))
