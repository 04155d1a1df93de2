"""Proofs for source/pools/multiprocessing-pool.md."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.pool import AsyncResult, ThreadPool
from threading import Event, Semaphore
from typing import Any

import pytest
from proven.stage import play

from tests.ways import ways
from tests.ways_processes import CRASHES, METHODS, filled, perform_by, run_by

ERRORS = {"one": {2}, "two in a row": {2, 3}, "first": {0}, "last": {5}}


@pytest.mark.always("mp-pool-imap-goes-on")
@ways(method=METHODS, bad=ERRORS, name={"imap": "imap", "imap_unordered": "imap_unordered"})
def test_imap_goes_on_after_an_error(method: str, bad: set[int], name: str) -> None:
    trace = play("pools/multiprocessing_pool_errors")
    assert [line for line in trace.lines if line.startswith("Pool")] == [
        "Pool: 12",
        "Pool: nobody to share with",
        "Pool: 4",
        "Pool: the end",
    ]
    assert trace.lines[4:] == [
        "Executor: 12",
        "Executor: nobody to share with",
        "Executor: the end",
    ]
    lines = perform_by(
        method,
        filled(
            """
        import multiprocessing

        def work(number):
            if number in BAD:
                raise ValueError(number)
            return number

        if __name__ == "__main__":
            came = []
            with multiprocessing.Pool(2) as pool:
                results = pool.NAME(work, range(6))
                while len(came) < 6:
                    try:
                        came.append(next(results))
                    except ValueError as error:
                        came.append(error.args[0])
                print(sorted(came), next(results, "the end"))
    """,
            BAD=bad,
            NAME=name,
        ),
    ).lines
    assert lines == ["[0, 1, 2, 3, 4, 5] the end"]


LEAVES = {
    "sys.exit": "sys.exit(1)",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "own": "raise Own",
    "exception": "raise ValueError('own')",
}


@pytest.mark.always("mp-pool-exit-in-a-job")
@ways(method=METHODS, leave=LEAVES)
def test_a_job_that_leaves_its_process_has_no_result(method: str, leave: str) -> None:
    # no mutant: каких исключений не перехватывать, решает сам Python
    run = run_by(
        method,
        filled(
            """
        import multiprocessing, sys

        class Own(BaseException):
            pass

        def work(number):
            if number:
                LEAVE

        if __name__ == "__main__":
            with multiprocessing.Pool(1) as pool:
                for begin in (
                    lambda: pool.apply_async(work, [1]).get,
                    lambda: pool.map_async(work, [0, 1], chunksize=1).get,
                    lambda: pool.imap(work, [1]).next,
                    lambda: pool.imap_unordered(work, [1]).next,
                ):
                    result = begin()
                    # What the only worker had sent before its end would have come before this.
                    pool.apply(abs, [-1])
                    try:
                        result(timeout=0.05)
                    except multiprocessing.TimeoutError:
                        print("no result")
                    except ValueError as error:
                        print(error)
        """,
            LEAVE=leave,
        ),
    )
    comes = "own" if leave == LEAVES["exception"] else "no result"
    assert run.stdout.splitlines() == [comes] * 4, run.stderr


@pytest.mark.always("mp-pool-imap-takes-all")
@ways(name={"imap": "imap", "imap_unordered": "imap_unordered"}, count={"1": 1, "1000": 1000})
def test_imap_takes_all_arguments(name: str, count: int) -> None:
    # no mutant: сколько аргументов забрать, решает сам Python
    # Threads and processes have one feeder; that of processes waits when the pipe is full.
    all_are_taken, go_on = Event(), Event()

    def numbers() -> Iterator[int]:
        yield from range(count)
        all_are_taken.set()

    with ThreadPool(1) as pool:
        results = getattr(pool, name)(lambda _: go_on.wait(), numbers())
        assert all_are_taken.wait(20), "though no task is done and nobody asks for results"
        go_on.set()
        assert len([*results]) == count


@pytest.mark.always("mp-pool-imap-fills-the-pipe")
@ways(method=METHODS)
def test_imap_takes_what_the_pipe_holds_while_jobs_stand(method: str) -> None:
    # no mutant: сколько аргументов забрать, решает сам Python
    lines = perform_by(
        method,
        """
        import multiprocessing, pathlib, threading, time

        all_are_taken = threading.Event()

        def work(_):
            pathlib.Path("began").touch()
            while not pathlib.Path("go on").exists():
                time.sleep(0.01)

        def big():
            for _ in range(5):
                yield bytes(1_000_000)
            all_are_taken.set()

        if __name__ == "__main__":
            with multiprocessing.Pool(1) as pool:
                results = pool.imap(work, big())
                while not pathlib.Path("began").exists():
                    time.sleep(0.01)
                print(all_are_taken.wait(0.2))
                pathlib.Path("go on").touch()
                print(all_are_taken.wait(20))
        """,
    ).lines
    assert lines == ["False", "True"]


@pytest.mark.always("mp-pool-map-waits-for-all")
@ways(method=METHODS, bad={"first": 0, "last": 3})
def test_map_of_the_old_pool_waits_for_all(method: str, bad: int) -> None:
    # no mutant: когда бросить ошибку, решает сам Python
    lines = perform_by(
        method,
        filled(
            """
        import multiprocessing, pathlib, time

        def work(number):
            if number == BAD:
                raise ValueError("own")
            time.sleep(0.05)
            pathlib.Path(f"{number} is done").touch()

        if __name__ == "__main__":
            with multiprocessing.Pool(2) as pool:
                try:
                    pool.map(work, range(4), chunksize=1)
                except ValueError:
                    print(len(list(pathlib.Path().glob("* is done"))))
    """,
            BAD=bad,
        ),
    ).lines
    assert lines == ["3"]


MAPS: dict[str, Callable[..., object]] = {
    "map": ThreadPool.map,
    "map_async": lambda *args, **options: ThreadPool.map_async(*args, **options).get(),
    "starmap": ThreadPool.starmap,
}


@pytest.mark.always("mp-pool-stop-iteration")
@ways(place={"first": 0, "middle": 3, "last": 7}, chunk={"1": 1, "3": 3, "8": 8, "own": None})
def test_stop_iteration_of_a_job_loses_results(place: int, chunk: int | None) -> None:
    # no mutant: что делать с исключением, решает сам Python
    # Threads and processes have one worker function: it is in multiprocessing.pool.
    def work(number: int) -> int:
        return next(iter([])) if number == place else number

    with ThreadPool(2) as pool:
        for call in MAPS.values():
            arguments = [(each,) for each in range(8)] if call == ThreadPool.starmap else range(8)
            got = call(pool, work, arguments, chunksize=chunk)
            assert sum(each is not None for each in got) < 8
            assert place not in got
        for name in ("imap", "imap_unordered"):
            came = list(getattr(pool, name)(work, range(8), chunksize=chunk or 1))
            assert len(came) < 8
            assert place not in came
            if chunk in {3, 8}:
                lost = range(place, min((place // chunk + 1) * chunk, 8))
                assert sorted(came) == [each for each in range(8) if each not in lost]
            elif name == "imap":
                assert came == list(range(place))
        with pytest.raises(ValueError, match="own"):
            pool.map(_fails, range(8), chunksize=chunk)


def _fails(number: int) -> int:
    if number == 5:
        raise ValueError("own")
    return number


@pytest.mark.always("mp-pool-map-skips-the-chunk")
@ways(call=MAPS, chunk={"2": 2, "4": 4})
def test_the_rest_of_a_chunk_is_skipped(call: Callable[..., object], chunk: int) -> None:
    # no mutant: что делать с остатком пачки, решает сам Python
    # Threads and processes have one worker function: it is in multiprocessing.pool.
    tried = []

    def work(number: int) -> None:
        tried.append(number)
        if number == 0:
            raise ValueError("own")

    items = [(number,) for number in range(8)] if call is ThreadPool.starmap else range(8)
    with ThreadPool(2) as pool, pytest.raises(ValueError, match="own"):
        call(pool, work, items, chunksize=chunk)
    assert sorted(tried) == [0, *range(chunk, 8)]


@pytest.mark.always("mp-pool-callback-error-hangs")
@ways(
    method=METHODS,
    call={
        "callback": "abs, [-1], callback=fail",
        "error_callback": "abs, [''], error_callback=fail",
    },
)
def test_an_error_in_a_callback_stops_the_pool(method: str, call: str) -> None:
    # no mutant: как принимать результаты, решает сам Python
    ended = run_by(
        method,
        filled(
            """
        import multiprocessing

        def fail(_):
            raise OSError("own")

        if __name__ == "__main__":
            try:
                with multiprocessing.Pool(1) as pool:
                    pool.apply_async(CALL)
                    pool._result_handler.join(10)  # nobody else takes results
                    print(pool._result_handler.is_alive())
                    try:
                        pool.apply_async(abs, [-1]).get(timeout=0.05)
                    except multiprocessing.TimeoutError:
                        print("no answer")
            except AssertionError:
                pass
    """,
            CALL=call,
        ),
    )
    assert ended.stdout.splitlines() == ["False", "no answer"]
    assert "OSError: own" in ended.stderr


@pytest.mark.always("mp-pool-callback-that-waits")
@ways(
    method=METHODS,
    call={
        "callback": "abs, [-1], callback=wait",
        "error_callback": "abs, [''], error_callback=wait",
    },
    other={"apply": "pool.apply(abs, [-2])", "get": "pool.apply_async(abs, [-2]).get()"},
)
def test_a_callback_that_waits_for_the_pool_stops_it(method: str, call: str, other: str) -> None:
    # no mutant: как принимать результаты, решает сам Python
    code = """
        import multiprocessing, os, signal, threading

        begun, ended = threading.Event(), threading.Event()

        def wait(_):
            begun.set()
            OTHER
            ended.set()

        if __name__ == "__main__":
            pool = multiprocessing.Pool(2)
            pool.apply_async(CALL)
            begun.wait()
            job = pool.apply_async(abs, [-1])
            job.wait(0.2)
            leaving = threading.Thread(target=pool.__exit__, args=(None,) * 3, daemon=True)
            leaving.start()
            leaving.join(0.2)
            print(ended.is_set(), job.ready(), leaving.is_alive(), flush=True)
            # Nothing gentler ends the processes of such a pool.
            os.killpg(0, signal.SIGKILL)
    """
    run = run_by(method, filled(code, CALL=call, OTHER=other))
    assert run.stdout.splitlines() == ["False False True"], run.stderr


@pytest.mark.always("mp-pool-exit-waits-for-the-source")
@ways(
    method=METHODS,
    name={"imap": "imap", "imap_unordered": "imap_unordered"},
    leave={
        "with": "leaving.set(); pool.__exit__(None, None, None); left.set()",
        "terminate": "leaving.set(); pool.terminate(); left.set()",
        "end of the program": "atexit.register(leaving.set)",
    },
)
def test_a_source_that_waits_holds_the_exit(method: str, name: str, leave: str) -> None:
    # no mutant: чего ждёт выход, решает сам Python
    code = """
        import atexit, multiprocessing, threading

        asked, go_on = threading.Event(), threading.Event()
        leaving, left = threading.Event(), threading.Event()

        def source():
            yield -1
            asked.set()
            go_on.wait()

        def watch():
            leaving.wait()
            print("still there:", not left.wait(0.2), flush=True)
            go_on.set()

        def end():
            left.set()
            print("left")

        if __name__ == "__main__":
            atexit.register(end)  # before the pool's own: called after it
            threading.Thread(target=watch, daemon=True).start()
            pool = multiprocessing.Pool(1)
            results = pool.NAME(abs, source())
            asked.wait()
            print(next(results), flush=True)
            LEAVE
    """
    run = run_by(method, filled(code, NAME=name, LEAVE=leave))
    assert run.stdout.splitlines() == ["1", "still there: True", "left"], run.stderr


@pytest.mark.always("mp-pool-unbuildable-job-hangs")
@ways(
    method=METHODS,
    job={
        "no such function": "gone, [1]",
        "defined after the pool": "later, [1]",
        "an argument": "repr, [Refused('Ann', 'why')]",
    },
)
def test_a_job_that_cannot_be_built_is_lost(method: str, job: str) -> None:
    # no mutant: что делает процесс, который не собрал задания, решает сам Python
    ended = run_by(
        method,
        filled(
            """
        import multiprocessing, sys

        class Refused(Exception):
            def __init__(self, who, why):
                super().__init__(f"{who}: {why}")

        def gone(number):
            return number

        def forget():
            del sys.modules["__main__"].gone

        if __name__ == "__main__":
            with multiprocessing.Pool(1, initializer=forget) as pool:
                (first,) = pool._pool

                def later(number):
                    return number

                lost = pool.apply_async(JOB)
                first.join(20)
                # Which code, the pool's own thread may have been told before this one.
                print(first.exitcode != 0)
                print(pool.apply(abs, [-1]), lost.ready())
    """,
            JOB=job,
        ),
    )
    assert ended.stdout.splitlines() == ["True", "1 False"]


@pytest.mark.always("mp-pool-failing-initializer")
@ways(method=METHODS)
def test_a_failing_initializer_is_tried_for_ever(method: str) -> None:
    # no mutant: что делает пул, чей процесс не начал, решает сам Python
    ended = run_by(
        method,
        """
        import multiprocessing, os, pathlib, time

        def prepare():
            pathlib.Path(f"{os.getpid()} began").touch()
            raise OSError("own")

        if __name__ == "__main__":
            with multiprocessing.Pool(1, initializer=prepare) as pool:
                job = pool.apply_async(abs, [-1])
                while len(list(pathlib.Path().glob("* began"))) < 4:
                    time.sleep(0.01)
                print(job.ready())
        """,
    )
    assert ended.stdout.splitlines() == ["False"]


@pytest.mark.always("mp-pool-unbuildable-exception-hangs")
@ways(method=METHODS, name={"apply_async": "apply_async", "map_async": "map_async"})
def test_an_exception_that_cannot_be_built_stops_the_pool(method: str, name: str) -> None:
    # no mutant: как принимать результаты, решает сам Python
    ended = run_by(
        method,
        filled(
            """
        import multiprocessing

        class Refused(Exception):
            def __init__(self, who, why):
                super().__init__(f"{who}: {why}")

        def sell(who):
            raise Refused(who, "no money")

        if __name__ == "__main__":
            try:
                with multiprocessing.Pool(1) as pool:
                    jobs = [pool.NAME(sell, ["Ann"]), pool.NAME(abs, [-1])]
                    pool._result_handler.join(10)  # nobody else takes results
                    for job in jobs:
                        try:
                            job.get(timeout=0.05)
                        except multiprocessing.TimeoutError:
                            print("no answer")
            except AssertionError as error:
                print(error)
    """,
            NAME=name,
        ),
    )
    lines = ended.stdout.splitlines()
    assert lines[:2] == ["no answer"] * 2
    assert lines[2].startswith("Cannot have cache with")
    assert "TypeError" in ended.stderr


@pytest.mark.always("mp-pool-exit-terminates")
@pytest.mark.always("mp-pool-nothing-after-the-exit")
@ways(method=METHODS, end={"normally": "pass", "by an exception": "1 / 0"})
def test_leaving_the_old_pool_terminates_it(method: str, end: str) -> None:
    assert play("pools/multiprocessing_pool_exit_broken").lines == ["main: left the pool"]
    lines = perform_by(
        method,
        filled(
            """
        import multiprocessing, pathlib, time

        def work(number):
            pathlib.Path(f"{number} is begun").touch()
            while True:
                time.sleep(0.01)

        if __name__ == "__main__":
            try:
                with multiprocessing.Pool(1) as pool:
                    jobs = [pool.apply_async(work, (number,)) for number in range(3)]
                    waits = [job.get for job in jobs]
                    waits += [pool.imap(work, [3]).next, pool.imap_unordered(work, [4]).next]
                    while not pathlib.Path("0 is begun").exists():
                        time.sleep(0.01)
                    END
            except ZeroDivisionError:
                pass
            print([job.ready() for job in jobs], multiprocessing.active_children())
            print(len(list(pathlib.Path().glob("* is begun"))))
            # The thread that would bring results is gone, so nobody ends the waiting.
            print(pool._result_handler.is_alive())
            for wait in waits:
                try:
                    wait(timeout=0.05)
                except multiprocessing.TimeoutError:
                    print("never")
    """,
            END=end,
        ),
    ).lines
    assert lines == ["[False, False, False] []", "1", "False", *["never"] * 5]


def _map_a_portion(
    pool: ThreadPool, work: Callable[[int], object], items: list[int]
) -> AsyncResult[Any]:
    return pool.map_async(work, items * 2, chunksize=2)


@pytest.mark.always("mp-pool-threads-exit")
@ways(
    sent={
        "apply_async": ThreadPool.apply_async,
        "map_async": ThreadPool.map_async,
        "portion": _map_a_portion,
    },
    error={"normally": None, "by an exception": KeyError},
)
def test_leaving_a_pool_of_threads_leaves_its_job_at_work(
    sent: Callable[..., AsyncResult[object]], error: type[Exception] | None
) -> None:
    begun, go_on, ended = Event(), Event(), Semaphore(0)
    others: list[int] = []

    def work(*_: int) -> None:
        begun.set()
        go_on.wait(timeout=60)
        ended.release()

    with suppress(KeyError), ThreadPool(1) as pool:
        job = sent(pool, work, [1])
        other = sent(pool, others.append, [2])
        begun.wait(timeout=60)
        if error:
            raise error
    assert not ended.acquire(blocking=False)
    go_on.set()
    for _ in range(2 if sent is _map_a_portion else 1):
        assert ended.acquire(timeout=60)
    for each in (job, other):
        with pytest.raises(multiprocessing.TimeoutError):
            each.get(timeout=0.05)
    assert others == []
    # The thread that would bring results is gone, so nobody ends the waiting.
    assert not pool._result_handler.is_alive()


@pytest.mark.always("mp-pool-exit-hangs-on-handler")
@ways(
    method=METHODS,
    handler={"handler": "lambda *_: None", "ignored": "signal.SIG_IGN"},
    leave={"with": "pool.__exit__, args=(None, None, None)", "terminate": "pool.terminate"},
)
def test_a_worker_that_survives_sigterm_holds_the_exit(
    method: str, handler: str, leave: str
) -> None:
    # no mutant: на странице об этом только говорится
    code = """
        import multiprocessing, os, pathlib, signal, threading, time

        def prepare():
            signal.signal(signal.SIGTERM, HANDLER)

        def to_default():
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

        def work():
            pathlib.Path("begun").touch()
            while not pathlib.Path("go on").exists():
                time.sleep(0.01)
            pathlib.Path("ended").touch()

        def wait_for(name):
            while not pathlib.Path(name).exists():
                time.sleep(0.01)

        def leave(initializer):
            pool = multiprocessing.Pool(1, initializer)
            (worker,) = multiprocessing.active_children()
            pool.apply_async(work)
            wait_for("begun")
            leaving = threading.Thread(target=LEAVE, daemon=True)
            leaving.start()
            return worker, leaving

        if __name__ == "__main__":
            prepare()
            _, leaving = leave(to_default)
            leaving.join()
            print("left")
            pathlib.Path("begun").unlink()
            # By fork a worker has the handler of the program already.
            worker, leaving = leave(None if METHOD == "fork" else prepare)
            leaving.join(0.2)
            pathlib.Path("go on").touch()
            wait_for("ended")
            leaving.join(0.2)
            print("still there:", leaving.is_alive())
            worker.kill()
            leaving.join()
            print("left")
    """
    words = {"HANDLER": handler, "LEAVE": leave, "METHOD": repr(method)}
    run = run_by(method, filled(code, **words))
    assert run.stdout.splitlines() == ["left", "still there: True", "left"], run.stderr


@pytest.mark.always("mp-pool-close-join")
@ways(method=METHODS, count={"1": 1, "5": 5})
def test_close_and_join_wait_for_all(method: str, count: int) -> None:
    assert play("pools/multiprocessing_pool_exit_fixed").lines == [
        "report is saved",
        "main: left the pool",
    ]
    lines = perform_by(
        method,
        filled(
            """
        import multiprocessing, time

        if __name__ == "__main__":
            with multiprocessing.Pool(2) as pool:
                jobs = [pool.apply_async(time.sleep, (0.02,)) for _ in range(COUNT)]
                pool.close()
                pool.join()
            print(all(job.ready() for job in jobs))
            try:
                pool.apply_async(abs, (-1,))
            except ValueError as error:
                print(error)
    """,
            COUNT=count,
        ),
    ).lines
    assert lines == ["True", "Pool not running"]


@pytest.mark.always("mp-pool-program-end")
@ways(method=METHODS, closed={"closed": "pool.close()", "left open": "pass"})
def test_the_end_of_the_program_ends_the_jobs(method: str, closed: str) -> None:
    ended = run_by(
        method,
        filled(
            """
        import multiprocessing, pathlib, time

        def work(number):
            print("begun", flush=True)
            pathlib.Path("begun").touch()
            while True:
                time.sleep(0.01)

        def main():
            pool = multiprocessing.Pool(1)
            pool.apply_async(work, (1,))
            CLOSED
            while not pathlib.Path("begun").exists():
                time.sleep(0.01)

        if __name__ == "__main__":
            main()
    """,
            CLOSED=closed,
        ),
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (0, "begun\n")


@pytest.mark.sometimes("mp-pool-join-hangs")
@ways(method=METHODS, crash=CRASHES)
def test_join_may_wait_for_a_lost_task(method: str, crash: str) -> None:
    # no mutant: чего ждёт join, решает сам Python
    lines = perform_by(
        method,
        filled(
            """
        import multiprocessing, os, threading

        def crash():
            CRASH

        if __name__ == "__main__":
            pool = multiprocessing.Pool(1)
            (worker,) = multiprocessing.active_children()
            pool.apply_async(crash)
            worker.join()
            pool.close()
            waiting = threading.Thread(target=pool.join)
            waiting.start()
            waiting.join(0.3)
            print(waiting.is_alive())
            pool.terminate()
            waiting.join()
            print("terminated")
    """,
            CRASH=crash,
        ),
    ).lines
    assert lines == ["True", "terminated"]


@pytest.mark.sometimes("mp-pool-idle-killed-hangs")
@ways(
    method=METHODS,
    workers={"1": 1, "2": 2},
    end={"killed": "SIGKILL", "terminated": "SIGTERM"},
)
def test_the_death_of_an_idle_worker_may_stop_the_pool(method: str, workers: int, end: str) -> None:
    # no mutant: с чем в руках ждёт процесс, решает сам Python
    code = """
        import multiprocessing, os, signal, threading, time

        if __name__ == "__main__":
            pool = multiprocessing.Pool(WORKERS)
            idle = multiprocessing.active_children()
            pool.apply(abs, (-1,))
            # One of the workers waits for a job with the lock of the queue in its hands.
            while not pool._inqueue._rlock._semlock._is_zero():
                time.sleep(0.01)
            for worker in idle:
                os.kill(worker.pid, signal.END)
            for worker in idle:
                worker.join()
            job = pool.apply_async(abs, (-1,))
            leaving = threading.Thread(target=pool.__exit__, args=(None,) * 3, daemon=True)
            job.wait(0.3)
            leaving.start()
            leaving.join(0.3)
            print(job.ready(), leaving.is_alive(), flush=True)
            # Nothing gentler ends the workers that the pool has taken on meanwhile.
            os.killpg(0, signal.SIGKILL)
    """
    run = run_by(method, filled(code, WORKERS=workers, END=end))
    assert run.stdout.splitlines() == ["False True"], run.stderr


@pytest.mark.always("mp-pool-timeout-of-its-own")
@ways(how={"get": "get", "next": "next"})
def test_its_timeout_is_of_its_own(how: str) -> None:
    # no mutant: каким исключением сказать о сроке, решает сам Python
    go_on = Event()
    with ThreadPool(1) as pool:
        waits = (
            pool.apply_async(go_on.wait).get
            if how == "get"
            else pool.imap(lambda _: go_on.wait(), [0]).next
        )
        with pytest.raises(multiprocessing.TimeoutError) as raised:
            waits(timeout=0.01)
        go_on.set()
    assert not isinstance(raised.value, TimeoutError)


@pytest.mark.always("mp-pool-unordered-by-completion")
@ways(workers={"2": 2, "3": 3}, slow={"first": 0, "middle": 2, "last": 4})
def test_imap_unordered_gives_what_is_done(workers: int, slow: int) -> None:
    # no mutant: в каком порядке отдавать результаты, решает сам Python
    # Threads and processes have one collector: it is in multiprocessing.pool.Pool.
    go_on = Event()

    def work(number: int) -> int:
        if number == slow:
            go_on.wait()
        return number

    came = []
    with ThreadPool(workers) as pool:
        for number in pool.imap_unordered(work, range(5)):
            came.append(number)
            if len(came) == 4:
                go_on.set()
        assert came[-1] == slow
        # In a chunk of two a neighbour that has ended waits for the slow one.
        go_on.clear()
        in_chunks = pool.imap_unordered(work, range(6), chunksize=2)
        came = [next(in_chunks) for _ in range(4)]
        assert not {slow, slow ^ 1} & {*came}
        go_on.set()
        assert {*in_chunks} == {slow, slow ^ 1}


SUCCEEDED = {
    "maxtasksperchild": ("1", "pool.apply(abs, [-1])"),
    "a crash": ("None", "pool.apply_async(os._exit, [1])"),
}
"""What the pool is told of its workers, and what ends the first of them."""


@pytest.mark.always("mp-pool-successor-has-a-taken-lock")
@ways(method=METHODS, succeeded=SUCCEEDED, lock={"Lock": "Lock", "RLock": "RLock"})
def test_a_forked_successor_has_the_locks_of_that_moment(
    method: str, succeeded: tuple[str, str], lock: str
) -> None:
    # no mutant: что достаётся дочернему процессу, решает система
    limit, end = succeeded
    code = """
        import multiprocessing, os, threading, time

        lock = threading.LOCK()

        def work():
            with lock:
                return "done"

        if __name__ == "__main__":
            with multiprocessing.Pool(1, maxtasksperchild=LIMIT) as pool:
                (first,) = pool._pool
                with lock:
                    END
                    while first in pool._pool or not pool._pool:
                        time.sleep(0.01)
                job = pool.apply_async(work)
                job.wait(0.3 if FORKS else 15)
                print("done" if job.ready() else "never")
    """
    run = run_by(method, filled(code, LOCK=lock, LIMIT=limit, END=end, FORKS=method == "fork"))
    assert run.stdout.splitlines() == ["never" if method == "fork" else "done"], run.stderr


@pytest.mark.always("mp-pool-maxtasks-counts-chunks")
@ways(method=METHODS, chunk={"1": 1, "3": 3})
def test_maxtasksperchild_counts_chunks(method: str, chunk: int) -> None:
    # no mutant: что считать заданием, решает сам Python
    lines = perform_by(
        method,
        filled(
            """
        import multiprocessing, os

        def work(_):
            return os.getpid()

        if __name__ == "__main__":
            with multiprocessing.Pool(1, maxtasksperchild=2) as pool:
                print(len(set(pool.map(work, range(12), chunksize=CHUNK))))
    """,
            CHUNK=chunk,
        ),
    ).lines
    assert lines == [str(12 // chunk // 2)]
