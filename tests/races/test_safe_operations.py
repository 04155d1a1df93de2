"""Proofs for source/races/safe-operations.md."""

import copy
import gc
import itertools
import json
import operator
import os
import pickle
import sys
from collections import Counter, UserDict, defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial
from io import StringIO
from threading import Barrier, Event, Thread
from typing import Any

import pytest
from proven.stage import explore, load, play
from proven.stage.explore import Exploration, Threads

from tests.ways import ways

Explored = Callable[..., None]
Together = Callable[[int, Callable[[], object]], None]
THREADS = {"2": 2, "8": 8}
MANY = 2_000


@contextmanager
def frequent_switches() -> Iterator[None]:
    """Let the interpreter offer a switch as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


TAKEN: dict[str, Callable[[], Callable[[], Any]]] = {
    "list.pop": lambda: list(range(MANY)).pop,
    "deque.pop": lambda: deque(range(MANY)).pop,
    "deque.popleft": lambda: deque(range(MANY)).popleft,
    "set.pop": lambda: set(range(MANY)).pop,
    "dict.popitem": lambda: dict.fromkeys(range(MANY)).popitem,
}
"""Each fills a container and gives what takes one out of it."""


@pytest.mark.always("safe-each-taken-once")
@ways(taken=TAKEN, threads=THREADS)
def test_each_is_taken_by_one(
    together: Together, taken: Callable[[], Callable[[], Any]], threads: int
) -> None:
    assert play("races/safe_operations_pop").lines == ["left [], done ['a', 'b', 'c', 'd', 'e']"]
    done: list[str] = []
    load("races/safe_operations_pop").drain(["a", "b"], done)
    assert done == ["b", "a"]
    take, got, begin = taken(), list[list[Any]](), Barrier(threads)

    def drain() -> None:
        mine: list[Any] = []
        begin.wait()
        while True:
            try:
                mine.append(take())
            except (IndexError, KeyError):
                break
        got.append(mine)

    with frequent_switches():
        together(threads, drain)
    numbers = [
        number[0] if isinstance(number, tuple) else number for part in got for number in part
    ]
    assert sorted(numbers) == list(range(MANY))


def _list_extend(items: list[int], number: int) -> None:
    items.extend([number])


PUT: dict[str, tuple[type[Any], Callable[[Any, int], object]]] = {
    "list.append": (list, list.append),
    "list.extend": (list, _list_extend),
    "deque.append": (deque, deque.append),
    "deque.appendleft": (deque, deque.appendleft),
    "set.add": (set, set.add),
    "d[key] = value": (dict, lambda items, number: items.__setitem__(number, None)),
    "dict.setdefault": (dict, dict.setdefault),
    "dict.update": (dict, lambda items, number: items.update({number: None})),
}
"""The container, and what puts a number into it."""


@pytest.mark.always("safe-nothing-put-is-lost")
@ways(put=PUT, threads=THREADS)
def test_nothing_that_was_put_is_lost(
    together: Together, put: tuple[type[Any], Callable[[Any, int], object]], threads: int
) -> None:
    # no mutant: утверждение о встроенных типах, программа к нему не нужна
    kind, action = put
    items, begin, turns = kind(), Barrier(threads), list(range(threads))

    def fill() -> None:
        first = turns.pop() * MANY
        begin.wait()
        for number in range(first, first + MANY):
            action(items, number)

    with frequent_switches():
        together(threads, fill)
    assert sorted(items) == list(range(threads * MANY))


@pytest.mark.always("safe-item-write-keeps-one")
@ways(threads=THREADS, places={"1": 1, "16": 16})
def test_one_of_the_written_stays(together: Together, threads: int, places: int) -> None:
    # no mutant: утверждение о встроенном типе, программа к нему не нужна
    shared, begin, turns = [(-1, -1)] * (places + threads), Barrier(threads), list(range(threads))

    def write() -> None:
        me = turns.pop()
        begin.wait()
        for number in range(MANY):
            shared[number % places] = (me, number)
            shared[places + me] = (me, number)

    with frequent_switches():
        together(threads, write)
    assert len(shared) == places + threads
    assert shared[places:] == [(me, MANY - 1) for me in range(threads)]
    for place, (who, number) in enumerate(shared[:places]):
        assert who in range(threads)
        assert number in range(MANY - places, MANY), "the last that its thread wrote here"
        assert number % places == place


class OfDict:
    """Counts in an item of a dict."""

    def __init__(self) -> None:
        self.counts: Any = {"tea": 0}

    def add(self) -> None:
        self.counts["tea"] += 1


class OfGet(OfDict):
    """Counts by get(), as one does for a key that may be missing."""

    def add(self) -> None:
        self.counts["tea"] = self.counts.get("tea", 0) + 1


class OfCounter(OfDict):
    """Counts in a Counter."""

    def __init__(self) -> None:
        self.counts = Counter({"tea": 0})


class OfList(OfDict):
    """Counts in an item of a list."""

    def __init__(self) -> None:
        self.counts = [0]

    def add(self) -> None:
        self.counts[0] += 1


@pytest.mark.sometimes("safe-item-plus-equal-loses")
@ways(kind={kind.__name__: kind for kind in (OfDict, OfGet, OfCounter, OfList)})
def test_an_item_is_not_raised_in_one_step(kind: type[OfDict]) -> None:
    # no mutant: утверждение о встроенных типах, программа к нему не нужна
    def holds(it: OfDict) -> bool:
        return bool(it.counts[0 if kind is OfList else "tea"] == 2)

    found = Threads(kind, [lambda it: it.add()] * 2, holds).explore(first=True)
    assert found.failure
    assert found.failure.kind == "invariant"
    alone = kind()
    alone.add()
    alone.add()
    assert holds(alone)


class Count(int):
    """A number at whose addition somebody else comes in."""

    meanwhile: Callable[[], object]

    def __add__(self, other: int) -> int:
        self.meanwhile()
        return int(self) + other

    __radd__ = __add__


@pytest.mark.sometimes("safe-counter-update-loses")
@ways(
    count={"update": Counter.update, "+=": operator.iadd},
    given={"dict": dict, "Counter": Counter},
    one={"1": 1, "5": 5},
)
def test_an_update_of_a_counter_is_not_one_step(
    together: Together,
    count: Callable[[Any, Any], object],
    given: Callable[[dict[str, int]], Any],
    one: int,
) -> None:
    # no mutant: утверждение о типе библиотеки, программа к нему не нужна
    items = Counter({"tea": 10})
    mine = Count(one)
    mine.meanwhile = lambda: together(1, lambda: count(items, given({"tea": 100})))
    count(items, given({"tea": mine}))
    assert items == {"tea": 10 + one}, "the other's hundred is gone"
    count(items, given({"tea": 100}))
    assert items == {"tea": 110 + one}, "one after the other they add up"


def closers(make: Callable[[], Any]) -> Exploration:
    """Explore two who close the same session."""
    return Threads(
        make,
        [lambda sessions: sessions.close("a1")] * 2,
        lambda sessions: not sessions.users,
        snippets=["races/safe_operations_delete_broken", "races/safe_operations_delete_fixed"],
    ).explore(first=True)


class GetThenDelete:
    """A broken twin: asks by get()."""

    def __init__(self) -> None:
        self.users = {"a1": "Ann"}

    def close(self, key: str) -> None:
        if self.users.get(key):
            del self.users[key]


def broken() -> Any:
    """Return the sessions of the broken program."""
    return explore.load("races/safe_operations_delete_broken").Sessions()


@pytest.mark.sometimes("safe-check-then-delete-raises")
def test_what_was_there_can_be_gone() -> None:
    assert play("races/safe_operations_delete_broken").lines == ["KeyError: 'a1'", "open: {}"]
    failure = closers(broken).failure
    assert failure
    assert "KeyError" in failure.text


@pytest.mark.never("safe-pop-with-default-never-raises")
def test_pop_with_a_default_needs_no_check(explored: Explored) -> None:
    assert play("races/safe_operations_delete_fixed").lines == ["open: {}", "closed 1 time"]
    right = closers(lambda: explore.load("races/safe_operations_delete_fixed").Sessions())
    assert right.holds, right.failure
    explored(right.orders, twin_fails=[not closers(twin).holds for twin in (broken, GetThenDelete)])


@pytest.mark.sometimes("safe-pop-of-a-mapping-raises")
@ways(make={"os.environ": lambda: os.environ, "UserDict": UserDict})
def test_pop_of_a_mapping_written_in_python_can_raise(
    monkeypatch: pytest.MonkeyPatch, together: Together, make: Callable[[], Any]
) -> None:
    # no mutant: утверждение о типах библиотеки, программа к нему не нужна
    items = make()
    kind, key = type(items), "SAFE_OPERATIONS"
    items[key] = "Ann"
    assert items.pop(key, None) == "Ann"
    assert items.pop(key, None) is None, "nobody comes in, nothing is raised"
    items[key] = "Ann"
    get, once = kind.__getitem__, iter([lambda: items.__delitem__(key)])

    def got_then_deleted(self: Any, name: str) -> Any:
        value = get(self, name)
        for delete in once:
            together(1, delete)
        return value

    monkeypatch.setattr(kind, "__getitem__", got_then_deleted)
    with pytest.raises(KeyError):
        items.pop(key, None)
    assert key not in items


@pytest.mark.always("safe-sort-empties-the-list")
@ways(items={"1": [1], "3": [3, 1, 2], "sorted": [1, 2, 3], "many": [*range(100)]})
def test_amid_a_sort_the_list_is_empty(items: list[int]) -> None:
    assert play("races/safe_operations_sort").lines[0] == "amid the sort: []"
    seen: list[tuple[int, list[int]]] = []

    def key(item: int) -> int:
        looker = Thread(target=lambda: seen.append((len(items), items[:])))
        looker.start()
        looker.join()
        return item

    expected = sorted(items)
    items.sort(key=key)
    assert seen == [(0, [])] * len(expected)
    assert items == expected


@pytest.mark.always("safe-append-amid-sort-is-lost")
@ways(change={"append": lambda it: it.append(40), "extend": lambda it: it.extend([40, 50])})
def test_what_is_appended_amid_a_sort_is_lost(change: Callable[[list[int]], None]) -> None:
    assert play("races/safe_operations_sort").lines[1:] == [
        "ValueError: list modified during sort",
        "after it: [10, 20, 30]",
    ]
    items, lengths = [3, 1, 2], list[int]()
    once = iter([change])

    def key(item: int) -> int:
        for action in once:
            lengths.append(len(items))
            thread = Thread(target=action, args=(items,))
            thread.start()
            thread.join()
            lengths.append(len(items))
        return item

    with pytest.raises(ValueError, match="list modified during sort"):
        items.sort(key=key)
    assert lengths[0] == 0 < lengths[1], "it isn't empty any more"
    assert items == [1, 2, 3]


@pytest.mark.sometimes("safe-append-may-wait-for-sort", gil="off")
def test_an_append_can_wait_for_the_end_of_a_sort() -> None:
    # no mutant: мутантов делают в сборке с GIL, а утверждение верно без него
    # Several tries: whoever stops all threads for a moment makes the sort let go of the list.
    assert any(appended_amid_a_sort() == [1, 2, 3, 40] for _ in range(20))


def appended_amid_a_sort() -> list[int]:
    """Return what a list holds after one thread sorted it and another appended to it."""
    items, asks = [3, 1, 2], Event()

    def add() -> None:
        asks.set()
        items.append(40)

    adder = Thread(target=add)

    def key(item: int) -> int:
        if not adder.ident:
            adder.start()
        for _ in range(200_000):  # computes, for all the time that an append takes
            asks.is_set()
        return item

    with suppress(ValueError):
        items.sort(key=key)
    adder.join()
    return items


@pytest.mark.sometimes("safe-readers-may-wait-for-sort", gil="off")
@ways(
    read={
        "loop": lambda items: [item + 0 for item in items],
        "slice": lambda items: items[:],
        "copy": list.copy,
        "in": lambda items: [1, 2, 3] if 3 in items else [],
    }
)
def test_a_reader_can_wait_for_the_end_of_a_sort(read: Callable[[list[int]], list[int]]) -> None:
    # no mutant: мутантов делают в сборке с GIL, а утверждение верно без него
    # Several tries: whoever stops all threads for a moment makes the sort let go of the list.
    assert any(seen_amid_a_sort(read) == [0, [1, 2, 3]] for _ in range(20))


class Heir(dict[int, int]):
    """A dict of one's own."""


ITERATES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], object]]] = {
    "tuple": (dict, tuple),
    "sum of values": (dict, lambda items: sum(items.values())),
    "list of a defaultdict": (partial(defaultdict, int), list),
    "list of a Counter": (Counter, list),
    "list of an heir": (Heir, list),
    # gh-144809: since this release the copy is made in one step.
    **({} if sys.version_info >= (3, 14, 4) else {"copy of a deque": (deque, deque.copy)}),
}


@pytest.mark.sometimes("safe-iterates-without-gil", gil="off")
@ways(what=ITERATES)
def test_a_function_goes_through_a_dict_in_steps(
    what: tuple[Callable[[Any], Any], Callable[[Any], object]],
) -> None:
    # no mutant: мутантов делают в сборке с GIL, а утверждение верно без него
    make, read = what

    def raises(read: Callable[[Any], object], times: int) -> bool:
        items, begin, done = make(enumerate(range(50))), Barrier(2), Event()
        errors = list[RuntimeError]()

        def change() -> None:
            begin.wait(60)
            for number in itertools.count():
                if done.is_set():
                    return
                if isinstance(items, deque):
                    items.append(number)
                    items.popleft()
                else:
                    items[50 + number % 50] = number
                    items.pop(50 + (number + 7) % 50, None)

        def look() -> None:
            begin.wait(60)
            try:
                for _ in range(times):
                    read(items)
            except RuntimeError as error:
                errors.append(error)
            finally:
                done.set()

        threads = [Thread(target=change), Thread(target=look)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return bool(errors)

    # Any of several tries: on a busy machine they may go one after the other.
    assert any(raises(read, 20_000) for _ in range(50))
    if make is not deque:
        assert not raises(lambda items: items.copy(), 5_000)


def seen_amid_a_sort(read: Callable[[list[int]], list[int]]) -> list[Any]:
    """Return the length and what is read of a list that is being sorted."""
    items, asks, seen = [3, 1, 2], Event(), list[Any]()

    def look() -> None:
        seen.append(len(items))
        asks.set()
        seen.append(read(items))

    looker = Thread(target=look)

    def key(item: int) -> int:
        if not looker.ident:
            looker.start()
            asks.wait()
        for _ in range(200_000):  # computes, for all the time that reading takes
            asks.is_set()
        return item

    items.sort(key=key)
    looker.join()
    return seen


@dataclass(frozen=True)
class Key:
    """A key that Python compares; at its comparison somebody reads."""

    number: int
    compared: Callable[[], None]

    def __eq__(self, other: object) -> bool:
        self.compared()
        return isinstance(other, Key) and self.number == other.number

    def __hash__(self) -> int:
        return self.number


class Old(int):
    """A value at whose end somebody reads."""

    ended: Callable[[], None]

    def __del__(self) -> None:
        self.ended()


@pytest.mark.sometimes("safe-update-seen-halfway")
@ways(place={"first": 0, "second": 1}, by_key={"__del__": False, "__eq__": True})
def test_an_update_can_be_seen_halfway(place: int, by_key: bool) -> None:
    # no mutant: утверждение о встроенном типе, программа к нему не нужна
    seen: list[list[int]] = []

    def read() -> None:
        # What may happen at any moment without the GIL.
        reader = Thread(target=lambda: seen.append([*items.values()]))
        reader.start()
        reader.join()

    def keys() -> list[Any]:
        if not by_key:
            return [0, 1, 2]
        # The next one is compared when `place` has been replaced.
        return [Key(each, read if each == place + 1 else lambda: None) for each in range(3)]

    items: dict[Any, int] = dict.fromkeys(keys(), 0)
    if not by_key:
        old = items[place] = Old(0)
        old.ended = read
        del old  # the dict alone keeps it
    items.update(dict.fromkeys(keys(), 1))
    assert seen == [[1] * (place + 1) + [0] * (2 - place)]


@pytest.mark.sometimes("safe-items-and-the-collector", before="3.12")
def test_a_list_of_items_can_meet_the_collector() -> None:
    # no mutant: утверждение о встроенном типе, программа к нему не нужна
    items = dict.fromkeys(range(5_000))

    def collected(phase: str, _: object) -> None:
        if phase == "start":
            adder = Thread(target=items.__setitem__, args=(len(items), None))
            adder.start()
            adder.join()

    gc.callbacks.append(collected)
    try:
        assert len(list(items)) >= 5_000
        assert len(items.copy().items()) >= 5_000
        with pytest.raises(RuntimeError, match="changed size"):
            list(items.items())
    finally:
        gc.callbacks.remove(collected)


@pytest.mark.sometimes("safe-iterated-list-skips")
def test_a_list_that_shrinks_skips_in_silence() -> None:
    # no mutant: утверждение о встроенном типе, программа к нему не нужна
    items, seen = [1, 2, 3, 4], []
    for item in items:
        seen.append(item)
        if item == 2:
            remover = Thread(target=items.remove, args=(1,))
            remover.start()
            remover.join()
    assert seen == [1, 2, 4]


@pytest.mark.always("safe-copy-is-iterated")
@ways(
    copy={
        "copy": dict.copy,
        "merge": lambda items: items | {},
        "list": lambda items: {key: key for key in list(items)},
    }
)
def test_a_copy_of_a_dict_is_gone_through(copy: Callable[[dict[int, int]], Any]) -> None:
    # no mutant: утверждение о встроенном типе, программа к нему не нужна
    items, enough, begun = {0: 0}, Event(), Event()

    def grow() -> None:
        for number in range(1, 5_000):
            items[number] = number
            begun.set()
            if enough.is_set():
                return

    grower = Thread(target=grow)
    with frequent_switches():
        grower.start()
        begun.wait()
        for _ in range(100):
            assert all(key == value for key, value in copy(items).items())
        enough.set()
        grower.join()


class Price:
    """An object at whose copying somebody else comes in."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self.meanwhile = meanwhile

    def __deepcopy__(self, _: object) -> int:
        self.meanwhile()
        return 1

    def __reduce__(self) -> tuple[Any, ...]:
        return int, (self.__deepcopy__(None),)


@pytest.mark.sometimes("safe-deepcopy-iterates")
@ways(
    whole={
        "deepcopy": copy.deepcopy,
        "json.dump": lambda items: json.dump(items, StringIO(), default=copy.deepcopy),
        "pickle.dumps": pickle.dumps,
    },
    place={"first": 0, "second": 1},
    nested={"itself": False, "nested": True},
)
def test_a_deep_copy_goes_through_the_dict_itself(
    together: Together, whole: Callable[[dict[str, Any]], object], place: int, nested: bool
) -> None:
    # no mutant: утверждение о функциях библиотеки, программа к нему не нужна
    items: dict[str, Any] = {"a": 1, "b": 1, "c": 1}

    def grow() -> None:
        together(1, lambda: items.setdefault(f"new {len(items)}", 1))

    items["ab"[place]] = Price(grow)
    given = {"inner": items} if nested else items
    with pytest.raises(RuntimeError, match="dictionary changed size during iteration"):
        whole(given)
    with pytest.raises(RuntimeError) if nested else nullcontext():
        whole(given.copy())
    assert len(items) == 5, "it grew both times"


@pytest.mark.sometimes("safe-own-eq-lets-others-in")
@ways(
    action={
        "get": lambda items, key: items.get(key),
        "in": lambda items, key: key in items,
        "setdefault": lambda items, key: items.setdefault(key, 1),
        "pop": lambda items, key: items.pop(key, None),
    }
)
def test_an_eq_of_ones_own_lets_others_in(action: Callable[[dict[Any, int], Any], object]) -> None:
    # no mutant: утверждение о встроенном типе, программа к нему не нужна
    comparing, changed = Event(), Event()

    class Key:
        def __hash__(self) -> int:
            return 1

        def __eq__(self, other: object) -> bool:
            comparing.set()
            assert changed.wait(30)
            return self is other

    items: dict[Any, int] = {Key(): 0}
    thread = Thread(target=action, args=(items, Key()))
    thread.start()
    comparing.wait()
    items["another"] = 1
    assert len(items) == 2, "it grew while the other thread was inside its operation"
    changed.set()
    thread.join()


@pytest.mark.sometimes("safe-remove-takes-another")
@ways(position={"first": 0, "second": 1})
def test_remove_can_take_another(position: int) -> None:
    # no mutant: утверждение о встроенном типе, программа к нему не нужна
    comparing, changed = Event(), Event()

    class Job:
        def __eq__(self, other: object) -> bool:
            if isinstance(other, Job):
                comparing.set()
                assert changed.wait(30)
                return True
            return False

    wanted = Job()
    items: list[Any] = [*["before"] * position, wanted]
    thread = Thread(target=items.remove, args=(Job(),))
    thread.start()
    assert comparing.wait(30)
    items.insert(position, "inserted")
    changed.set()
    thread.join()
    assert "inserted" not in items
    assert len(items) == position + 1
    assert items[-1] is wanted
