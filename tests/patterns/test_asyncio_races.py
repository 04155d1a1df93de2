"""Proofs for source/patterns/asyncio-races.md."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, nullcontext, suppress
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings

from tests.ways import AWAITED, ENDED, Awaited, End, outcome_of, ways

BROKEN = "patterns/asyncio_races_account_broken"
FIXED = "patterns/asyncio_races_account_fixed"
NO_AWAIT = "patterns/asyncio_races_no_await"


class StaleAccount:
    """A broken twin: takes what it read before it let the others run."""

    balance = 100

    async def withdraw(self, who: str, amount: int) -> None:
        enough = self.balance >= amount
        await asyncio.sleep(0)
        if enough:
            self.balance -= amount


class Yields(StaleAccount):
    """A broken twin: yields to whoever iterates, who may wait."""

    async def steps(self, amount: int) -> AsyncIterator[str]:
        if self.balance >= amount:
            yield "about to pay"
            self.balance -= amount

    async def withdraw(self, who: str, amount: int) -> None:
        async for _ in self.steps(amount):
            await asyncio.sleep(0)


class WaitsInWith(StaleAccount):
    """A broken twin: the act stands in a block whose entry may wait."""

    @asynccontextmanager
    async def payment(self) -> AsyncIterator[None]:
        await asyncio.sleep(0)
        yield

    async def withdraw(self, who: str, amount: int) -> None:
        if self.balance >= amount:
            async with self.payment():
                self.balance -= amount


class WaitsInFor(StaleAccount):
    """A broken twin: a loop whose step may wait is between the check and the act."""

    async def steps(self) -> AsyncIterator[None]:
        await asyncio.sleep(0)
        yield

    async def withdraw(self, who: str, amount: int) -> None:
        if self.balance >= amount:
            async for _ in self.steps():
                pass
            self.balance -= amount


class ActLocked(StaleAccount):
    """A broken twin: the lock is around the act only."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()

    async def withdraw(self, who: str, amount: int) -> None:
        if self.balance >= amount:
            async with self.lock:
                await asyncio.sleep(0)
                self.balance -= amount


class LockInside(StaleAccount):
    """A broken twin: each call makes a lock of its own."""

    async def withdraw(self, who: str, amount: int) -> None:
        async with asyncio.Lock():
            await super().withdraw(who, amount)


def _below_zero(account: type[StaleAccount]) -> bool:
    return any(balance < 0 for balance in _balances_of(account))


def _balances(name: str) -> Iterator[int]:
    """Yield the last balance of each interleaving of three withdrawals of all the money."""
    return _balances_of(load(name).Account)


def _balances_of(account_class: Callable[[], Any]) -> Iterator[int]:
    balances = []

    async def main() -> None:
        account = account_class()
        await asyncio.gather(*(account.withdraw(who, 100) for who in ("Ann", "Bob", "Cid")))
        balances.append(account.balance)

    for _ in interleavings(main):
        yield balances[-1]


def _goes_below_zero(name: str) -> bool:
    return any(balance < 0 for balance in _balances(name))


@pytest.mark.sometimes("races-async-check-act")
def test_the_balance_goes_below_zero() -> None:
    assert play(BROKEN).at("Bob: paid, balance -100") == 1
    assert _goes_below_zero(BROKEN)


@pytest.mark.sometimes("races-async-lost-update")
def test_an_addition_is_lost() -> None:
    totals: list[int] = []

    async def main() -> None:
        total = 0

        async def add() -> None:
            nonlocal total
            value = total
            await asyncio.sleep(0)
            total = value + 1

        await asyncio.gather(add(), add())
        totals.append(total)

    for _ in interleavings(main):
        pass
    assert 1 in totals


@pytest.mark.sometimes("races-async-augmented")
def test_one_line_loses_an_addition_too() -> None:
    # no mutant: в примере страницы чтение и запись стоят в разных строках
    def totals(in_one_line: bool) -> set[int]:
        found = []

        async def main() -> None:
            total = 0

            async def get() -> int:
                await asyncio.sleep(0)
                return 1

            async def add() -> None:
                nonlocal total
                if in_one_line:
                    total += await get()
                else:
                    value = await get()
                    total += value

            await asyncio.gather(add(), add())
            found.append(total)

        for _ in interleavings(main):
            pass
        return set(found)

    assert 1 in totals(in_one_line=True)
    assert totals(in_one_line=False) == {2}


@pytest.mark.never("races-async-no-await")
def test_no_race_without_an_await_in_between(explored: Callable[..., None]) -> None:
    assert play(NO_AWAIT).find("Bob: refused")
    balances = list(_balances(NO_AWAIT))
    assert set(balances) == {0}
    broken = (StaleAccount, Yields, WaitsInWith, WaitsInFor)
    twins = [_below_zero(twin) for twin in broken]
    explored(len(balances), twin_fails=[_goes_below_zero(BROKEN), *twins])


@pytest.mark.sometimes("races-async-eager", since="3.12")
def test_an_eager_start_in_between_brings_the_race_back() -> None:
    # no mutant: немедленный старт есть только с 3.12, примера с ним нет
    async def main() -> None:
        balance = 100

        async def pay(who: str, then: Callable[[], object] = int) -> None:
            nonlocal balance
            if balance >= 100:
                then()
                balance -= 100
                print(f"{who}: {balance}")

        # Ruff reads for 3.11, which lacks it.
        factory = getattr(asyncio, "eager_task_factory")  # noqa: B009
        asyncio.get_running_loop().set_task_factory(factory)
        started: list[asyncio.Task[None]] = []
        await pay("Ann", lambda: started.append(asyncio.create_task(pay("Bob"))))
        await started[0]

    assert perform(main).lines == ["Bob: 0", "Ann: -100"]


@pytest.mark.never("races-async-lock")
def test_no_race_under_the_lock(explored: Callable[..., None]) -> None:
    assert play(FIXED).find("Bob: refused")
    balances = list(_balances(FIXED))
    assert set(balances) == {0}
    twins = [_below_zero(twin) for twin in (ActLocked, LockInside)]
    explored(len(balances), twin_fails=[_goes_below_zero(BROKEN), *twins])


@pytest.mark.always("races-async-lock-fair")
# one way: a fact about one class, in every order
def test_the_lock_serves_in_the_order_of_asking() -> None:
    async def main() -> None:
        lock = asyncio.Lock()

        async def work(name: str) -> None:
            print(f"asks {name}")
            async with lock:
                print(f"has {name}")
                await asyncio.sleep(0)

        await asyncio.gather(*(work(name) for name in "abc"))

    orders = set()
    for trace in interleavings(main):
        asked = [line[-1] for line in trace.lines if line.startswith("asks")]
        served = [line[-1] for line in trace.lines if line.startswith("has")]
        assert served == asked
        orders.add(tuple(asked))
    assert len(orders) == 6


@pytest.mark.always("races-async-lock-released")
@ways(end=ENDED, cancelled={"by itself": False, "cancelled": True}, awaited=AWAITED)
def test_the_lock_is_released_however_the_block_ends(
    end: End, cancelled: bool, awaited: Awaited
) -> None:
    async def main() -> None:
        lock = asyncio.Lock()

        async def work() -> None:
            async with lock:
                await awaited(1, end)

        task = asyncio.create_task(work())
        await asyncio.sleep(0.5)
        assert lock.locked()
        if cancelled:
            task.cancel()
        expected = asyncio.CancelledError if cancelled else end.error
        assert await outcome_of(task) is expected
        assert not lock.locked()

    perform(main)


@pytest.mark.always("races-async-lock-in-generator")
@ways(leave={"break": False, "an error": True}, closed={"aclosing": True, "left alone": False})
def test_a_generator_that_is_left_keeps_its_lock(leave: bool, closed: bool) -> None:
    # no mutant: в примерах страницы генератора нет
    async def main() -> None:
        lock = asyncio.Lock()

        async def rows() -> AsyncIterator[int]:
            async with lock:
                for row in range(3):
                    yield row

        generator = rows()
        with suppress(OSError):
            async with aclosing(generator) if closed else nullcontext():
                async for row in generator:
                    if leave:
                        raise OSError
                    assert row == 0
                    break
        assert lock.locked() is not closed
        await generator.aclose()
        assert not lock.locked()

    perform(main)


@pytest.mark.always("races-async-lock-reentry")
# one way: a fact about one class
def test_the_same_task_waits_for_itself() -> None:
    for patience in (1, 1_000_000):

        async def main(patience: float = patience) -> None:
            lock = asyncio.Lock()
            async with lock:
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(lock.acquire(), patience)

        assert perform(main).elapsed == patience

    async def released_by_another() -> None:
        lock = asyncio.Lock()
        async with lock:
            asyncio.get_running_loop().call_later(1, lock.release)
            await lock.acquire()
            print("taken again")

    assert perform(released_by_another).at("taken again") == 1


@pytest.mark.always("races-async-rlock-protects-nothing")
# one way: a fact about one class
def test_an_rlock_lets_both_tasks_in() -> None:
    # no mutant: в примерах страницы RLock нет
    async def main() -> None:
        lock = threading.RLock()

        async def work(name: str) -> None:
            with lock:
                print(f"{name} enters")
                await asyncio.sleep(0)
                print(f"{name} leaves")

        await asyncio.gather(work("a"), work("b"))

    assert 2 in {trace.peak("enters", "leaves") for trace in interleavings(main)}
    assert perform(main).peak("enters", "leaves") == 2


@pytest.mark.always("races-async-thread-lock")
# one way: a fact about one class, in every order
def test_a_thread_lock_stops_the_loop() -> None:
    trace = play("patterns/asyncio_races_thread_lock_broken")
    assert trace.ordered("a: has the lock", "b: waited in vain", "a: saved")
    assert "b: saved" not in trace.lines
    snippet = load("patterns/asyncio_races_thread_lock_broken")
    perform(snippet.main)
    assert not snippet.lock.locked(), "the owner does release it once the loop goes on"
    assert play("patterns/asyncio_races_thread_lock_fixed").ordered("a: saved", "b: saved")

    async def main() -> None:
        lock = threading.Lock()

        async def own() -> None:
            with lock:
                print("owner: in")
                await asyncio.sleep(0)
                print("owner: out")

        async def ask() -> None:
            print("asks")
            taken = lock.acquire(timeout=0.01)
            print(f"taken: {taken}")
            if taken:
                lock.release()

        async def tick() -> None:
            print("tick")

        await asyncio.gather(own(), ask(), tick())

    met = 0
    for trace in interleavings(main):
        place = trace.lines.index("asks")
        inside = trace.ordered("owner: in", "asks", "owner: out")
        # Nothing of the others stands between the question and the answer: the loop stood still.
        assert trace.lines[place + 1] == f"taken: {not inside}"
        met += inside
    assert met

    async def asked_in_a_thread() -> None:
        lock = threading.Lock()

        async def own() -> None:
            with lock:
                await asyncio.sleep(1)

        owner = asyncio.create_task(own())
        await asyncio.sleep(0)
        assert lock.locked()
        await asyncio.to_thread(lock.acquire)
        assert owner.done(), "the loop went on, so the owner released it"

    perform(asked_in_a_thread)


@pytest.mark.always("races-async-lock-held-adds-up")
# one way: what its page shows
def test_waits_under_a_lock_add_up_and_others_overlap() -> None:
    held = play("patterns/asyncio_races_held_broken")
    short = play("patterns/asyncio_races_held_fixed")
    clients = ("Ann", "Bob", "Eve")
    assert [held.at(f"{client}: sent") for client in clients] == [2.5, 5, 7.5]
    assert [short.at(f"{client}: counted") for client in clients] == [0.5, 1, 1.5]
    assert [short.at(f"{client}: sent") for client in clients] == [2.5, 3, 3.5]


@pytest.mark.sometimes("races-async-cancelled-between")
def test_a_cancellation_leaves_the_first_of_two_actions_done() -> None:
    broken = play("patterns/asyncio_races_cancelled_broken")
    assert broken.ordered("Bob: no seats", "seats free: 0, paid: 0")
    fixed = play("patterns/asyncio_races_cancelled_fixed")
    assert fixed.ordered("Bob: paid", "seats free: 0, paid: 1")
    for trace in (broken, fixed):
        ann = [
            (moment.what, moment.time)
            for moment in trace.moments
            if trace.actors[moment.actor].code == "book"
        ]
        assert ("waits", 0) in ann, "she had taken the seat"
        assert ann[-1] == ("ends", 0.5)
    assert play("patterns/asyncio_races_total").lines == ["added 2 times, total 1"]
