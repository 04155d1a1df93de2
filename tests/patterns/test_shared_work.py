"""Proofs for source/patterns/shared-work.md."""

from __future__ import annotations

import asyncio
import gc
import sys
from contextlib import suppress
from contextvars import ContextVar

import pytest
from proven.stage import load, perform, play

from tests.ways import (
    ENDED,
    FAILED,
    LEAVES,
    STARTED_EAGERLY,
    End,
    Leave,
    Started,
    but,
    outcome_of,
    ways,
)

ASKERS = {"two": [0.0, 0.0], "later": [0.0, 0.5], "many": [n / 20 for n in range(20)]}
"""When each of the tasks asks, in seconds."""


VALUE = ENDED["value"]
CREATE_TASK = STARTED_EAGERLY["create_task"]


def asked(
    snippet: str,
    seconds: list[float],
    end: End = VALUE,
    started: Started = CREATE_TASK,
    *,
    then: float = 0,
) -> tuple[list[tuple[float, object]], int]:
    """Let tasks ask at these seconds; return when and what each got, and the downloads.

    A download takes a second and ends so.  then: seconds until one more asks, 0 if nobody does.
    """
    names = load(snippet).rate.__globals__
    downloads: list[str] = []

    async def download(name: str) -> str:
        downloads.append(name)
        return await end.after(1)

    names["download"] = download

    async def ask(second: float) -> tuple[float, object]:
        await asyncio.sleep(second)
        outcome = await outcome_of(names["rate"]("EUR"))
        return asyncio.get_running_loop().time(), outcome

    got: list[tuple[float, object]] = []

    async def main() -> None:
        async with started() as start:
            got.extend(await asyncio.gather(*(start(ask(second)) for second in seconds)))
            if then:
                got.append(await ask(then))

    perform(main)
    return got, len(downloads)


@pytest.mark.always("shared-each-misses")
@ways(seconds=ASKERS)
def test_who_asks_before_the_answer_downloads_again(seconds: list[float]) -> None:
    lines = play("patterns/shared_work_broken").lines
    assert lines == ["bank: asked for EUR"] * 3 + ["[90, 90, 90]", "90"]
    assert asked("patterns/shared_work_broken", seconds, then=1)[1] == len(seconds)


@pytest.mark.always("shared-one-download")
@ways(seconds=ASKERS, started=STARTED_EAGERLY)
def test_a_task_in_the_dictionary_downloads_once(seconds: list[float], started: Started) -> None:
    lines = play("patterns/shared_work_fixed").lines
    assert lines == ["bank: asked for EUR", "[90, 90, 90]", "90"]
    got, downloads = asked("patterns/shared_work_fixed", seconds, started=started, then=1)
    assert got == [(1, "result")] * len(seconds) + [(2, "result")]
    assert downloads == 1


def after_leaving(leave: Leave, leavers: int, stayers: int) -> tuple[list[object], int]:
    """Let some leave in the middle of a download; return what the others got, and the downloads.

    One asks when it is over.
    """
    names = load("patterns/shared_work_left_fixed").rate.__globals__
    downloads: list[str] = []

    async def download(name: str) -> str:
        result = await VALUE.after(1)
        downloads.append(name)
        return result

    names["download"] = download
    got: list[object] = []

    async def main() -> None:
        waiting = [asyncio.create_task(names["rate"]("EUR")) for _ in range(leavers + stayers)]
        left = [outcome_of(leave(task, 0.5)) for task in waiting[:leavers]]
        assert "result" not in await asyncio.gather(*left)
        assert asyncio.get_running_loop().time() == 0.5
        got.extend([await outcome_of(task) for task in waiting[leavers:]])
        await asyncio.sleep(1)
        assert all(task.cancelled() for task in waiting[:leavers])
        got.append(await outcome_of(names["rate"]("EUR")))

    perform(main)
    return got, len(downloads)


@pytest.mark.always("shared-leaves-alone")
@ways(leave=LEAVES, leavers={"one": 1, "several": 3}, stayers={"one": 1, "several": 3})
def test_who_leaves_a_shielded_task_leaves_alone(leave: Leave, leavers: int, stayers: int) -> None:
    asked = {"Ann: asks": 0, "Bob: asks": 0, "Ann: out of patience": 1}
    broken = asked | {"Bob: cancelled, nobody knows by whom": 1}
    trace = play("patterns/shared_work_left_broken")
    assert [(line, trace.at(line)) for line in trace.lines] == list(broken.items())
    fixed = asked | {"bank: answers": 2, "Bob: 90": 2}
    trace = play("patterns/shared_work_left_fixed")
    assert [(line, trace.at(line)) for line in trace.lines] == list(fixed.items())
    assert after_leaving(leave, leavers, stayers) == (["result"] * (stayers + 1), 1)


@pytest.mark.always("shared-all-left")
@ways(leave=LEAVES, leavers={"one": 1, "several": 3})
def test_a_shielded_download_goes_on_when_all_have_left(leave: Leave, leavers: int) -> None:
    assert after_leaving(leave, leavers, 0) == (["result"], 1)
    assert _when_run_ends(1) == ["goes on"]
    assert _when_run_ends(0) == ["cancelled"]


def _when_run_ends(patience: float) -> list[str]:
    """Return what a shielded download met that all have left, this long before the run ends."""
    rate = load("patterns/shared_work_left_fixed").rate
    met: list[str] = []

    async def download(name: str) -> int:
        try:
            await asyncio.sleep(1)
            met.append("goes on")
        except asyncio.CancelledError:
            met.append("cancelled")
            raise
        return 90

    rate.__globals__["download"] = download

    async def main() -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(rate("EUR"), 0.5)
        await asyncio.sleep(patience)

    perform(main)
    return met


user: ContextVar[int] = ContextVar("user")


@pytest.mark.always("shared-first-context")
@pytest.mark.always("shared-one-object")
@ways(seconds=ASKERS, snippet={"fixed": "fixed", "failed_fixed": "failed_fixed"})
def test_all_share_the_first_context_and_one_answer(seconds: list[float], snippet: str) -> None:
    rate = load(f"patterns/shared_work_{snippet}").rate
    seen: list[int] = []

    async def download(name: str) -> list[str]:
        seen.append(user.get())
        await asyncio.sleep(1)
        seen.append(user.get())
        return [name]

    rate.__globals__["download"] = download

    async def ask(number: int, second: float) -> list[str]:
        user.set(number)
        await asyncio.sleep(second)
        answer: list[str] = await rate("EUR")
        return answer

    async def main() -> None:
        # Who asks first counts, not who was started first.
        tasks = [asyncio.create_task(ask(n, seconds[n])) for n in reversed(range(len(seconds)))]
        answers = await asyncio.gather(*tasks)
        first = len(seconds) - 1 if len(set(seconds)) == 1 else 0
        assert seen == [first, first]
        answers.append(await rate("EUR"))
        assert len({id(answer) for answer in answers}) == 1

    perform(main)


@pytest.mark.always("shared-failure-for-all")
@ways(seconds=ASKERS, end=but(ENDED, "value"))
def test_a_failed_task_fails_all_who_wait_for_it(seconds: list[float], end: End) -> None:
    assert (
        play("patterns/shared_work_failed_broken").lines
        == ["['the bank is down', 'the bank is down']"] * 2
    )
    got, downloads = asked("patterns/shared_work_failed_broken", seconds, end, then=1)
    assert [outcome for _, outcome in got] == [end.error] * (len(seconds) + 1)
    assert downloads == 1


@pytest.mark.always("shared-failure-forgotten")
@ways(seconds=ASKERS, end=but(ENDED, "value"))
def test_a_failed_task_is_forgotten(seconds: list[float], end: End) -> None:
    trace = play("patterns/shared_work_failed_fixed")
    assert trace.at("['90', '90']") == 2
    got, downloads = asked("patterns/shared_work_failed_fixed", seconds, end, then=1)
    assert [second for second, _ in got] == [1] * len(seconds) + [3]
    assert downloads == 2


@pytest.mark.always("shared-failure-silent")
@ways(leave=but(LEAVES, "sibling"), end=FAILED, reads={"exception()": True, "no callback": False})
def test_a_failure_that_nobody_waits_for_is_told_nowhere(
    leave: Leave, end: End, reads: bool
) -> None:
    names = load(f"patterns/shared_work_failed_{'fixed' if reads else 'broken'}").rate.__globals__

    async def download(_: str) -> str:
        return await end.after(1)

    names["download"] = download

    async def main() -> None:
        assert await outcome_of(leave(names["rate"]("EUR"), 0.5)) is not end.error
        await asyncio.sleep(1)
        names["rates"].clear()
        gc.collect()

    stderr = perform(main).stderr
    told = "never retrieved" in stderr or "exception in shielded future" in stderr
    # gh-156321: in these releases shield itself tells of it, whoever has read it.
    by_shield = (3, 14) <= sys.version_info < (3, 14, 9) or (3, 15) <= sys.version_info < (3, 15, 1)
    assert told is (by_shield or not reads)


@pytest.mark.always("shared-hung-for-all")
@ways(leave=LEAVES, own={"no deadline": None, "its own deadline": 1.0})
def test_a_hung_download_is_waited_for_by_all_who_come_later(
    leave: Leave, own: float | None
) -> None:
    names = load("patterns/shared_work_failed_fixed").rate.__globals__
    downloads: list[str] = []

    async def download(currency: str) -> None:
        downloads.append(currency)
        async with asyncio.timeout(own):
            await asyncio.Event().wait()

    names["download"] = download

    async def main() -> None:
        for _ in range(3):
            assert isinstance(await outcome_of(leave(names["rate"]("EUR"), 0.5)), type)
            await asyncio.sleep(1)

    perform(main)
    assert len(downloads) == (3 if own else 1)


@pytest.mark.always("shared-cancelled-for-all")
@ways(waiters={"one": 1, "several": 3}, snippet={"fixed": "fixed", "failed_fixed": "failed_fixed"})
def test_who_cancels_the_download_cancels_all_who_wait(waiters: int, snippet: str) -> None:
    # no mutant: в примерах страницы загрузку никто не отменяет
    names = load(f"patterns/shared_work_{snippet}").rate.__globals__

    async def download(_: str) -> str:
        return await VALUE.after(1)

    names["download"] = download

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            waiting = [group.create_task(names["rate"]("EUR")) for _ in range(waiters)]
            await asyncio.sleep(0.5)
            names["rates"]["EUR"].cancel()
        assert all(task.cancelled() for task in waiting)

    assert perform(main).stderr == ""


@pytest.mark.always("shared-circle")
@ways(snippet={"fixed": "fixed", "failed_fixed": "failed_fixed"}, circle={"yes": True, "no": False})
def test_downloads_that_ask_each_other_wait_for_ever(snippet: str, circle: bool) -> None:
    # no mutant: в примерах страницы загрузка других не просит
    names = load(f"patterns/shared_work_{snippet}").rate.__globals__
    asks = {"EUR": "USD", "USD": "EUR" if circle else None}

    async def download(currency: str) -> int:
        await asyncio.sleep(1)
        other = asks[currency]
        return await names["rate"](other) if other else 90

    names["download"] = download

    async def main() -> None:
        asking = asyncio.wait_for(names["rate"]("EUR"), 1_000_000)
        assert await outcome_of(asking) == (TimeoutError if circle else 90)

    perform(main)


@pytest.mark.always("shared-lock-in-turn")
@ways(seconds=ASKERS, end=FAILED)
def test_under_a_lock_each_tries_again_in_turn(seconds: list[float], end: End) -> None:
    trace = play("patterns/shared_work_lock")
    assert [trace.at(f"{who}: the bank is down") for who in ("Ann", "Bob", "Eve")] == [1, 2, 3]
    got, downloads = asked("patterns/shared_work_lock", seconds, end)
    assert got == [(n, end.error) for n in range(1, len(seconds) + 1)]
    assert downloads == len(seconds)
    again: list[str] = []

    async def fails_once(name: str) -> str:
        again.append(name)
        return await (VALUE if len(again) > 1 else end).after(1)

    rate = load("patterns/shared_work_lock").rate
    rate.__globals__["download"] = fails_once

    async def main() -> None:
        outcomes = await asyncio.gather(*(outcome_of(rate("EUR")) for _ in seconds))
        assert outcomes == [end.error] + ["result"] * (len(seconds) - 1)

    perform(main)
    assert len(again) == 2, "the others take the answer"
