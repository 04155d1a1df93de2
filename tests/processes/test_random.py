"""Proofs for source/processes/random.md."""

import importlib.util
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from textwrap import dedent
from typing import Any

import pytest
from proven.stage import play

from tests.ways import ways
from tests.ways_processes import (
    FORKSERVER_IMPORTS_ONCE,
    INTERPRETER_POOLS,
    METHODS,
    POOLS,
    Pool,
    filled,
    perform_by,
    run_by,
)

NUMPY = importlib.util.find_spec("numpy") is not None
OF_NUMPY = "__import__('numpy').random"
SEEDED = {
    "Random": "random.Random(42)",
    "another": f"{OF_NUMPY}.default_rng(42)" if NUMPY else "random.Random('42')",
}
UNSEEDED = {
    "Random": "random.Random()",
    "another": f"{OF_NUMPY}.default_rng()" if NUMPY else "random.Random(None)",
}
SEEDED_ON_IMPORT = dict(SEEDED)
if NUMPY:
    UNSEEDED["numpy.random"] = OF_NUMPY
    SEEDED_ON_IMPORT["numpy.random"] = f"{OF_NUMPY}.seed(42) or {OF_NUMPY}"
"""What makes a generator; those of NumPy, too, if this interpreter has it."""

CHILDREN = """
    import multiprocessing, os, random
    from concurrent.futures import ProcessPoolExecutor

    own = OWN

    def work():
        print(own.random(), own.random(), flush=True)

    def start_process():
        child = multiprocessing.Process(target=work)
        child.start()
        child.join()

    def start_worker():
        with ProcessPoolExecutor(1) as pool:
            pool.submit(work).result()

    def fork():
        if os.fork():
            os.wait()
        else:
            work()
            os._exit(0)

    def start_children():
        start_process()
        start_process()
        start_worker()
        if multiprocessing.get_start_method() == "fork":
            fork()
"""
"""What a program defines whose children draw from a generator of its module."""


def drawn(method: str, own: str, main: str) -> tuple[list[str], str]:
    """Return what children draw from `own` and what main draws.

    main: the rest of the program.
    """
    run = run_by(method, filled(CHILDREN, OWN=own) + dedent(main), timeout=60)
    *children, last = run.stdout.splitlines()
    assert (run.returncode, len(children)) == (0, 4 if method == "fork" else 3), run.stderr
    return children, last


def all_same(children: list[str]) -> bool:
    """Tell whether all have drawn the same; if not, no two have."""
    different = len(set(children))
    assert different in (1, len(children))
    return different == 1


def verdict(name: str) -> str:
    """Return what the example tells of two children's numbers."""
    lines = dict(line.split(": ") for line in play("processes/random_inherited").lines)
    return lines[name]


@pytest.mark.always("rand-fork-copies-the-state")
@ways(own=SEEDED | UNSEEDED)
def test_forked_children_draw_what_main_would(own: str) -> None:
    # one way: the claim is about one start method
    children, main = drawn(
        "fork",
        own,
        """
        if __name__ == "__main__":
            own.random()
            start_children()
            work()
        """,
    )
    assert set(children) == {main}
    assert verdict("fork, seeded") == verdict("fork, unseeded") == "same"


@pytest.mark.always("rand-seed-of-main-is-lost")
@ways(method=METHODS)
def test_a_seed_given_in_main_says_nothing_of_a_child(method: str) -> None:
    children, main = drawn(
        method,
        "random",
        """
        if __name__ == "__main__":
            random.seed(42)
            start_children()
            work()
        """,
    )
    own = random.Random(42)
    assert main == f"{own.random()} {own.random()}"
    assert not all_same([*children, main])
    assert play("processes/random_inherited").lines[-1] == "main: 0.639"
    assert verdict("fork, module random") == verdict("spawn, module random") == "different"


@pytest.mark.always("rand-seeded-on-import")
@ways(method=METHODS, own=SEEDED_ON_IMPORT)
def test_a_generator_seeded_on_import_repeats(method: str, own: str) -> None:
    children, main = drawn(
        method,
        own,
        """
        if __name__ == "__main__":
            start_children()
            work()
        """,
    )
    assert set(children) == {main}
    assert verdict("fork, seeded") == verdict("spawn, seeded") == "same"


@pytest.mark.always("rand-unseeded-by-spawn")
@ways(own=UNSEEDED)
def test_by_spawn_an_unseeded_generator_is_another(own: str) -> None:
    # no mutant: без зерна числа разные, в каком бы порядке их ни брали
    # one way: the claim is about one start method
    children, main = drawn(
        "spawn",
        own,
        """
        if __name__ == "__main__":
            getattr(own, 'seed', int)(42)  # if it can be done
            start_children()
            work()
        """,
    )
    assert not all_same([*children, main])
    assert verdict("spawn, unseeded") == "different"


@pytest.mark.always("rand-unseeded-by-forkserver")
@ways(own=UNSEEDED)
def test_by_forkserver_children_copy_what_the_server_imported(own: str) -> None:
    # no mutant: сколько раз импортировать программу, решает сам Python
    # one way: the claim is about one start method
    children, main = drawn(
        "forkserver",
        own,
        """
        if __name__ == "__main__":
            getattr(own, 'seed', int)(42)  # if it can be done
            start_children()
            work()
        """,
    )
    assert all_same(children) is FORKSERVER_IMPORTS_ONCE
    assert main not in children


@pytest.mark.always("rand-module-seeded-on-import")
@ways(method=METHODS)
def test_the_module_seeded_on_import_repeats_where_each_child_imports(method: str) -> None:
    # no mutant: сколько раз импортировать программу, решает сам Python
    children, main = drawn(
        method,
        "random.seed(42) or random",
        """
        if __name__ == "__main__":
            start_children()
            work()
        """,
    )
    once = {"fork": True, "spawn": False, "forkserver": FORKSERVER_IMPORTS_ONCE}[method]
    assert all_same(children) is (main in children) is (not once)


@pytest.mark.always("rand-workers-repeat")
@ways(
    method=METHODS,
    pool={
        "executor": "concurrent.futures.ProcessPoolExecutor",
        "old pool": "multiprocessing.Pool",
    },
    generator={"in the initializer": "random", "on import": "own"},
)
def test_each_worker_goes_on_in_the_same_sequence(method: str, pool: str, generator: str) -> None:
    trace = perform_by(
        method,
        filled(
            """
        import concurrent.futures, multiprocessing, random

        own = random.Random(42)

        def prepare(barrier):
            global all_busy
            all_busy = barrier
            random.seed(42)

        def job(number):
            all_busy.wait()
            return GENERATOR.random()

        if __name__ == "__main__":
            for workers in (1, 2):
                barrier = multiprocessing.Barrier(workers)
                with POOL(workers, initializer=prepare, initargs=(barrier,)) as pool:
                    print(*sorted(pool.map(job, range(4), chunksize=1)))
        """,
            POOL=pool,
            GENERATOR=generator,
        ),
    )
    own = random.Random(42)
    sequence = [own.random() for _ in range(4)]
    each_twice = [*sequence[:2], *sequence[:2]]
    assert trace.lines == [
        " ".join(map(str, sorted(numbers))) for numbers in (sequence, each_twice)
    ]
    assert play("processes/random_seed_broken").lines == [
        "1: [0.639, 0.025, 0.275, 0.223]",
        "2: [0.639, 0.639, 0.025, 0.025]",
    ]


@pytest.mark.always("rand-seed-for-a-job")
@ways(
    pool=POOLS,
    workers={"one worker": 1, "three workers": 3},
    order={"forwards": "range(6)", "backwards": "range(5, -1, -1)"},
)
def test_a_job_with_its_own_seed_gives_the_same_anywhere(
    pool: Pool, workers: int, order: str
) -> None:
    trace = pool.perform(
        filled(
            """
        import random

        def job(number):
            own = random.Random(f"42-{number}")
            return own.random(), own.random()

        if __name__ == "__main__":
            with Pool(WORKERS) as pool:
                futures = {number: pool.submit(job, number) for number in ORDER}
                results = [futures[number].result() for number in range(6)]
            print(results == [job(number) for number in range(6)], len(set(results)))
        """,
            WORKERS=workers,
            ORDER=order,
        )
    )
    assert trace.lines == ["True 6"]
    one, two = play("processes/random_seed_fixed").lines
    assert one.removeprefix("1: ") == two.removeprefix("2: ")
    assert len(set(one.removeprefix("1: ").split(","))) == 4


@pytest.mark.always("rand-seed-is-a-string")
@ways(hashes={"0": "0", "7": "7", "random": "random"})
def test_a_string_is_the_same_seed_in_any_process(hashes: str) -> None:
    # no mutant: как из строки получается состояние, решает сам Python
    run = subprocess.run(
        [sys.executable, "-c", "import random; print(random.Random('42-1').random())"],
        env=os.environ | {"PYTHONHASHSEED": hashes},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert float(run.stdout) == random.Random("42-1").random()


NO_SEEDS: dict[str, Any] = {"numbers": (42, 1), "number and string": (42, "1")}
if NUMPY:
    NO_SEEDS["number of NumPy"] = __import__("numpy").int64(42)


@pytest.mark.always("rand-seed-no-tuple")
@ways(seed=NO_SEEDS)
def test_a_tuple_is_no_seed(seed: Any) -> None:
    # no mutant: что годится в зёрна, решает сам Python
    for give in (random.Random, random.seed, random.Random(42).seed):
        with pytest.raises(TypeError, match=r"The only supported seed types are"):
            give(seed)


@pytest.mark.always("rand-argument-is-a-copy")
@ways(method=METHODS, own=SEEDED)
def test_a_generator_is_passed_as_a_copy(method: str, own: str) -> None:
    trace = perform_by(
        method,
        filled(
            """
        import random
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import Pool, Process, SimpleQueue

        def draw(own):
            return own.random()

        def work(own, numbers):
            numbers.put(own.random())

        if __name__ == "__main__":
            own, numbers, drawn = OWN, SimpleQueue(), []
            own.random()
            for _ in range(2):
                child = Process(target=work, args=(own, numbers))
                child.start()
                drawn.append(numbers.get())
                child.join()
            with ProcessPoolExecutor(1) as pool, Pool(1) as old:
                for _ in range(2):
                    drawn.append(pool.submit(draw, own).result())
                    drawn.append(old.apply(draw, (own,)))
                drawn += pool.map(draw, [own] * 9)
                drawn += old.imap(draw, [own] * 9)
                drawn += old.map(draw, [own] * 9, chunksize=1)
            print(len(drawn), set(drawn) == {own.random()})
        """,
            OWN=own,
        ),
    )
    assert trace.lines == ["33 True"]


@pytest.mark.always("rand-chunk-shares-a-copy")
@ways(method=METHODS, own=SEEDED)
def test_the_jobs_of_a_chunk_draw_from_one_copy(method: str, own: str) -> None:
    # no mutant: в примерах генератор заданиям не передают
    trace = perform_by(
        method,
        filled(
            """
        import random
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import Pool

        def draw(own):
            return own.random()

        if __name__ == "__main__":
            own = OWN
            with ProcessPoolExecutor(1) as pool, Pool(1) as old:
                # Twelve jobs, three in a message; map and starmap choose so themselves.
                sendings = {
                    "executor": pool.map(draw, [own] * 12, chunksize=3),
                    "imap": old.imap(draw, [own] * 12, chunksize=3),
                    "map": old.map(draw, [own] * 12),
                    "starmap": old.starmap(draw, [(own,)] * 12),
                }
                sendings = {name: list(drawn) for name, drawn in sendings.items()}
            expected = [own.random() for _ in range(3)] * 4
            for name, drawn in sendings.items():
                print(name, drawn == expected)
        """,
            OWN=own,
        ),
    )
    assert trace.lines == [f"{name} True" for name in ("executor", "imap", "map", "starmap")]


SOURCES = {
    "secrets": "__import__('secrets').token_hex",
    "uuid4": "__import__('uuid').uuid4",
    "urandom": "lambda: os.urandom(16)",
    "SystemRandom": "random.SystemRandom(42).random",
}
"""What asks the system for numbers."""


@pytest.mark.always("rand-system-has-no-seed")
@ways(method=METHODS, source=SOURCES)
def test_the_numbers_of_the_system_differ_in_each_child(method: str, source: str) -> None:
    # no mutant: в примерах чисел у системы не берут
    children, main = drawn(
        method,
        f"type('Own', (), {{'random': staticmethod({source})}})",
        """
        if __name__ == "__main__":
            random.seed(42)
            start_children()
            work()
        """,
    )
    assert not all_same([*children, main])


@pytest.mark.always("rand-interpreter-has-its-own", since="3.14")
@ways(generator={"module": ("random", 4), "seeded": ("own", 2), "unseeded": ("other", 4)})
def test_each_interpreter_has_its_own_generators(generator: tuple[str, int]) -> None:
    # no mutant: субинтерпретаторы появились в Python 3.14, а доказательства ломают на 3.11
    name, different = generator
    trace = INTERPRETER_POOLS["interpreters"].perform(
        filled(
            """
        import random

        own, other = random.Random(42), random.Random()

        def job():
            return GENERATOR.random()

        if __name__ == "__main__":
            random.seed(42)
            numbers = set()
            for _ in range(2):
                with Pool(1) as pool:
                    numbers |= {pool.submit(job).result() for _ in range(2)}
            print(len(numbers), random.random() in numbers)
        """,
            GENERATOR=name,
        )
    )
    assert trace.lines == [f"{different} {name == 'own'}"]


@pytest.fixture
def hasty() -> Iterator[None]:
    """Let threads take turns as often as may be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def made(expression: str) -> Any:
    """Return the generator that an expression makes."""
    return eval(expression)


@pytest.mark.always("rand-threads-share-the-sequence")
@ways(own=SEEDED | {"module": "random.seed(42) or random"}, threads={"2": 2, "8": 8})
def test_threads_take_the_numbers_of_one(own: str, threads: int, hasty: None) -> None:
    # no mutant: в примерах потоков нет
    generator, numbers, start = made(own), [], threading.Barrier(threads)

    def work() -> None:
        start.wait()
        numbers.extend([generator.random() for _ in range(2000)])

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    alone = made(own)
    assert sorted(numbers) == sorted(alone.random() for _ in range(2000 * threads))
    assert len(set(numbers)) == len(numbers)


@pytest.mark.sometimes("rand-thread-gets-what-is-next")
@ways(own=SEEDED)
def test_what_a_thread_draws_depends_on_the_order(own: str) -> None:
    # no mutant: в примерах потоков нет
    def drawn_by_a(order: str) -> float:
        generator, numbers = made(own), {}
        turns = {name: threading.Event() for name in "ab"}

        def work(name: str) -> None:
            turns[name].wait()
            numbers[name] = generator.random()

        workers = {name: threading.Thread(target=work, args=(name,)) for name in "ab"}
        for worker in workers.values():
            worker.start()
        for name in order:
            turns[name].set()
            workers[name].join()
        return numbers["a"]

    assert drawn_by_a("ab") == drawn_by_a("ab") != drawn_by_a("ba")


class Watched(random.Random):
    """A generator in which two threads meet where `gauss` has read its second number."""

    _next: Any = None
    meet: Callable[[], object] = staticmethod(lambda: None)

    @property
    def gauss_next(self) -> Any:
        """Return the number that the last call of `gauss` has left."""
        value = self._next
        self.meet()
        return value

    @gauss_next.setter
    def gauss_next(self, value: Any) -> None:
        self._next = value


@pytest.mark.sometimes("rand-gauss-may-repeat")
@ways(call={"gauss": ("gauss", 1), "normalvariate": ("normalvariate", 2)})
def test_two_threads_may_get_one_number_of_gauss(call: tuple[str, int]) -> None:
    # no mutant: в примерах потоков нет
    name, different = call
    generator, numbers = Watched(42), set()
    generator.gauss(0, 1)
    if name == "gauss":
        generator.meet = threading.Barrier(2).wait

    def work() -> None:
        numbers.add(getattr(generator, name)(0, 1))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(numbers) == different
