"""Proofs for source/model/cpu-io.md."""

import asyncio
import hashlib
import itertools
import json
import os
import pickle
import re
import socket
import sqlite3
import sys
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path

import pytest
from proven.claims import has_gil
from proven.proofs import needs
from proven.stage import load, perform, play

from tests.model.measuring import (
    COUNT,
    DIGEST,
    in_threads,
    nobody_asks_for_the_gil,
    ran_meanwhile,
    ratio,
)
from tests.ways import ways

Looks = Callable[[list[None]], list[int]]
BIG = b"x" * 1_000_000


def start(work: Callable[..., object], *args: object) -> threading.Thread:
    thread = threading.Thread(target=work, args=args)
    thread.start()
    return thread


@pytest.mark.always("io-read-lets-others-run")
def test_a_thread_that_reads_lets_others_run() -> None:
    # one way: the page's own program
    trace = play("model/cpu_io_read")
    last, waiting = "thread: got 'data'", "main: thread is waiting: True"
    assert trace.ordered(f"main: sum is {sum(range(1_000_000))}", waiting, last)
    assert trace.find(last).actor != trace.find(waiting).actor


@pytest.mark.slow
@pytest.mark.always("cpu-threads-gain-only-without-gil")
# one way: a ratio of times, measured on its page
def test_pure_python_in_threads() -> None:
    # no mutant: отношение времён на настоящих часах, а мутантов проверяют без долгих измерений
    if has_gil():
        assert ratio(in_threads, COUNT, tries=5) > 0.8
    else:
        assert any(ratio(in_threads, COUNT) < 0.8 for _ in range(5))


@pytest.mark.slow
@pytest.mark.always("cpu-c-threads-gain")
# one way: a ratio of times, measured on its page
def test_hashing_in_threads() -> None:
    # no mutant: отношение времён на настоящих часах, а мутантов проверяют без долгих измерений
    needs("two cores")
    assert any(ratio(in_threads, DIGEST) < 0.8 for _ in range(5))


@pytest.mark.always("io-waits-overlap")
@ways(count={"1": 1, "10": 10, "100": 100})
def test_however_many_threads_wait_they_wait_at_the_same_time(count: int) -> None:
    place, waiting, most = threading.Condition(), 0, 0

    def wait() -> None:
        nonlocal waiting
        with place:
            waiting += 1
            place.wait()
            waiting -= 1

    threads = [start(wait) for _ in range(count)]
    while any(thread.is_alive() for thread in threads):
        with place:
            most = max(most, waiting)
            if most == count:
                place.notify_all()
        time.sleep(0)
    assert most == count


@pytest.mark.always("gil-let-go-by-waits")
def test_calls_that_wait_let_the_gil_go() -> None:
    # one way: the calls that the sentence names, in one loop
    assert ran_meanwhile(lambda: time.sleep(0.03), tries=40)
    lock, (here, there), (source, sink) = threading.Lock(), socket.socketpair(), os.pipe()
    lock.acquire()
    waits: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        "lock": (lock.acquire, lock.release),
        "socket": (lambda: here.recv(1), lambda: there.send(b"!")),
        "pipe": (lambda: os.read(source, 1), lambda: os.write(sink, b"!")),
        "full pipe": (lambda: os.write(sink, BIG), lambda: drain(source, len(BIG))),
    }
    with here, there:
        for wait, give in waits.values():
            with nobody_asks_for_the_gil():
                # If `wait` kept the GIL, the main thread would never come to give it anything.
                thread = start(wait)
                assert thread.is_alive()
                give()
                thread.join()
    os.close(source)
    os.close(sink)


@pytest.mark.always("gil-let-go-by-files")
def test_files_names_and_bases_let_the_gil_go(tmp_path: Path) -> None:
    # one way: the calls that the sentence names, in one loop
    # no mutant: вызовы названы в утверждении, а другой вызов проверен последней строкой
    file, base = tmp_path / "file", tmp_path / "base"
    file.write_bytes(BIG)

    def write_into_a_busy_base() -> None:
        other = sqlite3.connect(base, timeout=0.03)
        with closing(other), suppress(sqlite3.OperationalError):
            other.execute("CREATE TABLE sold (what TEXT)")
            raise AssertionError("the base isn't busy")

    with closing(sqlite3.connect(base)) as busy, open(file, "rb") as opened:
        busy.execute("BEGIN IMMEDIATE")
        calls: dict[str, Callable[[], object]] = {
            "open": lambda: [open(file, "rb").close() for _ in range(300)],
            "read": lambda: [os.pread(opened.fileno(), len(BIG), 0) for _ in range(30)],
            "getaddrinfo": lambda: [socket.getaddrinfo("localhost", 80) for _ in range(300)],
            "sqlite3": write_into_a_busy_base,
        }
        let_others_run = {name: ran_meanwhile(call, tries=40) for name, call in calls.items()}
    assert let_others_run == dict.fromkeys(calls, True)
    if has_gil():
        assert not ran_meanwhile(lambda: [socket.inet_aton("127.0.0.1") for _ in range(9)], tries=3)


def drain(source: int, size: int) -> None:
    while size:
        size -= len(os.read(source, size))


@pytest.mark.always("gil-let-go-by-c")
def test_calls_that_compute_in_c_and_let_the_gil_go() -> None:
    # one way: the calls that the sentence names, in one loop
    huge = BIG * 30
    too_small = 2_047
    calls = {
        "sha256": lambda: hashlib.sha256(huge),
        # One byte more lets it go before 3.15 only.
        "sha256 of just enough": lambda: many_hashes(too_small + 2),
        "pbkdf2": lambda: hashlib.pbkdf2_hmac("sha256", b"", b"", 60_000),
        "zlib": lambda: zlib.compress(BIG * 5),
    }
    let_others_run = {name: ran_meanwhile(call, tries=40) for name, call in calls.items()}
    assert let_others_run == dict.fromkeys(calls, True)
    if has_gil():
        assert not ran_meanwhile(lambda: many_hashes(too_small), tries=3)


def many_hashes(size: int) -> None:
    data = b"x" * size
    for _ in range(20_000):
        hashlib.sha256(data)


@pytest.mark.always("gil-kept-by")
def test_calls_that_keep_the_gil() -> None:
    # one way: the calls that the sentence names, in one loop
    numbers = [*range(200_000)]
    text = json.dumps(numbers)
    calls: dict[str, Callable[[], object]] = {
        "sum": lambda: sum(range(1_000_000)),
        "sorted": lambda: sorted(range(300_000), key=int.__neg__),
        "json.loads": lambda: json.loads(text),
        "pickle.dumps": lambda: pickle.dumps(numbers),
        "re.search": lambda: re.search("(a+)+b", "a" * 18),
        "small hashes": lambda: many_hashes(2_047),
    }
    if has_gil():
        kept = {name: not ran_meanwhile(call, tries=3) for name, call in calls.items()}
    else:
        # Nothing to keep: other threads run all the same.
        kept = {name: ran_meanwhile(call, tries=200) for name, call in calls.items()}
    assert kept == dict.fromkeys(calls, True)


@pytest.mark.always("gil-hash-after-a-big-portion")
@ways(make={name: getattr(hashlib, name) for name in ("md5", "sha256", "sha3_256", "blake2b")})
def test_before_315_a_hash_updated_by_a_big_portion_lets_the_gil_go_for_small_ones(
    make: Callable[..., "hashlib._Hash"],
) -> None:
    # no mutant: отпустить ли GIL, решает сам Python, а программы, которую можно изменить, здесь нет
    def lets_the_gil_go(digest: "hashlib._Hash", tries: int) -> bool:
        return ran_meanwhile(lambda: small_portions(digest), tries=tries)

    # They get their first portion before anybody looks: a big one lets the GIL go itself.
    after_big, after_small = make(), make()
    after_big.update(b"x" * 5_000)
    after_small.update(b"x" * 2_047)
    if not has_gil() or sys.version_info < (3, 15):
        assert lets_the_gil_go(after_big, tries=40)
    else:
        assert not lets_the_gil_go(after_big, tries=3)
    if has_gil():
        assert not lets_the_gil_go(after_small, tries=3)
        assert not lets_the_gil_go(make(b"x" * 5_000), tries=3)


def small_portions(digest: "hashlib._Hash") -> None:
    for _ in range(100_000):
        digest.update(b"x" * 100)


@pytest.mark.always("gil-c-call-is-not-interrupted")
def test_a_c_call_is_not_interrupted_however_long_it_takes(
    in_one_c_call: Looks, in_python: Looks
) -> None:
    # one way: one call of C and one loop of Python, its opposite
    def ticks_during(work: Looks) -> int:
        ticks: list[None] = []
        seen: list[int] = []
        thread = start(lambda: seen.extend(work(ticks)))
        while not seen:
            ticks.append(None)
        thread.join()
        return seen[1] - seen[0]

    # Any of several tries: a busy machine may not let the main thread run meanwhile.
    assert any(ticks_during(in_python) for _ in range(20))
    if has_gil():
        assert ticks_during(in_one_c_call) == 0
    else:
        assert any(ticks_during(in_one_c_call) for _ in range(20))


@pytest.mark.always("io-polling-holds-the-gil", gil="on")
def test_a_loop_that_polls_keeps_the_gil_from_others() -> None:
    # one way: a fact about the interpreter: to it any loop is computing
    ready = threading.Event()

    def poll() -> None:
        for _ in range(100_000):
            if ready.is_set():
                seen.append(True)
                return

    seen: list[bool] = []
    with nobody_asks_for_the_gil():
        thread = start(poll)
        ready.set()
        thread.join()
    assert seen == []
    assert play("model/cpu_io_polling_broken").lines == ["looked at least 1000 times: True"]


@pytest.mark.always("io-event-wait-costs-nothing")
def test_waiting_for_an_event_takes_no_processor_time() -> None:
    # one way: the sentence names the call
    event, used = threading.Event(), []

    def wait() -> None:
        before = time.thread_time()
        event.wait()
        used.append(time.thread_time() - before)

    def poll() -> None:
        before = time.thread_time()
        while time.thread_time() - before < 0.02:
            event.is_set()
        used.append(time.thread_time() - before)
        event.set()

    waiting, polling = start(wait), start(poll)
    waiting.join()
    polling.join()
    # The one that polls sets the event: both lasted as long.
    assert min(used) * 2 < max(used)
    trace = play("model/cpu_io_polling_fixed")
    assert trace.ordered("main: sets the event", "woken up by the event")


@pytest.mark.always("cpu-small-jobs-cost-more")
@ways(
    job={"C function": abs, "Python function": lambda number: number + 1},
    workers={"1": 1, "4": 4},
)
def test_a_pool_spends_more_processor_time_on_small_jobs(
    job: Callable[[int], int], workers: int
) -> None:
    # no mutant: сравнение процессорного времени, а программы, которую можно изменить, здесь нет
    def spent(work: Callable[[], object]) -> float:
        before = time.process_time()
        work()
        return time.process_time() - before

    def in_pool() -> None:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(job, range(1_000)))

    assert spent(in_pool) > spent(lambda: [job(number) for number in range(1_000)])


@pytest.mark.always("cpu-threads-hand-over-the-gil", gil="on")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts the waits of one thread")
@ways(count={"2": 2, "4": 4})
def test_threads_that_compute_fall_asleep_for_the_gil(count: int, usual_switching: None) -> None:
    # An interval much shorter than a turn of the system, so that a busy machine changes little.
    sys.setswitchinterval(0.0001)
    alone = min(fell_asleep(1)[0] for _ in range(3))
    assert max(fell_asleep(count)) > 10 * (alone + 1)


def fell_asleep(count: int) -> list[int]:
    """Return how often each of `count` threads that only compute gave its core up to wait."""
    import resource  # not at the top: Windows lacks it

    everybody = threading.Barrier(count)
    waits: list[int] = []

    def waits_so_far() -> int:
        # Of this thread; only waiting is counted, not being preempted by the system.
        return int(resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw)

    def compute() -> None:
        everybody.wait()
        before, until = waits_so_far(), time.thread_time() + 0.05
        while time.thread_time() < until:
            pass
        waits.append(waits_so_far() - before)

    threads = [start(compute) for _ in range(count)]
    for thread in threads:
        thread.join()
    return waits


@pytest.mark.always("cpu-amdahl")
@ways(
    serial={"none": 0.0, "a little": 0.5, "much": 20.0},
    pieces={"1": 1, "9": 9},
    workers={"1": 1, "3": 3, "90": 90},
)
def test_the_serial_share_bounds_the_gain(serial: float, pieces: int, workers: int) -> None:
    program = load("model/cpu_io_amdahl").program
    alone = serial + pieces
    gain = alone / perform(lambda: program(asyncio.Semaphore(workers), serial, pieces)).elapsed
    share = serial / alone
    assert gain * share <= 1 + 1e-9
    assert gain * (share + (1 - share) / workers) <= 1 + 1e-9
    trace = play("model/cpu_io_amdahl")
    ends = [trace.at(f"workers: {count}, took {took} s") for count, took in TOOK.items()]
    assert ends == list(itertools.accumulate(TOOK.values()))


# A second in a row and nine pieces of a second, by the number of workers.
TOOK = {1: 10, 3: 4, 9: 2, 90: 2}
