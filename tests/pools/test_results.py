"""Proofs for source/pools/results.md."""

import asyncio
import inspect
import sys
import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed, wait
from itertools import permutations
from textwrap import dedent

import pytest
from proven.stage import load, perform_script, play

from tests.ways import ENDED, End, ways
from tests.ways_processes import POOLS, PROCESS_POOLS, Pool, filled


class Unbuildable(Exception):
    """Can't be built anew from its args."""

    def __init__(self, user: str, reason: str) -> None:
        super().__init__(f"{user}: {reason}")


def with_lock() -> RuntimeError:
    """Return an exception that can't be pickled."""
    error = RuntimeError("own")
    error.lock = threading.Lock()
    return error


@pytest.mark.always("res-submit-returns-at-once")
@ways(pool=POOLS)
def test_submit_returns_before_the_task_is_done(pool: Pool) -> None:
    # no mutant: программа здесь только спрашивает пул: как он себя ведёт, решает сам Python
    trace = pool.perform("""
        import pathlib, time

        def work():
            while not pathlib.Path("go on").exists():
                time.sleep(0.01)

        if __name__ == "__main__":
            with Pool(max_workers=1) as pool:
                future = pool.submit(work)
                print(future.done())
                pathlib.Path("go on").touch()
            print(future.done(), future.exception())
    """)
    assert trace.lines == ["False", "True None"]


@pytest.mark.always("res-result-raises-the-same")
@ways(
    error={
        type(each).__name__: each
        for each in (
            ValueError("own"),
            OSError(2, "no such file"),
            KeyError("own"),
            SystemExit(3),
            KeyboardInterrupt(),
            Unbuildable("Ann", "own"),
            with_lock(),
        )
    }
)
def test_result_raises_the_very_exception_of_the_task(error: BaseException) -> None:
    assert play("pools/results_future").lines == ["good: 3.0", "bad: ZeroDivisionError"]

    def fail() -> None:
        raise error

    with ThreadPoolExecutor() as pool:
        future = pool.submit(fail)
    with pytest.raises(type(error)) as raised:
        future.result()
    assert raised.value is error
    assert future.exception() is error


@pytest.mark.always("res-exception-returns-it")
@ways(end=ENDED)
def test_exception_returns_what_the_task_raised(end: End) -> None:
    # no mutant: что вернёт exception(), решает сам Python
    future: Future[str] = Future()
    end.put_into(future)
    if end.error is asyncio.CancelledError:
        with pytest.raises(CancelledError):
            future.exception()
    else:
        assert end.error is None or isinstance(future.exception(), end.error)
        assert (future.exception() is None) is (end.error is None)


TASKS = """
    import json, multiprocessing, subprocess, threading, urllib.error, xmlrpc.client
    from dataclasses import dataclass

    class Own(Exception):
        def __init__(self, user, reason):
            super().__init__(user, reason)

    class Reduced(Exception):
        def __init__(self, user, reason):
            super().__init__(f"{user}: {reason}")
            self.user, self.reason = user, reason

        def __reduce__(self):
            return Reduced, (self.user, self.reason)

    class Unbuildable(Exception):
        def __init__(self, user, reason):
            super().__init__(f"{user}: {reason}")

    class Keyword(Exception):
        def __init__(self, *, user):
            super().__init__(user)

    class Refused(Exception):
        def __init__(self, user, *, reason):
            super().__init__(user, reason)

    class RefusedReduced(Refused):
        def __reduce__(self):
            return rebuild, self.args

    def rebuild(user, reason):
        return RefusedReduced(user, reason=reason)

    @dataclass(frozen=True)
    class Frozen(Exception):
        user: str

    @dataclass
    class Thawed(Exception):
        user: str

    @dataclass
    class Defaults(Exception):
        code: int = 0

    @dataclass
    class Half(Exception):
        user: str
        code: int = 0

    def with_attribute(value):
        error = ValueError("own")
        error.attribute = value
        return error

    def of_a_server():
        import http.server, urllib.request

        with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as site:
            threading.Thread(target=site.handle_request).start()
            direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            try:
                direct.open(f"http://127.0.0.1:{site.server_port}")
            except urllib.error.HTTPError as error:
                return error

    def fault():
        try:
            xmlrpc.client.loads(xmlrpc.client.dumps(xmlrpc.client.Fault(1, "own")))
        except xmlrpc.client.Fault as error:
            return error

    def start(event):
        global all_are_sent
        all_are_sent = event

    def fail_in_child():
        all_are_sent.wait()
        raise MADE

    if __name__ == "__main__":
        sent = multiprocessing.Event()
        with Pool(1, initializer=start, initargs=(sent,)) as pool:
            bad, innocent = pool.submit(fail_in_child), pool.submit(abs, -1)
            sent.set()
            error = bad.exception()
            print(type(error).__name__)
            print("in fail_in_child" in str(error.__cause__))
            print(innocent.exception() or innocent.result())
"""
SURVIVE = {
    "ValueError": "ValueError('own')",
    "KeyError": "KeyError('own')",
    "JSONDecodeError": "json.JSONDecodeError('own', 'text', 1)",
    "CalledProcessError": "subprocess.CalledProcessError(1, 'own')",
    "ExceptionGroup": "ExceptionGroup('own', [ValueError('own')])",
    "SystemExit": "SystemExit(3)",
    "KeyboardInterrupt": "KeyboardInterrupt()",
    "Own": "Own('Ann', 'own')",
    "Reduced": "Reduced('Ann', 'own')",
    "Thawed": "Thawed('Ann')",
}


@pytest.mark.always("res-process-exception-has-cause")
@ways(made=SURVIVE)
def test_a_process_sends_a_copy_and_its_traceback(
    made: str, request: pytest.FixtureRequest
) -> None:
    for pool in PROCESS_POOLS.values():
        lines = pool.perform(dedent(TASKS).replace("MADE", made)).lines
        assert lines == [request.node.callspec.id, "True", "1"], pool.method
    assert play("pools/results_exception_fixed").lines == [
        "Refused: Ann: no money",
        "sold to Bob",
    ]


@pytest.mark.always("res-own-cause-is-lost")
@ways(
    pool=PROCESS_POOLS,
    linked={
        "from": "raise ValueError('own') from error",
        "while handling": "raise ValueError('own')",
    },
)
def test_an_exception_loses_its_own_cause_on_the_way(pool: Pool, linked: str) -> None:
    # no mutant: что дойдёт от исключения, решает сам Python
    trace = pool.perform(
        filled(
            """
            def fail():
                try:
                    {}["missing"]
                except KeyError as error:
                    LINKED

            if __name__ == "__main__":
                with Pool(1) as pool:
                    error = pool.submit(fail).exception()
                print(repr(error), type(error.__cause__).__name__, error.__context__)
                print("KeyError: 'missing'" in str(error.__cause__))
            """,
            LINKED=linked,
        )
    )
    assert trace.lines == ["ValueError('own') _RemoteTraceback None", "True"]


BY_NAME = {
    "all by name": ("Keyword(user='Ann')", False),
    "one by name": ("Refused('Ann', reason='own')", False),
    "one by name, reduced": ("RefusedReduced('Ann', reason='own')", True),
    "dataclass": ("Thawed(user='Ann')", False),
    "dataclass in order": ("Thawed('Ann')", True),
    "dataclass of defaults": ("Defaults(code=5)", True),
    "dataclass, one default": ("Half(user='Ann', code=5)", False),
    "dataclass, only the default": ("Half('Ann', code=5)", True),
    "by name, but not only": ("Own(user='Ann', reason='own')", True),
}
"""How an exception is made whose arguments have names, and whether it comes as it is."""


@pytest.mark.always("res-keyword-exception-breaks-pool")
@ways(pool=PROCESS_POOLS, made=BY_NAME)
def test_what_is_given_by_name_only_is_lost(pool: Pool, made: tuple[str, bool]) -> None:
    # no mutant: соберёт ли pickle исключение, решает сам Python
    name, _, innocent = pool.perform(dedent(TASKS).replace("MADE", made[0])).lines
    assert (name == "BrokenProcessPool") is not made[1]
    assert (innocent == "1") is made[1]


@pytest.mark.always("res-unbuildable-exception-breaks-pool")
@ways(
    pool=PROCESS_POOLS,
    made={
        "own": "Unbuildable('Ann', 'own')",
        "keyword": "Keyword(user='Ann')",
        "Fault": "fault()",
        "ContentTooShortError": "urllib.error.ContentTooShortError('own', b'')",
        "HTTPError by hand": "urllib.error.HTTPError('', 404, 'own', None, None)",
    },
)
def test_an_exception_that_cant_be_built_anew_breaks_the_pool(pool: Pool, made: str) -> None:
    name, _, innocent = pool.perform(dedent(TASKS).replace("MADE", made)).lines
    assert name == "BrokenProcessPool"
    assert "terminated abruptly" in innocent
    assert play("pools/results_exception_broken").lines == ["BrokenProcessPool"] * 2


@pytest.mark.always("res-init-runs-again")
@ways(
    pool=PROCESS_POOLS,
    made={
        "own text": ("Coded(5)", "code code 5"),
        "a default": ("Defaulted('Ann', 'no money')", "Ann: no money: ?"),
        "reduced": ("Reduced(5)", "code 5"),
        "text of its own": ("Told(5)", "code 5"),
        "the argument itself": ("ValueError('own')", "own"),
    },
)
def test_what_an_exception_made_of_its_argument_is_made_again(
    pool: Pool, made: tuple[str, str]
) -> None:
    # no mutant: программа здесь только спрашивает пул: как он себя ведёт, решает сам Python
    trace = pool.perform(
        filled(
            """
            class Coded(Exception):
                def __init__(self, code):
                    super().__init__(f"code {code}")

            class Reduced(Exception):
                def __init__(self, code):
                    super().__init__(f"code {code}")
                    self.code = code

                def __reduce__(self):
                    return Reduced, (self.code,)

            class Told(Coded):
                def __init__(self, code):
                    super().__init__(code)
                    self.code = code

                def __str__(self):
                    return f"code {self.code}"

            class Defaulted(Exception):
                def __init__(self, user, reason="?"):
                    super().__init__(f"{user}: {reason}")

            def fail(is_raised):
                error = MADE
                if is_raised:
                    raise error
                return error

            if __name__ == "__main__":
                with Pool(1) as pool:
                    print(pool.submit(fail, True).exception())
                    print(pool.submit(fail, False).result())
            """,
            MADE=made[0],
        )
    )
    assert trace.lines == [made[1]] * 2


@pytest.mark.always("res-unbuildable-value-breaks-pool")
@ways(
    pool=PROCESS_POOLS,
    sent={
        "argument": "pool.submit(repr, Refused('Ann', 'no money'))",
        "result": "pool.submit(give, None)",
        "result among others": "pool.submit(give, [1])",
    },
)
def test_what_cant_be_built_anew_breaks_the_pool(pool: Pool, sent: str) -> None:
    # The child's traceback is in the way of perform, which takes it for the program's.
    run = pool.run(
        filled(
            """
            import multiprocessing

            class Refused(Exception):
                def __init__(self, user, reason):
                    super().__init__(f"{user}: {reason}")

            def hold(all_are_sent):
                all_are_sent.wait()

            def give(others):
                error = Refused('Ann', 'no money')
                return [error, others] if others else error

            if __name__ == "__main__":
                sent = multiprocessing.Event()
                with Pool(1, initializer=hold, initargs=(sent,)) as pool:
                    jobs = [SENT, pool.submit(abs, -1)]
                    sent.set()
                    for job in jobs:
                        print(type(job.exception()).__name__)
                    try:
                        pool.submit(abs, -1)
                    except Exception as error:
                        print(type(error).__name__)
            """,
            SENT=sent,
        )
    )
    assert run.stdout.splitlines() == ["BrokenProcessPool"] * 3


@pytest.mark.always("res-unpicklable-exception-is-replaced")
@ways(
    pool=PROCESS_POOLS,
    made={
        "lock": "with_attribute(threading.Lock())",
        "lambda": "with_attribute(lambda: None)",
        "argument": "ValueError(threading.Lock())",
        "HTTPError": "of_a_server()",
    },
)
def test_an_exception_that_cant_be_packed_is_replaced(pool: Pool, made: str) -> None:
    # no mutant: чем заменить такое исключение, решает сам Python
    name, _, innocent = pool.perform(dedent(TASKS).replace("MADE", made)).lines
    assert name in ("TypeError", "AttributeError", "PicklingError")
    assert innocent == "1"


@pytest.mark.always("res-frozen-exception-breaks-pool")
@ways(pool=PROCESS_POOLS)
def test_a_frozen_exception_kills_the_worker(pool: Pool) -> None:
    # no mutant: чем кончится такое исключение, решает сам Python
    # The child's traceback is in the way of perform, which takes it for the program's.
    run = pool.run(dedent(TASKS).replace("MADE", "Frozen('Ann')"))
    name, _, innocent = run.stdout.splitlines()
    assert name == "BrokenProcessPool"
    assert "terminated abruptly" in innocent
    assert "FrozenInstanceError: cannot assign to field '__traceback__'" in run.stderr


class Placed(Future[None]):
    """A future whose place in a set doesn't hang on where it lies in memory."""

    def __init__(self, place: int) -> None:
        super().__init__()
        self.place = place

    def __hash__(self) -> int:
        return self.place


ANY_ORDER = [2, 1, 0]
"""Of those that are done as_completed makes a set: their order is not that of completion."""


@pytest.mark.always("res-as-completed-by-completion")
@ways(order={"".join(map(str, order)): order for order in permutations(range(3))})
def test_as_completed_yields_by_completion(order: tuple[int, ...]) -> None:
    # Whose futures they are makes no difference: as_completed knows no pool.
    done = [Placed(place) for place in range(3)]
    for place in order:
        done[place].set_result(None)
    late = Placed(3)
    ready = as_completed([late, *done])
    assert [next(ready).place for _ in done] == ANY_ORDER
    late.set_result(None)
    assert next(ready) is late
    # Called before they are done, iterated after: what counts is when the iteration begins.
    done, late = [Placed(place) for place in range(3)], Placed(3)
    ready = as_completed([late, *done])
    for place in order:
        done[place].set_result(None)
    assert [next(ready).place for _ in done] == ANY_ORDER
    late.set_result(None)
    assert next(ready) is late
    assert play("pools/results_order").lines[:2] == ["as completed: quick", "as completed: slow"]
    example = load("pools/results_order")
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(example.fetch, "slow")
        assert not wait([slow], timeout=0.05).done, "it comes once the quick one was seen"
        example.quick_was_seen.set()
    turns = [threading.Event() for _ in order]
    with ThreadPoolExecutor(max_workers=3) as pool:
        tasks = {pool.submit(turn.wait): place for place, turn in enumerate(turns)}
        ready = as_completed(tasks)
        seen = []
        for place in order:
            turns[place].set()
            seen.append(tasks[next(ready)])
    assert seen == list(order)


@pytest.mark.always("res-map-by-arguments")
@ways(pool=POOLS, order={"".join(map(str, order)): order for order in permutations(range(3))})
def test_map_yields_by_arguments_in_whatever_order_they_end(
    pool: Pool, order: tuple[int, ...]
) -> None:
    # no mutant: порядок результатов выбирает сам Python, а перестановки в примере его лишь вешают
    assert play("pools/results_order").lines[2:] == ["map: slow", "map: quick"]
    trace = pool.perform(
        filled(
            """
            import pathlib, time

            order = ORDER

            def work(place):
                for earlier in order[: order.index(place)]:
                    while not pathlib.Path(f"{earlier} is done").exists():
                        time.sleep(0.005)
                pathlib.Path(f"{place} is done").touch()
                return place

            if __name__ == "__main__":
                with Pool(3) as pool:
                    print(list(pool.map(work, range(3))))
            """,
            ORDER=order,
        )
    )
    assert trace.lines == ["[0, 1, 2]"]


@pytest.mark.always("res-map-submits-at-once")
@ways(pool=POOLS, count={"0": 0, "1": 1, "100": 100})
def test_map_takes_all_arguments_when_called(pool: Pool, count: int) -> None:
    # no mutant: программа здесь только спрашивает пул: как он себя ведёт, решает сам Python
    trace = pool.perform(
        filled(
            """
        taken = 0

        def arguments():
            global taken
            for number in range(COUNT):
                taken += 1
                yield number

        if __name__ == "__main__":
            with Pool(max_workers=1) as pool:
                results = pool.map(abs, arguments())
                print(taken)
                print(list(results) == [*range(COUNT)])
    """,
            COUNT=count,
        )
    )
    assert trace.lines == [str(count), "True"]


@pytest.mark.always("res-map-source-error")
@ways(pool=POOLS, count={"0": 0, "1": 1, "5": 5}, error={"own": "OSError", "base": "SystemExit"})
def test_an_error_of_the_source_leaves_what_is_sent(pool: Pool, count: int, error: str) -> None:
    trace = pool.perform(
        filled(
            """
        from pathlib import Path

        def touch(number):
            Path(f"{number} is done").touch()

        def arguments():
            yield from range(COUNT)
            raise ERROR("own")

        if __name__ == "__main__":
            with Pool(max_workers=1) as pool:
                try:
                    pool.map(touch, arguments())
                except ERROR as error:
                    print(error)
            print(len(list(Path().glob("* is done"))))
    """,
            COUNT=count,
            ERROR=error,
        )
    )
    assert trace.lines == ["own", str(count)]


@pytest.mark.always("res-map-buffersize-since-314")
@ways(pool=POOLS)
def test_buffersize_bounds_what_is_sent_ahead_since_314(pool: Pool) -> None:
    # no mutant: параметр появился в Python 3.14, а доказательства ломают на 3.11
    is_new = sys.version_info >= (3, 14)
    assert ("buffersize" in inspect.signature(ThreadPoolExecutor.map).parameters) is is_new
    if not is_new:
        return
    trace = pool.perform("""
        taken = []

        def arguments():
            for number in range(10):
                taken.append(number)
                yield number

        if __name__ == "__main__":
            with Pool(max_workers=1) as pool:
                results = pool.map(abs, arguments(), buffersize=3)
                ahead = [len(taken)]
                for done, _ in enumerate(results, 1):
                    ahead.append(len(taken) - done)
                print(ahead[0], max(ahead) <= 3, len(taken))

                taken.clear()
                results = pool.map(abs, arguments(), buffersize=2, chunksize=4)
                print(len(taken), len(list(results)))
    """)
    assert trace.lines == ["3 True 10", f"{8 if pool in PROCESS_POOLS.values() else 2} 10"]


@pytest.mark.always("res-map-raises-in-its-place")
@ways(pool=POOLS)
def test_map_raises_in_its_place_and_ends(pool: Pool) -> None:
    # no mutant: программа здесь только спрашивает пул: как он себя ведёт, решает сам Python
    trace = pool.perform("""
        def divide(number):
            return 6 // number

        def take(items):
            return next(iter(items))

        if __name__ == "__main__":
            with Pool(2) as pool:
                for results in pool.map(divide, (1, 2, 0, 3)), pool.map(take, ("6", "3", "", "1")):
                    print(next(results), next(results))
                    try:
                        next(results)
                    except Exception as error:
                        print(type(error).__name__)
                    print(list(results))
    """)
    assert trace.lines == ["6 3", "ZeroDivisionError", "[]", "6 3", "RuntimeError", "[]"]


@pytest.mark.always("res-map-error-cancels-the-rest")
@ways(pool=POOLS)
def test_an_error_of_map_cancels_what_is_queued(pool: Pool) -> None:
    # no mutant: программа здесь только спрашивает пул: как он себя ведёт, решает сам Python
    # Pools of processes have taken a few tasks already: those can't be cancelled.
    trace = pool.perform("""
        import pathlib, time

        def save(number):
            if number == 0:
                raise OSError("no room")
            if number == 1:
                while not pathlib.Path("go on").exists():
                    time.sleep(0.01)
            pathlib.Path(f"saved {number}").touch()

        if __name__ == "__main__":
            with Pool(1) as pool:
                results = pool.map(save, range(20))
                try:
                    next(results)
                except OSError:
                    pathlib.Path("go on").touch()
            saved = len(list(pathlib.Path().glob("saved *")))
            print(saved)
    """)
    assert int(trace.lines[0]) <= (3 if pool in PROCESS_POOLS.values() else 1)


LEFT = {
    "break": "for _ in pool.map(save, range(20)): break",
    "return": "for _ in pool.map(save, range(20)): return",
    "exception": "for _ in pool.map(save, range(20)): raise OSError",
    "exception under zip": "for _ in zip(range(20), pool.map(save, range(20))): raise OSError",
    "timeout": "for _ in pool.map(save, range(1, 20), timeout=0): pass",
}


@pytest.mark.always("res-map-break-cancels")
@ways(pool=POOLS, left=LEFT)
def test_leaving_the_loop_over_map_cancels_what_is_queued(pool: Pool, left: str) -> None:
    # no mutant: программа здесь только спрашивает пул: как он себя ведёт, решает сам Python
    # Pools of processes have taken a few tasks already: those can't be cancelled.
    trace = pool.perform(
        filled(
            """
            import pathlib, time

            def save(number):
                while number and not pathlib.Path("go on").exists():
                    time.sleep(0.01)
                pathlib.Path(f"saved {number}").touch()

            def work(pool):
                try:
                    LEFT
                except OSError:
                    pass

            if __name__ == "__main__":
                with Pool(1) as pool:
                    work(pool)
                    pathlib.Path("go on").touch()
                print(len(list(pathlib.Path().glob("saved *"))))
            """,
            LEFT=left,
        )
    )
    assert int(trace.lines[0]) <= (4 if pool in PROCESS_POOLS.values() else 2)


HELD = {
    "break": ("break", "pass", False),
    "exception": ("raise OSError", "pass", False),
    "closed": ("break", "results.close()", True),
    "no variable": ("break", "del results", True),
}
"""How a loop over a variable is left, what comes after it, and whether that cancels the rest."""


@pytest.mark.always("res-map-held-cancels-nothing")
@ways(pool=POOLS, held=HELD)
def test_a_variable_keeps_the_rest_of_map(pool: Pool, held: tuple[str, str, bool]) -> None:
    # no mutant: программа здесь только спрашивает пул: как он себя ведёт, решает сам Python
    leave, after, cancels = held
    trace = pool.perform(
        filled(
            """
            import pathlib, time

            def save(number):
                while number and not pathlib.Path("go on").exists():
                    time.sleep(0.01)
                pathlib.Path(f"saved {number}").touch()

            def work(pool):
                results = pool.map(save, range(20))
                try:
                    for _ in results:
                        LEAVE
                finally:
                    AFTER
                    pathlib.Path("go on").touch()
                    pool.shutdown()

            if __name__ == "__main__":
                try:
                    work(Pool(1))
                except OSError:
                    pass
                print(len(list(pathlib.Path().glob("saved *"))))
            """,
            LEAVE=leave,
            AFTER=after,
        )
    )
    assert (int(trace.lines[0]) < 20) is cancels


@pytest.mark.always("res-map-chunk-fails-whole")
@ways(pool=POOLS, place={"first": 0, "middle": 1, "last": 2})
def test_an_error_takes_the_results_of_its_chunk_along(pool: Pool, place: int) -> None:
    # no mutant: программа здесь только спрашивает пул: как он себя ведёт, решает сам Python
    trace = pool.perform(
        filled(
            """
        def work(number):
            return number if number != 3 + PLACE else 1 // 0

        if __name__ == "__main__":
            with Pool(1) as pool:
                results, got = pool.map(work, range(9), chunksize=3), []
                try:
                    for each in results:
                        got.append(each)
                except ZeroDivisionError:
                    print(got)
    """,
            PLACE=place,
        )
    )
    # Threads and interpreters have no chunks.
    before = 3 if pool in PROCESS_POOLS.values() else 3 + place
    assert trace.lines == [str([*range(before)])]


@pytest.mark.sometimes("res-process-pool-takes-ahead")
@ways(pool=PROCESS_POOLS, workers={"1": 1, "2": 2})
def test_a_process_pool_takes_more_than_its_processes_do(pool: Pool, workers: int) -> None:
    # no mutant: программа здесь только спрашивает пул: как он себя ведёт, решает сам Python
    trace = pool.perform(
        filled(
            """
        import multiprocessing, time

        def keep(event):
            global go_on
            go_on = event

        def wait(_):
            go_on.wait()

        if __name__ == "__main__":
            event = multiprocessing.Event()
            with Pool(WORKERS, initializer=keep, initargs=(event,)) as pool:
                futures = []
                # Nothing ends, and only a new task makes the pool look for a free place.
                while sum(future.running() for future in futures) < 2 * WORKERS + 1:
                    futures += [pool.submit(wait, number) for number in range(20)]
                    time.sleep(0.05)
                cancelled = sum(future.cancel() for future in futures)
                event.set()
            print(len(futures) - cancelled)
    """,
            WORKERS=workers,
        )
    )
    assert trace.lines == [str(2 * workers + 1)]


@pytest.mark.always("res-forgotten-error-is-silent")
@ways(pool=POOLS)
def test_a_forgotten_error_is_silent(pool: Pool) -> None:
    # no mutant: программа здесь только спрашивает пул: как он себя ведёт, решает сам Python
    trace = play("pools/results_silent_broken")  # an exit code would be an error of the stage
    assert trace.lines == ["all reports are saved"]
    assert trace.stderr == ""
    assert play("pools/results_silent_fixed").lines == [
        "January: no room for January",
        "February: no room for February",
    ]
    run = pool.run("""
        def save():
            raise OSError("no room for January")

        if __name__ == "__main__":
            with Pool(1) as pool:
                pool.submit(save)
            print("all reports are saved")
    """)
    assert (run.returncode, run.stdout, run.stderr) == (0, "all reports are saved\n", "")


def test_a_thread_does_tell() -> None:
    trace = perform_script("""
        from threading import Thread

        def save():
            raise OSError("no room for January")

        Thread(target=save).start()
        print("all reports are saved")
    """)
    assert "OSError: no room for January" in trace.stderr


@pytest.mark.always("res-map-not-iterated-is-silent")
@ways(pool=POOLS)
def test_map_that_nobody_iterates_is_silent(pool: Pool) -> None:
    # no mutant: программа здесь только спрашивает пул: как он себя ведёт, решает сам Python
    program = """
        import pathlib

        def fail(number):
            pathlib.Path("tried").touch()
            raise OSError("no room")

        if __name__ == "__main__":
            with Pool(1) as pool:
                pool.map(fail, [1])
            print("tried:", pathlib.Path("tried").exists())
    """
    run = pool.run(program)
    assert (run.returncode, run.stdout, run.stderr) == (0, "tried: True\n", "")
    iterated = pool.run(program.replace("pool.map(fail, [1])", "list(pool.map(fail, [1]))"))
    assert iterated.returncode == 1
    assert "no room" in iterated.stderr
