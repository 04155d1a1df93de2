"""Proofs for source/races/lock.md."""

import operator
import signal
import subprocess
import sys
import threading
from ast import literal_eval
from collections.abc import Callable, Generator
from contextlib import suppress
from copy import deepcopy
from queue import LifoQueue, Queue, SimpleQueue
from threading import Barrier, Event, Lock, Semaphore, Thread
from time import sleep
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import MagicMock

import pytest
from proven.stage import explore, load, play
from proven.stage.explore import Exploration, Threads

from tests.ways import ways
from tests.ways_processes import METHODS, filled, run_by


class WriteLocked:
    """A broken twin: the lock is around the write only."""

    def __init__(self) -> None:
        self.value, self.lock = 0, explore.threading.Lock()

    def add(self) -> None:
        value = self.value
        with self.lock:
            self.value = value + 1


class LockInside(WriteLocked):
    """A broken twin: each call makes a lock of its own."""

    def add(self) -> None:
        with explore.threading.Lock():
            value = self.value
            self.value = value + 1


class WriterOnly:
    """A broken twin of the snippet's money: only the writer's second half is locked."""

    def __init__(self) -> None:
        self.cash, self.card, self.lock = 100, 0, explore.threading.Lock()

    def deposit(self) -> None:
        self.cash -= 30
        with self.lock:
            self.card += 30

    def total(self) -> int:
        with self.lock:
            return self.cash + self.card


class SplitReader(WriterOnly):
    """A broken twin: the reader takes the lock for each half anew."""

    def deposit(self) -> None:
        with self.lock:
            self.cash -= 30
            self.card += 30

    def total(self) -> int:
        with self.lock:
            cash = self.cash
        with self.lock:
            return cash + self.card


@pytest.mark.never("lock-no-lost-update")
def test_additions_under_one_lock_are_never_lost(explored: Callable[..., None]) -> None:
    assert play("races/lock_counter").lines == ["4000"]
    bare = load("races/lost_update_steps").Counter
    alone = bare()
    for _ in range(6):
        alone.add()
    assert alone.value == 6, "the twin is right as long as nobody interferes"
    count, twins = 0, []
    for threads, additions in ((2, 1), (3, 1), (2, 3)):

        def add(counter: Any, additions: int = additions) -> None:
            for _ in range(additions):
                counter.add()

        def explore_by(
            make: Callable[[], Any], threads: int = threads, total: int = threads * additions
        ) -> Exploration:
            return Threads(
                make,
                [add] * threads,
                lambda counter: counter.value == total,
                snippets=["races/lock_counter", "races/lost_update_steps"],
            ).explore(first=True)

        locked = explore_by(lambda: explore.load("races/lock_counter").Counter())
        assert locked.holds, locked.failure
        count += locked.orders
        without = explore.load("races/lost_update_steps").Counter
        twins += [not explore_by(twin).holds for twin in (without, WriteLocked, LockInside)]
    explored(count, twin_fails=twins)


@pytest.mark.always("lock-one-inside")
@ways(kind={"Lock": Lock, "RLock": threading.RLock}, threads={"1": 1, "2": 2, "10": 10})
def test_only_one_thread_is_inside(
    together: Callable[..., None], kind: Callable[[], Any], threads: int
) -> None:
    inside, total = play("races/lock_inside_fixed").lines
    assert literal_eval(inside) == ["enters", "leaves"] * 2
    assert total == "sold 2 times for 10, total 20"
    lock, begin = kind(), Barrier(threads)
    seen: list[str] = []

    def work() -> None:
        begin.wait()
        for _ in range(20):
            with lock:
                seen.append("enters")
                sleep(0)  # a chance for others to come in, if they could
                seen.append("leaves")

    together(threads, work)
    assert seen == ["enters", "leaves"] * 20 * threads


@pytest.mark.always("lock-is-voluntary")
def test_a_lock_stops_only_those_who_take_it() -> None:
    # one way: a write that asks nobody, beside one that asks
    counter = load("races/lock_counter").Counter()
    with counter.lock:
        writer = Thread(target=setattr, args=(counter, "value", 7))
        writer.start()
        writer.join()
        assert counter.value == 7
        adder = Thread(target=counter.add)
        adder.start()
        assert counter.value == 7
        assert adder.is_alive()
    adder.join()
    assert counter.value == 8


@pytest.mark.sometimes("lock-reader-without-lock-sees-half")
def test_a_reader_without_the_lock_can_see_half_of_a_change() -> None:
    trace = play("races/lock_readers")
    assert trace.ordered("without the lock: 70", "with the lock: 100")


@pytest.mark.never("lock-reader-with-lock-sees-whole")
def test_a_reader_with_the_lock_never_sees_half(explored: Callable[..., None]) -> None:
    def read_by(total: str, make: Callable[[], Any] | None = None) -> Exploration:
        return Threads(
            lambda: (make() if make else explore.load("races/lock_readers").Money(), []),
            [
                lambda shared: shared[0].deposit(),
                lambda shared: shared[1].append(getattr(shared[0], total)()),
            ],
            lambda shared: shared[1] == [100],
            snippets=["races/lock_readers"],
        ).explore()

    whole = read_by("total")
    assert whole.holds, whole.failure
    twins = (
        read_by("total_without_lock"),
        *(read_by("total", m) for m in (WriterOnly, SplitReader)),
    )
    explored(whole.orders, twin_fails=[not twin.holds for twin in twins])


GIVES: dict[str, tuple[Any, Callable[[Any], Any], bool]] = {
    "list": ([1], lambda data: data, True),
    "dict": ({1: "one"}, lambda data: data, True),
    "keys()": ({1: "one"}, dict.keys, True),
    "generator": ([1], lambda data: (number for number in data), True),
    "map": ([1], lambda data: map(int, data), True),
    "copy of a list": ([1], list, False),
    "copy of a dict": ({1: "one"}, dict.copy, False),
    "sorted": ([1], sorted, False),
    "deep copy": ([1], deepcopy, False),
}
"""What a method reads, what it gives out, and whether that changes with what it was made of."""


@pytest.mark.always("lock-result-is-outside")
@ways(gives=GIVES)
def test_what_is_given_out_is_read_without_the_lock(
    together: Callable[..., None], gives: tuple[Any, Callable[[Any], Any], bool]
) -> None:
    data, give, changes = gives
    data, lock = type(data)(data), Lock()

    def all_of_it() -> Any:
        with lock:
            return give(data)

    def add() -> None:
        with lock:
            if isinstance(data, list):
                data.append(2)
            else:
                data[2] = "two"

    given = all_of_it()
    together(1, add)
    with lock:  # whoever holds it, the given is read
        seen: list[int] = []
        together(1, lambda: seen.extend(given))
    assert seen == [1, 2][: 1 + changes]

    if not changes:  # A copy: what it holds is shared, unless the copy is deep.
        inner = [1]
        data = [inner] if isinstance(data, list) else {1: inner}
        given = all_of_it()
        together(1, lambda: inner.append(2))
        held = given if isinstance(given, list) else list(given.values())
        assert held == ([[1]] if give is deepcopy else [[1, 2]])


FINISHES: dict[str, Callable[[Generator[int, None, None]], object]] = {
    "read to its end": list,
    "closed": Generator.close,
    "stopped by an exception": lambda rows: suppress_in(rows, ValueError()),
}


def suppress_in(rows: Generator[int, None, None], error: Exception) -> None:
    """Throw the error into the generator and catch it."""
    with suppress(type(error)):
        rows.throw(error)


@pytest.mark.always("lock-generator-holds")
@ways(finish=FINISHES, by={"same thread": False, "another": True})
def test_a_generator_holds_the_lock_while_it_waits(
    together: Callable[..., None],
    finish: Callable[[Generator[int, None, None]], object],
    by: bool,
) -> None:
    lock, got = Lock(), list[bool]()

    def all_rows() -> Generator[int, None, None]:
        with lock:
            yield from (1, 2, 3)

    def take() -> None:
        # Without a wait: a `with` would never get it.
        got.append(lock.acquire(blocking=False))

    def attempt() -> None:
        together(1, take) if by else take()

    rows = all_rows()
    assert not lock.locked(), "not begun, it holds nothing"
    for _ in range(2):
        next(rows)
        attempt()
    finish(rows)
    attempt()
    assert got == [False, False, True]


def _raises(lock: Any, error: BaseException) -> None:
    with lock:
        raise error


def _returns(lock: Any, _: BaseException) -> None:
    with lock:
        return


def _breaks(lock: Any, _: BaseException) -> None:
    for _ in range(2):
        with lock:
            break


@pytest.mark.always("lock-with-releases-on-error")
@ways(
    leave={"exception": _raises, "return": _returns, "break": _breaks},
    error={"Exception": KeyError(), "SystemExit": SystemExit(), "Ctrl+C": KeyboardInterrupt()},
)
def test_with_releases_the_lock_however_it_is_left_and_acquire_does_not(
    leave: Callable[[Any, BaseException], None], error: BaseException
) -> None:
    trace = play("races/lock_on_error")
    assert trace.lines == ["fail_in_with: locked False", "fail_after_acquire: locked True"]
    taken: list[bool] = []
    for lock in (threading.Lock(), threading.RLock()):
        with suppress(BaseException):
            leave(lock, error)
        other = Thread(target=lambda lock=lock: taken.append(lock.acquire(blocking=False)))
        other.start()
        other.join()
    assert taken == [True, True]
    lock = MagicMock()
    with pytest.raises(ValueError):  # noqa: PT011 - the snippet's own
        load("races/lock_on_error").fail_in_with(lock)
    lock.__enter__.assert_called_once()
    lock.__exit__.assert_called_once()


def left_locked(kind: str) -> str:
    """Return what is told of locks of this kind, each interrupted once within its `with`."""
    program = """
        import signal
        import threading

        def interrupt(*_):
            raise KeyboardInterrupt

        def interrupted(lock):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.001)
                while True:
                    with lock:
                        pass
            except KeyboardInterrupt:
                return lock

        def is_free(lock):
            got = []
            other = threading.Thread(target=lambda: got.append(lock.acquire(blocking=False)))
            other.start()
            other.join()
            return got[0]

        signal.signal(signal.SIGALRM, interrupt)
        # Any of many tries: the signal must come in the one moment after the lock is taken.
        print(any(not is_free(interrupted(threading.KIND())) for _ in range(2_000)))
    """
    command = [sys.executable, "-c", filled(program, KIND=kind)]
    return subprocess.check_output(command, encoding="utf-8", timeout=60).strip()


SIGNALS = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no timer")


@SIGNALS
@pytest.mark.sometimes("lock-with-interrupted", since="3.14", before="3.15")
@ways(kind={"Lock": "Lock", "RLock": "RLock"})
def test_an_interrupt_can_leave_a_lock_taken(kind: str) -> None:
    # no mutant: утверждение о Python 3.14, а мутантов делают на 3.11
    assert left_locked(kind) == "True"


@SIGNALS
@pytest.mark.sometimes("lock-condition-interrupted")
def test_an_interrupt_can_leave_a_condition_taken() -> None:
    # no mutant: в какой миг придёт сигнал, решает система
    assert left_locked("Condition") == "True"


@pytest.mark.sometimes("lock-inside-protects-nothing")
def test_a_lock_made_inside_lets_everybody_in(together: Callable[..., None]) -> None:
    assert play("races/lock_inside_broken").lines == ["sold 2 times for 10, total 10"]
    till = load("races/lock_inside_broken").Till()
    all_inside = Barrier(3)

    def ask_price() -> int:
        all_inside.wait()  # nobody gets through unless all three are inside at once
        return 10

    together(3, lambda: till.sell(ask_price))
    assert till.total == 10


class LockPerCall:
    """A broken twin: the lock is the object's, but each call puts another one there."""

    def __init__(self) -> None:
        self.total = 0

    def sell(self, ask_price: Callable[[], int]) -> None:
        self.lock = explore.threading.Lock()
        with self.lock:
            self.total += ask_price()


class PriceUnlocked(LockPerCall):
    """A broken twin: what is added is read before the lock is taken."""

    def __init__(self) -> None:
        self.total, self.lock = 0, explore.threading.Lock()

    def sell(self, ask_price: Callable[[], int]) -> None:
        total = self.total
        with self.lock:
            self.total = total + ask_price()


@pytest.mark.never("lock-of-object-no-lost-update")
def test_a_lock_of_the_object_itself_loses_nothing(explored: Callable[..., None]) -> None:
    def two_sales(make: Callable[[], Any]) -> Exploration:
        return Threads(
            make,
            [lambda till: till.sell(lambda: 10)] * 2,
            lambda till: till.total == 20,
            snippets=["races/lock_inside_fixed", "races/lock_inside_broken"],
        ).explore()

    fixed = two_sales(lambda: explore.load("races/lock_inside_fixed").Till())
    assert fixed.holds, fixed.failure
    inside = explore.load("races/lock_inside_broken").Till
    twins = [not two_sales(twin).holds for twin in (inside, LockPerCall, PriceUnlocked)]
    explored(fixed.orders, twin_fails=twins)


@pytest.mark.always("lock-any-thread-releases")
def test_any_thread_may_release_a_lock_but_not_an_rlock() -> None:
    # one way: a fact about the two types
    errors: list[type[BaseException]] = []

    def release(lock: Any) -> None:
        try:
            lock.release()
        except RuntimeError as error:
            errors.append(type(error))

    for lock, refused in ((threading.Lock(), []), (threading.RLock(), [RuntimeError])):
        lock.acquire()
        thread = Thread(target=release, args=(lock,))
        thread.start()
        thread.join()
        assert errors == refused


@pytest.mark.always("lock-of-one-process")
@ways(method=METHODS, kind={"Lock": "Lock", "RLock": "RLock"})
def test_another_process_has_a_lock_of_its_own(method: str, kind: str) -> None:
    # no mutant: программа стоит в самом доказательстве
    run = run_by(
        method,
        filled(
            """
        import threading
        from multiprocessing import Event, Process

        lock = threading.KIND()

        def work(held):
            held.wait()
            print(lock.acquire(blocking=False), flush=True)

        if __name__ == "__main__":
            held = Event()
            child = Process(target=work, args=(held,))
            child.start()
            with lock:
                held.set()
                child.join()
        """,
            KIND=kind,
        ),
    )
    assert run.stdout == "True\n"


Place = tuple[Callable[[], Any], Callable[[Any], object]]
a_global: Any = None


class Slotted:
    """An object whose attribute lies in a slot."""

    __slots__ = ("value",)


def attribute_of(holder: Any) -> Place:
    holder.value = None
    return lambda: holder.value, lambda value: setattr(holder, "value", value)


def item_of(holder: Any) -> Place:
    holder[0] = None
    return lambda: holder[0], lambda value: operator.setitem(holder, 0, value)


def global_variable() -> Place:
    def write(value: Any) -> None:
        global a_global
        a_global = value

    write(None)
    return lambda: a_global, write


def variable_of_function() -> Place:
    variable = None

    def write(value: Any) -> None:
        nonlocal variable
        variable = value

    return lambda: variable, write


PLACES: dict[str, Callable[[], Place]] = {
    "attribute": lambda: attribute_of(SimpleNamespace()),
    "attribute of a class": lambda: attribute_of(type("Settings", (), {})),
    "slot": lambda: attribute_of(Slotted()),
    "value of a dict": lambda: item_of({}),
    "element of a list": lambda: item_of([None]),
    "global": global_variable,
    "variable of the function around": variable_of_function,
}


@pytest.mark.always("lock-write-is-seen")
@ways(make=PLACES, by={"main": False, "another": True})
def test_a_write_is_seen_by_who_reads_again(make: Callable[[], Place], by: bool) -> None:
    (read, write), has_read, seen = make(), Event(), []

    def reader() -> None:
        copy = read()
        has_read.set()
        # No lock, and no wait that might hand the write over.
        while read() is None:
            pass
        seen.append((copy, read()))

    thread = Thread(target=reader, daemon=True)
    thread.start()
    assert has_read.wait(60)
    if by:
        writer = Thread(target=write, args=("new",))
        writer.start()
        writer.join()
    else:
        write("new")
    thread.join(60)
    assert seen == [(None, "new")], "what was copied stays, who reads anew sees the write"


class Handed(NamedTuple):
    """How a thread says that it has written, and how another learns it."""

    say: Callable[[], object]
    learn: Callable[[Thread], object]


def by_lock(kind: type[Any]) -> Handed:
    # The writer lets go of what is held from the beginning.
    lock = kind()
    lock.acquire()
    return Handed(lock.release, lambda _: lock.acquire())


def by_event() -> Handed:
    event = Event()
    return Handed(event.set, lambda _: event.wait())


def by_queue(kind: type[Any]) -> Handed:
    queue = kind()
    return Handed(lambda: queue.put("written"), lambda _: queue.get())


HANDED: dict[str, Callable[[], Handed]] = {
    "Lock": lambda: by_lock(Lock),
    "Semaphore": lambda: by_lock(Semaphore),
    "Event": by_event,
    "Queue": lambda: by_queue(Queue),
    "SimpleQueue": lambda: by_queue(SimpleQueue),
    "LifoQueue": lambda: by_queue(LifoQueue),
    "join": lambda: Handed(lambda: None, Thread.join),
}


@pytest.mark.always("lock-orders-writes")
@ways(hand=HANDED, make=PLACES)
def test_who_learns_of_writes_sees_them_all(
    hand: Callable[[], Handed], make: Callable[[], Place]
) -> None:
    # Of the global variable there is but one.
    many = 1 if make is global_variable else 20
    for _ in range(20):
        handed, places, go = hand(), [make() for _ in range(many)], Event()

        def writer(handed: Handed = handed, places: list[Place] = places, go: Event = go) -> None:
            go.wait()
            for number, (_, write) in enumerate(places):
                write(number)
            handed.say()

        thread = Thread(target=writer)
        thread.start()
        go.set()
        handed.learn(thread)
        assert [read() for read, _ in places] == list(range(len(places)))
        thread.join()
