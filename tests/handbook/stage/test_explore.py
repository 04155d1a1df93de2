"""The explorer finds every order and nothing else, of tasks and of threads."""

import asyncio
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from itertools import permutations
from math import factorial
from pathlib import Path
from typing import Any

import pytest
from proven.stage import explore
from proven.stage.explore import CannotExplore, Deadlock, Tasks, Threads, interleavings
from proven.stage.explore.schedule import read, summary, written
from proven.stage.explore.threads.standins import queues, sleep, threading
from proven.stage.trace import Trace

Main = Callable[[], Any]
ROOT = Path(__file__).parents[3]


# Tasks.


def say(tasks: int, steps: int) -> Main:
    """Return a program of so many tasks of so many steps, each printed."""

    async def main() -> None:
        async def step(name: str) -> None:
            for number in range(steps):
                if number:
                    await asyncio.sleep(0)
                print(name, number)

        await asyncio.gather(*(step(name) for name in "abcd"[:tasks]))

    return main


@pytest.mark.parametrize(("tasks", "steps"), [(2, 1), (2, 4), (3, 2), (3, 3), (4, 2)])
def test_as_many_runs_as_there_are_orders(tasks: int, steps: int) -> None:
    seen = Counter(tuple(trace.lines) for trace in interleavings(say(tasks, steps)))
    assert len(seen) == factorial(tasks * steps) // factorial(steps) ** tasks
    assert set(seen.values()) == {1}, "no order twice"


def test_a_lost_update_is_found_and_its_cure_is_sound() -> None:
    def counter(guard: bool) -> set[str]:
        async def main() -> None:
            value = 0
            lock = asyncio.Lock()

            async def add() -> None:
                nonlocal value
                if guard:
                    await lock.acquire()
                seen = value
                await asyncio.sleep(0)
                value = seen + 1
                if guard:
                    lock.release()

            await asyncio.gather(add(), add())
            print(value)

        return {trace.lines[-1] for trace in interleavings(main)}

    assert counter(guard=False) == {"1", "2"}
    assert counter(guard=True) == {"2"}


async def registered_in_order() -> None:
    loop = asyncio.get_running_loop()
    loop.call_soon(print, "first")
    loop.call_soon(print, "second")
    loop.call_soon_threadsafe(print, "third")
    await asyncio.sleep(0.001)


async def added_in_order() -> None:
    future = asyncio.get_running_loop().create_future()

    async def wait() -> None:
        await future
        print("third")

    future.add_done_callback(lambda _: print("first"))
    future.add_done_callback(lambda _: print("second"))
    task = asyncio.create_task(wait())
    await asyncio.sleep(1)
    future.set_result(None)
    await task


async def fed_in_order() -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    loop.call_soon(reader.feed_data, b"data\n")
    loop.call_soon(reader.feed_eof)
    print(await reader.readline())


@pytest.mark.parametrize("main", [registered_in_order, added_in_order, fed_in_order])
def test_what_is_promised_in_order_stays_in_order(main: Main) -> None:
    assert len({tuple(trace.lines) for trace in interleavings(main)}) == 1


def test_a_short_timer_may_fire_between_any_two_steps() -> None:
    async def main() -> None:
        try:
            async with asyncio.timeout(0.001):
                for number in range(3):
                    print(number)
                    await asyncio.sleep(0)
        except TimeoutError:
            print("timeout")

    seen = {tuple(trace.lines) for trace in interleavings(main)}
    assert {("0", "timeout"), ("0", "1", "timeout"), ("0", "1", "2")} <= seen
    assert {lines for lines in seen if "timeout" in lines} < {
        tuple(trace.lines) for trace in interleavings(main, late=1)
    } | seen
    assert {tuple(trace.lines) for trace in interleavings(main, late=0)} == {("0", "1", "2")}


def test_timers_of_the_same_moment_fire_in_any_order_and_others_in_theirs() -> None:
    async def main(*delays: float) -> None:
        loop = asyncio.get_running_loop()
        for name, delay in zip("abc", delays, strict=True):
            loop.call_later(delay, print, name)
        await asyncio.sleep(5)

    same = {tuple(trace.lines) for trace in interleavings(lambda: main(1, 1, 1))}
    assert same == set(permutations("abc"))
    later = {tuple(trace.lines) for trace in interleavings(lambda: main(1, 1.0001, 2))}
    assert later == {("a", "b", "c")}


def test_work_in_threads_comes_in_any_order() -> None:
    async def main() -> None:
        await asyncio.gather(*(asyncio.to_thread(print, name) for name in "ab"))
        print("end")

    seen = {tuple(trace.lines) for trace in interleavings(main)}
    assert seen == {("a", "b", "end"), ("b", "a", "end")}


def philosophers() -> Main:
    async def main() -> None:
        fork, knife = asyncio.Lock(), asyncio.Lock()

        async def eat(first: asyncio.Lock, second: asyncio.Lock) -> None:
            async with first:
                await asyncio.sleep(0)
                async with second:
                    pass

        await asyncio.gather(eat(fork, knife), eat(knife, fork))

    return main


def test_a_deadlock_of_tasks_is_a_result_that_can_be_replayed() -> None:
    program = Tasks(philosophers())
    found = program.explore()
    assert found.failure
    assert found.failure.kind == "deadlock"
    assert found.failure.text.count("waits for Lock.acquire (eat, line") == 2
    assert 0 < found.failed < found.orders, "some orders pass"
    again = program.replay(read(written(found.failure.schedule)))
    assert isinstance(again, Deadlock)
    assert isinstance(program.replay(()), Trace | Deadlock)


def test_a_broken_invariant_of_tasks_tells_its_schedule() -> None:
    async def main() -> None:
        done: list[str] = []

        async def note(name: str) -> None:
            await asyncio.sleep(0)
            done.append(name)

        await asyncio.gather(note("a"), note("b"))
        assert done == ["a", "b"], done

    failure = Tasks(main).find()
    assert failure.kind == "invariant"
    assert str(Tasks(main).replay(failure.schedule)).startswith("['b', 'a']")
    with pytest.raises(AssertionError) as raised:
        list(interleavings(main))
    assert written(failure.schedule) in raised.value.__notes__[0]


def test_a_cancellation_makes_asyncios_own_callbacks_choices() -> None:
    async def main() -> None:
        async def work() -> None:
            for number in range(3):
                print(number)
                await asyncio.sleep(0)

        task = asyncio.create_task(work())

        async def stop() -> None:
            task.cancel()

        await asyncio.gather(asyncio.create_task(stop()), task, return_exceptions=True)
        print("cancelled" if task.cancelled() else "done")

    seen = {tuple(trace.lines) for trace in interleavings(main)}
    assert {len(lines) for lines in seen} == {1, 2, 3, 4}


# Threads.


class Box:
    def __init__(self) -> None:
        self.value = 0
        self.items = [1]
        self.known: dict[str, int] = {}
        self.lock = explore.threading.Lock()
        self.ready = explore.threading.Condition()
        self.queue = explore.queues.Queue()


def add(box: Box) -> None:
    box.value += 1


def add_locked(box: Box) -> None:
    with box.lock:
        box.value += 1


def add_by_vars(box: Box) -> None:
    vars(box)["value"] = vars(box)["value"] + 1


def check_then_act(box: Box) -> None:
    if "key" not in box.known:
        box.known["key"] = 1
        box.value += 1


def check_then_pop(box: Box) -> None:
    if box.items:
        box.items.pop()


def write_locked(box: Box) -> None:
    value = box.value
    with box.lock:
        box.value = value + 1


def lock_inside(box: Box) -> None:
    with explore.threading.Lock():
        box.value += 1


def twice_locked(box: Box) -> None:
    add_locked(box)
    add_locked(box)


@pytest.mark.parametrize(
    "worker", [add, add_by_vars, check_then_act, check_then_pop, write_locked, lock_inside]
)
def test_what_two_threads_break_is_found_and_replayed(worker: Any) -> None:
    total = 1 if worker is check_then_act else 0 if worker is check_then_pop else 2
    program = Threads(Box, [worker, worker], lambda box: box.value == total)
    failure = program.find()
    assert len(failure.schedule) == 1, "one preemption does it"
    assert program.replay(failure.schedule).failure == failure
    assert program.replay(()).failure is None, "undisturbed it is right"


@pytest.mark.parametrize("worker", [add_locked, twice_locked])
def test_a_locked_counter_is_exhausted_within_the_bound(worker: Any) -> None:
    total = 4 if worker is twice_locked else 2
    found = Threads(Box, [worker, worker], lambda box: box.value == total).explore()
    assert found.holds
    assert (found.kind, found.bound) == ("bounded", 2)
    assert 20 < found.orders < 500


def test_without_a_bound_it_is_exhaustive() -> None:
    found = Threads(Box, [add_locked] * 2, lambda box: box.value == 2).explore(preemptions=None)
    assert found.holds
    assert found.kind == "exhaustive"
    assert summary([found]) == "exhaustive, each bytecode"


def wait_once(box: Box) -> None:
    with box.ready:
        box.ready.wait()


def wait_for_value(box: Box) -> None:
    with box.ready:
        box.ready.wait_for(lambda: box.value)


def tell(box: Box) -> None:
    with box.ready:
        box.value = 1
        box.ready.notify()


def test_a_lost_wake_up_is_a_deadlock() -> None:
    failure = Threads(Box, [wait_once, tell]).explore().failure
    assert failure
    assert failure.kind == "deadlock"
    assert failure.text == "A waits for notify of Condition 1"
    assert Threads(Box, [wait_for_value, tell]).explore().holds


def take_both(box: Box) -> None:
    with box.lock, box.ready:
        pass


def take_both_reversed(box: Box) -> None:
    with box.ready, box.lock:
        pass


def test_a_deadlock_of_threads_tells_who_waits_for_what() -> None:
    failure = Threads(Box, [take_both, take_both_reversed]).find()
    assert failure.kind == "deadlock"
    assert failure.text == ("A waits for Condition 1, held by B; B waits for Lock 1, held by A")


def pass_on(box: Box) -> None:
    box.queue.put("item")
    box.queue.join()


def take(box: Box) -> None:
    box.queue.get()


def test_a_join_without_task_done_never_ends() -> None:
    failure = Threads(Box, [pass_on, take]).explore().failure
    assert failure
    assert failure.text == "A waits for task_done of Queue 1"


def nap(box: Box) -> None:
    while not box.value:
        sleep(0.1)


def test_who_sleeps_until_something_happens_is_no_spin() -> None:
    assert Threads(Box, [nap, add]).explore().holds


def use(lock: Any) -> None:
    with lock:
        pass


# What setup returns, what two threads do with it, and the orders of all beginnings and doings.
ALONE: list[tuple[Callable[[], Any], Callable[[Any], object], int]] = [
    (threading.Lock, use, 14),
    (lambda: [threading.Lock()], lambda locks: use(locks[0]), 14),
    (threading.Condition, use, 14),
    (threading.Event, lambda event: event.set(), 6),
    (queues.Queue[str], lambda queue: queue.put("x"), 6),
    (queues.LifoQueue[str], lambda queue: queue.put("x"), 6),
    (queues.PriorityQueue[str], lambda queue: queue.put("x"), 6),
    (queues.SimpleQueue[str], lambda queue: queue.put("x"), 6),
]


@pytest.mark.parametrize(("make", "work", "orders"), ALONE)
def test_what_a_stand_in_does_is_one_operation(
    make: Callable[[], Any], work: Callable[[Any], object], orders: int
) -> None:
    found = Threads(make, [work, work]).explore(preemptions=None)
    assert found.holds
    assert found.orders == orders


def test_random_orders_are_a_choice_by_name() -> None:
    found = Threads(Box, [add] * 2, lambda box: box.value == 2).sample(40, seed=3)
    assert (found.kind, found.orders) == ("random", 40)
    assert not found.holds
    traces = list(interleavings(say(3, 3), sample=20))
    assert len(traces) == 20


# Bad input: one clear error each, never a hang.


def spin(box: Box) -> None:
    while not box.value:
        pass


def throw_dice(box: Box) -> None:
    if random.random() < 0.5:
        box.value += 1


OUTSIDE: list[int] = []


def leave_behind(box: Box) -> None:
    OUTSIDE.append(1)
    if len(OUTSIDE) % 4 in (1, 2):
        box.value += 1


@pytest.mark.parametrize(
    ("worker", "message"),
    [
        (spin, "spins until another thread does something"),
        (throw_dice, "not deterministic: .*random numbers"),
        (leave_behind, "not deterministic: .*left outside"),
    ],
)
def test_what_cannot_be_explored_says_why(worker: Any, message: str) -> None:
    OUTSIDE.clear()
    with pytest.raises(CannotExplore, match=message):
        Threads(Box, [worker, worker, add], lambda box: box.value >= 0).explore()


def test_a_snippet_that_starts_what_cannot_be_explored_is_told_by_its_line() -> None:
    told = r"snippets/races/check_then_act_file\.py:1: .*what concurrent\.futures starts: start"
    with pytest.raises(CannotExplore, match=told):
        explore.load("races/check_then_act_file")


def test_a_sound_program_has_no_failure_to_find() -> None:
    with pytest.raises(CannotExplore, match="sound, its invariant too weak, or the bound too"):
        Threads(Box, [add_locked] * 2, lambda box: box.value == 2).find(preemptions=1)


async def only_the_second_first() -> None:
    done: list[str] = []

    async def note(name: str) -> None:
        done.append(name)

    await asyncio.gather(note("a"), note("b"))
    assert done == ["a", "b"]


def test_a_bound_too_small_for_the_fault_says_so() -> None:
    assert Threads(Box, [add] * 2, lambda box: box.value == 2).find(preemptions=1)
    assert Tasks(only_the_second_first).find(bound=1)
    with pytest.raises(CannotExplore, match=r"at most 0 preemptions.*or the bound too small"):
        Threads(Box, [add] * 2, lambda box: box.value == 2).find(preemptions=0)
    with pytest.raises(CannotExplore, match="within a bound of 0: sound, or bound too small"):
        Tasks(only_the_second_first).find(bound=0)


def test_too_many_orders_are_an_error_that_names_the_ways_out() -> None:
    with pytest.raises(AssertionError, match=r"more than 10 interleavings.*sample=.*bound="):
        list(interleavings(say(3, 3), most=10))
    with pytest.raises(CannotExplore, match=r"more than 10 orders.*bound.*sample"):
        Threads(Box, [add] * 2).explore(most=10)


async def spin_in_a_task() -> None:
    flag = False

    async def wait() -> None:
        while not flag:  # noqa: ASYNC110 - that it spins is the point
            await asyncio.sleep(0)

    async def raise_flag() -> None:
        nonlocal flag
        flag = True

    await asyncio.gather(wait(), raise_flag())


async def throw_dice_in_a_task() -> None:
    print(random.random())


async def wait_for_the_loop() -> None:
    loop = asyncio.get_running_loop()
    await asyncio.to_thread(
        lambda: asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result(3)
    )


@pytest.mark.parametrize(
    ("main", "message"),
    [
        (spin_in_a_task, "300 steps in a row"),
        (throw_dice_in_a_task, "not deterministic"),
        (wait_for_the_loop, "it may wait for the loop"),
    ],
)
def test_a_program_of_tasks_that_cannot_be_explored_says_why(main: Main, message: str) -> None:
    with pytest.raises(CannotExplore, match=message):
        list(interleavings(main))


def test_the_command_shows_the_order_that_breaks_and_replays_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = [sys.executable, "-m", "proven.stage.explore.terminal", "races/lost_update_steps"]
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "source/_ext"))
    scene = ["--make", "x = Counter()", "--actors", "A: x.add() | B: x.add()"]
    run = subprocess.run(
        [*command, *scene, "--holds", "x.value == 2"], capture_output=True, text=True
    )
    assert run.returncode == 1
    assert run.stdout.startswith("bounded: ")
    assert re.search(r"^ +\d+  holds  REPLAY=-$", run.stdout, re.M)
    assert re.search(r"^ +\d+  invariant: .*  REPLAY=\d+:1$", run.stdout, re.M)
    assert "= x.value is 1, not 2" in run.stdout
    schedule = run.stdout.rpartition("REPLAY=")[2].strip()
    again = subprocess.run(
        [*command, *scene, "--holds", "x.value == 2", "--replay", schedule],
        capture_output=True,
        text=True,
    )
    assert again.stdout.splitlines()[-1] == "= x.value is 1, not 2"
    wrong = subprocess.run([*command[:-1], "races/nothing"], capture_output=True, text=True)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "there is no such snippet" in wrong.stderr


def test_a_never_needs_two_wrong_twins(explored: Callable[..., None]) -> None:
    explored(2, twin_fails=[True, True])
    for count, twins in ((1, [True, True]), (2, []), (2, [True]), (2, [True, False])):
        with pytest.raises(AssertionError):
            explored(count, twin_fails=twins)
