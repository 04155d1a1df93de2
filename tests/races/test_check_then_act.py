"""Proofs for source/races/check-then-act.md."""

import functools
import os
import sys
from ast import literal_eval
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from proven.stage import explore, load, play
from proven.stage.explore import Exploration, Threads

from tests.ways import only, printed_in_any_order, ways
from tests.ways_processes import METHODS, filled, perform_by


@pytest.mark.sometimes("check-then-act-oversold")
def test_two_can_pass_the_check_for_one_seat(together: Callable[..., None]) -> None:
    line = "1 seat, sold to ['Ann', 'Bob']"
    assert play("races/check_then_act_seat").lines == [line]
    # Whatever the order of the threads: who isn't waited for would be missing in one of them.
    assert printed_in_any_order("races/check_then_act_seat") == {(line,)}
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


Actors = Callable[[Path, str], list[str]]


def by_threads(count: int) -> Actors:
    """Return what lets so many threads create a file at once and returns what each says."""

    def outcomes(path: Path, how: str) -> list[str]:
        begin, told, create = Barrier(count), [], load("races/check_then_act_file").create

        def act(number: int) -> None:
            own = path.with_suffix(f".{number}")
            own.touch()
            begin.wait()
            if how == "x":
                told.append(create(path))
                return
            try:
                getattr(os, how)(own, path)
                told.append("created")
            except FileExistsError:
                told.append("was there already")

        threads = [Thread(target=act, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return told

    return outcomes


def by_processes(method: str) -> Actors:
    """Return what lets three processes create a file at once and returns what each says."""

    def outcomes(path: Path, how: str) -> list[str]:
        code = """
            import os
            from multiprocessing import Barrier, Process

            def create(begin, number):
                own = f"PATH.{number}"
                open(own, "w").close()
                begin.wait()
                try:
                    DO
                    print("created")
                except FileExistsError:
                    print("was there already")

            if __name__ == "__main__":
                begin = Barrier(3)
                children = [Process(target=create, args=(begin, number)) for number in range(3)]
                for child in children:
                    child.start()
                for child in children:
                    child.join()
        """
        do = 'open("PATH", "x").close()' if how == "x" else f'os.{how}(own, "PATH")'
        return perform_by(method, filled(code, DO=do, PATH=path)).lines

    return outcomes


ACTORS: dict[str, Actors] = {
    "1 thread": by_threads(1),
    "2 threads": by_threads(2),
    "4 threads": by_threads(4),
    **{f"processes by {method}": by_processes(method) for method in METHODS},
}
FEWER = only(ACTORS, "2 threads", "4 threads", "processes by spawn")


@pytest.mark.always("check-then-act-exclusive-file")
@ways(actors=ACTORS)
def test_of_several_who_create_a_file_exclusively_one_succeeds(
    actors: Actors, tmp_path: Path
) -> None:
    # no mutant: кто создаст файл, решает операционная система, а режим x ни одна правка не снимает
    (line,) = play("races/check_then_act_file").lines
    assert literal_eval(line) == ["created", *["was there already"] * 2]
    for attempt in range(3):
        outcomes = actors(tmp_path / str(attempt), "x")
        assert sorted(outcomes) == ["created", *["was there already"] * (len(outcomes) - 1)]


@pytest.mark.always("check-then-act-replace-overwrites")
@ways(actors=FEWER)
def test_all_succeed_in_replacing_a_file(actors: Actors, tmp_path: Path) -> None:
    # no mutant: кого заменит файл, решает операционная система
    assert set(actors(tmp_path / "file", "replace")) == {"created"}


@pytest.mark.always("check-then-act-link")
@ways(actors=FEWER)
def test_of_several_who_link_a_file_one_succeeds(actors: Actors, tmp_path: Path) -> None:
    # no mutant: кому достанется имя, решает операционная система
    outcomes = actors(tmp_path / "file", "link")
    assert sorted(outcomes) == ["created", *["was there already"] * (len(outcomes) - 1)]


@pytest.mark.sometimes("check-then-act-defaultdict-twice")
def test_the_factory_of_a_defaultdict_can_run_twice(together: Callable[..., None]) -> None:
    made: list[object] = []
    got: list[object] = []
    all_make = Barrier(2)

    def make() -> object:
        own = object()
        made.append(own)
        all_make.wait()
        return own

    items = defaultdict(make)
    together(2, lambda: got.append(items["key"]))
    assert len(made) == 2
    if sys.version_info >= (3, 15):
        assert got == [items["key"]] * 2, "early releases of 3.13 and 3.14 give each its own"


@pytest.mark.sometimes("check-then-act-defaultdict-lost", before="3.13")
def test_each_can_get_a_value_of_its_own(together: Callable[..., None]) -> None:
    got: list[object] = []
    all_make = Barrier(2)

    def make() -> object:
        all_make.wait()
        return object()

    items = defaultdict(make)
    together(2, lambda: got.append(items["key"]))
    assert [value is items["key"] for value in got].count(True) == 1


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
