"""Proofs for source/processes/numpy.md."""

import functools
import pickle
import signal
from collections.abc import Callable, Iterator
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from proven.stage import play

from tests.ways import ways
from tests.ways_processes import METHODS, filled, perform_by, run_by

Array = np.ndarray[Any, Any]

PROGRAM = """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing.shared_memory import SharedMemory

    import numpy as np

    def array_of(thing):
        if isinstance(thing, np.ndarray):
            return thing
        return np.frombuffer(getattr(thing, "buf", thing), np.int64, count=2)

    def write(*things):
        for thing in things:
            array_of(thing)[0] += 7

    def tell(sender, send):
        things = {
            "array": np.zeros(2, np.int64),
            "block": SharedMemory(create=True, size=16),
            "raw": multiprocessing.RawArray("q", 2),
        }
        try:
            send(*things.values())
        except RuntimeError:
            print(f"{sender}: raw refused")
            send(things["array"], things["block"])
        for name, thing in things.items():
            print(f"{sender}: {name} {array_of(thing)[0]}")
        things["block"].unlink()
        things["block"].close()

    def by_process(*things):
        child = multiprocessing.Process(target=write, args=things)
        child.start()
        child.join()

    def by_initargs(*things):
        with ProcessPoolExecutor(1, initializer=write, initargs=things) as pool:
            pool.submit(int).result()

    if __name__ == "__main__":
        tell("Process", by_process)
        tell("initargs", by_initargs)
        with ProcessPoolExecutor(1) as pool, multiprocessing.Pool(1) as old:
            tell("a job of an executor", lambda *things: pool.submit(write, *things).result())
            tell("a job of a pool", lambda *things: old.apply(write, things))
"""
"""Gives an array, a block and a RawArray to a process in four ways, and looks what it wrote."""

AT_START, AS_A_JOB = ("Process", "initargs"), ("a job of an executor", "a job of a pool")


@functools.cache
def told(method: str) -> list[str]:
    """Return what PROGRAM prints whose processes are started by `method`."""
    return perform_by(method, PROGRAM).lines


@pytest.mark.always("np-argument-is-a-copy")
@ways(method=METHODS)
def test_what_a_process_writes_into_its_argument_stays_there(method: str) -> None:
    assert play("processes/numpy_shared_broken").lines == [
        "sums of halves: [12, 30]",
        "main sees [1, 2, 3, 4, 5, 6]",
    ]
    for sender in AT_START + AS_A_JOB:
        assert f"{sender}: array 0" in told(method)


@pytest.mark.always("np-block-is-shared")
@ways(method=METHODS)
def test_all_see_what_a_process_writes_over_a_block(method: str) -> None:
    assert play("processes/numpy_shared_fixed").lines == [
        "sums of halves: [12, 30]",
        "main sees [2, 4, 6, 8, 10, 12]",
    ]
    for sender in AT_START + AS_A_JOB:
        assert f"{sender}: block 7" in told(method)


GIVEN = """
    import contextlib, multiprocessing, tempfile
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing.shared_memory import SharedMemory
    from pathlib import Path

    import numpy as np

    def finish(name, block):
        array = np.frombuffer(block.buf, np.int64, count=1)
        array[0] = 7
        del array
        try:
            block.close()
            print(f"{name} closes", flush=True)
        except BufferError:
            print(f"{name} is refused", flush=True)

    def work(name, alone, beside, *arrays):
        for array in arrays:
            array[0] = 7
        finish(f"{name} alone", alone)
        finish(f"{name} beside an array", beside)

    def by_process(*things):
        child = multiprocessing.Process(target=work, args=things)
        child.start()
        child.join()

    def by_executor(*things):
        with ProcessPoolExecutor(1, initializer=work, initargs=things) as pool:
            pool.submit(int).result()

    def by_pool(*things):
        with multiprocessing.Pool(1, work, things) as pool:
            pool.apply(int)

    def by_job(*things):
        with ProcessPoolExecutor(1) as pool:
            pool.submit(work, *things).result()

    def give(send, path):
        alone, beside, under = blocks = [SharedMemory(create=True, size=16) for _ in range(3)]
        beside_it = np.frombuffer(beside.buf, np.int64)
        over = np.frombuffer(under.buf, np.int64, count=2)
        np.save(path, np.zeros(2, np.int64))
        mapped = np.load(path, mmap_mode="r+")
        own = np.zeros(2, np.int64)
        send(send.__name__, alone, beside, over, mapped, own)
        print(send.__name__, "wrote", alone.buf[0], beside.buf[0], flush=True)
        print(send.__name__, "sent", over[0], mapped[0], own[0], flush=True)
        del beside_it, over, mapped
        for block in blocks:
            block.unlink()
            # A pool that is gone may still hold what it was given.
            with contextlib.suppress(BufferError):
                block.close()

    if __name__ == "__main__":
        with tempfile.TemporaryDirectory() as folder:
            give(SENDER, Path(folder, "numbers.npy"))
"""
"""Gives two blocks and three arrays to a process in one of four ways, and looks what it wrote."""

SENDERS = {name: name for name in ("by_process", "by_executor", "by_pool", "by_job")}


@functools.cache
def given(method: str, sender: str) -> list[str]:
    """Return what GIVEN prints whose processes are started by `method`."""
    return perform_by(method, filled(GIVEN, SENDER=sender)).lines


@pytest.mark.always("np-fork-sends-no-array")
@ways(method=METHODS, sender=SENDERS)
def test_only_a_forked_child_writes_into_the_array_of_its_parent(method: str, sender: str) -> None:
    # no mutant: пример отдаёт массив пулу, а не Process
    is_inherited = method == "fork" and sender != "by_job"
    seen = "7 7 0" if is_inherited else "0 0 0"
    assert f"{sender} sent {seen}" in given(method, sender)


@pytest.mark.always("np-forked-close-refused")
@ways(method=METHODS, sender=SENDERS)
def test_a_forked_child_has_the_arrays_of_its_parent(method: str, sender: str) -> None:
    # no mutant: в примерах блок получают задания пула
    is_inherited = method == "fork" and sender != "by_job"
    told = given(method, sender)
    assert f"{sender} alone closes" in told
    assert f"{sender} beside an array {'is refused' if is_inherited else 'closes'}" in told
    assert f"{sender} wrote 7 7" in told


CHUNKED = """
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from itertools import repeat
    from multiprocessing.shared_memory import SharedMemory

    import numpy as np

    def mapped(name):
        with open("/proc/self/maps") as maps:
            return sum(name in line for line in maps)

    def closing(block, place):
        leaving(block, place)
        block.close()

    def leaving(block, place):
        array = np.frombuffer(block.buf, np.int64, count=12)
        array[place] += 7
        del array

    def one(pool, name):
        return next(iter(pool.map(mapped, [name])))

    def tell(label, pool, send):
        block = SharedMemory(create=True, size=12 * 8)
        before = one(pool, block.name)
        send(leaving, block)
        print(label, set(block.buf[::8]), one(pool, block.name) == before)
        try:
            send(closing, block)
            print(label, "closed by each")
        except TypeError as error:
            print(label, error)
        block.unlink()
        block.close()

    if __name__ == "__main__":
        places = range(12)
        with ProcessPoolExecutor(1) as pool, multiprocessing.Pool(1) as old:
            # Three in a message, of its own accord; it raises when all of them have ended.
            tell("starmap", old, lambda job, block: old.starmap(job, zip(repeat(block), places)))
            for size in (12, 1):
                send = lambda job, block: list(
                    pool.map(job, repeat(block), places, chunksize=size)
                )
                tell(f"chunks of {size}", pool, send)
"""
"""Gives a block to jobs that are sent several at once, and one by one."""
GONE = "a bytes-like object is required, not 'NoneType'"


@functools.cache
def chunked(method: str) -> list[str]:
    """Return what CHUNKED prints whose processes are started by `method`."""
    return perform_by(method, CHUNKED).lines


@pytest.mark.always("np-chunk-shares-the-block")
@ways(method=METHODS)
def test_the_jobs_of_a_chunk_have_one_block(method: str) -> None:
    # no mutant: в примере задания отправляют по одному
    told = chunked(method)
    assert told[1::2] == [f"starmap {GONE}", f"chunks of 12 {GONE}", "chunks of 1 closed by each"]


@pytest.mark.always("np-block-closes-itself")
@ways(method=METHODS)
def test_a_block_that_is_gone_is_closed(method: str) -> None:
    # no mutant: в примерах блок закрывают сами
    sendings = ("starmap", "chunks of 12", "chunks of 1")
    assert chunked(method)[::2] == [f"{name} {{7}} True" for name in sendings]


@pytest.fixture
def block() -> Iterator[SharedMemory]:
    """Give a block of a million bytes that the proof need not close."""
    block = SharedMemory(create=True, size=10**6)
    yield block
    block.unlink()
    block.close()


OVER: dict[str, Callable[[SharedMemory, Path], Array]] = {
    "frombuffer": lambda block, _: np.frombuffer(block.buf, np.int64),
    "ndarray": lambda block, _: np.ndarray((1000,), np.int64, buffer=block.buf),
    "mapped file": lambda _, path: np.load(path, mmap_mode="r+"),
    "own memory": lambda block, _: np.zeros(1000, np.int64),
}


@pytest.mark.always("np-array-over-block-is-copied")
@ways(make=OVER)
def test_an_array_is_sent_with_all_its_numbers(
    make: Callable[[SharedMemory, Path], Array], block: SharedMemory, tmp_path: Path
) -> None:
    np.save(path := tmp_path / "numbers.npy", np.zeros(1000, np.int64))
    array = make(block, path)
    sent = pickle.dumps(array)
    assert len(sent) > array.nbytes > 0
    pickle.loads(sent)[0] = 7
    assert array[0] == 0
    whole, _, _, over = play("processes/numpy_weigh").lines
    assert over.split(": ")[1] == whole.split(": ")[1] == "8000 kB"


@pytest.mark.always("np-block-weighs-its-name")
@ways(size={"a byte": 1, "a page": 2**12, "ten million": 10**7})
def test_a_block_is_sent_as_its_name(size: int) -> None:
    block = SharedMemory(create=True, size=size)
    try:
        sent = pickle.dumps(block)
        assert len(sent) < 200
        assert block.name.encode() in sent
        again = pickle.loads(sent)
        again.buf[0] = 7
        assert block.buf[0] == 7
        again.close()
    finally:
        block.unlink()
        block.close()
    assert "block: 0 kB" in play("processes/numpy_weigh").lines


@pytest.mark.always("np-slice-weighs-itself")
@ways(
    part={
        "first": lambda array: array[:10],
        "every hundredth": lambda array: array[::100],
        "a column": lambda array: array.reshape(10, 100)[:, 0],
        "of a slice": lambda array: array[500:][:10],
    }
)
def test_a_slice_is_sent_without_the_rest(part: Callable[[Array], Array]) -> None:
    whole = np.arange(1000)
    piece = part(whole)
    assert piece.base is not None, "it looks into the memory of the whole"
    sent = pickle.dumps(piece)
    assert piece.nbytes < len(sent) < piece.nbytes + 300 < whole.nbytes
    assert np.array_equal(pickle.loads(sent), piece)
    assert "a tenth of it: 800 kB" in play("processes/numpy_weigh").lines


KEEPERS: dict[str, Callable[[SharedMemory], Array]] = {
    "frombuffer": lambda block: np.frombuffer(block.buf, np.int64),
    "reshaped": lambda block: np.frombuffer(block.buf, np.int64).reshape(2, 5),
    "slice": lambda block: np.frombuffer(block.buf, np.int64)[:1],
    "slice of a slice": lambda block: np.frombuffer(block.buf, np.int64)[2:][:1],
}


@pytest.mark.always("np-frombuffer-keeps-the-block")
@ways(make=KEEPERS)
def test_an_array_from_frombuffer_does_not_let_the_block_close(
    make: Callable[[SharedMemory], Array],
) -> None:
    assert "still there: [7]" in play("processes/numpy_close").lines
    block = SharedMemory(create=True, size=80)
    block.unlink()
    array = make(block)
    with pytest.raises(BufferError):
        block.close()
    array[...] = 7
    assert (array == 7).all()
    del array
    block.close()


@pytest.mark.always("np-ndarray-does-not-keep-it")
@ways(
    kept={"frombuffer": True, "ndarray": False},
    end={"close": "block.close()", "object gone": "del block; gc.collect()"},
    then={"nothing": "", "another block": "put_others()"},
)
def test_only_frombuffer_keeps_the_memory(kept: bool, end: str, then: str) -> None:
    # no mutant: np.ndarray поверх блока в примерах не строят
    run = run_by(
        "spawn",
        filled(
            """
        import contextlib, gc
        from multiprocessing.shared_memory import SharedMemory

        import numpy as np

        if __name__ == "__main__":
            block = SharedMemory(create=True, size=80)
            block.unlink()
            array, others = ARRAY, []

            def put_others():
                while len(others) < 100 and not (others and array[0]):
                    # One of them takes the place of the first, if that is free.
                    another = SharedMemory(create=True, size=80)
                    another.unlink()
                    others.append(another)
                    another.buf[0] = 1

            with contextlib.suppress(BufferError):
                END
            THEN
            print(array[0])
            array[0] = 7
            print(7 in [other.buf[0] for other in others], flush=True)
        """,
            ARRAY="np.frombuffer(block.buf, np.int64)"
            if kept
            else "np.ndarray((10,), np.int64, buffer=block.buf)",
            END=end,
            THEN=then,
        ),
    )
    unmapped = (0, "1\nTrue\n") if then else (-signal.SIGSEGV, "")
    assert (run.returncode, run.stdout) == ((0, "0\nFalse\n") if kept else unmapped)


@pytest.mark.always("np-close-again")
def test_a_refused_close_may_be_tried_again() -> None:
    # one way: каким бы ни был массив, его уже нет
    assert play("processes/numpy_close").lines == [
        "BufferError: cannot close exported pointers exist",
        "still there: [7]",
        "closed",
    ]


@pytest.mark.always("np-failed-close-drops-buf")
@ways(kept={"array": lambda array: array, "slice": lambda array: array[1:]})
def test_a_refused_close_takes_the_buffer_away(
    kept: Callable[[Any], Any], block: SharedMemory
) -> None:
    # no mutant: в примере после неудачи новых массивов не строят
    block.buf[:2] = bytes([7, 7])
    array = kept(np.frombuffer(block.buf, np.uint8, count=2))
    with pytest.raises(BufferError):
        block.close()
    assert block.buf is None
    with pytest.raises(TypeError):
        np.frombuffer(block.buf, np.uint8, count=1)
    assert set(array.tolist()) == {7}


@pytest.mark.always("np-block-gone-first")
@ways(
    work={
        "the array outlives it": ("return array", True),
        "deleted before it": ("del block; return array.copy()", True),
        "the array is deleted": ("del array; return [7]", False),
    },
)
def test_a_block_gone_before_its_array_is_told_on_stderr(work: tuple[str, bool]) -> None:
    # no mutant: в примерах массив удаляют сами
    ending, is_told = work
    run = run_by(
        "spawn",
        filled(
            """
        from multiprocessing.shared_memory import SharedMemory

        import numpy as np

        def work():
            block = SharedMemory(create=True, size=8)
            block.unlink()
            array = np.frombuffer(block.buf, np.int64, count=1)
            array[0] = 7
            ENDING

        if __name__ == "__main__":
            print(work()[0])
        """,
            ENDING=ending,
        ),
    )
    assert (run.returncode, run.stdout) == (0, "7\n")
    for words in ("Exception ignored", "SharedMemory.__del__", "BufferError"):
        assert (words in run.stderr) is is_told


@pytest.mark.always("np-no-objects-from-frombuffer")
@ways(kind={"object": object, "a field of objects": [("name", object)]})
def test_only_frombuffer_refuses_objects(kind: Any, block: SharedMemory) -> None:
    with pytest.raises(ValueError, match=r"object|OBJECT"):
        np.frombuffer(block.buf, kind)
    assert np.ndarray((2,), kind, buffer=block.buf).shape == (2,)


@pytest.mark.always("np-raw-array-is-shared")
@ways(method=METHODS)
def test_a_raw_array_is_given_when_a_process_starts(method: str) -> None:
    assert play("processes/numpy_raw").lines == ["[2, 4, 6, 8, 10, 12]"]
    lines = told(method)
    for sender in AT_START:
        assert f"{sender}: raw 7" in lines
    for sender in AS_A_JOB:
        assert {f"{sender}: raw refused", f"{sender}: raw 0"} < set(lines)


@pytest.mark.always("np-mapped-file-is-shared")
@ways(method=METHODS)
def test_a_process_maps_the_same_file(method: str) -> None:
    # no mutant: файла в примерах нет
    trace = perform_by(
        method,
        """
        import tempfile
        from concurrent.futures import ProcessPoolExecutor
        from pathlib import Path

        import numpy as np

        def write(path):
            np.load(path, mmap_mode="r+")[0] = 7

        if __name__ == "__main__":
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "numbers.npy")
                np.save(path, np.zeros(2, np.int64))
                arrays = [np.load(path, mmap_mode=mode) for mode in ("r", "r+")]
                with ProcessPoolExecutor(1) as pool:
                    pool.submit(write, path).result()
                print([array.tolist() for array in arrays])
                del arrays
        """,
    )
    assert trace.lines == ["[[7, 0], [7, 0]]"]
