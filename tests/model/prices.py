"""Prices of what processes share and send: how many microseconds an access takes, and the like.

Any interpreter can run it; processes are forked, so that nothing is imported anew.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.shared_memory import SharedMemory
from typing import Any

ROUNDS = 1000
TRIES = 5
JOBS = 10_000
CHUNKS = (1, 10, 100, 1000)
SIZES = {"1 КБ": 2**10, "64 КБ": 2**16, "1 МБ": 2**20, "16 МБ": 2**24}
"""Bytes of a message, by the name that the tables show."""
WAITED = 0.2
"""Seconds of one call of to_thread: long beside the start of its thread."""
LARGE = 2**28
"""Bytes of a large parent beside those of a small one."""

_FORK = multiprocessing.get_context("fork")


def accesses() -> dict[str, float]:
    """Return the microseconds of one access: a request and its answer, or a look at memory."""
    with _FORK.Manager() as manager:
        shared = manager.dict(price=50)
        value = _FORK.Value("i", 50)
        block = SharedMemory(create=True, size=1)
        plain = {"price": 50}

        def look() -> None:
            with value.get_lock():
                _ = value.value

        calls: dict[str, Callable[[], object]] = {
            "dict": lambda: plain["price"],
            "value": look,
            "block": lambda: block.buf[0],
            "manager": lambda: shared["price"],
        }
        found = {name: _microseconds(call) for name, call in calls.items()}
        block.close()
        block.unlink()
    here, there = _FORK.Pipe()
    requests, answers = _FORK.Queue(), _FORK.Queue()
    return found | {
        "pipe": _asked(here.send, here.recv, there.recv, there.send),
        "queue": _asked(requests.put, answers.get, requests.get, answers.put),
    }


def messages() -> dict[str, dict[str, float]]:
    """Return the microseconds of handing over so many bytes and getting a short answer, by means.

    A queue and a pipe carry the bytes; a block of shared memory is written once more each time,
    and a short message through a pipe tells of it.
    """
    return {name: _handed(os.urandom(1024) * (size // 1024)) for name, size in SIZES.items()}


def _handed(data: bytes) -> dict[str, float]:
    rounds = max(3, ROUNDS * 1024 // len(data))
    here, there = _FORK.Pipe()
    requests, answers = _FORK.Queue(), _FORK.Queue()
    block = SharedMemory(create=True, size=len(data))

    def write(message: object) -> None:
        if message is data:
            block.buf[: len(data)] = data
            message = "written"
        here.send(message)

    found = {
        "queue": _asked(requests.put, answers.get, requests.get, answers.put, data, rounds),
        "pipe": _asked(here.send, here.recv, there.recv, there.send, data, rounds),
        "block": _asked(write, here.recv, there.recv, there.send, data, rounds),
    }
    block.close()
    block.unlink()
    return found


def chunks() -> dict[str, float]:
    """Return how much longer a pool of two takes for empty jobs than a plain loop, by chunksize."""
    alone = min(_seconds(lambda: [abs(n) for n in range(JOBS)]) for _ in range(TRIES))
    with ProcessPoolExecutor(2, mp_context=_FORK) as pool:
        list(pool.map(abs, range(4)))
        return {
            str(size): _rounded(
                min(
                    _seconds(lambda size=size: list(pool.map(abs, range(JOBS), chunksize=size)))
                    for _ in range(TRIES)
                )
                / alone
            )
            for size in CHUNKS
        }


def waves() -> dict[str, float]:
    """Return how much longer calls of to_thread take together than one, by how many there are.

    The pool is asyncio's own, with as many threads as it takes for the cores of this machine.
    """
    cores = getattr(os, "process_cpu_count", os.cpu_count)() or 1
    threads = min(32, cores + 4)

    async def call(count: int) -> None:
        await asyncio.gather(*(asyncio.to_thread(time.sleep, WAITED) for _ in range(count)))

    def best(count: int) -> float:
        return min(_seconds(lambda: asyncio.run(call(count))) for _ in range(TRIES))

    one = best(1)
    counts = (threads, threads + 1, 2 * threads, 2 * threads + 1)
    return {str(count): _rounded(best(count) / one) for count in counts}


def forks() -> dict[str, float]:
    """Return the milliseconds of forking and joining a child, for a small and a large parent."""
    small = _forked()
    ballast = bytearray(os.urandom(4096) * (LARGE // 4096))
    large = _forked()
    assert len(ballast) == LARGE
    return {"small": small, "large": large}


def _forked() -> float:
    def fork() -> None:
        child = os.fork()
        if not child:
            os._exit(0)
        os.waitpid(child, 0)

    return _rounded(1000 * min(_seconds(fork) for _ in range(3 * TRIES)))


def _asked(
    send: Callable[[Any], None],
    receive: Callable[[], Any],
    next_request: Callable[[], Any],
    answer: Callable[[Any], None],
    message: object = "price",
    rounds: int = ROUNDS,
) -> float:
    """Return the microseconds of a request and its short answer; `answer` is the child's end."""

    def serve() -> None:
        while next_request() is not None:
            answer("price")

    child = _FORK.Process(target=serve)
    child.start()

    def ask() -> None:
        send(message)
        receive()

    found = _microseconds(ask, rounds)
    send(None)
    child.join()
    return found


def _microseconds(call: Callable[[], object], rounds: int = ROUNDS) -> float:
    def go() -> None:
        for _ in range(rounds):
            call()

    go()
    return _rounded(1e6 * min(_seconds(go) for _ in range(TRIES)) / rounds)


def _seconds(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def _rounded(number: float) -> float:
    """Round to two digits that say something: others differ from run to run."""
    return float(f"{number:.2g}")
