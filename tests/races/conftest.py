"""What the proofs on races share: threads at once, and exploration of their orders."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest

Together = Callable[[int, Callable[[], object]], None]
Explore = Callable[..., Any]


@pytest.fixture
def together() -> Together:
    """Return a function that runs `work` in so many threads and waits for them all."""

    def run(count: int, work: Callable[[], object]) -> None:
        threads = [Thread(target=work) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return run


@pytest.fixture
def explore(monkeypatch: pytest.MonkeyPatch) -> Explore:
    """Return a function that plays workers in many orders of their bytecode steps.

    setup makes the shared state, and its locks: only there are they the explorer's own.
    strategy "dpor" plays every order that can make a difference, as far as it sees what
    the steps touch; "random" plays 50 random ones.  Both have holes ("dpor" misses
    `key in dict`, and on 3.11 `x.y += f()`): believe neither before it has found the
    fault in the broken twin.  The result's property_holds is True only if the invariant
    held in all num_explored orders.
    """
    frontrun = pytest.importorskip(
        "frontrun", reason="для этого интерпретатора нет сборки frontrun"
    )
    # Under pytest it refuses to work without its own command or option.  For threads and
    # locks it needs neither: explore puts its locks in place and takes them away again.
    monkeypatch.setenv("FRONTRUN_ACTIVE", "1")
    all_orders = {"preemption_bound": None, "stop_on_first": False}
    some_orders = {"max_attempts": 50, "seed": 1}

    def run(strategy: str, **options: Any) -> Any:
        limits = all_orders if strategy == "dpor" else some_orders
        return frontrun.explore(strategy=strategy, detect_io=False, **limits | options)

    return run
