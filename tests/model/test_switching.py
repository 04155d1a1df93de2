"""Proofs for source/model/switching.md."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from threading import Event, Lock, RLock, Thread, Timer, get_ident
from typing import Any

import greenlet
import pytest
from proven.stage import play

from tests.ways import ways

Seen = Callable[[Any], object]


class Flag:
    """A flag that can be looked at in several ways."""

    def __init__(self) -> None:
        self.up = False
        self.list: list[str] = []
        self.dict: dict[str, bool] = {}
        self.event = Event()

    def raise_it(self) -> None:
        """Raise it for whoever looks."""
        self.up = True
        self.list.append("up")
        self.dict["up"] = True
        self.event.set()


LOOKS: dict[str, Seen] = {
    "attribute": lambda flag: flag.up,
    "list": lambda flag: flag.list,
    "dictionary": lambda flag: "up" in flag.dict,
    "event": lambda flag: flag.event.is_set(),
}


def by_main(flag: Flag) -> None:
    """Raise it in this thread."""
    flag.raise_it()


def by_thread(flag: Flag) -> None:
    """Raise it in another thread."""
    Thread(target=flag.raise_it).start()


def by_timer(flag: Flag) -> None:
    """Raise it in the thread of a timer."""
    Timer(0, flag.raise_it).start()


@pytest.mark.always("sw-thread-is-preempted")
@ways(
    look=LOOKS,
    raised={"main": by_main, "thread": by_thread, "timer": by_timer},
    count={"one": 1, "several": 3},
)
def test_a_busy_thread_sees_what_another_changed(
    look: Seen, raised: Callable[[Flag], None], count: int
) -> None:
    lines = ["neighbour: raises the flag", "count: sees the flag"]
    assert play("model/switching_thread").lines == lines
    flag, seen = Flag(), list[bool]()
    begun = [Event() for _ in range(count)]

    def spin(begun: Event) -> None:
        begun.set()
        # Not for ever: nobody could stop it.
        until = time.monotonic() + 20
        while not look(flag) and time.monotonic() < until:
            pass
        seen.append(bool(look(flag)))

    threads = [Thread(target=spin, args=[one]) for one in begun]
    for thread in threads:
        thread.start()
    for one in begun:
        assert one.wait(20)
    raised(flag)
    for thread in threads:
        thread.join()
    assert seen == [True] * count


def test_a_busy_task_is_not_preempted() -> None:
    trace = play("model/switching_task_broken")
    assert trace.lines[0] == "count: 100000 turns, flag down"
    fixed = play("model/switching_task_fixed").lines
    assert fixed == ["neighbour: raises the flag", "count: 1 turns, flag up"]


def directly(switch: Callable[[], object]) -> object:
    """Switch in the greenlet's own function."""
    return switch()


def nested(switch: Callable[[], object], depth: int = 50) -> object:
    """Switch many calls deep."""
    return nested(switch, depth - 1) if depth else switch()


def in_generator(switch: Callable[[], object]) -> object:
    """Switch within a generator."""
    return next(switch() for _ in [0])


def in_sort(switch: Callable[[], object]) -> object:
    """Switch in a function that C code calls."""
    found: list[object] = []
    sorted([1], key=lambda _: found.append(switch()) or 0)
    return found[0]


def in_regex(switch: Callable[[], object]) -> object:
    """Switch in what a substitution asks."""
    return re.sub("a", lambda _: str(switch()), "a")


DEPTHS = {
    "directly": directly,
    "nested": nested,
    "generator": in_generator,
    "sort": in_sort,
    "regex": in_regex,
}


@pytest.mark.always("sw-greenlet-from-any-depth")
@ways(deep=DEPTHS, count={"one": 1, "two": 2, "many": 20})
def test_a_switch_stops_the_whole_stack(
    deep: Callable[[Callable[[], object]], object], count: int
) -> None:
    lines = ["asks for tea", "asks for coffee", "hub: both wait"]
    lines += ["shows coffee, 90", "shows tea, 50"]
    assert play("model/switching_greenlet").lines == lines
    hub, happened = greenlet.getcurrent(), list[object]()

    def work(number: int) -> None:
        happened.append(("begins", number))
        happened.append(deep(hub.switch))

    works = [greenlet.greenlet(work) for _ in range(count)]
    for number, one in enumerate(works):
        one.switch(number)
    assert happened == [("begins", number) for number in range(count)]
    happened.clear()
    for number, one in reversed([*enumerate(works)]):
        one.switch(str(number))
    assert happened == [str(number) for number in reversed(range(count))]
    assert all(one.dead for one in works)


def computes() -> None:
    """Compute for a while."""
    until = time.monotonic() + 0.02
    while time.monotonic() < until:
        pass


def sleeps() -> None:
    """Sleep."""
    time.sleep(0.02)


def waits() -> None:
    """Wait for a thread."""
    thread = Thread(target=sleeps)
    thread.start()
    thread.join()


@pytest.mark.always("sw-greenlet-holds-the-thread")
@ways(
    busy={"computes": computes, "sleeps": sleeps, "waits": waits},
    ends={"switch": True, "end": False},
)
def test_a_greenlet_holds_its_thread(busy: Callable[[], None], ends: bool) -> None:
    hub, happened = greenlet.getcurrent(), list[str]()

    def work(name: str) -> None:
        happened.append(f"{name} begins")
        busy()
        happened.append(f"{name} is done")
        if ends:
            hub.switch()

    works = {name: greenlet.greenlet(work) for name in ("a", "b", "c")}
    for name, one in works.items():
        one.switch(name)
    assert happened == [f"{n} {what}" for n in works for what in ("begins", "is done")]


@pytest.mark.always("sw-greenlet-dropped")
@ways(deep=DEPTHS, dropped={"hub": False, "neighbour": True})
def test_a_greenlet_that_nobody_holds_is_ended_at_once(
    deep: Callable[[Callable[[], object]], object], dropped: bool
) -> None:
    hub, happened = greenlet.getcurrent(), list[str]()

    def work() -> None:
        try:
            deep(hub.switch)
        except greenlet.GreenletExit:
            happened.append("GreenletExit")
            raise
        finally:
            happened.append("finally")

    held = [greenlet.greenlet(work)]
    held[0].switch()

    def drop() -> None:
        happened.append("drops")
        held.clear()
        happened.append("goes on")

    if dropped:
        greenlet.greenlet(drop).switch()
    else:
        drop()
    assert happened == ["drops", "GreenletExit", "finally", "goes on"]


ASKS: dict[str, Callable[[], object]] = {
    "getcurrent": greenlet.getcurrent,
    "switch": lambda: greenlet.greenlet(lambda: None).switch(),
}


@pytest.mark.always("sw-greenlet-dropped-elsewhere")
@ways(deep=DEPTHS, asks=ASKS)
def test_a_greenlet_dropped_by_another_thread_ends_when_its_own_comes_back(
    deep: Callable[[Callable[[], object]], object], asks: Callable[[], object]
) -> None:
    hub, happened = greenlet.getcurrent(), list[object]()

    def work() -> None:
        try:
            deep(hub.switch)
        except greenlet.GreenletExit:
            happened.append(get_ident())
            raise

    held = [greenlet.greenlet(work)]
    held[0].switch()
    dropping = Thread(target=held.clear)
    dropping.start()
    dropping.join()
    assert not held
    assert happened == []
    asks()
    assert happened == [get_ident()]


@pytest.mark.always("sw-greenlet-of-another-thread")
@ways(
    begun={"new": False, "begun": True},
    call={"switch": lambda one: one.switch(), "throw": lambda one: one.throw(KeyError)},
)
def test_nobody_switches_to_a_greenlet_of_another_thread(
    begun: bool, call: Callable[[Any], object]
) -> None:
    errors: list[BaseException] = []
    made, tried = Event(), Event()
    ones: list[Any] = []

    def own() -> None:
        hub = greenlet.getcurrent()
        one = greenlet.greenlet(hub.switch, parent=hub)
        if begun:
            one.switch()
        ones.append(one)
        made.set()
        assert tried.wait(20)

    thread = Thread(target=own)
    thread.start()
    assert made.wait(5)
    try:
        call(ones[0])
    except greenlet.error as error:
        errors.append(error)
    tried.set()
    thread.join()
    assert len(errors) == 1


@pytest.mark.always("sw-greenlet-thread-lock")
@ways(deep=DEPTHS, wait={"no time": 0, "a while": 0.02})
def test_locks_of_threads_do_not_know_greenlets(
    deep: Callable[[Callable[[], object]], object], wait: float
) -> None:
    hub, got = greenlet.getcurrent(), list[bool]()

    def holds(lock: Any) -> None:
        with lock:
            deep(hub.switch)

    def asks(lock: Any) -> None:
        # With a limit: a `with` would wait for ever, and the thread with it.
        got.append(lock.acquire(timeout=wait))
        if got[-1]:
            lock.release()

    for lock, lets_in in ((Lock(), False), (RLock(), True)):
        holder = greenlet.greenlet(holds)
        holder.switch(lock)
        greenlet.greenlet(asks).switch(lock)
        holder.switch()
        greenlet.greenlet(asks).switch(lock)
        assert got == [lets_in, True], "it depends on the one who stands with the lock"
        got.clear()


@pytest.mark.sometimes("sw-greenlet-hidden-switch")
def test_a_call_hides_a_switch() -> None:
    assert play("model/switching_greenlet_broken").lines == ["{'balance': -100}"]
    assert play("model/switching_greenlet_fixed").lines == ["{'balance': 0}"]
