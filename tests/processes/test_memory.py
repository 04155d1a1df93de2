"""Proofs for source/processes/memory.md."""

import array
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import Array, Lock, RLock, Value, resource_tracker
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import pytest
from proven.stage import load, perform_script, play
from proven.stage.player import path_of

from tests.ways import ways
from tests.ways_processes import MAIN_ENDS, METHODS, filled, perform_by, run_by


@pytest.mark.always("mem-each-child-counts-its-own")
@ways(method=METHODS)
def test_each_child_counts_in_a_copy_of_its_own(method: str) -> None:
    code = path_of("processes/memory_counter_broken").read_text(encoding="utf-8")
    trace = perform_by(method, code)
    *children, parent = trace.events
    assert [event.text for event in children] == ["child counted 100"] * 2
    assert len({event.actor for event in trace.events}) == 3
    assert parent.text == "parent sees 0"


@pytest.mark.always("mem-value-is-shared")
@ways(method=METHODS, lock={"with its lock": True, "without": False})
def test_all_see_what_anyone_writes_into_a_value(method: str, lock: bool) -> None:
    assert play("processes/memory_counter_fixed").lines == ["parent sees 200"]
    trace = perform_by(
        method,
        filled(
            """
        from multiprocessing import Process, Value

        def reply(number):
            number.value *= 2

        if __name__ == "__main__":
            number = Value("i", 10, lock=LOCK)
            number.value += 1
            for _ in range(2):
                child = Process(target=reply, args=(number,))
                child.start()
                child.join()
            print(number.value)
        """,
            LOCK=lock,
        ),
    )
    assert trace.lines == ["44"]


PASSED = {
    "Value": "Value('i', 0)",
    "Array": "Array('i', 2)",
    "Lock": "Lock()",
    "Event": "Event()",
    "Queue": "Queue()",
}


@pytest.mark.sometimes("mem-keep-what-you-passed")
@ways(method=METHODS, thing=PASSED, kept={"kept": True, "lost": False})
def test_a_child_may_not_find_what_its_parent_has_lost(method: str, thing: str, kept: bool) -> None:
    # no mutant: найдёт ли дочерний процесс переданное, решает сам multiprocessing
    run = run_by(
        method,
        filled(
            """
        import gc, pathlib, time
        from multiprocessing import Array, Event, Lock, Process, Queue, Value

        class SlowStart:
            # The schedule that is forced: the child is built after the parent's function has ended.
            def __reduce__(self):
                return wait_for, ("lost",)

        def wait_for(name):
            while not pathlib.Path(name).exists():
                time.sleep(0.005)

        def work(slow, thing):
            print("works", flush=True)

        def start():
            thing = THING
            process = Process(target=work, args=(SlowStart(), thing))
            process.start()
            return process, thing if KEPT else None

        if __name__ == "__main__":
            process, kept = start()
            gc.collect()
            pathlib.Path("lost").touch()
            process.join()
            print(process.exitcode)
        """,
            THING=thing,
            KEPT=kept,
        ),
    )
    works = kept or method == "fork"
    assert run.stdout.splitlines() == (["works", "0"] if works else ["1"])
    assert ("FileNotFoundError" in run.stderr) is not works


@pytest.mark.always("mem-value-is-a-c-number")
@ways(code={code: code for code in "bBhHiIlLqQ"})
def test_a_number_too_big_for_the_type_is_spoilt_silently(code: str) -> None:
    bits = 8 * array.array(code).itemsize
    highest = 2 ** (bits - 1 if code.islower() else bits) - 1
    number = Value(code, highest)
    assert number.value == highest
    number.value += 1
    assert number.value == (-(2 ** (bits - 1)) if code.islower() else 0)
    assert code != "i" or highest == 2**31 - 1


@pytest.mark.always("mem-array-is-shared")
@ways(method=METHODS)
def test_an_array_is_shared_and_has_a_fixed_length(method: str) -> None:
    trace = perform_by(
        method,
        """
        import multiprocessing

        def square(numbers):
            for place, number in enumerate(numbers):
                numbers[place] = number * number

        if __name__ == "__main__":
            numbers = multiprocessing.Array("i", [1, 2, 3])
            child = multiprocessing.Process(target=square, args=(numbers,))
            child.start()
            child.join()
            print(numbers[:])
        """,
    )
    assert trace.lines == ["[1, 4, 9]"]
    numbers = Array("i", 3)
    assert numbers[:] == [0, 0, 0]
    with pytest.raises(IndexError):
        numbers[3] = 1
    assert not hasattr(numbers, "append")


@pytest.mark.always("mem-value-into-a-pool")
@ways(
    method=METHODS,
    pool={
        "ProcessPoolExecutor": "ProcessPoolExecutor(1, {options})",
        "multiprocessing.Pool": "multiprocessing.Pool(1, {options})",
    },
)
def test_shared_things_reach_a_pool_by_its_initializer_only(method: str, pool: str) -> None:
    made = pool.format(options="initializer=keep, initargs=(things,)")
    trace = perform_by(
        method,
        filled(
            """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor

        def keep(things):
            global kept
            kept = things

        def add(thing=None):
            with kept["Lock"]:
                kept["Value"].value += 1
            kept["Event"].set()

        if __name__ == "__main__":
            things = {
                "Value": multiprocessing.Value("i", 1),
                "Lock": multiprocessing.Lock(),
                "Event": multiprocessing.Event(),
                "Queue": multiprocessing.Queue(),
            }
            with MADE as pool:
                run = pool.apply if hasattr(pool, "apply") else (
                    lambda work, args=(): pool.submit(work, *args).result()
                )
                run(add)
                print(things["Value"].value, things["Event"].is_set())
                for name, thing in things.items():
                    try:
                        run(add, (thing,))
                    except RuntimeError:
                        print(name, "is refused")
        """,
            MADE=made,
        ),
    )
    assert trace.lines == [
        "2 True",
        *(f"{name} is refused" for name in ("Value", "Lock", "Event", "Queue")),
    ]


@pytest.mark.sometimes("mem-value-loses-updates")
@ways(method=METHODS)
def test_without_the_lock_both_may_read_the_same(method: str) -> None:
    code = path_of("processes/memory_value_broken").read_text(encoding="utf-8")
    assert perform_by(method, code).lines == ["read 0, wrote 1"] * 2 + ["parent sees 1"]


UNLOCKED = {
    "RawValue": "RawValue('i', 0)",
    "RawArray": "RawArray('i', 2)",
    "Value": "Value('i', 0, lock=False)",
    "Array": "Array('i', 2, lock=False)",
}


@pytest.mark.always("mem-raw-has-no-lock")
@ways(made=UNLOCKED)
def test_without_a_lock_there_is_no_get_lock(made: str) -> None:
    trace = perform_script(
        filled(
            """
        from multiprocessing import Array, RawArray, RawValue, Value

        if __name__ == "__main__":
            for number in (Value("i", 0), MADE):
                try:
                    with number.get_lock():
                        print("locked")
                except AttributeError as error:
                    print(error)
    """,
            MADE=made,
        )
    )
    assert trace.lines[0] == "locked"
    message = trace.lines[1].replace("_Array_2", "")
    assert message == "'c_int' object has no attribute 'get_lock'"


@pytest.mark.always("mem-own-lock")
@ways(
    lock={"Lock": "Lock", "RLock": "RLock"},
    made={"Value": "Value('i', 0, lock=own)", "Array": "Array('i', 2, lock=own)"},
)
def test_a_lock_of_ones_own_serves_several_numbers(lock: str, made: str) -> None:
    trace = perform_script(
        filled(
            """
        from multiprocessing import Array, LOCK, Value

        if __name__ == "__main__":
            own, another = LOCK(), LOCK()
            numbers = [MADE, MADE]
            own = another
            numbers.append(MADE)
            print([number.get_lock() is another for number in numbers])
            print(numbers[0].get_lock() is numbers[1].get_lock())
    """,
            LOCK=lock,
            MADE=made,
        )
    )
    assert trace.lines == ["[False, False, True]", "True"]


TOUCHED = {
    "read": ("Value", lambda number: number.value),
    "write": ("Value", lambda number: setattr(number, "value", 1)),
    "read an item": ("Array", lambda numbers: numbers[0]),
    "write an item": ("Array", lambda numbers: numbers.__setitem__(0, 1)),
    "read a slice": ("Array", lambda numbers: numbers[:]),
}


@pytest.mark.always("mem-own-plain-lock")
@ways(touched=TOUCHED, again={"Lock": False, "RLock": True})
def test_a_plain_lock_of_ones_own_hangs(
    touched: tuple[str, Callable[[Any], object]], again: bool
) -> None:
    # no mutant: сколько раз захватывать блокировку, решает сам multiprocessing
    kind, touch = touched
    lock = RLock() if again else Lock()
    shared = Value("i", 0, lock=lock) if kind == "Value" else Array("i", 2, lock=lock)
    inside, done = threading.Event(), threading.Event()

    def work() -> None:
        # Whom the proof lets out of a plain lock has nothing left to release.
        with suppress(ValueError), shared.get_lock():
            inside.set()
            touch(shared)
            done.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    inside.wait()
    if not again:
        assert not done.wait(0.05)
        lock.release()
    thread.join()
    assert done.is_set()


class Watched:
    """Looks like a Value and may be touched only under its lock."""

    def __init__(self) -> None:
        self._inside = False
        self._number = 0

    @contextmanager
    def get_lock(self) -> Iterator[None]:
        self._inside = True
        yield
        self._inside = False

    @property
    def value(self) -> int:
        assert self._inside, "read without the lock"
        return self._number

    @value.setter
    def value(self, number: int) -> None:
        assert self._inside, "written without the lock"
        self._number = number


@pytest.mark.always("mem-get-lock-is-exact")
@ways(method=METHODS)
def test_nobody_gets_in_between_under_the_lock(method: str) -> None:
    trace = perform_by(
        method,
        """
        import multiprocessing

        def first(number, inside, tried):
            with number.get_lock():
                before = number.value
                inside.set()
                tried.wait()
                number.value = before + 1

        def second(number, inside, tried):
            inside.wait()
            print("let in:", number.get_lock().acquire(block=False))
            tried.set()
            with number.get_lock():
                number.value += 1

        if __name__ == "__main__":
            number = multiprocessing.Value("i", 0)
            events = multiprocessing.Event(), multiprocessing.Event()
            pair = [
                multiprocessing.Process(target=work, args=(number, *events))
                for work in (first, second)
            ]
            for process in pair:
                process.start()
            for process in pair:
                process.join()
            print(number.value)
        """,
    )
    assert trace.lines == ["let in: False", "2"]
    assert play("processes/memory_counter_fixed").lines == ["parent sees 200"]
    load("processes/memory_counter_fixed").count(Watched(), 100)


@pytest.mark.always("mem-block-by-name")
@ways(method=METHODS)
def test_a_block_opened_by_name_has_the_same_bytes(method: str) -> None:
    code = path_of("processes/memory_block").read_text(encoding="utf-8")
    assert perform_by(method, code).lines == ["parent reads 255"]


@pytest.mark.always("mem-close-unmaps")
@ways(
    closed={
        "close": "block.close()",
        "kept open": "",
        "collected": "del block; gc.collect()",
        "unlinked only": "block.unlink(); kept.append(block)",
        "another in its place": "block.close(); put_another()",
    }
)
def test_who_reads_at_the_address_of_a_closed_block_crashes(
    closed: str, request: pytest.FixtureRequest
) -> None:
    run = run_by(
        "spawn",
        filled(
            """
        import ctypes, gc
        from multiprocessing.shared_memory import SharedMemory

        if __name__ == "__main__":
            block, kept = SharedMemory(create=True, size=1), []
            block.buf[0] = 7
            # As an array over buf does, but one that keeps no export that would stop close().
            first = ctypes.c_ubyte.from_buffer(block.buf)
            address = ctypes.addressof(first)
            del first

            def put_another():
                while True:
                    another = SharedMemory(create=True, size=1)
                    kept.append(another)
                    another.buf[0] = 9
                    first = ctypes.c_ubyte.from_buffer(another.buf)
                    if ctypes.addressof(first) == address:
                        break

            CLOSED
            print(ctypes.string_at(address, 1), flush=True)
        """,
            CLOSED=closed,
        ),
    )
    way = request.node.callspec.id
    crashes = way in ("close", "collected")
    assert run.returncode == (-signal.SIGSEGV if crashes else 0)
    read = "b'\\t'\n" if way == "another in its place" else "b'\\x07'\n"
    assert run.stdout == ("" if crashes else read)


@pytest.mark.always("mem-unlink-removes-the-name")
@ways(who={"creator": True, "another": False})
def test_after_unlink_the_name_is_gone(who: bool) -> None:
    block = SharedMemory(create=True, size=1)
    name = block.name
    block.buf[0] = 7
    other = SharedMemory(name=name)
    (block if who else other).unlink()
    assert block.buf[0] == other.buf[0] == 7, "those who have it open keep it"
    block.close()
    other.close()
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=name)


@pytest.mark.always("mem-forgotten-block-is-cleaned-up")
@ways(end=MAIN_ENDS | {"os._exit": ("os._exit(4)", 4), "killed": ("os.kill(os.getpid(), 9)", -9)})
def test_a_forgotten_block_is_removed_with_a_warning(end: tuple[str, int]) -> None:
    ending, code = end
    command = (
        "import os, sys\n"
        "from multiprocessing.shared_memory import SharedMemory\n"
        f"print(SharedMemory(create=True, size=1).name, flush=True)\n{ending}"
    )
    # The call ends when the tracker, which holds stderr open, has ended, too.
    run = subprocess.run([sys.executable, "-c", command], capture_output=True, encoding="utf-8")
    assert run.returncode == code
    assert "leaked shared_memory" in run.stderr
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=run.stdout.strip())
    if sys.version_info >= (3, 13):
        untracked = command.replace("size=1", "size=1, track=False")
        run = subprocess.run([sys.executable, "-c", untracked], capture_output=True, text=True)
        assert "leaked shared_memory" not in run.stderr
        left = SharedMemory(name=run.stdout.strip())
        left.close()
        left.unlink()


TRACKED = {"by default": ("", True)} | (
    {"track=False": (", track=False", False)} if sys.version_info >= (3, 13) else {}
)


@pytest.mark.always("mem-foreign-process-unlinks")
@pytest.mark.parametrize(("option", "removed"), TRACKED.values(), ids=TRACKED)
def test_a_foreign_process_takes_the_name_along(option: str, removed: bool) -> None:
    block = SharedMemory(create=True, size=1)
    command = (
        "from multiprocessing.shared_memory import SharedMemory\n"
        f"SharedMemory('{block.name}'{option}).close()"
    )
    run = subprocess.run([sys.executable, "-c", command], capture_output=True, check=True)
    assert (b"leaked" in run.stderr) is removed
    if removed:
        with pytest.raises(FileNotFoundError):
            SharedMemory(name=block.name)
        # Our own tracker, too, must forget what is already gone.
        resource_tracker.unregister(f"/{block.name}", "shared_memory")
    else:
        SharedMemory(name=block.name).close()
        block.unlink()
    block.close()


CHILDREN = {
    "Process": """
        ours, theirs = multiprocessing.Pipe()
        child = multiprocessing.Process(target=serve, args=(theirs,))
        child.start()
        def ask(name): ours.send(name); return ours.recv()
        def end(): child.join()
    """,
    "ProcessPoolExecutor": """
        pool = ProcessPoolExecutor(1)
        def ask(name): return pool.submit(use, name).result()
        ask("")
        end = pool.shutdown
    """,
    "multiprocessing.Pool": """
        pool = multiprocessing.Pool(1)
        def ask(name): return pool.apply(use, (name,))
        ask("")
        def end(): pool.close(); pool.join()
    """,
}
"""How a child is started that opens or creates a block later: `ask` makes it, `end` ends it."""

BLOCK = "        block = SharedMemory(create=True, size=1)"
FIRST = "        first = SharedMemory(create=True, size=1)"
AGES = {
    "child first": ("{children}\n{block}\n{used}", True),
    "block first": ("{block}\n{children}\n{used}", False),
    "another block first": (
        "{first}\n{children}\n{block}\n{used}\n        first.close(); first.unlink()",
        False,
    ),
    "child creates": ("{children}\n{created}", True),
    "child creates, a block first": (
        "{first}\n{children}\n{created}\n        first.close(); first.unlink()",
        False,
    ),
}


@pytest.mark.always("mem-early-fork-child-unlinks")
@ways(method=METHODS, children=CHILDREN, age=AGES)
def test_only_a_forked_child_older_than_the_tracker_takes_the_name_along(
    method: str, children: str, age: tuple[str, bool]
) -> None:
    assert play("processes/memory_block").lines == ["parent reads 255"]
    assert play("processes/memory_block").stderr == ""
    order, is_older = age
    program = (
        """
    import time
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing.shared_memory import SharedMemory

    def use(name):
        if name == "create":
            block = SharedMemory(create=True, size=1)
        elif name:
            block = SharedMemory(name)
        else:
            return ""
        block.close()
        return block.name

    def serve(theirs):
        theirs.send(use(theirs.recv()))

    if __name__ == "__main__":
"""
        + order.format(
            children=children,
            first=FIRST,
            block=BLOCK,
            used="        name = block.name; ask(name); block.close()",
            created="        name = ask('create')",
        )
        + """
        end()
        while LOST:  # the child's tracker ends a moment after the child
            try:
                SharedMemory(name).close()
                time.sleep(0.01)
            except FileNotFoundError:
                break
        try:
            block = SharedMemory(name)
            block.close()
            block.unlink()
            print("still there")
        except FileNotFoundError:
            print("gone")
    """
    )
    lost = is_older and method == "fork"
    run = run_by(method, filled(program, LOST=lost))
    assert run.stdout == ("gone\n" if lost else "still there\n")
    # All trackers hold stderr open: what they say is complete.
    assert ("leaked shared_memory" in run.stderr) is lost
