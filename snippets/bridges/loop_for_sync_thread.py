import asyncio
import atexit
import threading
from collections.abc import Coroutine
from typing import Any

Work = Coroutine[Any, Any, Any]


class LoopThread:
    """An event loop in a thread, for code that can't await."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._thread = threading.Thread(
            target=asyncio.run, args=(self._live(),), daemon=True
        )
        self._thread.start()
        self._ready.wait()
        atexit.register(self.close)

    async def _live(self) -> None:
        self._loop, self._stop = (
            asyncio.get_running_loop(),
            asyncio.Event(),
        )
        self._ready.set()
        await self._stop.wait()

    def call(self, work: Work, timeout: float | None = None) -> Any:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()
            raise

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()


async def fetch(page: int) -> str:
    await asyncio.sleep(1)
    return f"page {page}"


def handle(page: int) -> None:
    answers[page] = loop_thread.call(fetch(page))


if __name__ == "__main__":
    answers: dict[int, str] = {}
    loop_thread = LoopThread()
    server = [
        threading.Thread(target=handle, args=(page,))
        for page in (1, 2, 3)
    ]
    for thread in server:
        thread.start()
    for thread in server:
        thread.join()
    print(sorted(answers.values()))
