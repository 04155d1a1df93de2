"""Proofs for source/races/check-then-act.md."""

import functools
import sys
from ast import literal_eval
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from proven.stage import explore, load, play
from proven.stage.explore import Exploration, Threads

from tests.ways import ways
from tests.ways_processes import METHODS, filled, perform_by


@pytest.mark.sometimes("check-then-act-oversold")
def test_two_can_pass_the_check_for_one_seat(together: Callable[..., None]) -> None:
    assert play("races/check_then_act_seat").lines == ["1 seat, sold to ['Ann', 'Bob']"]
    cinema = load("races/check_then_act_seat").Cinema(seats=2)
    all_pay = Barrier(4)
    together(4, lambda: cinema.book("guest", all_pay.wait))
    assert len(cinema.sold) == 4


@pytest.mark.sometimes("check-then-act-created-twice")
def test_the_same_thing_can_be_created_twice() -> None:
    (line,) = play("races/check_then_act_broken").lines
    assert line == "created: ['db', 'db']"


class CheckUnlocked:
    """A broken twin: the lock is around the act only."""

    def __init__(self) -> None:
        self.items: dict[str, str] = {}
        self.lock = explore.threading.Lock()

    def get(self, name: str, create: Callable[[str], str]) -> str:
        if name not in self.items:
            with self.lock:
                self.items[name] = create(name)
        return self.items[name]


class LockInside(CheckUnlocked):
    """A broken twin: each call makes a lock of its own."""

    def get(self, name: str, create: Callable[[str], str]) -> str:
        with explore.threading.Lock():
            if name not in self.items:
                self.items[name] = create(name)
            return self.items[name]


@pytest.mark.never("check-then-act-locked-created-once")
def test_under_the_lock_it_is_never_created_twice(explored: Callable[..., None]) -> None:
    assert play("races/check_then_act_fixed").lines == ["created: ['db']"]

    def both_get(make: Callable[[], Any]) -> Exploration:
        def get(shared: tuple[Any, list[str]]) -> None:
            registry, created = shared
            registry.get("db", lambda name: created.append(name) or name)

        return Threads(
            lambda: (make(), []),
            [get] * 2,
            lambda shared: shared[1] == ["db"],
            snippets=["races/check_then_act_fixed", "races/check_then_act_broken"],
        ).explore()

    fixed = both_get(lambda: explore.load("races/check_then_act_fixed").Registry())
    assert fixed.holds, fixed.failure
    broken = explore.load("races/check_then_act_broken").Registry
    twins = [not both_get(twin).holds for twin in (broken, CheckUnlocked, LockInside)]
    explored(fixed.orders, twin_fails=twins)


@pytest.mark.always("check-then-act-setdefault")
@ways(
    count={"1": 1, "2": 2, "20": 20},
    key={"str": "db", "int": 1, "float": 0.5, "tuple": (1, "db"), "None": None},
)
def test_setdefault_keeps_one_value_but_makes_one_each_time(
    together: Callable[..., None], count: int, key: Any
) -> None:
    made: list[object] = []
    items: dict[Any, object] = {}
    got: list[object] = []
    all_made = Barrier(count)

    def make() -> object:
        own = object()
        made.append(own)
        all_made.wait()
        return own

    together(count, lambda: got.append(items.setdefault(key, make())))
    assert len(made) == len(got) == count
    assert len(set(map(id, got))) == 1


def by_threads(count: int) -> Callable[[Path], list[str]]:
    """Return what lets so many threads create a file at once and returns what each says."""
    create = load("races/check_then_act_file").create

    def outcomes(path: Path) -> list[str]:
        begin, told = Barrier(count), []
        threads = [
            Thread(target=lambda: (begin.wait(), told.append(create(path)))) for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return told

    return outcomes


def by_processes(method: str) -> Callable[[Path], list[str]]:
    """Return what lets three processes create a file at once and returns what each says."""

    def outcomes(path: Path) -> list[str]:
        code = """
            from multiprocessing import Barrier, Process

            def create(begin):
                begin.wait()
                try:
                    open("PATH", "x").close()
                    print("created")
                except FileExistsError:
                    print("was there already")

            if __name__ == "__main__":
                begin = Barrier(3)
                children = [Process(target=create, args=(begin,)) for _ in range(3)]
                for child in children:
                    child.start()
                for child in children:
                    child.join()
        """
        return perform_by(method, filled(code, PATH=path)).lines

    return outcomes


@pytest.mark.always("check-then-act-exclusive-file")
@ways(
    actors={
        "1 thread": by_threads(1),
        "2 threads": by_threads(2),
        "4 threads": by_threads(4),
        **{f"processes by {method}": by_processes(method) for method in METHODS},
    }
)
def test_of_several_who_create_a_file_exclusively_one_succeeds(
    actors: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    # no mutant: кто создаст файл, решает операционная система, а режим x ни одна правка не снимает
    (line,) = play("races/check_then_act_file").lines
    assert literal_eval(line) == ["created", *["was there already"] * 2]
    for attempt in range(3):
        outcomes = actors(tmp_path / str(attempt))
        assert sorted(outcomes) == ["created", *["was there already"] * (len(outcomes) - 1)]


@pytest.mark.sometimes("check-then-act-exclusive-file-empty")
def test_who_is_told_that_the_file_exists_can_find_it_empty(
    together: Callable[..., None], tmp_path: Path
) -> None:
    # no mutant: когда записанное дойдёт до файла, решает сам Python
    create, path = load("races/check_then_act_file").create, tmp_path / "file"
    seen: list[tuple[str, str]] = []

    def look() -> None:
        seen.append((create(path), path.read_text(encoding="ascii")))

    with path.open("x", encoding="ascii") as file:
        together(1, look)
        file.write("mine")
        together(1, look)
    together(1, look)
    assert [text for _, text in seen] == ["", "", "mine"]
    assert {outcome for outcome, _ in seen} == {"was there already"}


@pytest.mark.sometimes("check-then-act-cache-calls-twice")
def test_functools_cache_can_call_the_function_twice(together: Callable[..., None]) -> None:
    calls: list[int] = []
    both_inside = Barrier(2)

    @functools.cache
    def settings() -> dict[str, str]:
        calls.append(1)
        both_inside.wait()
        return {}

    together(2, settings)
    assert len(calls) == 2


@pytest.mark.always("check-then-act-cached-property-lock")
def test_cached_property_holds_a_lock_only_before_312() -> None:
    # one way: a fact about a class
    begun, finish = Event(), Event()
    calls: list[int] = []

    class Service:
        @functools.cached_property
        def settings(self) -> str:
            calls.append(1)
            begun.set()
            finish.wait()
            return "settings"

    service = Service()
    first = Thread(target=lambda: service.settings)
    first.start()
    begun.wait()
    second = Thread(target=lambda: service.settings)
    if sys.version_info < (3, 12):
        lock = Service.__dict__["settings"].lock
        assert not lock.acquire(blocking=False), "the first thread holds it"
        second.start()
        finish.set()
    else:
        begun.clear()
        second.start()
        begun.wait()  # the second is inside, too
        finish.set()
    first.join()
    second.join()
    assert len(calls) == (1 if sys.version_info < (3, 12) else 2)
