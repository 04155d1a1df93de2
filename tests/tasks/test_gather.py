"""Proofs for source/tasks/gather.md."""

import asyncio
from itertools import permutations

import pytest
from proven.stage import load, perform, play
from proven.stage.explore import interleavings


@pytest.mark.always("gather-makes-tasks")
def test_each_coroutine_runs_in_a_task_of_its_own() -> None:
    trace = play("tasks/gather_order")
    tea, coffee, main = (
        trace.find(line).actor for line in ("tea: start", "coffee: start", "['tea', 'coffee']")
    )
    assert len({tea, coffee, main}) == 3
    assert trace.find("tea: ready").actor == tea


@pytest.mark.always("gather-longest-wait")
def test_lasts_as_long_as_the_longest_wait() -> None:
    assert play("tasks/gather_order").elapsed == max(2, 1)
    brew = load("tasks/gather_order").brew
    for times in permutations((1, 2, 5)):

        async def main(times: tuple[int, ...] = times) -> None:
            await asyncio.gather(*(brew("tea", time) for time in times))

        assert perform(main).elapsed == max(times)


@pytest.mark.always("gather-one-at-a-time")
def test_code_of_one_task_at_a_time() -> None:
    async def step(name: str) -> None:
        for _ in range(2):
            print(f"{name} asks")
            print(f"{name} enters")
            sum(range(1000))
            print(f"{name} leaves")
            await asyncio.sleep(0)
            print(f"{name} has waited")

    async def main() -> None:
        await asyncio.gather(step("a"), step("b"))

    traces = list(interleavings(main))
    assert {trace.peak("enters", "leaves") for trace in traces} == {1}
    assert max(trace.peak("asks", "has waited") for trace in traces) == 2, "they do overlap"


@pytest.mark.always("gather-argument-order")
def test_results_in_argument_order() -> None:
    trace = play("tasks/gather_order")
    assert trace.ordered("coffee: ready", "tea: ready", "['tea', 'coffee']")
    brew = load("tasks/gather_order").brew
    for times in permutations((1, 2, 3)):

        async def main(times: tuple[int, ...] = times) -> None:
            names = [f"drink {time}" for time in times]
            brews = (brew(name, time) for name, time in zip(names, times, strict=True))
            assert await asyncio.gather(*brews) == names

        perform(main)


@pytest.mark.always("gather-call-runs-nothing")
def test_the_call_itself_runs_nothing() -> None:
    trace = play("tasks/gather_starts_later")
    assert trace.ordered("gather returned", "first: started")
    assert trace.ordered("gather returned", "second: started")


@pytest.mark.always("gather-start-order")
def test_tasks_start_in_argument_order() -> None:
    assert play("tasks/gather_starts_later").ordered("first: started", "second: started")
    greet = load("tasks/gather_starts_later").greet
    for names in permutations("abcd"):

        async def main(names: tuple[str, ...] = names) -> None:
            await asyncio.gather(*map(greet, names))

        assert perform(main).lines == [f"{name}: started" for name in names]


@pytest.mark.always("gather-exceptions-in-place")
def test_exceptions_stand_in_the_places_of_their_coroutines() -> None:
    trace = play("tasks/gather_exceptions_as_results")
    assert [line.partition(":")[0] for line in trace.lines] == ["done", "failed", "done"]
    assert trace.elapsed == 3, "the coroutine that failed at once must not end the wait"
    divide = load("tasks/gather_exceptions_as_results").divide

    async def main() -> None:
        doomed = asyncio.create_task(divide(6, 100))
        asyncio.get_running_loop().call_later(1, doomed.cancel)
        first, second, third = await asyncio.gather(
            divide(6, 2), doomed, divide(6, 3), return_exceptions=True
        )
        assert (first, third) == (3, 2)
        assert isinstance(second, asyncio.CancelledError)
        assert not isinstance(second, Exception)

    assert perform(main).elapsed == 3


@pytest.mark.sometimes("gather-exceptions-hidden")
def test_an_unchecked_exception_is_silent() -> None:
    divide = load("tasks/gather_exceptions_as_results").divide

    async def main() -> None:
        await asyncio.gather(divide(1, 0), return_exceptions=True)
        print("as if nothing had happened")

    trace = perform(main)
    assert trace.lines == ["as if nothing had happened"]
    assert trace.stderr == ""


@pytest.mark.always("gather-list-type-error")
def test_a_list_is_a_type_error() -> None:
    trace = play("tasks/gather_list_broken")
    assert trace.lines == ["TypeError: a list is not awaitable"]
    assert play("tasks/gather_list_fixed").lines == ["['page 1', 'page 2', 'page 3']"]
