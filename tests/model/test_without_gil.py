"""Proofs for source/model/without-gil.md."""

import csv
import importlib.util
import json
import os
import sys
from concurrent import futures
from select import select
from threading import Barrier, Thread
from types import SimpleNamespace

import pytest
from proven.proofs import needs
from proven.stage import play

from tests.model.measuring import (
    COUNT,
    features,
    in_processes,
    ratio,
    subinterpreter,
)
from tests.model.ratios import EVIDENCE, interpreter, tables
from tests.ways import ways
from tests.ways_processes import METHODS, perform_by


@pytest.mark.always("ng-process-own-interpreter")
@ways(method=METHODS)
def test_a_child_has_an_interpreter_of_its_own(method: str) -> None:
    trace = perform_by(
        method,
        """
        import multiprocessing, sys

        def change():
            sys.setrecursionlimit(777)
            print("child", sys.getrecursionlimit())

        if __name__ == "__main__":
            child = multiprocessing.Process(target=change)
            child.start()
            child.join()
            print("parent", sys.getrecursionlimit())
        """,
    )
    assert trace.lines == ["child 777", f"parent {1000}"]


@pytest.mark.slow
@pytest.mark.always("ng-processes-gain")
# one way: a ratio of times, measured on its page
def test_two_processes_compute_faster() -> None:
    # no mutant: отношение времён на настоящих часах, а мутантов проверяют без долгих измерений
    needs("two cores")
    assert any(ratio(in_processes, COUNT) < 0.8 for _ in range(5))


@pytest.mark.sometimes("ng-locks-still-needed")
def test_half_done_steps_are_seen_with_and_without_a_gil() -> None:
    # Forced by events, hence the same on either build; evidence is kept of both.
    assert play("model/gil_transfer_broken").lines[0] == "audit: 70"


@pytest.mark.sometimes("ng-plus-equal-loses", gil="off")
@ways(count={"2": 2, "8": 8}, zero={"int": 0, "float": 0.0})
def test_plus_equal_can_lose_without_a_gil(count: int, zero: float) -> None:
    # no mutant: мутантов делают в сборке с GIL, а утверждение верно без него
    def lost() -> float:
        counter, begin = SimpleNamespace(value=zero), Barrier(count)

        def add() -> None:
            begin.wait()
            for _ in range(20_000):
                counter.value += 1

        threads = [Thread(target=add) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return count * 20_000 - counter.value

    # Any of several tries: on a busy machine they may go one after the other.
    assert any(lost() for _ in range(100))


@pytest.mark.always("ng-interpreter-same-pid")
def test_a_subinterpreter_lives_in_the_same_process() -> None:
    # one way: a fact about the interpreter
    source, sink = os.pipe()
    with subinterpreter() as run:
        run(f"import os; os.write({sink}, str(os.getpid()).encode())")
    assert select([source], [], [], 0)[0], "it has answered"
    assert int(os.read(source, 100)) == os.getpid()
    os.close(source)
    os.close(sink)


@pytest.mark.always("ng-interpreter-own-modules")
def test_a_change_in_one_interpreter_is_not_seen_in_another() -> None:
    # one way: a fact about the interpreter
    source, sink = os.pipe()
    with subinterpreter() as first, subinterpreter() as second:
        first("import json; json.marked = True")
        for run in (first, second):
            run(f"import json, os; os.write({sink}, b'ny'[hasattr(json, 'marked'):][:1])")
    assert os.read(source, 2) == b"yn"
    assert not hasattr(json, "marked")
    os.close(source)
    os.close(sink)


@pytest.mark.always("ng-interpreters-since-314")
def test_interpreters_are_public_since_314() -> None:
    # one way: a fact about a module
    is_new = sys.version_info >= (3, 14)
    assert (importlib.util.find_spec("concurrent.interpreters") is not None) is is_new
    assert hasattr(futures, "InterpreterPoolExecutor") is is_new
    assert play("model/without_gil_pools").lines == ["25", "46"]


@pytest.mark.always("ng-chunksize")
@ways(method=METHODS)
def test_map_sends_chunks(method: str) -> None:
    trace = perform_by(
        method,
        """
        from concurrent.futures import ProcessPoolExecutor

        class Counting(ProcessPoolExecutor):
            sent = 0
            def submit(self, *job, **options):
                self.sent += 1
                return super().submit(*job, **options)

        if __name__ == "__main__":
            with Counting(max_workers=2) as pool:
                for options in ({}, {"chunksize": 50}):
                    pool.sent = 0
                    assert list(pool.map(abs, range(-100, 0), **options)) == [*range(100, 0, -1)]
                    print(pool.sent)
        """,
    )
    assert trace.lines == ["100", "2"]
    assert "jobs sent: 100" in play("model/without_gil_messages_broken").lines
    assert "jobs sent: 2" in play("model/without_gil_messages_fixed").lines


def test_tables_follow_from_what_was_measured() -> None:
    measured = json.loads((EVIDENCE / "measured.json").read_text(encoding="utf-8"))
    for name, rows in tables(measured).items():
        with open(EVIDENCE / f"{name}.csv", encoding="utf-8", newline="") as file:
            assert list(csv.reader(file)) == rows, f"{name}.csv: run make measure"


def test_the_tables_bear_out_what_the_pages_claim() -> None:
    measured = json.loads((EVIDENCE / "measured.json").read_text(encoding="utf-8"))
    for name, row in measured.items():
        wait, count, digest = range(3)
        threads, processes, tasks = (
            row["ratios"][tool] for tool in ("threads", "processes", "tasks")
        )
        where = f"{name}: run make measure on a quiet machine"
        # Two busy cores of a shared machine: the bounds leave room for its noise.
        assert (threads[count] > 0.7) is row["gil"], where
        assert tasks[count] > 0.7, where
        assert processes[count] < 0.9, where
        assert threads[digest] < 0.8, where
        assert max(threads[wait], tasks[wait]) < 0.5, where
        assert all(ratio[0] < 0.9 for ratio in [row["ratios"].get("interpreters", [0])]), where
        assert min(row["starts"].values()) == row["starts"]["thread"], where
        small, *_, large = row["messages"].values()
        assert small["block"] > small["pipe"] / 3, where
        assert large["block"] < min(large["pipe"], large["queue"]) / 3, where
        assert row["accesses"]["block"] < row["accesses"]["pipe"] / 30, where


def test_the_table_says_what_this_interpreter_can_do() -> None:
    measured = json.loads((EVIDENCE / "measured.json").read_text(encoding="utf-8"))
    series = interpreter().rpartition(".")[0], interpreter().endswith("t")
    rows = [
        row
        for name, row in measured.items()
        if (name.rpartition(".")[0], name.endswith("t")) == series
    ]
    for row in rows:
        assert features().items() <= row.items()
