"""Proofs for source/races/deadlock.md."""

import gc
import signal
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, Queue
from threading import Lock, RLock, Thread
from typing import Any

import pytest
from proven.stage import explore, load, perform, perform_script, play
from proven.stage.explore import Exploration, Threads

from tests.ways import ways
from tests.ways_processes import filled, run_by


def transfer_by_balance(source: Any, target: Any, amount: int) -> None:
    """Order the locks by what is no order of the accounts: a broken twin."""
    first, second = sorted((source, target), key=lambda account: account.balance)
    with first.lock, second.lock:
        source.balance -= amount
        target.balance += amount


def explored_transfers(snippet: str, accounts: int, transfer: Any = None) -> Exploration:
    """Explore transfers that go round: 1 to 2, 2 to 3, …, last to 1."""

    def setup() -> tuple[Any, list[Any]]:
        bank = explore.load(snippet)
        made = [bank.Account(number, 100) for number in range(accounts)]
        return transfer or bank.transfer, made

    def pay(number: int) -> Callable[[Any], None]:
        return lambda shared: shared[0](shared[1][number], shared[1][(number + 1) % accounts], 10)

    return Threads(
        setup,
        [pay(number) for number in range(accounts)],
        lambda shared: all_balances(shared[1]) == [100] * accounts,
        snippets=[snippet],
    ).explore(first=True)


def all_balances(accounts: list[Any]) -> list[int]:
    return [account.balance for account in accounts]


@pytest.mark.sometimes("deadlock-circle")
def test_each_can_hold_what_the_other_needs() -> None:
    trace = play("races/deadlock_circle")
    assert trace.lines == ["second lock taken: [False, False]"]


@pytest.mark.sometimes("deadlock-opposite-order")
def test_locks_taken_in_opposite_order_can_deadlock() -> None:
    trace = play("races/deadlock_broken")
    stuck, balances = trace.lines
    assert stuck == "stuck: [True, True]"
    assert balances == "balances: 100, 100"
    threads = {place for place, actor in enumerate(trace.actors) if actor.kind == "thread"}
    queued = {moment.actor for moment in trace.moments if moment.what == "queues"}
    assert queued == threads, "it is a lock that each of them waits for"


@pytest.mark.sometimes("deadlock-may-not-happen")
def test_the_same_transfers_can_pass_as_well() -> None:
    bank = load("races/deadlock_broken")
    ann, bob = bank.Account(1, 100), bank.Account(2, 100)
    for job in ((ann, bob, 30), (bob, ann, 10)):
        # The schedule that is forced: the first ends before the second begins.
        thread = Thread(target=bank.transfer, args=job)
        thread.start()
        thread.join()
    assert all_balances([ann, bob]) == [80, 120]


@pytest.mark.always("deadlock-is-silent")
def test_a_deadlock_says_nothing() -> None:
    # one way: the page's own program; others end in faulthandler's proof, silent till then
    trace = play("races/deadlock_broken")
    assert (trace.lines[0], trace.stderr) == ("stuck: [True, True]", "")


@pytest.mark.never("deadlock-not-with-one-order")
def test_with_one_order_for_all_there_is_no_deadlock(explored: Callable[..., None]) -> None:
    assert play("races/deadlock_fixed").lines == ["balances: 80, 120"]
    jobs: list[tuple[Any, Any]] = []
    bank = load("races/deadlock_fixed")
    bank.main.__globals__["transfer"] = lambda source, target, _: jobs.append((source, target))
    bank.main()
    there, back = jobs
    assert there == back[::-1], "the page's transfers are of the kind that is explored"
    assert there[0].number != there[1].number
    count = 0
    for accounts in (2, 3):
        fixed = explored_transfers("races/deadlock_fixed", accounts)
        assert fixed.holds, fixed.failure
        count += fixed.orders
    twins = [
        explored_transfers("races/deadlock_broken", accounts, transfer)
        for accounts in (2, 3)
        for transfer in (None, transfer_by_balance)
    ]
    explored(count, twin_fails=[broken(twin) == "deadlock" for twin in twins])


def broken(exploration: Exploration) -> str:
    """Return of which kind the failure is, "" if there is none."""
    return exploration.failure.kind if exploration.failure else ""


@pytest.mark.always("deadlock-lock-not-reentrant")
def test_a_lock_does_not_let_in_its_own_holder() -> None:
    # one way: a fact about the two types
    trace = play("races/deadlock_reentry")
    assert trace.ordered("Lock again: False", "RLock again: True")


@pytest.mark.always("deadlock-with-oneself")
def test_a_transfer_to_oneself_waits_for_itself() -> None:
    # one way: the page's two programs
    class WouldWaitForever(Exception):
        pass

    class Honest:
        """A lock that tells when its own holder would wait for it."""

        def __init__(self) -> None:
            self.lock = threading.Lock()

        def __enter__(self) -> None:
            if not self.lock.acquire(blocking=False):
                raise WouldWaitForever

        def __exit__(self, *_: object) -> None:
            self.lock.release()

    for snippet in ("races/deadlock_fixed", "races/deadlock_broken"):
        bank = load(snippet)
        ann, bob = bank.Account(1, 100), bank.Account(2, 100)
        ann.lock, bob.lock = Honest(), Honest()
        bank.transfer(ann, bob, 10)
        if snippet.endswith("broken"):
            with pytest.raises(WouldWaitForever):
                bank.transfer(ann, ann, 10)
        else:
            bank.transfer(ann, ann, 10)
        assert all_balances([ann, bob]) == [90, 110]


@pytest.mark.always("deadlock-faulthandler-shows")
@ways(threads={"1": 1, "2": 2, "99": 99, "100": 100, "120": 120})
def test_faulthandler_tells_where_each_thread_stands(threads: int) -> None:
    run = run_by(
        "spawn",
        filled(
            """
            import faulthandler, threading

            locks = [threading.Lock() for _ in range(COUNT)]
            all_hold = threading.Barrier(COUNT + 1)

            def circle(place):
                with locks[place]:
                    all_hold.wait()
                    with locks[(place + 1) % COUNT]:
                        pass

            if __name__ == "__main__":
                for place in range(COUNT):
                    threading.Thread(target=circle, args=(place,)).start()
                all_hold.wait()  # all of them are in the function now, and stay there
                faulthandler.dump_traceback_later(0.3, exit=True)
            """,
            COUNT=threads,
        ),
    )
    assert run.returncode == 1
    assert run.stderr.count("in circle") == min(threads, 100)
    shown = run.stderr.count("most recent call first")
    assert shown == min(threads + 1, 100), (
        "the main thread, the oldest, is the first to be left out"
    )


class Owner:
    """Does something when nobody needs it any more."""

    def __init__(self, last: Callable[[], object]) -> None:
        self.last = last

    def __del__(self) -> None:
        self.last()


class Plain:
    """Something that can be referred to weakly."""


def _last_reference(last: Callable[[], object]) -> Callable[[], object]:
    owners = [Owner(last)]
    return owners.clear


def _in_a_cycle(last: Callable[[], object]) -> Callable[[], object]:
    owner: Any = Owner(last)
    owner.itself = owner
    return gc.collect


def _finalize(last: Callable[[], object]) -> Callable[[], object]:
    plain = [Plain()]
    weakref.finalize(plain[0], last)
    return plain.clear


@pytest.mark.always("deadlock-finalizer")
@ways(left={"reference": _last_reference, "cycle": _in_a_cycle, "finalize": _finalize})
def test_what_tidies_up_does_not_get_the_lock_of_its_thread(
    left: Callable[[Callable[[], object]], Callable[[], object]],
) -> None:
    # no mutant: когда прибрать за объектом, решает сам Python
    lock, got = Lock(), list[bool]()
    lose = left(lambda: got.append(lock.acquire(blocking=False)))
    with lock:
        lose()
    assert got == [False]


def _ended(thread: Thread, _: Queue[str], __: Future[str], timeout: float) -> bool:
    thread.join(timeout)
    return not thread.is_alive()


def _got(_: Thread, queue: Queue[str], __: Future[str], timeout: float) -> bool:
    with suppress(Empty):
        return queue.get(timeout=timeout) == "done"
    return False


def _resulted(_: Thread, __: Queue[str], future: Future[str], timeout: float) -> bool:
    with suppress(TimeoutError):
        return future.result(timeout) == "done"
    return False


@pytest.mark.always("deadlock-wait-under-lock")
@ways(
    wait={"join": _ended, "get": _got, "result": _resulted},
    kind={"Lock": Lock, "RLock": RLock},
    under={"under the lock": True, "after it": False},
)
def test_who_waits_under_a_lock_for_one_who_needs_it_waits_in_vain(
    wait: Callable[..., bool], kind: Callable[[], Any], under: bool
) -> None:
    lock, queue, future = kind(), Queue[str](), Future[str]()

    def work() -> None:
        with lock:
            pass
        queue.put("done")
        future.set_result("done")

    thread = Thread(target=work)
    with lock:
        thread.start()
        came = under and wait(thread, queue, future, 0.02)  # as long as it likes, in vain
    assert not came
    assert under or wait(thread, queue, future, 60)
    thread.join()


@pytest.mark.sometimes("deadlock-handler-sees-half")
def test_a_handler_that_gets_the_rlock_can_see_half_of_a_change() -> None:
    # no mutant: в примерах страницы обработчика нет
    lock, seen, cash, card = RLock(), list[int](), 100, 0

    def handle(*_: object) -> None:
        with lock:
            seen.append(cash + card)

    before = signal.signal(signal.SIGTERM, handle)
    try:
        with lock:
            cash -= 30
            signal.raise_signal(signal.SIGTERM)
            card += 30
        handle()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [70, 100]


@pytest.mark.always("deadlock-signal-handler")
@ways(kind={"with": "with lock:", "acquire": "if lock.acquire():"})
def test_a_signal_handler_does_not_get_the_lock_of_the_thread_it_interrupts(kind: str) -> None:
    # no mutant: кого пустит блокировка, решает сам Python, программа здесь только спрашивает
    trace = perform_script(
        filled(
            """
            import signal, threading

            def handle(*_):
                print(lock.acquire(timeout=0.05))

            for lock in (threading.Lock(), threading.RLock()):
                signal.signal(signal.SIGTERM, handle)
                HELD
                    signal.raise_signal(signal.SIGTERM)
            """,
            HELD=kind,
        )
    )
    assert trace.lines == ["False", "True"], "an RLock lets its own thread in"


@pytest.mark.sometimes("deadlock-event-set-in-handler")
@ways(timeout={"for ever": "", "with a limit": "60"})
def test_a_handler_that_sets_the_event_may_hang(timeout: str) -> None:
    # no mutant: где прервали поток, решает трассировка, а что внутри события — сам Python
    run = run_by(
        "spawn",
        filled(
            """
            import os, signal, sys, threading, time, traceback

            event, handling = threading.Event(), threading.Event()
            main = threading.get_ident()

            def end_when_it_hangs():
                # It would hang for ever: tell where, and end.
                handling.wait()
                while True:
                    time.sleep(0.001)
                    stack = traceback.extract_stack(sys._current_frames()[main])
                    names = [frame.name for frame in stack]
                    if names[-2:] == ["set", "__enter__"]:
                        print(*names, flush=True)
                        os._exit(1)

            def handle(*_):
                print("handler begins", flush=True)
                handling.set()
                event.set()
                print("handler ends", flush=True)

            def interrupt(frame, *_):
                if frame.f_code is threading.Condition.wait.__code__:
                    sys.settrace(None)
                    signal.raise_signal(signal.SIGTERM)
                return interrupt

            threading.Thread(target=end_when_it_hangs, daemon=True).start()
            signal.signal(signal.SIGTERM, handle)
            sys.settrace(interrupt)
            event.wait(TIMEOUT)
            print("woken")
            """,
            TIMEOUT=timeout,
        ),
    )
    begins, where = run.stdout.splitlines()
    assert begins == "handler begins"
    assert where.split() == ["<module>", "wait", "wait", "interrupt", "handle", "set", "__enter__"]


@pytest.mark.always("rlock-releases-at-last-release")
@ways(levels={"1": 1, "2": 2, "50": 50})
def test_an_rlock_is_free_after_as_many_releases_as_acquires(levels: int) -> None:
    # no mutant: что и когда пускает RLock, решает сам Python
    lock = threading.RLock()
    got: list[bool] = []

    def try_from_another_thread() -> bool:
        thread = Thread(target=lambda: got.append(lock.acquire(blocking=False)))
        thread.start()
        thread.join()
        return got[-1]

    for _ in range(levels):
        lock.acquire()
    for _ in range(levels):
        assert not try_from_another_thread()
        lock.release()
    assert try_from_another_thread()


@pytest.mark.always("deadlock-timeout-gives-up")
def test_acquire_with_timeout_gives_up_and_frees_the_first_lock() -> None:
    # one way: the page's own program
    trace = play("races/deadlock_timeout")
    assert trace.ordered(
        "both taken: False", "fork is free again: True", "eats", "both taken: True"
    )
    try_both = load("races/deadlock_timeout").try_both
    first, second = Lock(), Lock()
    held: list[bool] = []

    class Busy:
        def acquire(self, timeout: float) -> bool:
            held.append(first.locked())
            return second.acquire(timeout=timeout)

    with second:
        assert try_both(first, Busy(), lambda: held.append(False)) is False
    assert held == [True]
    assert not first.locked()
    both: list[tuple[bool, bool]] = []

    def act() -> None:
        both.append((first.locked(), second.locked()))
        if len(both) > 1:
            raise OSError

    assert try_both(first, second, act) is True
    with pytest.raises(OSError):  # noqa: PT011 - the test's own
        try_both(first, second, act)
    assert both == [(True, True)] * 2
    assert not first.locked()
    assert not second.locked()


@pytest.mark.sometimes("deadlock-livelock")
@pytest.mark.parametrize("pause", [0.25, 1, 2])
def test_who_gives_way_in_the_same_rhythm_can_collide_for_ever(pause: float) -> None:
    trace = play("races/deadlock_livelock")
    assert trace.lines[:7] == ["Ann: gives way", "Bob: gives way"] * 3 + ["nobody has eaten"]
    dine = load("races/deadlock_livelock").dine
    lines = perform(lambda: dine(pause, pause)).lines
    assert lines.pop() == "nobody has eaten"
    assert set(lines) == {"Ann: gives way", "Bob: gives way"}


@pytest.mark.sometimes("deadlock-livelock-other-pause")
@pytest.mark.parametrize(("ann", "bob"), [(1, 2.5), (2.5, 1), (0, 2.5)])
def test_another_pause_can_part_who_collided(ann: float, bob: float) -> None:
    assert set(play("races/deadlock_livelock").lines[-2:]) == {"Ann: eats", "Bob: eats"}
    dine = load("races/deadlock_livelock").dine
    trace = perform(lambda: dine(ann, bob))
    assert trace.ordered("Ann: gives way", "Ann: eats")
    assert trace.ordered("Bob: gives way", "Bob: eats")
    assert trace.lines.count("Ann: gives way") == trace.lines.count("Bob: gives way") == 1
