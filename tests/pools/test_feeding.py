"""Proofs for source/pools/feeding.md."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

import pytest
from proven.stage import load, play

from tests.ways import ENDED, End, but, ways
from tests.ways_processes import POOLS, PROCESS_POOLS, Pool, filled

AHEAD = {"1": 1, "2": 2, "8": 8, "more than there are": 99}


@pytest.mark.always("feed-loop-is-bounded")
@ways(ahead=AHEAD, count={"0": 0, "1": 1, "50": 50}, end=but(ENDED, "cancelled"))
def test_the_loop_takes_no_more_than_its_places(ahead: int, count: int, end: End) -> None:
    assert play("pools/feeding_fixed").lines == ["results: 10000, taken ahead: 8"]
    # Whose futures they are makes no difference: wait knows no pool.
    taken = 0

    def items() -> Iterator[int]:
        nonlocal taken
        for number in range(count):
            taken += 1
            yield number

    futures: list[Future[str]] = []
    most = 0
    with ThreadPoolExecutor(2) as pool:
        for future in load("pools/feeding_fixed").feed(pool, lambda _: end.reach(), items(), ahead):
            most = max(most, taken - len(futures))
            futures.append(future)
    assert most == min(ahead, count)
    assert len(set(futures)) == count
    assert all(future.done() for future in futures)


@pytest.mark.always("feed-loop-passes-the-slow")
@ways(ahead={"2": 2, "8": 8}, slow={"first": 0, "middle": 10, "last": 19})
def test_the_loop_goes_on_beside_a_slow_task(ahead: int, slow: int) -> None:
    go_on = threading.Event()

    def work(number: int) -> int:
        if number == slow:
            go_on.wait()
        return number

    came: list[int] = []
    with ThreadPoolExecutor(2) as pool:
        for future in load("pools/feeding_fixed").feed(pool, work, range(20), ahead):
            came.append(future.result())
            if len(came) == 19:
                go_on.set()
    assert came[-1] == slow
    assert sorted(came) == [*range(20)]


@pytest.mark.always("feed-loop-waits-for-the-source")
@ways(ahead={"2": 2, "8": 8}, fails={"goes on": False, "fails": True})
def test_the_loop_waits_for_its_source(ahead: int, fails: bool) -> None:
    asked, go_on = threading.Event(), threading.Event()
    came: list[int] = []
    errors: list[OSError] = []

    def items() -> Iterator[int]:
        yield from range(ahead)
        asked.set()
        assert go_on.wait(60)
        if fails:
            raise OSError

    def take(pool: ThreadPoolExecutor) -> None:
        try:
            for future in load("pools/feeding_fixed").feed(pool, abs, items(), ahead):
                came.append(future.result())
        except OSError as error:
            errors.append(error)

    with ThreadPoolExecutor(2) as pool:
        taking = threading.Thread(target=take, args=[pool])
        taking.start()
        assert asked.wait(60)
        futures = [pool.submit(int) for _ in range(2)]
        assert [future.result() for future in futures] == [0, 0], "the pool is free"
        assert len(came) == 1
        go_on.set()
        taking.join()
    assert len(came) == (1 if fails else ahead)
    assert bool(errors) == fails


class Result:
    """What a task returns and a weak reference may watch."""


@pytest.mark.always("feed-list-keeps-results")
@ways(count={"1": 1, "20": 20}, how={"list": list, "dict": dict.fromkeys})
def test_a_list_of_futures_keeps_the_results(count: int, how: type) -> None:
    # no mutant: сколько живёт результат, решает сам Python
    alive: list[weakref.ref[Result]] = []
    with ThreadPoolExecutor(2) as pool:
        futures = how([pool.submit(Result) for _ in range(count)])
        for future in as_completed(futures):
            alive.append(weakref.ref(future.result()))
            del future
    assert all(each() for each in alive)
    futures.clear()
    assert not any(each() for each in alive)


@pytest.mark.always("feed-loop-keeps-no-results", gil="on")
@ways(ahead={"1": 1, "2": 2, "8": 8})
def test_the_loop_forgets_what_it_gave(ahead: int) -> None:
    go_on = threading.Event()

    def work(number: int) -> Result:
        if number >= ahead:
            go_on.wait()  # so the workers hold nothing of the first ones
        return Result()

    with ThreadPoolExecutor(1) as pool:
        given = load("pools/feeding_fixed").feed(pool, work, range(20), ahead)
        future = next(given)
        result = weakref.ref(future.result())
        assert result()
        del future
        assert not result()
        go_on.set()
        assert len([*given]) == 19


BUFFERED = """
    import pathlib, threading, time

    taken = []

    def numbers():
        for number in range(100):
            taken.append(number)
            yield number

    def work(number):
        if number == 0:
            while not pathlib.Path("go on").exists():
                time.sleep(0.005)
        else:
            pathlib.Path(f"{number} is done").touch()
        return number

    def look():
        # All that is sent but the first gets done, and then a step of the slow one more.
        while len(list(pathlib.Path().glob("* is done"))) < SENT - 1:
            time.sleep(0.005)
        time.sleep(0.05)
        print(len(list(pathlib.Path().glob("* is done"))) + 1, len(taken))
        pathlib.Path("go on").touch()

    if __name__ == "__main__":
        with Pool(2) as pool:
            results = pool.map(work, numbers(), buffersize=BUFFER)
            print(len(taken))
            other = threading.Thread(target=look)
            other.start()
            print(next(results))
            other.join()
            print([*results] == [*range(1, 100)])
"""


@pytest.mark.always("feed-buffersize-one-more", since="3.14")
@pytest.mark.always("feed-buffersize-behind-the-slow", since="3.14")
@ways(pool=POOLS, buffer={"1": 1, "2": 2, "8": 8})
def test_buffersize_sends_one_more_and_waits_for_the_first(pool: Pool, buffer: int) -> None:
    # no mutant: параметр появился в Python 3.14, а доказательства ломают на 3.11
    trace = pool.perform(filled(BUFFERED, BUFFER=buffer, SENT=buffer + 1))
    assert trace.lines == [str(buffer), f"{buffer + 1} {buffer + 1}", "0", "True"]


@pytest.mark.always("feed-buffersize-counts-chunks", since="3.14")
@ways(pool=PROCESS_POOLS, chunk={"1": 1, "10": 10})
def test_buffersize_counts_chunks(pool: Pool, chunk: int) -> None:
    # no mutant: параметр появился в Python 3.14, а доказательства ломают на 3.11
    trace = pool.perform(
        filled(
            """
        taken = []

        def numbers():
            for number in range(100):
                taken.append(number)
                yield number

        if __name__ == "__main__":
            with Pool(1) as pool:
                results = pool.map(abs, numbers(), buffersize=4, chunksize=CHUNK)
                print(len(taken), len([*results]))
    """,
            CHUNK=chunk,
        )
    )
    assert trace.lines == [f"{4 * chunk} 100"]


@pytest.mark.always("feed-buffersize-needs-the-pool", since="3.14")
@ways(pool=POOLS, buffer={"1": 1, "4": 4, "enough": 10})
def test_buffersize_needs_the_pool_to_the_end(pool: Pool, buffer: int) -> None:
    # no mutant: параметр появился в Python 3.14, а доказательства ломают на 3.11
    trace = pool.perform(
        filled(
            """
        import gc, time, weakref

        if __name__ == "__main__":
            with Pool(2) as pool:
                results = pool.map(abs, range(10), buffersize=BUFFER)
            try:
                print([*results])
            except RuntimeError as error:
                print(error)
            pool = Pool(2)
            results, known = pool.map(abs, range(10), buffersize=BUFFER), weakref.ref(pool)
            del pool
            while known():
                # A thread that is at work holds the pool for a moment.
                gc.collect()
                time.sleep(0.01)
            print([*results])
    """,
            BUFFER=buffer,
        )
    )
    refused = "cannot schedule new futures after shutdown"
    assert trace.lines == [
        refused if buffer < 10 else str([*range(10)]),
        str([*range(buffer)]),
    ]


@pytest.mark.always("feed-buffersize-zero", since="3.14")
@ways(pool=POOLS)
def test_buffersize_is_not_zero(pool: Pool) -> None:
    # no mutant: параметр появился в Python 3.14, а доказательства ломают на 3.11
    trace = pool.perform("""
        if __name__ == "__main__":
            with Pool(1) as pool:
                try:
                    pool.map(abs, [-1], buffersize=0)
                except ValueError as error:
                    print(error)
    """)
    assert trace.lines == ["buffersize must be None or > 0"]


@pytest.mark.always("feed-semaphore-bounds")
@ways(places={"1": 1, "3": 3}, end=ENDED)
def test_a_semaphore_bounds_what_is_not_done(places: int, end: End) -> None:
    assert play("pools/feeding_semaphore").lines == [
        "row 3 waits for a free place",
        "all rows are saved",
    ]
    free, go_on = threading.Semaphore(places), threading.Event()
    jobs: list[Future[str]] = []
    most = 0

    def work() -> str:
        go_on.wait()
        return end.reach()

    cancels = end is ENDED["cancelled"]
    with ThreadPoolExecutor(1) as pool:
        if cancels:
            pool.submit(go_on.wait)
        for _ in range(20):
            if not free.acquire(blocking=go_on.is_set()):
                assert len(jobs) == places
                if cancels:
                    assert jobs[-1].cancel()
                    free.acquire()
                else:
                    go_on.set()
                    free.acquire()
            job = pool.submit(work)
            jobs.append(job)
            most = max(most, sum(not each.done() for each in jobs))
            job.add_done_callback(lambda _: free.release())
            if cancels and len(jobs) > places:
                job.cancel()
        go_on.set()
    assert most == places
    assert len(jobs) == 20


@pytest.mark.always("feed-batches-wait")
@ways(pool=POOLS)
def test_a_batch_waits_for_its_slowest(pool: Pool) -> None:
    # no mutant: когда map отдаст последний результат, решает сам Python
    trace = pool.perform("""
        import pathlib, time

        def work(number):
            if number == 0:
                while len(list(pathlib.Path().glob("* begun"))) < 2:
                    time.sleep(0.005)
                time.sleep(0.05)
                return len(list(pathlib.Path().glob("* begun")))
            pathlib.Path(f"{number} begun").touch()
            return number

        if __name__ == "__main__":
            with Pool(3) as pool:
                for batch in ((0, 1, 2), (3, 4, 5)):
                    print([*pool.map(work, batch)])
    """)
    assert trace.lines == ["[2, 1, 2]", "[3, 4, 5]"]
