"""Proofs for source/processes/random.md that need NumPy; the others run without it."""

from typing import Any

import numpy as np
import pytest
from proven.stage import play

from tests.ways import ways
from tests.ways_processes import METHODS, PROCESS_POOLS, filled


@pytest.mark.always("rand-spawned-seeds")
@ways(method=METHODS, workers={"one worker": 1, "three workers": 3})
def test_spawned_seeds_give_the_same_anywhere(method: str, workers: int) -> None:
    trace = PROCESS_POOLS[f"processes by {method}"].perform(
        filled(
            """
        import numpy as np

        def job(seed):
            return tuple(np.random.default_rng(seed).random(2))

        if __name__ == "__main__":
            seeds = np.random.SeedSequence(42).spawn(6)
            with Pool(WORKERS) as pool:
                results = list(pool.map(job, seeds))
            again = np.random.SeedSequence(42).spawn(6)
            print(results == [job(seed) for seed in again], len(set(results)))
        """,
            WORKERS=workers,
        )
    )
    assert trace.lines == ["True 6"]
    one, two = play("processes/random_numpy").lines
    assert one.removeprefix("1: ") == two.removeprefix("2: ")
    assert len(set(one.removeprefix("1: ").split(","))) == 4


@pytest.mark.always("rand-spawn-goes-on")
@ways(kind={"SeedSequence": "SeedSequence", "default_rng": "default_rng"})
def test_spawning_again_gives_other_seeds(kind: str) -> None:
    # no mutant: второй раз зёрна в примере не берут
    def numbers(seeds: list[Any]) -> list[float]:
        return [np.random.default_rng(seed).random() for seed in seeds]

    own = getattr(np.random, kind)(42)
    first, second = own.spawn(3), own.spawn(3)
    at_once = getattr(np.random, kind)(42).spawn(6)
    assert numbers([*first, *second]) == (six := numbers(at_once))
    assert len(set(six)) == 6
