"""What the proofs on races share: threads at once."""

from collections.abc import Callable
from threading import Thread

import pytest

Together = Callable[[int, Callable[[], object]], None]


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
