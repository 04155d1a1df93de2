from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory


def create(path: Path) -> str:
    try:
        with path.open("x") as file:
            file.write("mine")
    except FileExistsError:
        return "was there already"
    return "created"


def main() -> None:
    with TemporaryDirectory() as folder, ThreadPoolExecutor() as pool:
        path = Path(folder, "lock")
        outcomes = pool.map(create, [path, path, path])
        print(sorted(outcomes))


if __name__ == "__main__":
    main()
