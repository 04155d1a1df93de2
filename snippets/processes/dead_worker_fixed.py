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
    names = ["tea", "poison", "coffee", "milk"]
    done = run(names)
    print(f"in one pool: {done}")
    for name in names:
        if name not in done:
            alone = run([name])  # in a pool of its own
            print(f"{name}: {alone.get(name, 'killed its process')}")


if __name__ == "__main__":
    main()
