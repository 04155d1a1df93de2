"""Proofs for source/processes/start.md."""

import signal

import pytest
from proven.stage import perform_script, play


@pytest.mark.sometimes("proc-any-order")
def test_a_later_process_may_print_first() -> None:
    trace = perform_script("""
        from multiprocessing import Event, Process

        def first(second_is_done):
            second_is_done.wait()
            print("first")

        def second(second_is_done):
            print("second")
            second_is_done.set()

        if __name__ == "__main__":
            second_is_done = Event()
            pair = [Process(target=work, args=(second_is_done,)) for work in (first, second)]
            for process in pair:
                process.start()
            for process in pair:
                process.join()
    """)
    assert trace.lines == ["second", "first"]


@pytest.mark.always("proc-join-waits")
def test_after_join_the_process_is_over_and_its_code_known() -> None:
    trace = play("processes/start_join")
    *children, parent = trace.lines
    assert parent == "parent: exit codes [0, 0, 0]"
    assert sorted(children) == [f"child: {n} squared is {n * n}" for n in range(3)]
    trace = perform_script("""
        from multiprocessing import Event, Process

        def work(go_on):
            go_on.wait()
            print("child is done")

        if __name__ == "__main__":
            go_on = Event()
            child = Process(target=work, args=(go_on,))
            child.start()
            go_on.set()
            child.join()
            print(child.is_alive(), child.exitcode)
    """)
    assert trace.lines == ["child is done", "False 0"]


@pytest.mark.always("proc-exitcode-none")
def test_the_code_is_none_before_the_end() -> None:
    trace = perform_script("""
        from multiprocessing import Event, Process

        if __name__ == "__main__":
            go_on = Event()
            child = Process(target=go_on.wait)
            print(child.exitcode)
            child.start()
            print(child.exitcode)
            go_on.set()
            child.join()
            print(child.exitcode)
    """)
    assert trace.lines == ["None", "None", "0"]


@pytest.mark.always("proc-more-than-cores")
def test_five_processes_work_on_one_core() -> None:
    trace = perform_script("""
        import os
        from multiprocessing import Barrier, Process

        def work(number, everybody):
            everybody.wait()
            print(number)

        if __name__ == "__main__":
            if hasattr(os, "sched_setaffinity"):
                os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
            everybody = Barrier(5)
            children = [Process(target=work, args=(n, everybody)) for n in range(5)]
            for child in children:
                child.start()
            for child in children:
                child.join()
    """)
    assert sorted(trace.lines) == list("01234")


def exit_codes() -> dict[str, int]:
    lines = play("processes/start_exit_codes").lines
    return {name: int(code) for name, _, code in (line.partition(": ") for line in lines)}


@pytest.mark.always("proc-return-value-lost")
def test_whatever_is_returned_the_code_is_zero() -> None:
    trace = perform_script("""
        import sys
        from multiprocessing import Process

        def give(value):
            return value

        if __name__ == "__main__":
            work = [(give, None), (give, 3), (give, False), (give, "text"), (sys.exit, 3)]
            for target, value in work:
                child = Process(target=target, args=(value,))
                child.start()
                print(child.join(), child.exitcode)
    """)
    assert trace.lines == ["None 0"] * 4 + ["None 3"], "only sys.exit is heard"


@pytest.mark.always("proc-exception-stays-in-child")
def test_an_exception_does_not_reach_the_parent() -> None:
    trace = play("processes/start_exit_codes")
    assert exit_codes() | {"get_killed": None} == {
        "succeed": 0,
        "leave": 3,
        "fail": 1,
        "get_killed": None,
    }
    assert "Traceback" in trace.stderr
    assert "ValueError" in trace.stderr


@pytest.mark.always("proc-killed-by-signal")
def test_a_signal_gives_its_number_with_a_minus() -> None:
    assert exit_codes()["get_killed"] == -signal.SIGKILL
    trace = perform_script("""
        from multiprocessing import Event, Process

        if __name__ == "__main__":
            for stop in (Process.terminate, Process.kill):
                child = Process(target=Event().wait)
                child.start()
                stop(child)
                child.join()
                print(child.exitcode)
    """)
    assert trace.lines == [str(-signal.SIGTERM), str(-signal.SIGKILL)]


@pytest.mark.always("proc-exit-waits-for-children")
def test_the_program_waits_for_its_children_when_it_exits() -> None:
    trace = perform_script("""
        from multiprocessing import Pipe, Process

        def work(connection):
            connection.recv()
            print("child is done")

        if __name__ == "__main__":
            here, there = Pipe()
            Process(target=work, args=(there,)).start()
            print("end of main")
            here.send("go on")
    """)
    assert trace.lines == ["end of main", "child is done"]


@pytest.mark.always("proc-daemon-is-terminated")
def test_a_daemon_is_terminated_when_the_program_exits() -> None:
    trace = perform_script("""
        from multiprocessing import Event, Process

        def work(begun):
            print("daemon begins")
            begun.set()
            Event().wait()
            print("never printed")

        if __name__ == "__main__":
            begun = Event()
            Process(target=work, args=(begun,), daemon=True).start()
            begun.wait()
            print("end of main")
    """)
    assert trace.lines == ["daemon begins", "end of main"]


@pytest.mark.always("proc-terminate-skips-finally")
def test_terminate_and_kill_skip_finally() -> None:
    trace = perform_script("""
        from multiprocessing import Event, Process

        def work(begun, go_on):
            try:
                begun.set()
                go_on.wait()
            finally:
                print("cleaned up")

        if __name__ == "__main__":
            for stop in (Process.terminate, Process.kill, None):
                begun, go_on = Event(), Event()
                child = Process(target=work, args=(begun, go_on))
                child.start()
                begun.wait()
                stop(child) if stop else go_on.set()
                child.join()
                print(child.exitcode)
    """)
    assert trace.lines == ["-15", "-9", "cleaned up", "0"]


@pytest.mark.always("proc-target-called-in-parent")
def test_a_called_target_runs_in_the_parent() -> None:
    broken = play("processes/start_call_broken")
    fixed = play("processes/start_call_fixed")
    assert broken.ordered("the work is done in the parent", "starting the process")
    assert fixed.ordered("starting the process", "the work is done in the child")
    assert "exit code: 0" in broken.lines
