"""What a play records beside its lines: who was created, worked, waited, held a lock and ended."""

import asyncio
import gc
import time
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from proven.stage import perform
from proven.stage import player as stage
from proven.stage.explore import interleavings
from proven.stage.process import in_order
from proven.stage.trace import Trace
from proven.timeline.lanes import Lane, Scene, scene


def watched(main: Callable[[], Any]) -> Scene:
    return scene(perform(main, watch=True))


def lane(shown: Scene, label: str) -> Lane:
    (found,) = [lane for lane in shown.lanes if lane.label == label]
    return found


def spans(shown: Scene, label: str, state: str) -> list[tuple[float, float]]:
    return [span[:2] for span in lane(shown, label).spans if span.state == state]


def arrows(shown: Scene, what: str) -> set[tuple[str, str, float]]:
    label = [lane.label for lane in shown.lanes]
    return {(label[a.source], label[a.target], a.time) for a in shown.arrows if a.what == what}


def test_tasks_wait_and_work_and_wake_each_other() -> None:
    async def brew(drink: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        print(f"{drink}: ready")

    async def main() -> None:
        await asyncio.gather(brew("tea", 2), brew("coffee", 1))

    shown = watched(main)
    assert [lane.label for lane in shown.lanes] == ["main", "tea", "coffee"]
    assert spans(shown, "tea", "waits") == [(0, 2)]
    assert spans(shown, "coffee", "waits") == [(0, 1)]
    assert lane(shown, "coffee").end == (1, "")
    assert lane(shown, "coffee").marks == [(1, "ready")]
    assert arrows(shown, "created") == {("main", "tea", 0), ("main", "coffee", 0)}
    assert arrows(shown, "wakes") == {("tea", "main", 2)}, "the timers woke the others"


def test_a_blocked_loop_makes_others_late() -> None:
    async def tick() -> None:
        await asyncio.sleep(1)

    async def main() -> None:
        ticking = asyncio.create_task(tick())
        await asyncio.sleep(0)
        time.sleep(3)  # noqa: ASYNC251 - a task that blocks its loop
        await ticking

    shown = watched(main)
    assert (0, 3) in spans(shown, "main", "works")
    assert spans(shown, "tick", "ready") == [(1, 3)]


def test_a_semaphore_is_held_and_queued_for() -> None:
    async def fetch(page: int, limit: asyncio.Semaphore) -> None:
        async with limit:
            await asyncio.sleep(1)

    async def main() -> None:
        limit = asyncio.Semaphore(1)
        await asyncio.gather(fetch(1, limit), fetch(2, limit))

    shown = watched(main)
    assert spans(shown, "fetch(1)", "holds") == [(0, 1)]
    assert spans(shown, "fetch(2)", "queues") == [(0, 1)]
    assert spans(shown, "fetch(2)", "holds") == [(1, 2)]
    assert ("fetch(1)", "fetch(2)", 1) in arrows(shown, "wakes")


def test_a_cancelled_wait_for_a_lock_is_over() -> None:
    async def main() -> None:
        lock = asyncio.Lock()
        await lock.acquire()
        try:
            async with asyncio.timeout(1):
                await lock.acquire()
        except TimeoutError:
            await asyncio.sleep(1)

    shown = watched(main)
    assert spans(shown, "main", "queues") == [(0, 1)]
    assert spans(shown, "main", "waits") == [(1, 2)]
    assert spans(shown, "main", "holds") == [(0, 2)]
    assert lane(shown, "main").cancels == [1]


def test_who_cancels_is_known_and_how_each_ends() -> None:
    async def fail() -> None:
        await asyncio.sleep(1)
        raise ValueError

    async def work() -> None:
        await asyncio.sleep(5)

    async def main() -> None:
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(fail())
                group.create_task(work())
        except* ValueError:
            pass

    shown = watched(main)
    assert lane(shown, "fail").end == (1, "ValueError")
    assert lane(shown, "work").end == (1, "cancel")
    assert arrows(shown, "cancels") == {("fail", "work", 1), ("fail", "main", 1)}
    assert ("work", "main", 1) in arrows(shown, "wakes")


def test_worker_threads_have_lanes() -> None:
    def load() -> None:
        time.sleep(2)
        print("loaded")

    async def main() -> None:
        await asyncio.to_thread(load)

    shown = watched(main)
    assert spans(shown, "load", "works") == [(0, 2)]
    assert lane(shown, "load").marks == [(2, "loaded")]
    assert arrows(shown, "wakes") == {("load", "main", 2)}


def test_watching_keeps_no_task_alive_and_retrieves_no_error() -> None:
    async def forgotten() -> None:
        await asyncio.get_running_loop().create_future()

    async def failing() -> None:
        raise ValueError("planted")

    async def main() -> None:
        lost = asyncio.create_task(forgotten())
        failed = asyncio.create_task(failing())
        await asyncio.sleep(1)
        del lost, failed
        gc.collect()
        await asyncio.sleep(1)

    trace = perform(main, watch=True)
    assert lane(scene(trace), "forgotten").end == (1, "collected")
    assert "Task exception was never retrieved" in trace.stderr


def test_the_ends_of_the_loop_itself_are_not_shown() -> None:
    async def numbers() -> Any:
        try:
            yield 1
        finally:
            print("closed")

    kept = []

    async def main() -> None:
        kept.append(numbers())
        await anext(kept[0])

    trace = perform(main, watch=True)
    shown = scene(trace)
    assert [lane.label for lane in shown.lanes] == ["main", "aclose"], "but the snippet's own are"
    assert [text for lane in shown.lanes for _, text in lane.marks] == trace.lines == ["closed"]


def test_explored_plays_are_not_watched() -> None:
    async def main() -> None:
        await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0))

    assert all(trace.moments == () for trace in interleavings(main))


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("tea: start", "tea"),
        ("brewer: start", "brewer"),
        ("page 1: start", "brew"),
        ("2 cups", "2 cups"),
        ("TypeError: no", "brew"),
    ],
)
def test_lanes_are_named_as_in_the_output(line: str, label: str) -> None:
    async def brew(drink: str, cups: int) -> None:
        print(line)

    async def main() -> None:
        await asyncio.create_task(brew("tea", 2))

    assert [lane.label for lane in watched(main).lanes] == ["main", label]


def test_own_names_of_tasks_are_kept_and_twins_are_told_apart() -> None:
    async def work() -> None:
        await asyncio.sleep(1)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for name in ("poller", None, None):
                group.create_task(work(), name=name)

    assert [lane.label for lane in watched(main).lanes] == ["main", "poller", "work 1", "work 2"]


RECORDS: list[dict[str, Any]] = [
    {"who": "main.1", "what": "created", "by": "main", "actor": "a", "kind": "thread"},
    {"who": "main.1", "what": "runs", "actor": "a", "kind": "thread"},
    {"who": "main", "what": "waits", "actor": "MainProcess", "kind": "process"},
    {"who": "main.1", "what": "ends", "actor": "a", "kind": "thread", "id": "end"},
    {"who": "main", "what": "runs", "after": ["end"], "by": "main.1"}
    | {"actor": "MainProcess", "kind": "process"},
]


def test_independent_records_are_drawn_alike_whichever_came_first() -> None:
    """Python runs the threads as it likes; the picture shows only what had to come before what."""
    numbered = [{"id": str(number), **record} for number, record in enumerate(RECORDS)]
    created, *between, woken = numbered
    orders = [
        [created, *order, woken]
        for order in permutations(between)
        if order.index(between[0]) < order.index(between[2])
    ]
    seen = {in_order(order) for order in orders}
    assert len(orders) == 3
    assert len(seen) == 1
    actors, moments = seen.pop()
    assert [actor.name for actor in actors] == ["MainProcess", "a"]
    assert moments[-1].time > moments[-2].time, "join is over when the thread is"


THREADS = """\
import threading
from multiprocessing import Process

def take(lock, told):
    lock.acquire(timeout=0.01)
    print("thread: gave up")
    told.set()

def child():
    print("child: hello")

if __name__ == "__main__":
    lock, told = threading.Lock(), threading.Event()
    thread = threading.Thread(target=take, args=(lock, told))
    with lock:
        thread.start()
        told.wait()
        print("main: told")
    thread.join()
    process = Process(target=child)
    process.start()
    process.join()
    print("main: end")
"""


def test_threads_and_processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "snippets").mkdir()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "snippets/planted.py").write_text(THREADS, encoding="utf-8")
    trace = stage.play("planted")
    shown = scene(trace)
    assert [lane.label for lane in shown.lanes] == ["main", "take", "child"]
    assert not shown.timed
    (queued,) = spans(shown, "take", "queues")
    (held,) = spans(shown, "main", "holds")
    assert held[0] < queued[0] < queued[1] < held[1], "it gave up while main held the lock"
    assert not spans(shown, "take", "holds")
    assert {arrow[:2] for arrow in arrows(shown, "created")} == {
        ("main", "take"),
        ("main", "child"),
    }
    woken = [arrow[:2] for arrow in sorted(arrows(shown, "wakes"), key=lambda arrow: arrow[2])]
    assert woken == [("take", "main"), ("take", "main"), ("child", "main")], "set, join, join"
    printed = sorted(mark for lane in shown.lanes for mark in lane.marks)
    assert [text for _, text in printed] == ["thread: gave up", "told", "hello", "end"]
    assert scene(stage.play("planted")) == shown


def test_without_an_order_only_causes_count() -> None:
    lines = [
        {"id": f"{who}{number}", "who": who, "what": "prints", "text": f"{who}{number}"}
        | {"actor": who, "kind": "thread"}
        for who, number in ("a1", "b1", "a2", "b2")
    ]
    (_, promised), (_, free) = in_order(lines), in_order(lines, ordered=False)
    assert [moment.time for moment in promised] == [0, 1, 2, 3]
    assert sorted(moment.time for moment in free) == [0, 0, 1, 1]
    assert in_order([lines[1], lines[3], lines[0], lines[2]], ordered=False) == in_order(
        lines, ordered=False
    )


def test_unwatched_traces_have_nothing_to_draw() -> None:
    with pytest.raises(ValueError, match="nobody watched"):
        scene(Trace((), 0.0, True))
