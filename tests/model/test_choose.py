"""Proofs for source/model/choose.md."""

import asyncio
import os
import sys
import threading

import pytest
from proven.claims import has_gil
from proven.proofs import needs
from proven.stage import load, perform, perform_script, play
from proven.stage.player import path_of

from tests.model.measuring import (
    COUNT,
    WAIT,
    in_interpreters,
    in_processes,
    in_tasks,
    in_threads,
    ratio,
)
from tests.ways import ways
from tests.ways_processes import METHODS, perform_by


@pytest.mark.slow
@pytest.mark.always("choose-waits-overlap")
# one way: a ratio of times, measured on its page
def test_threads_and_tasks_overlap_waiting() -> None:
    # no mutant: отношение времён на настоящих часах, а мутантов проверяют без долгих измерений
    for tool in (in_threads, in_tasks):
        assert any(ratio(tool, WAIT, tries=1) < 0.5 for _ in range(5)), tool.__name__


@pytest.mark.slow
@pytest.mark.always("choose-compute-needs-processes")
# one way: a ratio of times, measured on its page
def test_what_makes_computing_faster() -> None:
    # no mutant: отношение времён на настоящих часах, а мутантов проверяют без долгих измерений
    needs("two cores")
    assert any(ratio(in_processes, COUNT) < 0.8 for _ in range(5))
    if sys.version_info >= (3, 14):
        assert any(ratio(in_interpreters, COUNT) < 0.8 for _ in range(5))
    assert ratio(in_tasks, COUNT, tries=5) > 0.8
    if has_gil():
        assert ratio(in_threads, COUNT, tries=5) > 0.8
    else:
        assert any(ratio(in_threads, COUNT) < 0.8 for _ in range(5))


@pytest.mark.always("choose-thousand-waits-one-thread")
def test_a_thousand_waits_need_one_thread() -> None:
    # one way: the number is the sentence's own
    assert play("model/choose_waits").lines == ["pages: 1000"]
    fetch = load("model/choose_waits").fetch
    threads: list[set[threading.Thread]] = []

    async def main() -> None:
        waits = [asyncio.create_task(fetch(page)) for page in range(1000)]
        await asyncio.sleep(0.5)
        threads.append(set(threading.enumerate()))
        assert not any(wait.done() for wait in waits)
        await asyncio.gather(*waits)

    # One that another test left may end meanwhile.
    before = set(threading.enumerate())
    assert perform(main).elapsed == 1
    assert threads[0] - before == set()


@pytest.mark.always("choose-thread-for-each-wait")
@ways(count={"1": 1, "2": 2, "100": 100})
def test_a_hundred_blocking_waits_need_a_hundred_threads(count: int) -> None:
    go_on = threading.Event()
    before = set(threading.enumerate())
    waits = [threading.Thread(target=go_on.wait) for _ in range(count)]
    for thread in waits:
        thread.start()
    assert set(threading.enumerate()) - before == set(waits)
    assert len(set(waits)) == count
    go_on.set()
    for thread in waits:
        thread.join()
    assert set(threading.enumerate()) - before == set()


@pytest.mark.always("choose-count-the-cores")
@ways(asked={"by default": "", "PYTHON_CPU_COUNT": "7"})
def test_cores_of_the_machine_and_cores_of_the_program(
    asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("no PYTHON_CPU_COUNT", "os.sched_setaffinity")
    is_new = sys.version_info >= (3, 13)
    program = """
        import os
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        own = getattr(os, "process_cpu_count", lambda: len(os.sched_getaffinity(0)))
        print(own(), os.cpu_count())
        os.environ["PYTHON_CPU_COUNT"] = "9"
        print(own(), os.cpu_count())
    """
    if asked:
        monkeypatch.setenv("PYTHON_CPU_COUNT", asked)
    told = [asked, asked] if asked and is_new else ["1", str(os.cpu_count())]
    assert hasattr(os, "process_cpu_count") is is_new
    assert perform_script(program).lines == [" ".join(told)] * 2


@pytest.mark.always("choose-process-for-each-wait")
@ways(method=METHODS)
def test_each_wait_of_a_process_takes_a_process(method: str) -> None:
    code = path_of("model/choose_processes_broken").read_text(encoding="utf-8")
    assert perform_by(method, code).lines == ["waiting: 4", "processes: 4"]
    threads = """
        import multiprocessing, threading

        def work(waiting, reply):
            for _ in range(4):
                threading.Thread(target=wait, args=(waiting, reply)).start()

        def wait(waiting, reply):
            waiting.release()
            reply.wait()

        if __name__ == "__main__":
            waiting, reply = multiprocessing.Semaphore(0), multiprocessing.Event()
            process = multiprocessing.Process(target=work, args=(waiting, reply))
            process.start()
            print("waiting:", sum(waiting.acquire(timeout=60) for _ in range(4)))
            print("processes:", len(multiprocessing.active_children()))
            reply.set()
            process.join()
        """
    assert perform_by(method, threads).lines == ["waiting: 4", "processes: 1"]
    assert play("model/choose_processes_broken").lines == ["waiting: 4", "processes: 4"]
    assert play("model/choose_processes_fixed").lines == ["waiting: 4", "processes: 0"]
