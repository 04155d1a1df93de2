"""Proofs for source/model/gil.md."""

import os
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from proven.claims import has_gil
from proven.stage import load, play

from tests.model.measuring import nobody_asks_for_the_gil, ran_meanwhile, subinterpreter
from tests.ways import ways

FREE_BUILD = sysconfig.get_config_var("Py_GIL_DISABLED") == 1


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


@pytest.mark.always("gil-holds-others-back")
def test_bytecode_of_other_threads_stands_still() -> None:
    # one way: a fact about the interpreter
    called = False

    def compute() -> None:
        # Without a GIL the main thread runs at once and breaks the endless loop.
        for _ in range(300_000) if has_gil() else iter(int, 1):
            if called:
                raise AssertionError("the main thread ran" if has_gil() else "as expected")

    interrupted: list[str] = []

    def work() -> None:
        try:
            compute()
        except AssertionError as error:
            interrupted.append(str(error))

    with nobody_asks_for_the_gil():
        thread = in_thread(work)
        called = True
        thread.join()
    assert interrupted == ([] if has_gil() else ["as expected"])


@pytest.mark.always("gil-asked-for-every-5-ms")
def test_an_endless_loop_does_not_stop_the_others() -> None:
    # one way: a fact about the interpreter
    command = [sys.executable, "-I", "-c", "import sys; print(sys.getswitchinterval())"]
    assert float(subprocess.check_output(command)) == 0.005
    enough = False

    def spin() -> None:
        while not enough:
            pass

    thread = in_thread(spin)
    enough = True
    thread.join()
    assert not thread.is_alive()


@pytest.mark.always("gil-append-loses-nothing")
@ways(interval={"as often as can be": 1e-6, "often": 1e-4, "usual": 0.005}, count={"2": 2, "8": 8})
def test_append_loses_nothing_however_often_threads_switch(interval: float, count: int) -> None:
    before = sys.getswitchinterval()
    items: list[int] = []

    def fill() -> None:
        for number in range(3_000):
            items.append(number)

    try:
        sys.setswitchinterval(interval)
        threads = [in_thread(fill) for _ in range(count)]
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    assert sorted(items) == sorted([*range(3_000)] * count)


@pytest.mark.always("gil-generator-already-executing")
@ways(ask={"next": next, "send": lambda numbers: numbers.send(None), "list": list})
def test_a_generator_at_work_refuses_another_thread(ask: Callable[[Any], Any]) -> None:
    at_work, go_on = threading.Event(), threading.Event()

    def numbers() -> Iterator[int]:
        at_work.set()
        go_on.wait()
        yield 1

    shared, got = numbers(), []
    first = in_thread(lambda: got.append(next(shared)))
    at_work.wait()
    with pytest.raises(ValueError, match="already executing"):
        ask(shared)
    go_on.set()
    first.join()
    assert got == [1]


@pytest.mark.sometimes("gil-half-done-is-seen")
def test_another_thread_sees_the_transfer_half_done() -> None:
    trace = play("model/gil_transfer_broken")
    assert trace.lines == ["audit: 70", "at the end: 100"]
    # The audit looks before it lets the transfer go on.
    audit = load("model/gil_transfer_broken").audit
    names, happened = audit.__globals__, list[str]()
    names["half_done"].set()
    names["print"] = happened.append
    names["audited"] = SimpleNamespace(set=lambda: happened.append("goes on"))
    audit()
    assert happened == ["audit: 100", "goes on"]
    # The transfer is in the middle when it says so.
    names["half_done"] = SimpleNamespace(set=lambda: happened.append(f"{names['balance']}"))
    names["audited"] = SimpleNamespace(wait=lambda: None)
    names["transfer"](30)
    assert happened[2:] == ["{'card': 70, 'savings': 0}"]


@pytest.mark.always("gil-lock-hides-the-middle")
def test_under_the_lock_the_audit_waits_for_the_other_half() -> None:
    # one way: the page's own program; locks of all kinds are the chapter on races'
    assert play("model/gil_transfer_fixed").lines == ["audit: 100", "at the end: 100"]
    bank = load("model/gil_transfer_fixed")
    with bank.lock:
        bank.balance["card"] -= 30
        bank.half_done.set()
        audit = in_thread(bank.audit)
        audit.join(timeout=0.05)
        assert audit.is_alive(), "woken in the middle, it still waits for the lock"
        bank.balance["savings"] += 30
    audit.join()
    held: list[bool] = []
    halfway = SimpleNamespace(set=lambda: held.append(bank.lock.locked()))
    bank.transfer.__globals__["half_done"] = halfway
    bank.transfer(30)
    assert held == [True], "the transfer holds the lock in its middle"


@pytest.mark.always("gil-own-since-312")
def test_a_subinterpreter_has_a_gil_of_its_own_since_312() -> None:
    # one way: a fact about the interpreter
    # no mutant: мутантов делают на Python 3.11, там своего GIL у субинтерпретатора ещё нет
    with subinterpreter() as run:

        def compute() -> None:
            run("for _ in range(2_000_000): pass")

        own = ran_meanwhile(compute, tries=5)
    assert own is (sys.version_info >= (3, 12))


@pytest.mark.always("gil-can-be-switched-on")
def test_where_the_gil_can_be_switched() -> None:
    # one way: a fact about the interpreter
    # no mutant: мутантов делают на Python 3.11, там переключать GIL ещё нечем
    asked = "import sys; print(getattr(sys, '_is_gil_enabled', lambda: 'no such function')())"

    def ask(setting: str) -> str:
        environment = os.environ | {"PYTHON_GIL": setting}
        command = [sys.executable, "-c", asked]
        run = subprocess.run(command, env=environment, capture_output=True, encoding="utf-8")
        return "refused" if run.returncode else run.stdout.strip()

    if FREE_BUILD:
        expected = {"0": "False", "1": "True"}
    elif sys.version_info >= (3, 13):
        expected = {"0": "refused", "1": "True"}
    else:
        expected = dict.fromkeys("01", "no such function")
    assert {setting: ask(setting) for setting in "01"} == expected


def test_the_page_shows_what_this_interpreter_says() -> None:
    assert play("model/gil_status").lines == [
        f"free-threaded build: {FREE_BUILD}",
        f"GIL is on: {has_gil()}",
    ]
