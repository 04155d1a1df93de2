"""Proofs for source/races/which-primitive.md."""

import signal
from collections.abc import Callable
from contextlib import suppress
from threading import (
    Barrier,
    BoundedSemaphore,
    BrokenBarrierError,
    Condition,
    Event,
    Lock,
    RLock,
    Semaphore,
    Thread,
    get_ident,
)
from time import sleep
from typing import Any
from unittest.mock import Mock, call

import pytest
from proven.stage import explore, load, play
from proven.stage.explore import Exploration, Threads, threading

from tests.ways import ways

Explored = Callable[..., None]
Together = Callable[[int, Callable[[], object]], None]
MEMORY = "races/which_primitive_memory_fixed"
PIECEMEAL = "races/which_primitive_memory_broken"


@pytest.mark.always("primitive-event-stays-set")
@ways(threads={"1": 1, "2": 2, "20": 20}, timeout={"none": None, "0": 0, "an hour": 3600})
def test_who_comes_after_set_does_not_wait(
    together: Together, threads: int, timeout: float | None
) -> None:
    assert play("races/which_primitive_event").ordered(
        "main: load", "early: port 8000", "late: port 8000"
    )
    event, passed = Event(), list[bool]()
    event.set()
    for _ in range(2):
        together(threads, lambda: passed.append(event.wait(timeout)))
    assert passed == [True] * 2 * threads


@pytest.mark.always("primitive-event-never-set")
@ways(
    error={"exception": OSError, "SystemExit": SystemExit},
    first={"waiting": True, "failing": False},
    waiting={"1": 1, "3": 3},
)
def test_who_waits_for_one_that_failed_waits_on(
    error: type[BaseException], first: bool, waiting: int
) -> None:
    # no mutant: в программе страницы настройки читаются без ошибки
    event = Event()

    def announce() -> None:
        with suppress(error):
            raise error
            event.set()

    threads = [Thread(target=event.wait, daemon=True) for _ in range(waiting)]
    failing = Thread(target=announce)
    for thread in [*threads, failing] if first else [failing, *threads]:
        thread.start()
    failing.join()
    for thread in threads:
        thread.join(0.02)
        assert thread.is_alive()
    event.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


class Pulse:
    """An event that is cleared as soon as it's set."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def wait(self) -> None:
        self.event.wait()

    def pulse(self) -> None:
        self.event.set()
        self.event.clear()


class Set(Pulse):
    """The same, but nobody clears it."""

    def pulse(self) -> None:
        self.event.set()


@pytest.mark.sometimes("primitive-pulse-missed")
@ways(threads={"1": 1, "2": 2})
def test_who_comes_after_clear_waits_for_ever(threads: int) -> None:
    # no mutant: утверждение о самом Event; без clear() перебор не находит ничего
    def explored(make: Callable[[], Any]) -> Exploration:
        waiting = [lambda it: it.wait()] * threads
        return Threads(make, [*waiting, lambda it: it.pulse()]).explore(first=True)

    failure = explored(Pulse).failure
    assert failure
    assert failure.kind == "deadlock"
    assert explored(Set).holds


class Inside:
    """Counts who is inside, and notes that there were too many."""

    def __init__(self, permits: Any) -> None:
        self.permits = permits
        self.inside: list[int] = []
        self.counts: list[int] = []

    def visit(self) -> None:
        with self.permits:
            self.inside.append(1)
            self.counts.append(len(self.inside))
            self.inside.pop()


class Unlimited(Inside):
    """A broken twin: each makes a semaphore of its own."""

    def visit(self) -> None:
        self.permits = threading.Semaphore(1)
        super().visit()


def visits(make: Callable[[], Inside], limit: int) -> Exploration:
    """Explore one more visitor than there are permits."""
    return Threads(
        make, [lambda it: it.visit()] * (limit + 1), lambda it: max(it.counts) <= limit
    ).explore(preemptions=limit, first=True)


@pytest.mark.never("primitive-semaphore-limit")
@ways(
    permits={
        "one": (threading.Semaphore, 1),
        "one, bounded": (threading.BoundedSemaphore, 1),
        "two": (threading.Semaphore, 2),
    }
)
def test_no_more_than_the_permits_are_inside(
    explored: Explored, permits: tuple[Callable[[int], Any], int]
) -> None:
    # no mutant: утверждение о самом семафоре; ошибку перебор находит в двух неверных семафорах
    kind, limit = permits
    right = visits(lambda: Inside(kind(limit)), limit)
    assert right.holds, right.failure
    twins = (lambda: Inside(kind(limit + 1)), lambda: Unlimited(None))
    explored(right.orders, twin_fails=[not visits(twin, limit).holds for twin in twins])


@pytest.mark.always("primitive-extra-release")
@ways(permits={"0": 0, "1": 1, "2": 2, "20": 20})
def test_a_permit_too_many(permits: int) -> None:
    lines = play("races/which_primitive_permits").lines
    assert lines[:4] == [f"acquired: {got}" for got in (True, True, False, True)]
    assert [line.partition(":")[0] for line in lines[4:]] == ["ValueError"]
    bounded, plain = BoundedSemaphore(permits), Semaphore(permits)
    with pytest.raises(ValueError, match="released too many times"):
        bounded.release()
    plain.release()
    for semaphore, expected in ((bounded, permits), (plain, permits + 1)):
        got = [semaphore.acquire(blocking=False) for _ in range(permits + 2)]
        assert got.count(True) == expected
    held = BoundedSemaphore(permits + 1)
    assert held.acquire(blocking=False)
    held.release()
    assert held.acquire(blocking=False), "a permit is out, its holder still works"
    held.release()  # one too many, by another: nothing is raised
    got = [held.acquire(blocking=False) for _ in range(permits + 2)]
    assert got.count(True) == permits + 1, "with the holder one more than allowed is inside"
    for _ in range(permits + 1):
        held.release()
    with pytest.raises(ValueError, match="released too many times"):
        held.release()  # the holder's own


@pytest.mark.always("primitive-released-by-another")
@ways(kind={"Semaphore": Semaphore, "BoundedSemaphore": BoundedSemaphore, "Lock": Lock})
def test_another_thread_may_give_it_back(together: Together, kind: Callable[[], Any]) -> None:
    # no mutant: утверждение о самих классах: RLock чужого потока не слушает, остальные слушают
    thing, own, errors = kind(), RLock(), list[str]()
    assert thing.acquire(blocking=False)
    together(1, thing.release)
    assert thing.acquire(blocking=False)

    def release() -> None:
        try:
            own.release()
        except RuntimeError as error:
            errors.append(str(error))

    own.acquire()
    together(1, release)
    assert errors == ["cannot release un-acquired lock"]


class NoBarrier:
    """A broken twin: waits for nobody."""

    def wait(self) -> None:
        pass


class BarrierFirst:
    """A broken twin: they meet before each has told its sum."""

    def __init__(self, _: int = 0) -> None:
        self.counted = threading.Barrier(2)
        self.sums: list[int] = []
        self.shares: list[float] = []

    def work(self, numbers: list[int]) -> None:
        self.counted.wait()
        self.sums.append(sum(numbers))
        self.shares.append(sum(numbers) / sum(self.sums))


def reports(make: Callable[[], Any]) -> Exploration:
    """Explore two who count and then need each other's sum."""
    return Threads(
        make,
        [lambda report: report.work([1]), lambda report: report.work([3])],
        lambda report: sorted(report.shares) == [0.25, 0.75],
        snippets=["races/which_primitive_barrier"],
    ).explore(first=True)


@pytest.mark.never("primitive-barrier-nobody-early")
def test_nobody_passes_before_all_have_come(explored: Explored, together: Together) -> None:
    assert play("races/which_primitive_barrier").lines == ["shares: [0.25, 0.25, 0.5]"]
    right = reports(lambda: explore.load("races/which_primitive_barrier").Report(2))
    assert right.holds, right.failure

    def without() -> Any:
        report = explore.load("races/which_primitive_barrier").Report(2)
        report.counted = NoBarrier()
        return report

    explored(right.orders, twin_fails=[not reports(twin).holds for twin in (without, BarrierFirst)])
    barrier, met = Barrier(3), list[int]()

    def rounds() -> None:
        for number in range(20):
            barrier.wait()
            met.append(number)
            barrier.wait()

    together(3, rounds)
    assert met == [number for number in range(20) for _ in range(3)], "it serves round after round"


def _abort(barrier: Barrier) -> None:
    barrier.abort()


def _lose_patience(barrier: Barrier) -> None:
    with pytest.raises(BrokenBarrierError):
        barrier.wait(timeout=0)


@pytest.mark.always("primitive-barrier-breaks-for-all")
@ways(breaks={"abort": _abort, "timeout": _lose_patience}, waiting={"0": 0, "1": 1, "5": 5})
def test_a_broken_barrier_is_broken_for_all(
    breaks: Callable[[Barrier], None], waiting: int
) -> None:
    # no mutant: утверждение о самом барьере, программа к нему не нужна
    barrier, raised = Barrier(waiting + 2), list[str]()

    def work() -> None:
        try:
            barrier.wait()
        except BrokenBarrierError as error:
            raised.append(type(error).__name__)

    threads = [Thread(target=work) for _ in range(waiting)]
    for thread in threads:
        thread.start()
    breaks(barrier)
    late = Thread(target=work)
    late.start()
    for thread in (*threads, late):
        thread.join()
    assert raised == ["BrokenBarrierError"] * (waiting + 1), "who comes later doesn't wait either"
    barrier.reset()
    assert not barrier.broken


@pytest.mark.always("primitive-barrier-interrupted")
@ways(waiting={"1": 1, "5": 5})
def test_an_interrupted_wait_leaves_the_others_waiting(waiting: int) -> None:
    # no mutant: утверждение о самом барьере, программа к нему не нужна
    barrier, caught, raised = Barrier(waiting + 2), list[int](), list[str]()
    main = get_ident()

    def interrupt(number: int, _: object) -> None:
        if not caught:
            caught.append(number)
            raise KeyboardInterrupt

    def press() -> None:
        while not caught:  # one may come too early for the wait
            if barrier.n_waiting == waiting + 1:
                signal.pthread_kill(main, signal.SIGINT)
            sleep(0.001)

    def work() -> None:
        try:
            barrier.wait()
        except BrokenBarrierError as error:
            raised.append(type(error).__name__)

    threads = [Thread(target=work) for _ in range(waiting)]
    before = signal.signal(signal.SIGINT, interrupt)
    try:
        for thread in (*threads, Thread(target=press)):
            thread.start()
        with pytest.raises(KeyboardInterrupt):
            barrier.wait(timeout=30)
    finally:
        signal.signal(signal.SIGINT, before)
    assert not barrier.broken
    assert barrier.n_waiting == waiting
    assert raised == []
    barrier.abort()
    for thread in threads:
        thread.join()
    assert raised == ["BrokenBarrierError"] * waiting


def takers(make: Callable[[], Any], *amounts: int) -> Exploration:
    """Explore threads that take so many gigabytes each and give them back."""

    def use(amount: int) -> Callable[[Any], None]:
        def work(memory: Any) -> None:
            memory.take(amount)
            memory.give(amount)

        return work

    return Threads(make, [use(amount) for amount in amounts], snippets=[MEMORY, PIECEMEAL]).explore(
        first=True
    )


@pytest.mark.sometimes("primitive-permits-one-by-one-deadlock")
def test_permits_taken_one_by_one_can_deadlock() -> None:
    assert play(PIECEMEAL).lines == ["stuck: [True, True]"]
    failure = takers(lambda: explore.load(PIECEMEAL).Memory(2), 2, 2).failure
    assert failure
    assert failure.kind == "deadlock"
    memory = load(PIECEMEAL).Memory(2)
    for _ in range(2):
        memory.take(2)
        memory.give(2)
    assert memory.free.acquire(blocking=False), "one after the other they do get theirs"


def no_signal() -> Any:
    """Return a broken twin: gives back in silence."""
    memory = explore.load(MEMORY).Memory(2)
    memory.changed.notify_all = lambda: None
    return memory


class Looking(Condition):
    """Tells of each look at a condition that isn't true yet."""

    def __init__(self) -> None:
        super().__init__()
        self.looks = Semaphore(0)

    def wait(self, timeout: float | None = None) -> bool:
        self.looks.release()
        return super().wait(timeout)


@pytest.mark.sometimes("primitive-large-amount-starves")
def test_a_large_amount_may_never_be_there() -> None:
    memory = load(MEMORY).Memory(2)
    memory.changed = Looking()
    looks = memory.changed.looks
    memory.take(1)
    memory.take(1)
    large = Thread(target=memory.take, args=(2,), daemon=True)
    large.start()
    assert looks.acquire(timeout=60)
    for _ in range(20):
        memory.give(1)  # a small job has ended,
        assert looks.acquire(timeout=60)  # which isn't enough for the large one,
        memory.take(1)  # and the next small one begins
    assert large.is_alive()
    memory.give(1)
    memory.give(1)  # as soon as no small one comes between
    large.join(timeout=60)
    assert not large.is_alive()


@pytest.mark.never("primitive-amount-at-once-no-deadlock")
def test_an_amount_taken_at_once_never_deadlocks(explored: Explored) -> None:
    assert play(MEMORY).lines == ["free: 2"]
    memory = Mock(wraps=load(MEMORY).Memory(2))
    load(MEMORY).use(memory)
    assert memory.method_calls == [call.take(2), call.give(2)]
    alone = load(MEMORY).Memory(2)
    alone.take(2)
    assert alone.free == 0
    alike, unlike = (
        takers(lambda: explore.load(MEMORY).Memory(2), *amounts) for amounts in ((2, 2), (1, 2))
    )
    for right in (alike, unlike):
        assert right.holds, right.failure
    twins = (lambda: explore.load(PIECEMEAL).Memory(2), no_signal)
    explored(
        alike.orders + unlike.orders, twin_fails=[not takers(twin, 2, 2).holds for twin in twins]
    )
