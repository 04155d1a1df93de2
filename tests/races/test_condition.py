"""Proofs for source/races/condition.md."""

from collections.abc import Callable
from contextlib import ExitStack
from threading import Condition, Event, Lock, RLock, Thread, current_thread
from typing import Any

import pytest
from proven.stage import explore, load, play
from proven.stage.explore import Exploration, Threads

from tests.ways import ways

Explored = Callable[..., None]


def two_guests(make: Callable[[], Any]) -> Exploration:
    """Explore two who take one thing each and one who puts two."""

    def put_two(box: Any) -> None:
        box.put("tea")
        box.put("cake")

    return Threads(
        make,
        [lambda box: box.get(), lambda box: box.get(), put_two],
        lambda box: box.items == [],
        snippets=["races/condition_if_fixed", "races/condition_if_broken"],
    ).explore(first=True)


class UnlockedCheck:
    """A broken twin: asks in a loop, but looks before it holds the lock."""

    def __init__(self) -> None:
        self.items: list[str] = []
        self.changed = explore.threading.Condition()

    def put(self, item: str) -> None:
        with self.changed:
            self.items.append(item)
            self.changed.notify()

    def get(self) -> str:
        while not self.items:
            with self.changed:
                self.changed.wait()
        with self.changed:
            return self.items.pop()


@pytest.mark.never("condition-while-never-empty")
def test_who_asks_again_never_takes_from_the_empty(explored: Explored) -> None:
    assert play("races/condition_if_fixed").lines == ["guest: coffee", "main: tea"]
    fixed = two_guests(lambda: explore.load("races/condition_if_fixed").Box())
    assert fixed.holds, fixed.failure
    with_if = explore.load("races/condition_if_broken").Box
    broken = two_guests(with_if).failure
    assert broken
    assert "IndexError" in broken.text
    explored(fixed.orders, twin_fails=[True, not two_guests(UnlockedCheck).holds])


@pytest.mark.always("condition-wait-for-false")
@ways(timeout={"none left": 0, "short": 0.02}, value={"False": False, "an empty list": []})
def test_wait_for_tells_that_the_time_is_over_by_its_answer(timeout: float, value: Any) -> None:
    # no mutant: что возвращать по таймауту, решает сам Condition
    changed = Condition()
    with changed:
        assert not changed.wait_for(lambda: value, timeout)
        assert not changed.wait(timeout)
        assert changed.wait_for(lambda: [1], timeout)


@pytest.mark.always("condition-wait-timeout-in-loop")
@ways(timeout={"none left": 0, "short": 0.01}, rounds={"2": 2, "7": 7})
def test_a_timeout_of_wait_in_a_loop_limits_one_round(timeout: float, rounds: int) -> None:
    # no mutant: сколько ждать, решает сам Condition
    changed, woken = Condition(), list[bool]()
    with changed:
        while len(woken) < rounds:
            woken.append(changed.wait(timeout))
        assert not changed.wait_for(lambda: False, timeout), "this one does give up"
    assert woken == [False] * rounds


class Watched:
    """A lock that the thread "guest" gets again, after its wait, when the test lets it."""

    def __init__(self) -> None:
        self.lock, self.timed_out, self.go_on = Lock(), Event(), Event()
        self.release, self.locked = self.lock.release, self.lock.locked

    def __enter__(self) -> bool:
        return self.lock.acquire()

    def __exit__(self, *_: object) -> None:
        self.lock.release()

    def acquire(self, blocking: bool = True) -> bool:
        if blocking and current_thread().name == "guest":
            self.timed_out.set()
            assert self.go_on.wait(60)
        return self.lock.acquire(blocking)


@pytest.mark.sometimes("condition-timeout-takes-signal")
@ways(
    wait={
        "wait": (lambda it, _: it.wait(0.01), False),
        "wait_for": (lambda it, items: it.wait_for(lambda: bool(items), 0.01), True),
    }
)
def test_who_gives_up_can_take_the_signal(wait: tuple[Callable[..., bool], bool]) -> None:
    # no mutant: кого разбудит сигнал, решает сам Condition
    (wait_short, sees_it), watched, stands = wait, Watched(), Event()
    changed, items, got = Condition(watched), list[str](), list[object]()

    def give_up() -> None:
        with changed:
            got.append(wait_short(changed, items))

    def be_patient() -> None:
        with changed:
            stands.set()
            changed.wait()

    guest = Thread(target=give_up, name="guest", daemon=True)
    patient = Thread(target=be_patient, daemon=True)
    guest.start()
    assert watched.timed_out.wait(60)
    patient.start()
    assert stands.wait(60)
    with changed:  # the patient one waits: it has let go of the lock
        items.append("tea")
        changed.notify()
    watched.go_on.set()
    guest.join(60)
    assert got == [sees_it], "the item is there, and the signal was the guest's"
    patient.join(0.05)
    assert patient.is_alive(), "nobody has woken it"
    with changed:
        changed.notify()
    patient.join(60)
    assert not patient.is_alive()


@pytest.mark.always("condition-wait-keeps-other-locks")
@ways(
    wait={"wait": lambda it, _: it.wait(), "wait_for": lambda it, done: it.wait_for(lambda: done)},
    other={"RLock": RLock, "Lock": Lock},
    times={"once": 1, "three times": 3},
)
def test_a_wait_gives_up_its_own_lock_only(
    wait: Callable[[Condition, list[str]], object], other: Callable[[], Any], times: int
) -> None:
    # no mutant: какую блокировку отпустить, решает сам Condition
    changed, held, waiting, done = Condition(), other(), Event(), list[str]()

    def work() -> None:
        with held, ExitStack() as taken:
            for _ in range(times):
                taken.enter_context(changed)
            waiting.set()
            wait(changed, done)

    guest = Thread(target=work)
    guest.start()
    waiting.wait()
    with changed:  # free only when the guest waits
        assert not held.acquire(blocking=False)
        done.append("done")
        changed.notify()
    guest.join()
    assert held.acquire(blocking=False), "it is let go by `with` only"


WAITS: dict[str, Callable[[Condition], object]] = {
    "wait": lambda it: it.wait(0.01),
    "wait_for": lambda it: it.wait_for(lambda: False, 0.01),
}


@pytest.mark.always("condition-timeout-waits-for-lock")
@ways(wait=WAITS, lock={"RLock": RLock, "Lock": Lock})
def test_a_timeout_does_not_end_the_wait_for_the_lock(
    wait: Callable[[Condition], object], lock: Callable[[], Any]
) -> None:
    # no mutant: кто и когда берёт блокировку, решает сам Condition
    changed: Any = Condition(lock())
    free, taken, told = Event(), Event(), list[object]()
    release = changed._release_save

    def release_to_main() -> object:
        """What waits gives the lock up; only then does its timeout begin."""
        state = release()
        free.set()
        taken.wait()
        return state

    def work() -> None:
        with changed:
            told.append(wait(changed))

    changed._release_save = release_to_main
    guest = Thread(target=work)
    guest.start()
    free.wait()
    with changed:
        taken.set()
        guest.join(timeout=0.05)  # time enough to return, if it could
        assert guest.is_alive()
        assert not told
    guest.join()
    assert told == [False]


def _is_refused(act: Callable[[], object]) -> bool:
    try:
        act()
    except RuntimeError:
        return True
    return False


@pytest.mark.always("condition-needs-its-lock")
@ways(
    act={
        "wait": lambda it: it.wait(0),
        "wait_for": lambda it: it.wait_for(lambda: False, 0.01),
        "notify": Condition.notify,
        "notify_all": Condition.notify_all,
    }
)
def test_who_does_not_hold_the_lock_is_refused(act: Callable[[Condition], object]) -> None:
    # no mutant: кого не пускать, решает сам Condition
    changed, refused = Condition(), list[bool]()
    assert _is_refused(lambda: act(changed)), "nobody holds it"
    with changed:
        assert not _is_refused(lambda: act(changed))
        other = Thread(target=lambda: refused.append(_is_refused(lambda: act(changed))))
        other.start()
        other.join()
    assert refused == [True], "another thread holds it"

    lent = Lock()
    with lent:
        other = Thread(target=lambda: refused.append(_is_refused(Condition(lent).notify)))
        other.start()
        other.join()
    assert refused[1:] == [False], "a plain Lock doesn't know its holder"


@pytest.mark.sometimes("condition-if-may-find-nothing")
def test_who_was_woken_can_find_nothing() -> None:
    assert play("races/condition_if_broken").lines == [
        "guest: IndexError: pop from empty list",
        "main: tea",
    ]


class Shelf:
    """Has room for one thing; one condition for those who wait for it and for the room."""

    def __init__(self, tell: str) -> None:
        self.items: list[str] = []
        self.changed = explore.threading.Condition()
        self.tell = getattr(self.changed, tell)

    def put(self, item: str) -> None:
        with self.changed:
            self.changed.wait_for(lambda: not self.items)
            self.items.append(item)
            self.tell()

    def get(self) -> str:
        with self.changed:
            self.changed.wait_for(lambda: self.items)
            item = self.items.pop()
            self.tell()
            return item


@pytest.mark.sometimes("condition-notify-wakes-wrong-one")
def test_one_signal_can_come_to_who_waits_for_something_else() -> None:
    # no mutant: класс стоит в самом доказательстве
    def put_two(shelf: Shelf) -> None:
        shelf.put("tea")
        shelf.put("cake")

    def explored(tell: str) -> Exploration:
        actors = [lambda shelf: shelf.get(), lambda shelf: shelf.get(), put_two]
        return Threads(lambda: Shelf(tell), actors).explore(first=True, preemptions=1)

    one = explored("notify").failure
    assert one
    assert one.kind == "deadlock"
    assert explored("notify_all").holds


@pytest.mark.always("condition-notify-not-kept")
@ways(
    tell={
        "notify_all": Condition.notify_all,
        "notify": Condition.notify,
        "notify of three": lambda it: it.notify(3),
    },
    times={"1": 1, "3": 3},
    lock={"RLock": RLock, "Lock": Lock},
)
def test_a_signal_is_not_kept_for_who_comes_later(
    tell: Callable[[Condition], None], times: int, lock: Callable[[], Any]
) -> None:
    # no mutant: забыть ли сигнал, решает сам Condition, а не программа
    assert play("races/condition_lost_broken").lines == ["guest entered: False"]
    changed, woken = Condition(lock()), list[bool]()
    with changed:
        for _ in range(times):
            tell(changed)
        assert not changed.wait(timeout=0.02)

    def wait() -> None:
        with changed:
            waiting.set()
            woken.append(changed.wait(timeout=30))

    waiting = Event()
    guest = Thread(target=wait)
    guest.start()
    waiting.wait()
    with changed:  # free only when the guest waits
        tell(changed)
    guest.join()
    assert woken == [True], "who waits already is woken"


class FlagUnlocked:
    """A broken twin: has a flag, but asks it before it holds the lock."""

    def __init__(self) -> None:
        self.is_open, self.changed = False, explore.threading.Condition()

    def open(self) -> None:
        with self.changed:
            self.is_open = True
            self.changed.notify_all()

    def enter(self) -> None:
        if not self.is_open:
            with self.changed:
                self.changed.wait()


class SetAfter(FlagUnlocked):
    """A broken twin: the signal comes before the flag."""

    def open(self) -> None:
        with self.changed:
            self.changed.notify_all()
        self.is_open = True

    def enter(self) -> None:
        with self.changed:
            while not self.is_open:
                self.changed.wait()


class ShutAgain(FlagUnlocked):
    """A broken twin: the flag falls back before those who were woken look at it."""

    def open(self) -> None:
        with self.changed:
            self.is_open = True
            self.changed.notify_all()
            self.is_open = False

    def enter(self) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.is_open)


@pytest.mark.never("condition-flag-not-missed")
def test_who_asks_a_flag_under_the_lock_misses_no_signal(explored: Explored) -> None:
    assert play("races/condition_lost_fixed").lines == ["guest entered: True"]
    assert not load("races/condition_lost_fixed").Door().enter(timeout=0), "it is closed at first"

    def guest_and_host(make: Callable[[], Any]) -> Exploration:
        return Threads(
            make,
            [lambda door: door.enter(), lambda door: door.enter(), lambda door: door.open()],
            snippets=["races/condition_lost_fixed", "races/condition_lost_broken"],
        ).explore(first=True)

    fixed = guest_and_host(lambda: explore.load("races/condition_lost_fixed").Door())
    assert fixed.holds, fixed.failure
    without = explore.load("races/condition_lost_broken").Door
    twins = [guest_and_host(twin).failure for twin in (without, FlagUnlocked, SetAfter, ShutAgain)]
    kinds = [twin.kind if twin else "" for twin in twins]
    explored(fixed.orders, twin_fails=[kind == "deadlock" for kind in kinds])
