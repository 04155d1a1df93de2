"""Proofs for source/races/readers.md."""

import asyncio
import copy
import multiprocessing
import sys
import threading
from ast import literal_eval
from collections.abc import Callable
from contextlib import nullcontext
from threading import Barrier, Event, Lock, RLock, Thread
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import Any

import pytest
from proven.stage import SnippetError, explore, load, path_of, perform, perform_script, play
from proven.stage.explore import Exploration, Threads

from tests.ways import ways
from tests.ways_processes import METHODS, filled, perform_by

OLD, NEW = {"tea": 1, "coffee": 2}, {"tea": 2, "coffee": 4}
ALONE = {"none": 0, "1": 1, "2": 2}


class InPlace:
    """A broken twin: the writer changes what is read."""

    def __init__(self) -> None:
        self.lock, self.current = explore.threading.Lock(), dict(OLD)

    def double(self, each: Callable[[], object]) -> None:
        with self.lock:
            for drink in self.current:
                self.current[drink] *= 2
                each()


class TooEarly(InPlace):
    """A broken twin: the new dict is put in its place before it is ready."""

    def double(self, each: Callable[[], object]) -> None:
        with self.lock:
            self.current = dict(self.current)
            for drink in self.current:
                self.current[drink] *= 2
                each()


@pytest.mark.never("readers-snapshot-whole")
def test_a_reader_of_one_reference_never_sees_half(explored: Callable[..., None]) -> None:
    *seen, last = play("races/readers_half_fixed").lines
    assert [literal_eval(line.partition(": ")[2]) for line in (*seen, last)] == [OLD, OLD, NEW]

    def read(shared: Any) -> None:
        prices, taken = shared
        taken.append(dict(prices.current))

    def reading(make: Callable[[], Any], readers: int = 1) -> Exploration:
        return Threads(
            lambda: (make(), []),
            [lambda shared: shared[0].double(int), *[read] * readers],
            lambda shared: all(taken in (OLD, NEW) for taken in shared[1]),
            snippets=["races/readers_half_fixed", "races/readers_half_broken"],
        ).explore()

    count = 0
    for readers in (1, 2):
        whole = reading(lambda: explore.load("races/readers_half_fixed").Prices(), readers)
        assert whole.holds, whole.failure
        count += whole.orders
    broken = explore.load("races/readers_half_broken").Prices
    twins = [not reading(twin).holds for twin in (broken, InPlace, TooEarly)]
    explored(count, twin_fails=twins)


@pytest.mark.always("readers-do-not-wait")
@ways(kind={"Lock": Lock, "RLock": RLock}, readers={"1": 1, "2": 2, "10": 10})
def test_a_reader_of_a_snapshot_does_not_wait_for_the_writer(
    together: Callable[..., None], kind: Callable[[], Any], readers: int
) -> None:
    prices = load("races/readers_half_fixed").Prices()
    prices.lock = kind()
    seen: list[dict[str, int]] = []
    # Comes back only if the readers end while the writer is inside.
    prices.double(lambda: together(readers, lambda: seen.append(prices.current)))
    assert seen == [OLD] * 2 * readers
    assert prices.current == NEW


@pytest.mark.always("readers-proxy-refuses")
@ways(of={"dict": dict, "empty": lambda _: {}, "proxy": MappingProxyType})
def test_a_proxy_takes_no_item(of: Callable[[dict[str, int]], Any]) -> None:
    # no mutant: отказывает сам Python
    proxy: Any = MappingProxyType(of(dict(OLD)))
    for key in ("tea", "juice"):
        with pytest.raises(TypeError):
            proxy[key] = 3
        with pytest.raises(TypeError):
            del proxy[key]
    nested = MappingProxyType({"hot": dict(OLD)})
    nested["hot"]["tea"] = 3
    assert nested["hot"]["tea"] == 3


@pytest.mark.sometimes("readers-writers-lose")
def test_two_writers_without_a_lock_can_lose_a_change() -> None:
    def doubled_twice(lock: Any) -> dict[str, int]:
        prices = load("races/readers_half_fixed").Prices()
        prices.lock = lock
        others: list[Thread] = []

        def let_write() -> None:
            if not others:
                others.append(Thread(target=prices.double, args=(int,)))
                others[0].start()
                if isinstance(lock, nullcontext):
                    others[0].join()

        prices.double(let_write)
        others[0].join()
        return prices.current  # type: ignore[no-any-return]  # a snippet's

    assert doubled_twice(nullcontext()) == NEW, "one doubling is lost"
    assert doubled_twice(Lock()) == {"tea": 4, "coffee": 8}


@pytest.mark.sometimes("readers-two-snapshots")
def test_a_reader_of_two_references_can_mix_them() -> None:
    old, new = sum(OLD.values()), sum(NEW.values())
    mixed = OLD["tea"] + NEW["coffee"]
    assert mixed not in (old, new)
    following = f"the next order: {new}"
    assert play("races/readers_twice_broken").lines == [f"tea and coffee: {mixed}", following]
    assert play("races/readers_twice_fixed").lines == [f"tea and coffee: {old}", following]


@pytest.mark.sometimes("readers-task-two-snapshots")
def test_a_task_that_awaits_between_two_reads_can_mix_them() -> None:
    prices = load("races/readers_twice_broken").Prices

    async def main() -> None:
        shared = prices()

        async def order(*, waits: bool) -> int:
            tea = shared.current["tea"]
            if waits:
                await asyncio.sleep(1)
            return int(tea + shared.current["coffee"])

        async def write() -> None:
            shared.double()

        for waits in (True, False):
            shared.current = dict(OLD)
            bill, _ = await asyncio.gather(order(waits=waits), write())
            print(bill)

    assert perform(main).lines == ["5", "3"]


@pytest.mark.always("readers-no-such-class")
@ways(module={"threading": threading, "asyncio": asyncio, "multiprocessing": multiprocessing})
def test_the_library_has_no_such_lock(module: Any) -> None:
    # no mutant: имена в модуле выбирает Python
    names = {name.lower() for name in dir(module) if not name.startswith("_")}
    locks = {name for name in names if name.endswith("lock")}
    assert {"lock"} <= locks <= {"lock", "rlock", "allocate_lock"}
    assert not {name for name in names if "shared" in name and "lock" in name}


def shared_lock() -> Any:
    return explore.load("races/readers_lock").SharedLock()


class Everybody:
    """A broken twin: those who read let nobody wait."""

    def __init__(self) -> None:
        self.lock = explore.threading.Lock()

    def read(self) -> Any:
        return nullcontext()

    def write(self) -> Any:
        return self.lock


class OnlyReaders(Everybody):
    """A broken twin: those who write do."""

    def read(self) -> Any:
        return self.lock

    def write(self) -> Any:
        return nullcontext()


@pytest.mark.never("readers-writer-alone")
def test_nobody_is_inside_beside_a_writer(explored: Callable[..., None]) -> None:
    first, second = play("races/readers_lock").lines
    assert (first, second) == ("readers: 2, writers: 0", "readers: 0, writers: 1")

    def read(shared: Any) -> None:
        with shared.lock.read():
            shared.inside.append("read")
            shared.seen.append(list(shared.inside))
            shared.inside.remove("read")

    def write(shared: Any) -> None:
        with shared.lock.write():
            shared.inside.append("write")
            shared.seen.append(list(shared.inside))
            shared.inside.remove("write")

    def alone(shared: Any) -> bool:
        left = getattr(shared.lock, "readers", 0), getattr(shared.lock, "writers", 0)
        inside = shared.seen
        return left == (0, 0) and all("write" not in who or len(who) == 1 for who in inside)

    def entering(make: Callable[[], Any], *workers: Callable[[Any], None]) -> Exploration:
        return Threads(
            lambda: SimpleNamespace(lock=make(), inside=[], seen=[]),
            workers,
            alone,
            snippets=["races/readers_lock"],
        ).explore(preemptions=1)

    count = 0
    for workers in ((read, write), (write, write), (read, read, write)):
        found = entering(shared_lock, *workers)
        assert found.holds, found.failure
        count += found.orders
    twins = [not entering(twin, read, write).holds for twin in (Everybody, OnlyReaders)]
    explored(count, twin_fails=twins)


@pytest.mark.sometimes("readers-writer-starves")
def test_readers_who_pass_a_waiting_writer_can_keep_it_waiting() -> None:
    class Impolite(load("races/readers_lock").SharedLock):  # type: ignore[misc]  # a snippet's
        """Readers see only the writer who is inside: none of those who wait."""

        @property
        def writers(self) -> int:
            return int(self.writing.locked() and not self.readers)

        @writers.setter
        def writers(self, _: int) -> None:
            asked.set()

    asked, wrote = Event(), Event()
    shared = Impolite()

    def write() -> None:
        with shared.write():
            wrote.set()

    first = shared.read()
    first.__enter__()
    asked.clear()
    writer = Thread(target=write)
    writer.start()
    asked.wait()
    for _ in range(100):
        following = shared.read()
        following.__enter__()
        first.__exit__(None, None, None)
        first = following
        assert not wrote.is_set()
    first.__exit__(None, None, None)
    writer.join()
    assert wrote.is_set()


@pytest.mark.sometimes("readers-reader-starves")
@ways(writers={"2": 2, "50": 50})
def test_writers_who_come_later_pass_a_waiting_reader(writers: int) -> None:
    class Watched(load("races/readers_lock").SharedLock):  # type: ignore[misc]  # a snippet's
        """Tells that somebody looked at the number of writers, or changed it."""

        @property
        def writers(self) -> int:
            looked.set()
            return self.count

        @writers.setter
        def writers(self, count: int) -> None:
            self.count = count
            counted.set()

    looked, counted, has_read = Event(), Event(), Event()
    shared = Watched()
    inside, leave = ([Event() for _ in range(writers)] for _ in range(2))

    def read() -> None:
        with shared.read():
            has_read.set()

    def write(number: int) -> None:
        with shared.write():
            inside[number].set()
            leave[number].wait(60)

    threads = [Thread(target=write, args=(number,), daemon=True) for number in range(writers)]
    reader = Thread(target=read, daemon=True)
    threads[0].start()
    assert inside[0].wait(60)
    looked.clear()
    reader.start()
    assert looked.wait(60)
    with shared.changed:
        pass  # the reader waits
    for number in range(1, writers):
        counted.clear()
        threads[number].start()
        assert counted.wait(60)
        leave[number - 1].set()
        assert inside[number].wait(60)
        threads[number - 1].join(60)
        assert not has_read.is_set()
    leave[-1].set()
    assert has_read.wait(60)
    for thread in [*threads, reader]:
        thread.join(60)


NESTED = """
import threading
from time import sleep

def writes():
    with shared.write():
        print("wrote", flush=True)

shared = SharedLock()
writer = threading.Thread(target=writes)
with shared.read():
    WRITER_COMES
    with shared.read():
        print("read twice", flush=True)
"""
COMES = "writer.start()\n    while not shared.writers: sleep(0.01)"


@pytest.mark.sometimes("readers-nested-deadlock")
def test_a_nested_reader_and_a_writer_can_wait_for_each_other() -> None:
    definitions = path_of("races/readers_lock").read_text("utf-8").partition("def main")[0]

    def read_twice(between: str) -> list[str]:
        return perform_script(definitions + NESTED.replace("WRITER_COMES", between)).lines

    assert read_twice("pass") == ["read twice"]
    with pytest.raises(SnippetError, match="deadlock"):
        read_twice(COMES)


@pytest.mark.always("readers-not-reentrant")
@ways(
    again={
        "read, then write": ("read", "write"),
        "write, then write": ("write", "write"),
        "write, then read": ("write", "read"),
    }
)
def test_a_holder_that_writes_waits_for_itself(again: tuple[str, str]) -> None:
    definitions = path_of("races/readers_lock").read_text("utf-8").partition("def main")[0]
    program = """
        import threading

        def holds():
            with shared.HELD(), shared.WANTED():
                print("both", flush=True)

        shared = SharedLock()
        holder = threading.Thread(target=holds)
        holder.start()
        holder.join()
        """

    def hold(held: str, wanted: str) -> list[str]:
        return perform_script(definitions + filled(program, HELD=held, WANTED=wanted)).lines

    assert hold("read", "read") == ["both"]
    with pytest.raises(SnippetError, match="deadlock"):
        hold(*again)


@pytest.mark.sometimes("readers-together")
def test_readers_are_inside_together() -> None:
    shared = load("races/readers_lock").SharedLock()
    all_inside = Barrier(5)

    def read() -> None:
        with shared.read():
            all_inside.wait()

    readers = [Thread(target=read) for _ in range(5)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert shared.readers == 0


NESTED_VALUES: dict[str, tuple[Any, Callable[[Any], object]]] = {
    "dict": ({"small": 1}, lambda sizes: sizes.update(small=2)),
    "list": ([1, 2], lambda sizes: sizes.append(3)),
}


@pytest.mark.always("readers-imported-name-stays")
@ways(
    imported={
        "at the top": "from prices_stay import current\ndef seen(): return current",
        "as": "from prices_stay import current as all_prices\ndef seen(): return all_prices",
        "star": "from prices_stay import *\ndef seen(): return current",
    },
    by={"main": False, "another": True},
)
def test_an_imported_name_keeps_the_former_snapshot(
    monkeypatch: pytest.MonkeyPatch, imported: str, by: bool
) -> None:
    # no mutant: чего касается присваивание, решает сам Python
    prices = ModuleType("prices_stay")
    exec("current = {'tea': 1}\ndef replace(it):\n global current\n current = it", vars(prices))
    monkeypatch.setitem(sys.modules, "prices_stay", prices)
    reader: dict[str, Any] = {}
    exec(imported, reader)
    assert reader["seen"]() == {"tea": 1}
    writer = Thread(target=prices.replace, args=({"tea": 2},))
    if by:
        writer.start()
        writer.join()
    else:
        writer.run()
    assert reader["seen"]() == {"tea": 1}
    assert prices.current == {"tea": 2}


@pytest.mark.always("readers-shallow-copy")
@ways(
    copied={"dict": dict, "method": dict.copy, "copy.copy": copy.copy},
    nested=NESTED_VALUES,
)
def test_a_shallow_copy_shares_what_is_nested(
    copied: Callable[[Any], Any], nested: tuple[Any, Callable[[Any], object]]
) -> None:
    # no mutant: вложенных цен в примерах страницы нет
    sizes, change = nested
    before = copy.deepcopy(sizes)
    snapshot = {"tea": copy.deepcopy(sizes)}

    def write(copies: Callable[[Any], Any]) -> None:
        change(copies(snapshot)["tea"])

    def written_by(copies: Callable[[Any], Any]) -> Any:
        writer = Thread(target=write, args=(copies,))
        writer.start()
        writer.join()
        return snapshot["tea"]

    assert written_by(copy.deepcopy) == before
    assert written_by(copied) != before


@pytest.mark.always("readers-other-process-keeps")
@ways(method=METHODS)
def test_a_snapshot_is_replaced_in_one_process_only(method: str) -> None:
    trace = perform_by(
        method,
        """
        import multiprocessing, threading

        class Prices:
            current = {"tea": 1}

        prices = Prices()

        def replace(factor):
            prices.current = {drink: factor * price for drink, price in prices.current.items()}

        def child(turn):
            before = prices.current
            turn.wait()
            turn.wait()
            print("child keeps it:", prices.current is before, prices.current)
            replace(10)

        if __name__ == "__main__":
            for kind in (multiprocessing, threading):
                turn = kind.Barrier(2)
                start = getattr(kind, "Process", None) or kind.Thread
                other = start(target=child, args=(turn,))
                other.start()
                turn.wait()
                replace(2)
                turn.wait()
                other.join()
                print("parent sees", prices.current)
        """,
    )
    assert trace.lines[:2] == ["child keeps it: True {'tea': 1}", "parent sees {'tea': 2}"]
    assert trace.lines[2:] == ["child keeps it: False {'tea': 4}", "parent sees {'tea': 40}"]
