"""The explorer finds every order and nothing else."""

import asyncio
from itertools import permutations

import pytest
from proven.stage.explore import interleavings


def test_all_orders_of_independent_tasks() -> None:
    async def main() -> None:
        async def say(name: str) -> None:
            print(name)

        await asyncio.gather(*(say(name) for name in "abc"))

    orders = {tuple(trace.lines) for trace in interleavings(main)}
    assert orders == set(permutations("abc"))


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


def test_too_many_orders_are_an_error() -> None:
    async def main() -> None:
        await asyncio.gather(*(asyncio.sleep(0) for _ in range(5)))

    with pytest.raises(AssertionError, match="more than 10 interleavings"):
        list(interleavings(main, most=10))
