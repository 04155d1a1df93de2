"""Proofs for source/coroutines/loop.md."""

import asyncio
import contextlib
import io
import os
import selectors
import socket
import sys
import threading
import time
from collections.abc import Callable, Coroutine
from itertools import permutations, product
from math import floor
from typing import Any

import pytest
from proven.stage import load, perform, play
from proven.stage.clock import VirtualLoop

from tests.ways import STARTED, Started, ways


@pytest.mark.always("loop-call-soon-fifo")
# one way: a fact about one method
def test_call_soon_is_first_in_first_out() -> None:
    for order in permutations(range(4)):

        async def main(order: tuple[int, ...] = order) -> None:
            loop, ran = asyncio.get_running_loop(), []
            for number in order:
                loop.call_soon(ran.append, number)
            await asyncio.sleep(0)
            assert tuple(ran) == order

        perform(main)
    trace = play("coroutines/loop_passes")
    assert trace.ordered("first: queues another callback", "second")


@pytest.mark.always("loop-step-is-callback")
@ways(started=STARTED)
def test_each_step_of_a_task_is_one_call_in_the_queue(started: Started) -> None:
    class Counting(VirtualLoop):
        queued = 0

        def call_soon(self, callback: Callable[..., Any], *args: Any, **options: Any) -> Any:
            self.queued += 1
            return super().call_soon(callback, *args, **options)

    def queued(steps: int) -> int:
        async def work() -> None:
            for _ in range(steps):
                await asyncio.sleep(0)

        async def main() -> None:
            loop = asyncio.get_running_loop()
            assert isinstance(loop, Counting)
            before = loop.queued
            async with started() as start:
                task = start(work())
                await asyncio.sleep(1)
                assert task.done()
                counts.append(loop.queued - before)

        counts: list[int] = []
        perform(main, Counting)
        return counts[0]

    assert [queued(steps) - queued(0) for steps in (1, 2, 10)] == [1, 2, 10]
    assert play("coroutines/loop_order").ordered("task: first step", "callback: call_soon")


@pytest.mark.always("loop-timers-by-time")
# one way: a fact about one method
def test_timers_fire_by_time() -> None:
    for delays in permutations((1, 2, 3)):

        async def main(delays: tuple[int, ...] = delays) -> None:
            loop, fired = asyncio.get_running_loop(), []
            for delay in delays:
                loop.call_later(delay, fired.append, delay)
            await asyncio.sleep(5)
            assert fired == sorted(delays)

        perform(main)
    trace = play("coroutines/loop_order")
    assert (trace.at("timer: 1 s"), trace.at("timer: 2 s")) == (1, 2)


@pytest.mark.always("loop-next-pass")
# one way: a fact about one method
def test_what_a_pass_queues_waits_for_the_next() -> None:
    assert play("coroutines/loop_passes").ordered(
        "first: queues another callback",
        "second",
        "main: one pass is over",
        "from first",
        "main: two passes are over",
    )


def _lateness(
    delays: tuple[float, ...],
    busy: float,
    coarser: float = 0,
    rounded: Callable[[float], float] = float,
) -> list[float]:
    """Set timers, keep the thread busy at second 1; return how late each timer fired.

    A loop fires what is due within the resolution of its clock; coarser: how much is added to it;
    rounded: what the loop makes of a timer's time.
    """

    async def main() -> None:
        loop: Any = asyncio.get_running_loop()
        loop._clock_resolution += coarser
        for delay in delays:
            due = loop.time() + delay
            loop.call_at(rounded(due), lambda due=due: late.append(loop.time() - due))
        loop.call_later(1, lambda: time.sleep(busy))
        await asyncio.sleep(10)

    late: list[float] = []
    perform(main)
    assert len(late) == len(delays)
    return late


@pytest.mark.never("loop-timer-not-early")
def test_no_timer_fires_early(explored: Callable[..., None]) -> None:
    inputs = list(product(permutations((0.5, 1, 1.25, 2)), (0, 0.75, 3)))
    found = [late for delays, busy in inputs for late in _lateness(delays, busy, 0.0)]
    assert min(found) > -1e-6
    # A loop that takes its clock for coarser than it is fires what is nearly due.
    coarse = [late for delays, busy in inputs for late in _lateness(delays, busy, 0.5)]
    # And one that keeps whole seconds.
    whole = [late for delays, busy in inputs for late in _lateness(delays, busy, rounded=floor)]
    explored(len(found), twin_fails=[min(twin) < -0.1 for twin in (coarse, whole)])


@pytest.mark.sometimes("loop-timer-late")
def test_a_busy_thread_makes_a_timer_late() -> None:
    late, punctual = _lateness((2,), busy=3), _lateness((2,), busy=0)
    assert late == [pytest.approx(2)]
    assert punctual == [pytest.approx(0)]


@pytest.mark.always("loop-toy-same-order")
# one way: the toy has one kind of waiting
def test_the_toy_wakes_in_the_same_order_as_asyncio() -> None:
    for times in permutations((1, 2.25, 3.5, 5.125)):
        toy = load("coroutines/loop_toy")
        names = [f"job {seconds}" for seconds in times]
        with contextlib.redirect_stdout(io.StringIO()) as out:
            toy.run(*map(toy.job, names, times))
        lines = out.getvalue().splitlines()
        woken = [line for line in lines if line.endswith("wakes up")]
        assert woken == [f"job {seconds}: wakes up" for seconds in sorted(times)]
        # The same job, now with asyncio's own sleep.
        toy.job.__globals__["Sleep"] = asyncio.sleep

        async def main(toy: Any = toy, names: Any = names, times: Any = times) -> None:
            await asyncio.gather(*map(toy.job, names, times))

        assert lines == perform(main).lines


@pytest.mark.always("loop-network-and-subprocess")
# one way: the two kinds named
def test_other_tasks_work_while_network_and_subprocess_are_silent() -> None:
    async def network(meanwhile: asyncio.Event) -> bytes:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await meanwhile.wait()
            writer.write(await reader.readline())
            writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            address = server.sockets[0].getsockname()
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"hello\n")
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer

    async def subprocess(meanwhile: asyncio.Event) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-IS", "-c", "print(input())"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin
        assert process.stdout
        answer = asyncio.create_task(process.stdout.read())
        await meanwhile.wait()
        process.stdin.write(b"hello\n")
        process.stdin.close()
        assert await process.wait() == 0
        return (await answer).replace(b"\r", b"")

    async def main(silent: Callable[[asyncio.Event], Any]) -> bytes:
        meanwhile = asyncio.Event()
        waiting = asyncio.create_task(silent(meanwhile))
        # Enough passes for the other side to be waited for.
        for _ in range(20):
            await asyncio.sleep(0)
            assert not waiting.done()
        meanwhile.set()
        return await waiting

    assert asyncio.run(main(network)) == b"hello\n"
    assert asyncio.run(main(subprocess)) == b"hello\n"


@pytest.mark.sometimes("loop-file-read-blocks")
def test_reading_a_file_in_a_coroutine_stops_everyone() -> None:
    async def main(in_thread: bool) -> bool:
        async def neighbour() -> None:
            worked.set()

        def write() -> None:
            # Nothing comes before the others have worked; the limit is for a loop that stands.
            if in_thread:
                worked.wait(5)
            with open(write_end, "w") as file:
                file.write("text")

        worked = threading.Event()
        read_end, write_end = os.pipe()
        writer = threading.Thread(target=write)
        task = asyncio.create_task(neighbour())
        with open(read_end) as file:  # noqa: ASYNC230 - a blocking read is the point
            writer.start()
            text = await asyncio.to_thread(file.read) if in_thread else file.read()
            assert text == "text"
        worked_meanwhile = worked.is_set()
        await task
        writer.join()
        return worked_meanwhile

    in_loop = asyncio.run(main(in_thread=False))
    in_thread = asyncio.run(main(in_thread=True))
    assert (in_loop, in_thread) == (False, True)


Schedule = Callable[[asyncio.AbstractEventLoop, Any], object]
SCHEDULES: dict[str, Schedule] = {
    "call_soon": lambda loop, callback: loop.call_soon(callback),
    "call_later": lambda loop, callback: loop.call_later(1, callback),
    "call_at": lambda loop, callback: loop.call_at(loop.time() + 1, callback),
}


@pytest.mark.always("loop-coroutine-callback-lost")
@ways(schedule=SCHEDULES)
def test_a_coroutine_function_as_callback_is_lost(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONASYNCIODEBUG", raising=False)
    trace = play("coroutines/loop_callback_broken")
    assert "refreshed" not in trace.lines
    assert "never awaited" in trace.stderr
    assert play("coroutines/loop_callback_fixed").at("refreshed") == 1
    refresh = load("coroutines/loop_callback_broken").refresh

    async def main(debug: bool) -> None:
        loop = asyncio.get_running_loop()
        loop.set_debug(debug)
        if debug:
            with pytest.raises(TypeError):
                schedule(loop, refresh)
            schedule(loop, lambda: refresh())
        else:
            schedule(loop, refresh)
        await asyncio.sleep(2)

    lost = perform(lambda: main(debug=False))
    assert lost.lines == []
    assert "never awaited" in lost.stderr
    lost = perform(lambda: main(debug=True))
    assert lost.lines == []
    assert lost.stderr.count("never awaited") == 1, "of the one that a lambda made"


class Selector(selectors.DefaultSelector):
    """Notes how long the loop lets it wait, in seconds; None is without limit."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[float | None] = []
        self.before_a_wait: Callable[[], object] = lambda: None

    def select(self, timeout: float | None = None) -> Any:
        self.asked.append(timeout)
        if timeout is None:
            self.before_a_wait()
        return super().select(timeout)


def run_on(selector: Selector, main: Callable[[], Coroutine[Any, Any, None]]) -> None:
    with asyncio.Runner(loop_factory=lambda: asyncio.SelectorEventLoop(selector)) as runner:
        runner.run(main())


@pytest.mark.always("loop-select-timeout")
@ways(timers={"none": (), "one": (30.0,), "two": (30.0, 40.0)})
def test_the_loop_sleeps_until_a_timer_or_a_socket(timers: tuple[float, ...]) -> None:
    selector = Selector()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        handles = [loop.call_later(delay, pytest.fail) for delay in timers]
        with ours, theirs:
            ours.setblocking(False)
            # With a timer nothing tells when the loop begins to sleep: the data is there before.
            selector.before_a_wait = lambda: theirs.send(b"x")
            if timers:
                theirs.send(b"x")
            came = loop.create_future()
            loop.add_reader(ours, came.set_result, None)
            selector.asked.clear()
            await came
            loop.remove_reader(ours)
        for handle in handles:
            handle.cancel()
        asked = selector.asked[0]
        if timers:
            assert asked is not None
            assert 20 < asked <= min(timers)
        else:
            assert asked is None
        selector.asked.clear()
        await asyncio.sleep(0.01)
        assert any(asked is not None and 0 < asked <= 0.01 for asked in selector.asked)
        assert None not in selector.asked

    run_on(selector, main)


@pytest.mark.always("loop-select-no-wait")
@ways(calls={"1": 1, "2": 2, "100": 100}, timer={"no timer": False, "a far timer": True})
def test_with_calls_at_hand_the_loop_does_not_sleep(calls: int, timer: bool) -> None:
    selector = Selector()

    async def main() -> None:
        loop = asyncio.get_running_loop()
        handle = loop.call_later(30, pytest.fail) if timer else None
        selector.asked.clear()
        for _ in range(calls):
            await asyncio.sleep(0)
        assert selector.asked == [0] * calls
        if handle:
            handle.cancel()

    run_on(selector, main)


@pytest.mark.always("loop-pass-order")
@ways(sockets={"1": 1, "3": 3}, kind={"default": None, "select": selectors.SelectSelector})
def test_a_pass_runs_calls_then_sockets_then_timers(
    sockets: int, kind: Callable[[], selectors.BaseSelector] | None
) -> None:
    shown = play("coroutines/loop_network").lines
    assert shown[:3] == ["callback: call_soon", "network: hello", "timer: 0 s"]
    for order in permutations(("call", "socket", "timer")):
        ran: list[str] = []

        async def main(order: tuple[str, ...] = order, ran: list[str] = ran) -> None:
            loop = asyncio.get_running_loop()
            with contextlib.ExitStack() as stack:
                pairs = [socket.socketpair() for _ in range(sockets)]
                for ours, theirs in pairs:
                    stack.enter_context(ours)
                    stack.enter_context(theirs)
                    theirs.send(b"x")

                def read(ours: socket.socket) -> None:
                    loop.remove_reader(ours)
                    ran.append("socket")

                for what in order:
                    if what == "call":
                        loop.call_soon(ran.append, "call")
                    elif what == "timer":
                        loop.call_later(0, ran.append, "timer")
                    else:
                        for ours, _ in pairs:
                            loop.add_reader(ours, read, ours)
                await asyncio.sleep(0)
                # The pass that wakes this task has taken all of them.
                await asyncio.sleep(0)

        with asyncio.Runner(
            loop_factory=lambda: asyncio.SelectorEventLoop(kind() if kind else None)
        ) as runner:
            runner.run(main())
        assert ran == ["call", *["socket"] * sockets, "timer"], order
