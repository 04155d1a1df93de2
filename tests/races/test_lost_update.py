"""Proofs for source/races/lost-update.md."""

import dis
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from inspect import isfunction
from threading import Barrier, Thread
from types import FrameType
from typing import Any

import pytest
from proven.stage import explore, load, play
from proven.stage.explore import Threads, threading

from tests.ways import printed_in_any_order, ways


@contextmanager
def frequent_switches() -> Iterator[None]:
    """Let the interpreter offer a switch as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


@pytest.mark.sometimes("race-forced-lost-update")
def test_two_additions_can_add_one(together: Callable[..., None]) -> None:
    assert play("races/lost_update_forced").lines == ["added 2 times, value 1"]
    module = load("races/lost_update_forced")
    for count in (2, 5):
        counter, all_have_read = module.Counter(), Barrier(count)
        together(count, lambda c=counter, b=all_have_read: module.add(c, b))
        assert counter.value == 1


@pytest.mark.always("race-plus-equal-three-steps")
def test_plus_equal_reads_adds_and_writes() -> None:
    # one way: a fact about the bytecode, seen from both sides
    assert play("races/lost_update_steps").ordered(
        "LOAD_ATTR value", "BINARY_OP +=", "STORE_ATTR value"
    )
    steps: list[tuple[str, int]] = []

    class Number(int):
        def __add__(self, other: int) -> int:
            steps.append(("adds", other))
            return int(self) + other

    class Watched(load("races/lost_update_steps").Counter):
        def __getattribute__(self, name: str) -> Any:
            got = super().__getattribute__(name)
            if name == "value":
                steps.append(("reads", got))
            return got

        def __setattr__(self, name: str, value: int) -> None:
            steps.append(("writes", value))
            super().__setattr__(name, Number(value))

    counter = Watched()
    steps.clear()
    counter.add()
    assert steps == [("reads", 0), ("adds", 1), ("writes", 1)]


@pytest.mark.sometimes("race-plus-equal-may-lose")
def test_a_switch_amid_plus_equal_loses_an_update(together: Callable[..., None]) -> None:
    counter = load("races/lost_update_steps").Counter()
    code = counter.add.__func__.__code__
    before_write = next(
        step.offset for step in dis.get_instructions(code) if step.opname == "STORE_ATTR"
    )
    gate = Barrier(1)

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if frame.f_code is code:
            frame.f_trace_opcodes = True
            if event == "opcode" and frame.f_lasti == before_write:
                gate.wait()
        return trace

    def add() -> None:
        sys.settrace(trace)
        counter.add()
        sys.settrace(None)

    together(1, add)  # 3.12 doesn't yet stop at opcodes in the first call that asks for it
    counter.value = 0
    gate = Barrier(2)
    together(2, add)
    assert counter.value == 1


@pytest.mark.always("race-plus-equal-intact-with-gil", gil="on")
@ways(threads={"2": 2, "4": 4, "8": 8}, first={"int": 0, "big int": 10**40, "float": 0.0})
def test_with_the_gil_plus_equal_of_a_number_loses_nothing(
    together: Callable[..., None], threads: int, first: float
) -> None:
    counter = load("races/lost_update_steps").Counter()
    counter.value = first
    begin = Barrier(threads)

    def add_many() -> None:
        begin.wait()
        for _ in range(10_000):
            counter.add()

    with frequent_switches():
        together(threads, add_many)
    assert counter.value - first == 10_000 * threads


class Property:
    """A counter whose value is a property."""

    def __init__(self, gate: Barrier) -> None:
        self.kept, self.gate = 0, gate

    @property
    def value(self) -> int:
        return self.kept

    @value.setter
    def value(self, value: int) -> None:
        self.gate.wait()
        self.kept = value


class OwnSetattr:
    """A counter whose class has a __setattr__ of its own."""

    value = 0

    def __init__(self, gate: Barrier) -> None:
        super().__setattr__("gate", gate)

    def __setattr__(self, name: str, value: int) -> None:
        self.gate.wait()
        super().__setattr__(name, value)


class OfFractions:
    """A counter of numbers that are added by a function written in Python."""

    def __init__(self, gate: Barrier) -> None:
        class Meeting(Fraction):
            def __add__(self, other: Any) -> Fraction:
                gate.wait()
                return super().__add__(other)

        self.value = Meeting(0)


KINDS = {"property": Property, "__setattr__": OwnSetattr, "Fraction": OfFractions}


@pytest.mark.sometimes("race-plus-equal-of-property-loses")
@ways(kind=KINDS, threads={"2": 2, "4": 4})
def test_a_function_behind_the_attribute_lets_others_in(
    together: Callable[..., None], kind: Callable[[Barrier], Any], threads: int
) -> None:
    # The gate only makes sure of the switch: there is a call, and there one may happen.
    assert isfunction(Fraction.__add__), "the addition of fractions is written in Python"
    counter = kind(Barrier(threads))
    add = load("races/lost_update_steps").Counter.add
    together(threads, lambda: add(counter))
    assert counter.value == 1


@pytest.mark.sometimes("race-call-amid-update-loses")
def test_a_call_amid_the_update_loses_it_even_with_the_gil(
    together: Callable[..., None],
) -> None:
    assert play("races/lost_update_broken").lines == ["sold 2 times for 10, total 10"]
    till = load("races/lost_update_broken").Till()
    both_asked = Barrier(2)

    def ask_price() -> int:
        both_asked.wait()
        return 10

    together(2, lambda: till.sell(ask_price))
    assert till.total == 10


class WriteLocked:
    """A broken twin: the lock is around the write only."""

    def __init__(self) -> None:
        self.total, self.lock = 0, threading.Lock()

    def sell(self, ask_price: Callable[[], int]) -> None:
        total = self.total + ask_price()
        with self.lock:
            self.total = total


class LockedTwice(WriteLocked):
    """A broken twin: reads under the lock and writes under it, but lets go in between."""

    def sell(self, ask_price: Callable[[], int]) -> None:
        with self.lock:
            total = self.total
        with self.lock:
            self.total = total + ask_price()


class LockOfEachCall(WriteLocked):
    """A broken twin: each call makes a lock of its own."""

    def sell(self, ask_price: Callable[[], int]) -> None:
        price = ask_price()
        with threading.Lock():
            total = self.total
            self.total = total + price


@pytest.mark.never("race-locked-update-not-lost")
def test_under_the_lock_no_update_is_lost(explored: Callable[..., None]) -> None:
    assert printed_in_any_order("races/lost_update_fixed") == {("sold 2 times for 10, total 20",)}

    def two_sales(make: Callable[[], Any]) -> Threads:
        return Threads(
            make,
            [lambda till: till.sell(lambda: 10)] * 2,
            lambda till: till.total == 20,
            snippets=["races/lost_update_fixed", "races/lost_update_broken"],
        )

    fixed = two_sales(lambda: explore.load("races/lost_update_fixed").Till()).explore()
    assert fixed.holds, fixed.failure
    twins = (
        lambda: explore.load("races/lost_update_broken").Till(),
        WriteLocked,
        LockedTwice,
        LockOfEachCall,
    )
    explored(fixed.orders, twin_fails=[not two_sales(twin).explore().holds for twin in twins])


@pytest.mark.sometimes("race-iterated-dict-raises")
def test_a_dict_that_grows_breaks_who_goes_through_it() -> None:
    line = "RuntimeError: dictionary changed size during iteration"
    assert play("races/lost_update_iterated").lines == [line]
    prices = load("races/lost_update_iterated").Prices()
    assert prices.total() == 8, "undisturbed it comes to its end"


def sum_over(keys: Iterable[str], prices: dict[str, int], amid: Callable[[], object]) -> int:
    """Add up the prices of the keys; after each of them another thread does something."""
    total = 0
    for key in keys:
        total += prices[key]
        other = Thread(target=amid)
        other.start()
        other.join()
    return total


def gone(remove: Callable[[Any], object], prices: dict[str, int]) -> Callable[[], object]:
    """Return what removes the last key when it's called for the first time."""
    removals = [remove]
    return lambda: removals and removals.pop()(prices)


@pytest.mark.always("race-copied-keys-may-be-gone")
@ways(
    copied={"list": list, "list of keys": lambda d: list(d.keys()), "tuple": tuple},
    remove={
        "del": lambda d: d.__delitem__("coffee"),
        "pop": lambda d: d.pop("coffee", None),
        "popitem": lambda d: d.popitem(),
        "clear": dict.clear,
    },
)
def test_a_copy_of_the_keys_outlives_what_it_names(
    copied: Callable[[dict[str, int]], Iterable[str]], remove: Callable[[dict[str, int]], object]
) -> None:
    prices = {"tea": 3, "coffee": 5}
    with pytest.raises(KeyError, match="coffee"):
        sum_over(copied(prices), prices, lambda: remove(prices))
    counted, made = Counter(tea=3, coffee=5), defaultdict(int, tea=3, coffee=5)
    for forgiving, left in ((counted, False), (made, True)):
        assert sum_over(copied(forgiving), forgiving, gone(remove, forgiving)) == 3
        assert ("coffee" in forgiving) is left
    prices = {"tea": 3, "coffee": 5}
    whole = prices.copy()
    assert sum_over(whole, whole, lambda: prices.pop("coffee", None)) == 8
    with pytest.raises(RuntimeError):
        sum_over(prices, prices, lambda: prices.setdefault("cake", 7))
