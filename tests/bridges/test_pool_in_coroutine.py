"""Proofs for source/bridges/pool-in-coroutine.md."""

from __future__ import annotations

import asyncio
import time
from concurrent import futures
from functools import partial
from threading import Event

import pytest
from proven.stage import perform, play

from tests.ways import COUNTS, FAILED, SOME, End, only, ways
from tests.ways_processes import POOLS, Pool, filled

CLASSES = {name: getattr(futures, pool.name) for name, pool in POOLS.items() if "by" not in name}
CLASSES["processes"] = futures.ProcessPoolExecutor

LEAVES = ("timeout", "cancelled", "exception", "end", "another_queued")
"""How the body of `with` is left while the first job runs."""


@pytest.mark.always("pic-exit-stops-the-loop")
@ways(pool=POOLS)
def test_who_leaves_the_pool_s_with_stops_the_loop(pool: Pool) -> None:
    trace = play("bridges/pool_in_coroutine_broken", clock="virtual")
    assert trace.at("main: out of time") == 3
    assert trace.lines.count("tick") == 2
    done = pool.run(
        filled(
            """
            import asyncio, tempfile, time
            from pathlib import Path

            def job(folder, number):
                Path(folder, f"{number} began").touch()
                time.sleep(0.1)
                Path(folder, f"{number} ended").touch()

            async def timeout(first, submit):
                await asyncio.wait_for(first, 0.001)

            async def cancelled(first, submit):
                asyncio.current_task().cancel()
                await first

            async def exception(first, submit):
                raise ValueError

            async def end(first, submit):
                pass

            async def another_queued(first, submit):
                submit(1)

            async def count(turns):
                while True:
                    turns.append(1)
                    await asyncio.sleep(0)

            async def leave(how, folder, turns):
                loop = asyncio.get_running_loop()
                try:
                    with Pool(1) as pool:
                        first = loop.run_in_executor(pool, job, folder, 0)
                        while not Path(folder, "0 began").exists():
                            await asyncio.sleep(0.001)
                        # Not before: it would slow down the start of a pool.
                        counting = asyncio.create_task(count(turns))
                        try:
                            await how(first, lambda number: pool.submit(job, folder, number))
                        finally:
                            before = len(turns)
                except (TimeoutError, ValueError, asyncio.CancelledError):
                    pass
                counting.cancel()
                began, ended = (
                    len(list(Path(folder).glob(f"* {word}"))) for word in ("began", "ended")
                )
                print(how.__name__, len(turns) - before, began, ended)

            async def main():
                turns = []
                for how in (LEAVES):
                    with tempfile.TemporaryDirectory() as folder:
                        await asyncio.wait({asyncio.create_task(leave(how, folder, turns))})

            if __name__ == "__main__":
                asyncio.run(main())
            """,
            LEAVES=", ".join(LEAVES),
        )
    )
    # How many turns others had while the pool was left, how many jobs began and ended by then.
    expected = [f"{how} 0 {1 + (how == LEAVES[-1])} {1 + (how == LEAVES[-1])}" for how in LEAVES]
    assert done.stdout.splitlines() == expected, done.stderr


@pytest.mark.always("pic-exit-deadlock")
@ways(
    submitted={"submit": False, "run_in_executor": True},
    closed={"by with": False, "in a thread": True},
)
def test_a_job_that_waits_for_the_loop_never_ends_if_the_loop_waits_for_it(
    submitted: bool, closed: bool
) -> None:
    # no mutant: задания примеров цикла не ждут
    left, got = Event(), list[object]()

    async def answer() -> str:
        return "answer"

    def job(loop: asyncio.AbstractEventLoop) -> None:
        # What never comes doesn't come later either; what comes may be slow.
        waited = asyncio.run_coroutine_threadsafe(answer(), loop)
        done, _ = futures.wait([waited], timeout=60 if closed else 0.1)
        got.append(waited.result() if done else "deadlock")

    async def main() -> None:
        loop, pool = asyncio.get_running_loop(), futures.ThreadPoolExecutor(1)
        submit = partial(loop.run_in_executor, pool) if submitted else pool.submit
        if closed:
            submit(job, loop)
            await asyncio.to_thread(pool.shutdown)
        else:
            with pool:
                submit(job, loop)
        left.set()

    asyncio.run(main())
    assert left.is_set()
    assert got == ["answer" if closed else "deadlock"]


@pytest.mark.always("pic-outside-goes-on")
@ways(seconds={"0": 0.0, "1.5": 1.5}, jobs=SOME)
def test_with_the_pool_outside_the_coroutine_goes_on_at_once(seconds: float, jobs: int) -> None:
    trace = play("bridges/pool_in_coroutine_fixed", clock="virtual")
    assert trace.at("main: out of time") == 1.5
    assert trace.at("program: the pool is closed") == 3
    began, gate, ended = Event(), Event(), list[int]()

    def job(number: int) -> None:
        began.set()
        gate.wait()
        ended.append(number)

    async def main(pool: futures.Executor) -> None:
        loop = asyncio.get_running_loop()
        waiting = [loop.run_in_executor(pool, job, number) for number in range(jobs)]
        began.wait()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds / 100):
                await asyncio.gather(*waiting)
        assert not ended
        gate.set()

    with futures.ThreadPoolExecutor(jobs) as pool:
        asyncio.run(main(pool))
    # What nobody had begun was cancelled with its future.
    assert ended
    assert len(ended) <= jobs


@pytest.mark.always("pic-default-not-in-itself")
@ways(count=COUNTS, own={"the loop's": True, "another": False})
def test_the_pool_of_the_loop_does_not_close_itself(count: int, own: bool) -> None:
    # no mutant: в примерах страницы пул циклу не отдают
    async def main() -> None:
        pool = futures.ThreadPoolExecutor(2)
        if own:
            asyncio.get_running_loop().set_default_executor(pool)
        for number in range(count):
            await asyncio.get_running_loop().run_in_executor(pool, abs, number)
        if own:
            with pytest.raises(RuntimeError, match="cannot join current thread"):
                await asyncio.to_thread(pool.shutdown)
        else:
            await asyncio.to_thread(pool.shutdown)

    asyncio.run(main())


_TAKE_ALONG = ("by_timeout", "by_cancel", "by_group")
_LEAVE_ALL = ("stays", "by_wait", "by_as_completed")


@pytest.mark.always("pic-cancel-drops-the-queued")
@ways(
    pool=POOLS,
    leave={how: how for how in (*_TAKE_ALONG, *_LEAVE_ALL)},
    inside={"inside": True, "outside": False},
)
def test_a_cancelled_coroutine_takes_its_queued_job_along(
    pool: Pool, leave: str, inside: bool
) -> None:
    # no mutant: в примерах страницы все задания начаты сразу
    done = pool.run(
        filled(
            """
            import asyncio, tempfile, time
            from contextlib import nullcontext
            from pathlib import Path

            def job(folder, number):
                Path(folder, f"{number} began").touch()
                while not Path(folder, "go on").exists():
                    time.sleep(0.001)

            async def by_timeout(jobs, folder):
                async with asyncio.timeout(0.001):
                    await asyncio.gather(*jobs)

            async def by_cancel(jobs, folder):
                asyncio.current_task().cancel()
                await asyncio.gather(*jobs)

            async def one(job):
                await job

            async def by_group(jobs, folder):
                async with asyncio.TaskGroup() as group:
                    for job in jobs:
                        group.create_task(one(job))
                    await asyncio.sleep(0)
                    raise ValueError

            async def by_wait(jobs, folder):
                async with asyncio.timeout(0.001):
                    await asyncio.wait(jobs)

            async def by_as_completed(jobs, folder):
                async with asyncio.timeout(0.001):
                    for job in asyncio.as_completed(jobs):
                        await job

            async def stays(jobs, folder):
                Path(folder, "go on").touch()
                await asyncio.gather(*jobs)

            async def wait(pool, folder):
                loop = asyncio.get_running_loop()
                with pool if INSIDE else nullcontext():
                    jobs = [loop.run_in_executor(pool, job, folder, n) for n in range(9)]
                    while not Path(folder, "0 began").exists():
                        await asyncio.sleep(0.001)
                    try:
                        await LEAVE(jobs, folder)
                    finally:
                        Path(folder, "go on").touch()

            if __name__ == "__main__":
                with tempfile.TemporaryDirectory() as folder:
                    with Pool(1) as pool:
                        try:
                            asyncio.run(wait(pool, folder))
                        except BaseException:
                            pass
                    print(len(list(Path(folder).glob("* began"))))
            """,
            LEAVE=leave,
            INSIDE=inside,
        )
    )
    # A pool of one process takes two more of the queue than the one that has begun.
    taken = {9} if leave in _LEAVE_ALL else {1, 2, 3} if "Process" in pool.name else {1}
    assert int(done.stdout) in taken, done.stderr


@pytest.mark.always("pic-awaited-exit-is-quick")
@ways(count=COUNTS)
def test_when_all_is_done_leaving_does_not_stop_the_loop(count: int) -> None:
    trace = play("bridges/pool_in_coroutine_awaited", clock="virtual")
    assert trace.at("['report 1', 'report 2']") == trace.at("main: the pool is closed") == 2

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with futures.ThreadPoolExecutor() as pool:
            jobs = [loop.run_in_executor(pool, time.sleep, n % 3 + 1) for n in range(count)]
            await asyncio.gather(*jobs)
            before = loop.time()
        assert loop.time() - before == 0

    perform(main)


@pytest.mark.always("pic-shutdown-in-a-thread")
@ways(count=COUNTS)
def test_a_pool_is_closed_in_a_thread_while_tasks_go_on(count: int) -> None:
    trace = play("bridges/pool_in_coroutine_shutdown", clock="virtual")
    assert trace.at("main: out of time") == 1.5
    assert trace.lines.count("tick") == 3
    assert trace.at("report: written") == trace.at("main: the pool is closed") == 2.5

    gate, ended = Event(), list[int]()

    def job(number: int) -> None:
        gate.wait()
        ended.append(number)

    async def main() -> None:
        pool = futures.ThreadPoolExecutor(2)
        for number in range(count):
            pool.submit(job, number)
        closing = asyncio.create_task(asyncio.to_thread(pool.shutdown))
        for _ in range(3):
            await asyncio.sleep(0)  # other tasks have their turns
        assert not (count and closing.done())
        gate.set()
        await closing
        assert sorted(ended) == list(range(count))

    asyncio.run(main())


@pytest.mark.always("pic-cancel-futures")
@ways(waiting=COUNTS)
def test_a_pool_can_be_left_at_once(waiting: int) -> None:
    # no mutant: примеры страницы ждут все задания
    began, gate = Event(), Event()

    def job() -> str:
        began.set()
        gate.wait()
        return "done"

    pool = futures.ThreadPoolExecutor(1)
    first, *others = (pool.submit(job) for _ in range(1 + waiting))
    began.wait()
    pool.shutdown(wait=False, cancel_futures=True)
    assert not first.done()
    assert all(other.cancelled() for other in others)
    gate.set()
    assert first.result() == "done"


@pytest.mark.always("pic-cancel-futures-reaches-waiter")
@ways(waiting=COUNTS)
def test_who_waits_for_a_cancelled_job_is_cancelled(waiting: int) -> None:
    # no mutant: примеры страницы ждут все задания
    async def main() -> None:
        loop, gate, pool = asyncio.get_running_loop(), Event(), futures.ThreadPoolExecutor(1)
        told: list[int] = []

        async def wait() -> None:
            task = asyncio.current_task()
            assert task
            try:
                await loop.run_in_executor(pool, int)
            except asyncio.CancelledError:
                told.append(task.cancelling())
                raise

        begun = loop.run_in_executor(pool, gate.wait)
        async with asyncio.TaskGroup() as group:
            for _ in range(waiting):
                group.create_task(wait())
            await asyncio.sleep(0)
            pool.shutdown(wait=False, cancel_futures=True)
        assert told == [0] * waiting
        gate.set()
        assert await begun

    asyncio.run(main())


@pytest.mark.always("pic-cancel-futures-prefetched")
@ways(pool=only(POOLS, *(name for name in POOLS if "by" in name)))
def test_a_pool_of_processes_does_what_it_has_taken(pool: Pool) -> None:
    # no mutant: примеры страницы ждут все задания
    done = pool.run(
        """
        import tempfile, time
        from pathlib import Path

        def job(folder, number):
            Path(folder, f"{number}").touch()
            while not Path(folder, "go on").exists():
                time.sleep(0.001)
            return number

        if __name__ == "__main__":
            with tempfile.TemporaryDirectory() as folder:
                pool = Pool(1)
                jobs = [pool.submit(job, folder, number) for number in range(9)]
                # It says so of those that it has taken from the queue.
                while not (Path(folder, "0").exists() and jobs[1].running()):
                    time.sleep(0.001)
                pool.shutdown(wait=False, cancel_futures=True)
                print("begun:", Path(folder, "1").exists())
                Path(folder, "go on").touch()
                print("done:", jobs[0].result(), jobs[1].result())
                pool.shutdown(cancel_futures=True)
                print("last cancelled:", jobs[-1].cancelled())
        """
    )
    assert done.stdout.splitlines() == ["begun: False", "done: 0 1", "last cancelled: True"], (
        done.stderr
    )


@pytest.mark.always("pic-no-async-with")
@ways(kind=CLASSES)
def test_no_pool_is_an_asynchronous_context_manager(kind: type[futures.Executor]) -> None:
    # no mutant: протокол есть у класса или его нет, примеры его не меняют
    async def main() -> None:
        with pytest.raises(TypeError, match="does not support the asynchronous context manager"):
            async with kind():  # type: ignore[attr-defined]  # what the page warns of
                pass

    asyncio.run(main())


@pytest.mark.always("pic-run-waits-for-to-thread")
@ways(
    call={
        "to_thread": asyncio.to_thread,
        "run_in_executor": lambda job: asyncio.get_running_loop().run_in_executor(None, job),
    },
    end={"value": End()} | FAILED,
)
def test_run_waits_for_what_to_thread_began(call: partial[object], end: End) -> None:
    # no mutant: примеры страницы пула цикла не используют
    ended: list[bool] = []

    def job() -> None:
        time.sleep(290)
        ended.append(True)

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await call(job)
        assert not ended
        end.reach()

    trace = None
    if end.error:
        with pytest.raises(end.error):
            perform(main)
    else:
        trace = perform(main)
    assert ended
    assert trace is None or trace.elapsed >= 1
