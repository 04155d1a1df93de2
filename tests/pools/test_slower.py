"""Proofs for source/pools/slower.md."""

import functools
import pickle
from textwrap import indent

import pytest
from proven.stage import play
from proven.stage.player import path_of

from tests.ways import ways
from tests.ways_processes import METHODS, filled, perform_by

PROGRAM = """
    import functools, multiprocessing, os, threading, tracemalloc
    from concurrent.futures import ProcessPoolExecutor
    from itertools import count, repeat

    packed, built = [], []

    class Big:
        def __reduce__(self):
            packed.append((os.getpid(), threading.get_ident()))
            return Big, ()

        def look_up(self, word):
            return word

    def look_up(big, word):
        return word

    def rebuild():
        built.append((os.getpid(), threading.get_ident()))

    class Result:
        def __reduce__(self):
            return rebuild, ()

    def give(big):
        return Result()

    def keep(big):
        pass

    def add(kept, word):
        kept.append(word)
        return len(kept)

    class Keeper:
        def __init__(self):
            self.kept = []

        def add(self, word):
            return add(self.kept, word)

    steps = count()

    def where(word):
        return os.getpid(), next(steps)

    def most(data):
        return tracemalloc.get_traced_memory()[1]

    def told(label, results):
        list(results)
        print(f"{label}: {len(packed)}")
        packed.clear()

    def pids(pool):
        return {pid for pid, _ in pool.map(where, words)}

    if __name__ == "__main__":
        big, words, me = Big(), range(20), (os.getpid(), threading.get_ident())
        partial = functools.partial(look_up, big)
"""
"""What tells where and how often something is packed and built anew; `told` prints how often."""


@functools.cache
def perform(method: str, body: str) -> dict[str, str]:
    """Return what PROGRAM with `body` at its end prints: label to what stands after it.

    Its processes are started by `method`; proofs that ask the same share a run.
    """
    lines = perform_by(method, filled(PROGRAM) + indent(filled(body), " " * 4)).lines
    return {label: rest for label, _, rest in (line.partition(": ") for line in lines)}


SENT = """
        with ProcessPoolExecutor(2) as pool, multiprocessing.Pool(2) as old:
            told("submit", [pool.submit(look_up, big, word).result() for word in words])
            told("map", pool.map(look_up, repeat(big), words))
            told("apply_async", [old.apply_async(look_up, (big, word)).get() for word in words])
            told("imap", old.imap(big.look_up, words))
            told("imap_unordered", old.imap_unordered(big.look_up, words))
            told("Pool.map by one", old.map(big.look_up, words, chunksize=1))
            told("method", pool.map(big.look_up, words))
            told("partial", pool.map(partial, words))
            told("method in chunks", pool.map(big.look_up, words, chunksize=5))
            told("partial in chunks", pool.map(partial, words, chunksize=5))
            told("map in chunks", pool.map(look_up, repeat(big), words, chunksize=5))
            told("starmap in chunks", old.starmap(look_up, zip(repeat(big), words), 5))
            told("imap in chunks", old.imap(big.look_up, words, 5))
            told("Pool.map", old.map(big.look_up, words))
            told("Pool.map of 100", old.map(big.look_up, range(100)))
            told("Pool.map of 3", old.map(big.look_up, range(3)))
"""


GOT = """
        pool, old = ProcessPoolExecutor(2), multiprocessing.Pool(2)
        for name, send in {
            "Executor": lambda: pool.submit(give, big),
            "Pool": lambda: old.apply_async(give, (big,)),
        }.items():
            packed.clear()
            built.clear()
            for word in words:
                send()
            if name == "Pool":
                old.close()
                old.join()
            else:
                pool.shutdown()
            print(f"{name}, not asked for: {len(built)}")
            print(
                f"{name}: {len(packed)} packed by {len(set(packed))},"
                f" {len(built)} built by {len(set(built))}"
            )
            everywhere = {*packed, *built, me}
            print(f"{name}, all in the parent: {len({pid for pid, _ in everywhere}) == 1}")
            print(f"{name}, with the main thread: {len(everywhere)}")
"""


@pytest.mark.always("slow-argument-packed-each-time")
@ways(method=METHODS)
def test_what_each_job_takes_is_packed_for_each_job(method: str) -> None:
    assert "catalog packed: 100" in play("pools/slower_catalog_broken").lines
    counts = perform(method, SENT)
    by_one = ("submit", "map", "apply_async", "imap", "imap_unordered", "Pool.map by one")
    assert [counts[way] for way in (*by_one, "method", "partial")] == ["20"] * 8


@pytest.mark.always("slow-chunk-packs-once")
@ways(method=METHODS)
def test_what_a_chunk_shares_is_packed_once(method: str) -> None:
    lines = play("pools/slower_chunks").lines
    assert {"chunksize=1, packed: 100", "chunksize=25, packed: 4"} < set(lines)
    counts = perform(method, SENT)
    chunked = [count for way, count in counts.items() if way.endswith("in chunks")]
    assert chunked == ["4"] * 5


@pytest.mark.always("slow-pool-map-chunks-itself")
@ways(method=METHODS)
def test_only_the_map_of_the_old_pool_makes_chunks_itself(method: str) -> None:
    assert play("pools/slower_chunks").lines[-1] == "Pool.map, packed: 8"
    counts = perform(method, SENT)
    # Twenty in chunks of three: eight would be chunks of two and a half.
    maps = ("Pool.map of 100", "Pool.map", "Pool.map of 3")
    assert [counts[way] for way in maps] == ["8", "7", "3"]
    assert [counts[way] for way in ("map", "imap", "imap_unordered")] == ["20"] * 3


@pytest.mark.always("slow-method-takes-self")
@ways(method=METHODS)
def test_methods_and_partials_take_along_what_they_hold(method: str) -> None:
    alone, *others = play("pools/slower_weigh").lines
    assert alone.endswith(": 0 kB")
    assert [line.split(": ")[1] for line in others] == ["1000 kB"] * 3
    assert [perform(method, SENT)[way] for way in ("method", "partial")] == ["20"] * 2
    held = b"tea" * 100_000
    for carrier in (functools.partial(len, held), functools.partial(len, kept=held), held.count):
        assert len(pickle.dumps(carrier)) > len(held)


@pytest.mark.always("slow-initargs-once-per-process")
@ways(method=METHODS)
def test_initargs_are_packed_once_for_each_process(method: str) -> None:
    code = path_of("pools/slower_catalog_fixed").read_text(encoding="utf-8")
    lines = perform_by(method, code).lines
    assert lines == ["sum: 400", "no more than once a process: True"]
    counts = perform(
        method,
        """
        for number in (1, 2):
            once = {"initializer": keep, "initargs": (big,)}
            with ProcessPoolExecutor(number, **once) as pool:
                list(pool.map(where, words))
                print(f"processes of {number}: {len(multiprocessing.active_children())}")
                told(f"Executor of {number}", ())
            with multiprocessing.Pool(number, **once) as old:
                told(f"Pool of {number}", old.map(where, words))
        """,
    )
    started = [1, 1, int(counts["processes of 2"]), 2]
    pools = ("Executor of 1", "Pool of 1", "Executor of 2", "Pool of 2")
    expected = [0] * 4 if method == "fork" else started
    assert [int(counts[pool]) for pool in pools] == expected
    assert counts["processes of 1"] == "1"


@pytest.mark.always("slow-new-pool-new-processes")
@ways(method=METHODS)
def test_each_pool_has_processes_of_its_own(method: str) -> None:
    # no mutant: пулов подряд примеры не заводят
    lines = perform(
        method,
        """
        seen, open_pools = [], []
        for new in (ProcessPoolExecutor, multiprocessing.Pool):
            with new(1) as pool:
                seen += pids(pool)
            for _ in range(2):
                open_pools.append(new(1))
                seen += pids(open_pools[-1])
        print(f"of six pools: {len(set(seen))}")
        for pool in open_pools:
            with pool:
                pass
        """,
    )
    assert lines == {"of six pools": "6"}


@pytest.mark.always("slow-chunk-in-one-process")
@ways(method=METHODS)
def test_a_chunk_is_done_by_one_process_in_order(method: str) -> None:
    # no mutant: какой процесс взял порцию, примеры не спрашивают
    lines = perform(
        method,
        """
        with ProcessPoolExecutor(2) as pool, multiprocessing.Pool(2) as old:
            for name, answers in {
                "Executor.map": pool.map(where, words, chunksize=5),
                "Pool.map": old.map(where, words, chunksize=5),
                "imap": old.imap(where, words, chunksize=5),
            }.items():
                done = list(answers)
                chunks = [done[start : start + 5] for start in range(0, 20, 5)]
                right = [
                    [(pid, first + more) for more in range(5)] for (pid, first), *_ in chunks
                ]
                print(f"{name}: {chunks == right}")
        """,
    )
    assert lines == dict.fromkeys(("Executor.map", "Pool.map", "imap"), "True")


@pytest.mark.always("slow-chunk-shares-object")
@ways(method=METHODS)
def test_jobs_of_a_chunk_get_the_same_copy(method: str) -> None:
    # no mutant: программы страницы полученного не меняют
    lines = perform(
        method,
        """
        with ProcessPoolExecutor(2) as pool, multiprocessing.Pool(2) as old:
            for size in (1, 5):
                for name, answers in {
                    "argument": pool.map(add, repeat([]), words, chunksize=size),
                    "method": pool.map(Keeper().add, words, chunksize=size),
                    "partial": pool.map(functools.partial(add, []), words, chunksize=size),
                    "Pool.map": old.map(Keeper().add, words, size),
                    "starmap": old.starmap(add, zip(repeat([]), words), size),
                    "imap": old.imap(functools.partial(add, []), words, size),
                }.items():
                    right = [*range(1, size + 1)] * (20 // size)
                    print(f"{name} by {size}: {list(answers) == right}")
            print(f"Pool.map by itself: {max(old.map(Keeper().add, words))}")
            print(f"Executor.map by itself: {max(pool.map(Keeper().add, words))}")
        """,
    )
    # Pool.map makes chunks of three of these twenty.
    assert (lines.pop("Pool.map by itself"), lines.pop("Executor.map by itself")) == ("3", "1")
    assert len(lines) == 12
    assert set(lines.values()) == {"True"}


@pytest.mark.always("slow-one-thread-packs")
@ways(method=METHODS)
def test_one_thread_packs_and_another_builds(method: str) -> None:
    # no mutant: в модели нет ни процессов, ни упаковки
    lines = perform(method, GOT)
    for name in ("Executor", "Pool"):
        assert lines[name] == "20 packed by 1, 20 built by 1"
        assert lines[f"{name}, all in the parent"] == "True"
        assert lines[f"{name}, with the main thread"] == "3"


@pytest.mark.sometimes("slow-argument-changed-later")
@ways(method=METHODS, sent={"the same list": ("batch", 0), "a copy of it": ("[*batch]", 2)})
def test_an_argument_is_packed_some_time_after_submit(method: str, sent: tuple[str, int]) -> None:
    # no mutant: когда упаковать аргумент, решает сам Python
    argument, length = sent
    trace = perform_by(
        method,
        filled(
            """
            import pathlib, time
            from concurrent.futures import ProcessPoolExecutor

            def hold():
                while not pathlib.Path("go on").exists():
                    time.sleep(0.01)

            if __name__ == "__main__":
                with ProcessPoolExecutor(1, initializer=hold) as pool:
                    batch, jobs = [], []
                    for number in range(20):
                        batch.append(number)
                        if len(batch) == 2:
                            jobs.append(pool.submit(len, ARGUMENT))
                            batch.clear()
                    pathlib.Path("go on").touch()
                    # The first few are sent ahead of the process that is to take them.
                    print({job.result() for job in jobs[3:]})
            """,
            ARGUMENT=argument,
        ),
    )
    assert trace.lines == [str({length})]


@pytest.mark.always("slow-result-comes-whole")
@ways(method=METHODS)
def test_a_result_that_nobody_asks_for_comes_all_the_same(method: str) -> None:
    # no mutant: результатов, которых никто не спросил, в примерах нет
    lines = perform(method, GOT)
    assert lines["Executor, not asked for"] == lines["Pool, not asked for"] == "20"


@pytest.mark.always("slow-argument-twice-in-memory")
@ways(method=METHODS)
def test_while_it_is_sent_an_argument_is_there_twice_at_each_end(method: str) -> None:
    # no mutant: память примеры не считают
    lines = perform(
        method,
        """
        size, traced = 10**7, {"initializer": tracemalloc.start}
        with ProcessPoolExecutor(1, **traced) as pool, multiprocessing.Pool(1, **traced) as old:
            for name, send in {
                "Executor": lambda data: pool.submit(most, data).result(),
                "Pool": lambda data: old.apply(most, (data,)),
            }.items():
                send(b"")
                tracemalloc.start()
                there = send(bytes(size))
                here = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
                print(f"{name}: {here // size} {there // size}")
        """,
    )
    assert lines == {"Executor": "2 2", "Pool": "2 2"}
