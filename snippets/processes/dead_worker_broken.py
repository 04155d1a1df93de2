import os
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress


def parse(name: str) -> str:
    if name == "poison":
        os._exit(1)  # as a crash in C code or the OOM killer would
    return name.upper()


def run(names: list[str]) -> dict[str, str | BaseException]:
    jobs: dict[str, Future[str]] = {}
    # submit() raises BrokenProcessPool, too, once the pool is broken.
    with suppress(BrokenProcessPool), ProcessPoolExecutor(1) as pool:
        for name in names:
            jobs[name] = pool.submit(parse, name)
    return {
        name: job.exception() or job.result()
        for name, job in jobs.items()
        if not isinstance(job.exception(), BrokenProcessPool)
    }


def main() -> None:
    left = ["tea", "poison", "coffee", "milk"]
    for attempt in range(1, 4):
        done = run(left)
        left = [name for name in left if name not in done]
        print(f"attempt {attempt}: {done}, left: {left}")


if __name__ == "__main__":
    main()
