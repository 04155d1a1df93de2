"""Proofs for source/pools/results.md."""

import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import permutations

import pytest
from proven.stage import SnippetError, perform_script, play


@pytest.mark.always("res-submit-returns-at-once")
def test_submit_returns_before_the_task_is_done() -> None:
    go_on = threading.Event()
    with ThreadPoolExecutor(max_workers=1) as pool:
        future = pool.submit(go_on.wait)
        done_at_once = future.done()
        go_on.set()
    assert not done_at_once
    assert future.result() is True


@pytest.mark.always("res-result-raises-the-same")
def test_result_raises_the_very_exception_of_the_task() -> None:
    assert play("pools/results_future").lines == ["good: 3.0", "bad: ZeroDivisionError"]
    for kind in (ValueError, OSError, KeyError, SystemExit):
        error = kind("own")

        def fail(error: BaseException = error) -> None:
            raise error

        with ThreadPoolExecutor() as pool:
            future = pool.submit(fail)
        with pytest.raises(kind) as raised:
            future.result()
        assert raised.value is error
        assert future.exception() is error


@pytest.mark.always("res-process-exception-has-cause")
def test_a_process_sends_a_copy_and_its_traceback() -> None:
    trace = perform_script("""
        from concurrent.futures import ProcessPoolExecutor

        def fail_in_child():
            raise ValueError("own")

        if __name__ == "__main__":
            with ProcessPoolExecutor(max_workers=1) as pool:
                error = pool.submit(fail_in_child).exception()
            print(type(error).__name__, error.args)
            print("in fail_in_child" in str(error.__cause__))
    """)
    assert trace.lines == ["ValueError ('own',)", "True"]


@pytest.mark.always("res-as-completed-by-completion")
def test_as_completed_yields_by_completion() -> None:
    assert play("pools/results_order").lines[:2] == ["as completed: quick", "as completed: slow"]
    for order in permutations(range(3)):
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
def test_map_yields_by_arguments() -> None:
    assert play("pools/results_order").lines[2:] == ["map: slow", "map: quick"]
    for order in permutations(range(3)):
        done = [threading.Event() for _ in order]

        def work(
            place: int,
            order: tuple[int, ...] = order,
            done: list[threading.Event] = done,
        ) -> int:
            for earlier in order[: order.index(place)]:
                done[earlier].wait()
            done[place].set()
            return place

        with ThreadPoolExecutor(max_workers=3) as pool:
            assert list(pool.map(work, range(3))) == [0, 1, 2]


@pytest.mark.always("res-map-submits-at-once")
def test_map_hands_out_all_tasks_when_called() -> None:
    everybody = threading.Barrier(4)
    with ThreadPoolExecutor(max_workers=3) as pool:
        results = pool.map(lambda _: everybody.wait() >= 0, range(3))
        # Nobody has asked for a result yet, and all three are at work.
        everybody.wait()
        assert list(results) == [True] * 3


@pytest.mark.always("res-map-raises-in-its-place")
def test_map_raises_in_its_place_and_ends() -> None:
    with ThreadPoolExecutor() as pool:
        results = pool.map(lambda number: 6 // number, (1, 2, 0, 3))
        assert [next(results), next(results)] == [6, 3]
        with pytest.raises(ZeroDivisionError):
            next(results)
        assert list(results) == [], "the fourth result can't be had any more"


@pytest.mark.always("res-forgotten-error-is-silent")
def test_a_forgotten_error_is_silent() -> None:
    trace = play("pools/results_silent_broken")  # an exit code would be an error of the stage
    assert trace.lines == ["all reports are saved"]
    assert trace.stderr == ""
    assert play("pools/results_silent_fixed").lines == [
        "January: no room for January",
        "February: no room for February",
    ]
    trace = perform_script("""
        from threading import Thread

        def save():
            raise OSError("no room for January")

        Thread(target=save).start()
        print("all reports are saved")
    """)
    assert "OSError: no room for January" in trace.stderr, "a thread does tell"


@pytest.mark.always("res-map-not-iterated-is-silent")
def test_map_that_nobody_iterates_is_silent() -> None:
    program = """
        from concurrent.futures import ThreadPoolExecutor

        def fail(number):
            print("failing")
            raise OSError

        with ThreadPoolExecutor() as pool:
            pool.map(fail, [1])
        print("as if nothing had happened")
    """
    trace = perform_script(program)
    assert trace.lines == ["failing", "as if nothing had happened"]
    assert trace.stderr == ""
    iterated = program.replace("pool.map(fail, [1])", "list(pool.map(fail, [1]))")
    with pytest.raises(SnippetError, match="OSError"):
        perform_script(iterated)
