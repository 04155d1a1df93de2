"""Proofs for source/races/finding.md."""

import time
from collections.abc import Callable
from threading import Barrier, BrokenBarrierError, Lock, RLock, Thread, current_thread
from typing import Any

import pytest
from proven.stage import explore, load, play
from proven.stage.explore import Exploration, Threads

from tests.ways import ways


@pytest.mark.sometimes("finding-race-without-data-race")
def test_a_race_where_each_access_is_locked() -> None:
    assert play("races/finding_broken").lines == ["left: -1"]
    accesses: list[bool] = []

    class Watched(load("races/finding_broken").Interrupted):
        def __getattribute__(self, name: str) -> Any:
            if name == "left" and "second" in self.__dict__:
                accesses.append(self.lock.locked())
            return super().__getattribute__(name)

    stock = Watched(left=1)
    stock.take()
    assert accesses == [True] * 4, "two checks and two changes, each under the lock"
    assert stock.left == -1


@pytest.mark.sometimes("finding-thousand-runs-green")
def test_a_thousand_runs_in_one_order_show_nothing() -> None:
    module = load("races/finding_broken")
    for _ in range(1000):
        stock = module.Stock(left=1)
        for _ in range(2):
            thread = Thread(target=stock.take)
            thread.start()
            thread.join()
        assert stock.left == 0
    stock = module.Interrupted(left=1)
    stock.take()
    assert stock.left == -1, "the fault is there"


class Attribute:
    """A home-made flag: an attribute."""

    busy = False

    def is_free(self) -> bool:
        return not self.busy

    def take(self) -> None:
        self.busy = True

    def give(self) -> None:
        self.busy = False


class Key(Attribute):
    """A home-made flag: whether a set has a key."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def is_free(self) -> bool:
        return "printer" not in self.taken

    def take(self) -> None:
        self.taken.add("printer")

    def give(self) -> None:
        self.taken.discard("printer")


@pytest.mark.always("finding-whole-second-hides")
@ways(make={"attribute": Attribute, "key of a set": Key}, whole={"whole": True, "met": False})
def test_a_second_thread_run_whole_leaves_no_trace(
    make: Callable[[], Attribute], whole: bool
) -> None:
    # no mutant: в примерах страницы флага нет
    flag, log, both, second = make(), list[str](), Barrier(2), list[Thread]()

    def use() -> None:
        if not flag.is_free():
            return
        if not whole:
            both.wait()
        elif not second:
            second.append(Thread(target=use))
            second[0].start()
            second[0].join()
        flag.take()
        log.append("in")
        if not whole:
            both.wait()
        log.append("out")
        flag.give()

    threads = [Thread(target=use) for _ in range(1 if whole else 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log == (["in", "out"] * 2 if whole else ["in", "in", "out", "out"])


def met(snippet: str, threads: int, timeout: float) -> tuple[int, int]:
    """Let threads meet in pairs after the check; return what is left and how often none came."""
    barrier = Barrier(2)
    alone: list[bool] = []

    class Meeting(load(snippet).Stock):
        def is_empty(self) -> bool:
            empty: bool = super().is_empty()
            try:
                barrier.wait(timeout)
            except BrokenBarrierError:
                alone.append(True)
            return empty

    stock = Meeting(left=1)
    workers = [Thread(target=stock.take) for _ in range(threads)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    return stock.left, len(alone)


@pytest.mark.always("finding-barrier-after-lock")
@ways(threads={"two": 2, "five": 5})
def test_nobody_is_met_under_a_lock(threads: int) -> None:
    assert met("races/finding_fixed", threads, timeout=0.01) == (0, threads)
    assert met("races/finding_broken", 2, timeout=20) == (-1, 0)


@pytest.mark.always("finding-second-goes-in-between")
@ways(
    count={"1": 1, "2": 2, "20": 20},
    work={"instant": lambda: None, "waits": lambda: time.sleep(0.001)},
)
def test_a_thread_run_in_the_seam_goes_in_between(count: int, work: Callable[[], object]) -> None:
    steps: list[str] = []

    def second() -> None:
        steps.append("begin")
        work()
        steps.append("end")

    steps.append("read")
    for _ in range(count):
        thread = Thread(target=second)
        thread.start()
        thread.join()
    steps.append("write")
    assert steps == ["read", *["begin", "end"] * count, "write"]
    assert play("races/finding_broken").lines == ["left: -1"]


@pytest.mark.always("finding-attribute-loses")
@ways(first={"zero": 0, "big": 10**40, "float": 0.5, "negative": -7})
def test_a_thread_after_the_read_loses_its_addition(first: float) -> None:
    assert play("races/finding_attribute").lines == ["added 2 times, value 1"]
    writers: list[Thread] = []

    class Slow(load("races/finding_attribute").Interrupted):
        def __setattr__(self, name: str, value: Any) -> None:
            if name == "value" and "second" in self.__dict__:
                if current_thread() is self.second:
                    time.sleep(0.01)  # who doesn't wait for it writes first
                writers.append(current_thread())
            super().__setattr__(name, value)

    counter = Slow()
    counter.__dict__["value"] = first
    counter.add()
    assert writers == [counter.second, current_thread()]
    assert counter.value == first + 1


@pytest.mark.always("finding-second-waits-for-lock")
@ways(left={"none": 0, "one": 1, "two": 2, "many": 100})
def test_the_second_waits_for_the_lock(left: int) -> None:
    assert play("races/finding_fixed").lines == ["left: 0"]
    seen: list[tuple[bool, int]] = []

    class Watched(load("races/finding_fixed").Interrupted):
        def is_empty(self) -> bool:
            empty = super().is_empty()
            seen.append((empty, self.left))
            return empty

    stock = Watched(left=left)
    stock.take()
    stock.second.join()
    after = max(left - 1, 0)
    assert seen == [(left == 0, left), (after == 0, after)]
    assert stock.left == max(left - 2, 0)


@pytest.mark.always("finding-rlock-has-no-locked", before="3.14")
def test_an_rlock_cannot_be_asked() -> None:
    # no mutant: в примерах RLock нет
    # one way: a fact about a class
    assert not hasattr(RLock(), "locked")
    assert hasattr(Lock(), "locked")


@pytest.mark.always("finding-test-finds-missing-lock")
@ways(left={"one": 1, "two": 2, "three": 3})
def test_the_test_fails_without_the_lock(left: int) -> None:
    class Open(load("races/finding_fixed").Interrupted):
        def take(self) -> None:
            if current_thread() is self.second:
                time.sleep(0.01)  # who doesn't wait for it changes first
                self.before = self.left
            if not self.is_empty():
                self.left -= 1

    stock = Open(left=left)
    stock.take()
    stock.second.join()
    assert stock.before == left, "the second saw what the first had seen"
    assert stock.left == left - 2
    assert (stock.left < 0) is (left == 1)


class Unlocked:
    """A broken twin without any lock."""

    def __init__(self, left: int) -> None:
        self.left = left

    def take(self) -> None:
        if self.left > 0:
            self.left -= 1


@pytest.mark.never("finding-locked-not-negative")
def test_under_one_lock_it_is_never_negative(explored: Callable[..., None]) -> None:
    def both_take(make: Callable[..., Any]) -> Exploration:
        return Threads(
            lambda: make(left=1),
            [lambda stock: stock.take()] * 2,
            lambda stock: stock.left == 0,
            snippets=["races/finding_fixed", "races/finding_broken"],
        ).explore()

    fixed = both_take(explore.load("races/finding_fixed").Stock)
    assert fixed.holds, fixed.failure
    twins = [explore.load("races/finding_broken").Stock, Unlocked]
    explored(fixed.orders, twin_fails=[not both_take(twin).holds for twin in twins])
