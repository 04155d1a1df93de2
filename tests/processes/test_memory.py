"""Proofs for source/processes/memory.md."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import Array, Value
from multiprocessing.shared_memory import SharedMemory

import pytest
from proven.stage import load, perform_script, play


@pytest.mark.always("mem-each-child-counts-its-own")
def test_each_child_counts_in_a_copy_of_its_own() -> None:
    trace = play("processes/memory_counter_broken")
    *children, parent = trace.events
    assert [event.text for event in children] == ["child counted 100"] * 2
    assert len({event.actor for event in trace.events}) == 3
    assert parent.text == "parent sees 0"


@pytest.mark.always("mem-value-is-shared")
def test_all_see_what_anyone_writes_into_a_value() -> None:
    assert play("processes/memory_counter_fixed").lines == ["parent sees 200"]
    trace = perform_script("""
        import multiprocessing

        def reply(number):
            number.value *= 2

        if __name__ == "__main__":
            for method in ("fork", "forkserver", "spawn"):
                context = multiprocessing.get_context(method)
                number = context.Value("i", 10)
                number.value += 1
                child = context.Process(target=reply, args=(number,))
                child.start()
                child.join()
                print(number.value)
    """)
    assert trace.lines == ["22"] * 3


@pytest.mark.always("mem-value-is-a-c-number")
def test_a_number_too_big_for_the_type_is_spoilt_silently() -> None:
    number = Value("i", 2**31 - 1)
    assert number.value == 2**31 - 1
    number.value += 1
    assert number.value == -(2**31)


@pytest.mark.always("mem-array-is-shared")
def test_an_array_is_shared_and_has_a_fixed_length() -> None:
    trace = perform_script("""
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
    """)
    assert trace.lines == ["[1, 4, 9]"]
    numbers = Array("i", 3)
    assert numbers[:] == [0, 0, 0]
    with pytest.raises(IndexError):
        numbers[3] = 1
    assert not hasattr(numbers, "append")


@pytest.mark.sometimes("mem-value-loses-updates")
def test_without_the_lock_both_may_read_the_same() -> None:
    trace = perform_script("""
        import multiprocessing

        def count(number, both_have_read):
            before = number.value
            both_have_read.wait()
            number.value = before + 1

        if __name__ == "__main__":
            number = multiprocessing.Value("i", 0)
            both_have_read = multiprocessing.Barrier(2)
            pair = [
                multiprocessing.Process(target=count, args=(number, both_have_read))
                for _ in range(2)
            ]
            for process in pair:
                process.start()
            for process in pair:
                process.join()
            print(number.value)
    """)
    assert trace.lines == ["1"]


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
def test_nobody_gets_in_between_under_the_lock() -> None:
    trace = perform_script("""
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
    """)
    assert trace.lines == ["let in: False", "2"]
    assert play("processes/memory_counter_fixed").lines == ["parent sees 200"]
    load("processes/memory_counter_fixed").count(Watched(), 100)


@pytest.mark.always("mem-block-by-name")
def test_a_block_opened_by_name_has_the_same_bytes() -> None:
    assert play("processes/memory_block").lines == ["parent reads 255"]


@pytest.mark.always("mem-unlink-removes-the-name")
def test_after_unlink_the_name_is_gone() -> None:
    block = SharedMemory(create=True, size=1)
    name = block.name
    block.buf[0] = 7
    block.unlink()
    assert block.buf[0] == 7, "those who have it open keep it"
    block.close()
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=name)


@pytest.mark.always("mem-forgotten-block-is-cleaned-up")
def test_a_forgotten_block_is_removed_with_a_warning() -> None:
    code = (
        "from multiprocessing.shared_memory import SharedMemory\n"
        "print(SharedMemory(create=True, size=1).name)"
    )
    # The call ends when the tracker, which holds stderr open, has ended, too.
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8")
    assert run.returncode == 0
    assert "leaked shared_memory" in run.stderr
    with pytest.raises(FileNotFoundError):
        SharedMemory(name=run.stdout.strip())
