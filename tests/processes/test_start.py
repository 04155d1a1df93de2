"""Proofs for source/processes/start.md."""

import signal
import sys
from multiprocessing import Process

import pytest
from proven.proofs import needs
from proven.stage import perform_script, play

from tests.ways import only, ways
from tests.ways_processes import (
    MAIN_ENDS,
    METHODS,
    NOT_FORK,
    PROCESS_ENDS,
    filled,
    perform_by,
    run_by,
)


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
@ways(method=METHODS, end=PROCESS_ENDS)
def test_after_join_the_process_is_over_and_its_code_known(
    method: str, end: tuple[str, int]
) -> None:
    ending, code = end
    trace = perform_by(
        method,
        filled(
            """
        import os, sys
        from multiprocessing import Event, Process

        def work(go_on):
            go_on.wait()
            print("child is done")
            ENDING

        if __name__ == "__main__":
            go_on = Event()
            child = Process(target=work, args=(go_on,))
            child.start()
            go_on.set()
            child.join()
            print(child.is_alive(), child.exitcode)
        """,
            ENDING=ending,
        ),
    )
    assert trace.lines == ["child is done", f"False {code}"]


@pytest.mark.always("proc-ignored-sigchld-hides-code")
@ways(method=METHODS, end=PROCESS_ENDS)
def test_a_program_that_ignores_sigchld_gets_no_code(method: str, end: tuple[str, int]) -> None:
    # no mutant: кто узнаёт код, решают система и Python
    ending, code = end
    run = run_by(
        method,
        filled(
            """
        import os, signal, sys
        from multiprocessing import Process

        def work():
            ENDING

        if __name__ == "__main__":
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            child = Process(target=work)
            child.start()
            child.join()
            print(child.exitcode, child.is_alive())
        """,
            ENDING=ending,
        ),
    )
    # The children of a forkserver are its own, and it tells their codes.
    assert run.stdout.strip() == (f"{code} False" if method == "forkserver" else "None True")
    if method != "forkserver" and code == 0:
        others_take_the_code(method)


def others_take_the_code(method: str) -> None:
    run = run_by(
        method,
        """
        import os, sys
        from multiprocessing import Process

        def take(taken_by, target, *args):
            child = Process(target=target, args=args)
            child.start()
            taken_by(child)
            child.join()
            print(child.exitcode, child.is_alive())

        if __name__ == "__main__":
            take(lambda child: os.waitpid(child.pid, 0), os.getpid)
            take(lambda child: os.waitpid(child.pid, 0), sys.exit, 3)
            take(lambda child: os.waitpid(-1, 0), os.getpid)
            take(lambda _: os.wait(), os.abort)
            child = Process(target=sys.exit, args=(3,))
            child.start()
            child.join()
            print(child.exitcode, child.is_alive())
        """,
    )
    assert run.stdout.splitlines() == ["None True"] * 4 + ["3 False"], "taken, and not taken"


ASKS = {
    "join": "child.join()",
    "is_alive": "child.is_alive()",
    "active_children": "multiprocessing.active_children()",
    "start": "Process(target=os.getpid).start()",
}


@pytest.mark.sometimes("proc-two-threads-lose-code")
@ways(method=METHODS, asks=ASKS)
def test_another_thread_that_asks_may_take_the_code(method: str, asks: str) -> None:
    trace = perform_by(
        method,
        filled(
            """
        import multiprocessing, os, threading
        from multiprocessing import Process, forkserver

        # What may happen by chance: a thread is stopped right where it learns of the end.
        def slow_waitpid(pid, options):
            if pid != child.pid:  # the forkserver asks for itself
                return waitpid(pid, options)
            if threading.current_thread() is joiner:
                taken.wait()
                return waitpid(pid, options)
            ended = waitpid(pid, 0)
            taken.set()
            joined.wait()
            return ended

        def slow_read(fd):
            if threading.current_thread() is joiner:
                reading.set()
                taken.wait()
            return read(fd)

        def join():
            child.join()
            codes.append(child.exitcode)
            joined.set()

        if __name__ == "__main__":
            reading, taken, joined = (threading.Event() for _ in range(3))
            codes, joiner = [], threading.Thread(target=join)
            child = Process(target=os.getpid)
            child.start()
            waitpid, os.waitpid = os.waitpid, slow_waitpid
            read, forkserver.read_signed = forkserver.read_signed, slow_read
            joiner.start()
            if BY_FORKSERVER:
                reading.wait()
            ASKS
            taken.set()
            joiner.join()
            print(codes, child.exitcode)
    """,
            ASKS=asks,
            BY_FORKSERVER=method == "forkserver",
        ),
    )
    assert trace.lines == ["[255] 255" if method == "forkserver" else "[None] 0"]


@pytest.mark.always("proc-killed-forkserver")
@ways(number={"SIGTERM": signal.SIGTERM, "SIGKILL": signal.SIGKILL})
def test_without_the_forkserver_working_children_look_ended(number: int) -> None:
    # no mutant: кто сообщает о конце дочернего процесса, решает сам Python
    run = run_by(
        "forkserver",
        filled(
            """
        import os
        from multiprocessing import Event, Process, forkserver

        def work(begun, go_on):
            begun.set()
            go_on.wait()
            print("child is done", flush=True)

        if __name__ == "__main__":
            begun, go_on = Event(), Event()
            child = Process(target=work, args=(begun, go_on))
            child.start()
            begun.wait()
            print(child.exitcode)
            os.kill(forkserver._forkserver._forkserver_pid, NUMBER)
            child.join()
            print(child.exitcode, child.is_alive(), flush=True)
            go_on.set()
    """,
            NUMBER=int(number),
        ),
    )
    # The call ends when the child, which holds stdout open, has ended, too.
    assert run.stdout.splitlines() == ["None", "255 False", "child is done"]


@pytest.mark.always("proc-no-stdin")
@ways(method=METHODS)
def test_a_child_cannot_ask_the_user(method: str) -> None:
    # no mutant: чем заменить stdin, решает сам Python
    run = run_by(
        method,
        """
        import os
        from multiprocessing import Process

        def ask():
            try:
                print("child:", input(), flush=True)
            except EOFError as error:
                print("child:", error, flush=True)

        if __name__ == "__main__":
            out, into = os.pipe()
            os.write(into, b"an answer\\n")
            os.dup2(out, 0)
            child = Process(target=ask)
            child.start()
            child.join()
            print("parent:", input())
        """,
    )
    assert run.stdout.splitlines() == ["child: EOF when reading a line", "parent: an answer"]


def test_the_page_shows_all_children_before_their_parent() -> None:
    *children, parent = play("processes/start_join").lines
    assert parent == "parent: exit codes [0, 0, 0]"
    assert sorted(children) == [f"child: {n} squared is {n * n}" for n in range(3)]


@pytest.mark.always("proc-exitcode-none")
@ways(method=METHODS)
def test_the_code_is_none_before_the_end(method: str) -> None:
    trace = perform_by(
        method,
        """
        from multiprocessing import Event, Process

        if __name__ == "__main__":
            begun, go_on = Event(), Event()
            child = Process(target=go_on.wait)
            print(child.exitcode)
            child.start()
            print(child.exitcode)
            child.join(timeout=0.01)
            print(child.exitcode)
            go_on.set()
            child.join()
            print(child.exitcode)
        """,
    )
    assert trace.lines == ["None", "None", "None", "0"]


@pytest.mark.always("proc-more-than-cores")
@ways(method=METHODS)
def test_five_processes_work_on_one_core(method: str) -> None:
    trace = perform_by(
        method,
        """
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
        """,
    )
    assert sorted(trace.lines) == list("01234")


def exit_codes() -> dict[str, int]:
    lines = play("processes/start_exit_codes").lines
    return {name: int(code) for name, _, code in (line.partition(": ") for line in lines)}


@pytest.mark.always("proc-return-value-lost")
@ways(method=METHODS)
def test_whatever_is_returned_the_code_is_zero(method: str) -> None:
    trace = perform_by(
        method,
        """
        import sys
        from multiprocessing import Process

        def give(value):
            return value

        if __name__ == "__main__":
            returned = [(give, value) for value in (None, 3, False, "text")]
            for target, value in [*returned, (sys.exit, 3)]:
                child = Process(target=target, args=(value,))
                child.start()
                print(child.join(), child.exitcode)
        """,
    )
    assert trace.lines == ["None 0"] * 4 + ["None 3"], "only sys.exit is heard"


@pytest.mark.always("proc-fork-from-a-pool")
@ways(
    method=METHODS,
    place={
        "pool": ("with ThreadPoolExecutor(1) as pool: pool.submit(start).result()", True),
        "to_thread": ("asyncio.run(asyncio.to_thread(start))", True),
        "Thread": ("thread = Thread(target=start); thread.start(); thread.join()", False),
        "main": ("start()", False),
    },
    end={"value": ("return 5", 0), "exit 0": ("sys.exit(0)", 0), "exit 3": ("sys.exit(3)", 3)},
)
def test_a_process_forked_from_a_pool_fails(
    method: str, place: tuple[str, bool], end: tuple[str, int]
) -> None:
    # no mutant: код процесса ставит сам Python
    (line, of_a_pool), (last, code) = place, end
    trace = perform_by(
        method,
        filled(
            """
        import asyncio, sys
        from concurrent.futures import ThreadPoolExecutor
        from multiprocessing import Process
        from threading import Thread

        def work():
            END

        def start():
            child = Process(target=work)
            child.start()
            child.join()
            print(child.exitcode)

        if __name__ == "__main__":
            PLACE
        """,
            END=last,
            PLACE=line,
        ),
    )
    # gh-88110
    spoilt = sys.version_info < (3, 12, 8) or sys.version_info[:3] == (3, 13, 0)
    assert trace.lines == [str(1 if spoilt and of_a_pool and method == "fork" else code)]


@pytest.mark.always("proc-sys-exit-code")
@ways(method=METHODS)
def test_sys_exit_gives_its_number_modulo_256(method: str) -> None:
    needs("POSIX exit codes")
    trace = perform_by(
        method,
        """
        import sys
        from multiprocessing import Process

        if __name__ == "__main__":
            for number in (None, 0, 3, 255, 256, 259, -1, "text"):
                child = Process(target=sys.exit, args=(number,))
                child.start()
                child.join()
                print(number, child.exitcode)
        """,
    )
    numbers = {"0": 0, "3": 3, "255": 255, "256": 0, "259": 3, "-1": 255}
    assert trace.lines == [
        "None 0",
        *(f"{number} {code}" for number, code in numbers.items()),
        "text 1",
    ]
    assert exit_codes()["leave"] == 3


RAISED = {
    "ValueError": "raise ValueError('own')",
    "own class": "raise Own('ann', 'own')",
    "unpicklable": "raise ValueError(threading.Lock())",
    "KeyboardInterrupt": "raise KeyboardInterrupt",
    "Ctrl+C": "os.kill(os.getpid(), signal.SIGINT); threading.Event().wait()",
}


@pytest.mark.always("proc-exception-stays-in-child")
@ways(raised=RAISED)
def test_an_exception_does_not_reach_the_parent(raised: str) -> None:
    trace = perform_script(
        filled(
            """
        import multiprocessing, os, signal, threading

        class Own(Exception):
            def __init__(self, user, reason):
                super().__init__(reason)

        def work():
            RAISED

        if __name__ == "__main__":
            for method in METHODS:
                child = multiprocessing.get_context(method).Process(target=work)
                child.start()
                child.join()
                print(child.exitcode)
    """,
            RAISED=raised,
            METHODS=list(METHODS),
        )
    )
    assert trace.lines == ["1"] * len(METHODS)
    assert trace.stderr.count("Traceback") >= len(METHODS)
    assert exit_codes()["fail"] == 1
    assert "ValueError" in play("processes/start_exit_codes").stderr


@pytest.mark.always("proc-no-excepthook")
@ways(method=METHODS, raised={"exception": "raise ValueError", "Ctrl+C": "raise KeyboardInterrupt"})
def test_the_hook_for_uncaught_exceptions_is_not_called(method: str, raised: str) -> None:
    run = run_by(
        method,
        filled(
            """
        import sys
        from multiprocessing import Process

        def work():
            sys.excepthook = lambda *_: print("hook", flush=True)
            print("child", flush=True)
            RAISED

        if __name__ == "__main__":
            child = Process(target=work)
            child.start()
            child.join()
            work()
        """,
            RAISED=raised,
        ),
    )
    assert run.stdout.splitlines() == ["child", "child", "hook"], "the parent's is called"


@pytest.mark.always("proc-thread-exception-code")
@ways(method=METHODS, end={"value": ("pass", 0), "sys.exit": ("sys.exit(3)", 3)})
def test_an_exception_in_another_thread_leaves_the_code(method: str, end: tuple[str, int]) -> None:
    ending, code = end
    run = run_by(
        method,
        filled(
            """
        import os, sys, threading
        from multiprocessing import Process

        def fail():
            raise ValueError("of a thread")

        def work():
            thread = threading.Thread(target=fail)
            thread.start()
            thread.join()
            ENDING

        if __name__ == "__main__":
            child = Process(target=work)
            child.start()
            child.join()
            print(child.exitcode)
        """,
            ENDING=ending,
        ),
    )
    assert run.stdout == f"{code}\n"
    assert "of a thread" in run.stderr


@pytest.mark.always("proc-killed-by-signal")
@ways(
    number={
        each.name: each.value
        for each in (signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT, signal.SIGUSR1)
    }
)
def test_a_signal_gives_its_number_with_a_minus(number: int) -> None:
    assert exit_codes()["get_killed"] == -signal.SIGKILL
    trace = perform_script(
        filled(
            """
        import multiprocessing, os

        def work():
            os.kill(os.getpid(), NUMBER)

        if __name__ == "__main__":
            for method in METHODS:
                child = multiprocessing.get_context(method).Process(target=work)
                child.start()
                child.join()
                print(child.exitcode)
    """,
            NUMBER=number,
            METHODS=list(METHODS),
        )
    )
    assert trace.lines == [str(-number)] * len(METHODS)


@pytest.mark.always("proc-exit-waits-for-children")
@ways(method=METHODS, end=MAIN_ENDS)
def test_the_program_waits_for_its_children_when_it_exits(
    method: str, end: tuple[str, int]
) -> None:
    ending, code = end
    run = run_by(
        method,
        filled(
            """
        import sys
        from multiprocessing import Pipe, Process

        def work(connection):
            connection.recv()
            print("child is done", flush=True)

        if __name__ == "__main__":
            here, there = Pipe()
            Process(target=work, args=(there,)).start()
            print("end of main", flush=True)
            here.send("go on")
            ENDING
        """,
            ENDING=ending,
        ),
    )
    assert (run.stdout.splitlines(), run.returncode) == (["end of main", "child is done"], code)


@pytest.mark.always("proc-exit-wait-is-interrupted")
@ways(method=METHODS)
def test_ctrl_c_at_exit_leaves_the_child_alone(method: str) -> None:
    run = run_by(
        method,
        """
        import os, signal, threading, time
        from multiprocessing import Event, Process, parent_process

        def work(deaf):
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            deaf.set()
            parent_process().join()
            print("child goes on", flush=True)

        def interrupt():
            threading.main_thread().join()
            while True:
                time.sleep(0.05)
                os.kill(os.getpid(), signal.SIGINT)

        if __name__ == "__main__":
            deaf = Event()
            Process(target=work, args=(deaf,)).start()
            deaf.wait()
            threading.Thread(target=interrupt, daemon=True).start()
            print("end of main", flush=True)
        """,
    )
    assert run.stdout.splitlines() == ["end of main", "child goes on"]


@pytest.mark.always("proc-daemon-is-terminated")
@ways(
    method=METHODS,
    end=MAIN_ENDS,
    handler={"no handler": "", "handler": "signal.signal(signal.SIGTERM, go_on)"},
)
def test_a_daemon_is_terminated_when_the_program_exits(
    method: str, end: tuple[str, int], handler: str
) -> None:
    ending, code = end
    run = run_by(
        method,
        filled(
            """
        import signal, sys, threading
        from multiprocessing import Event, Process, parent_process

        asked = threading.Event()

        def go_on(*_):
            asked.set()

        def work(begun):
            HANDLER
            print("daemon begins", flush=True)
            begun.set()
            # A short wait each: no handler interrupts itself in the event's own wait.
            while not asked.is_set():
                threading.Event().wait(0.01)
            parent_process().join(0.3)
            print("it is waited for:", parent_process().is_alive(), flush=True)

        if __name__ == "__main__":
            begun = Event()
            Process(target=work, args=(begun,), daemon=True).start()
            begun.wait()
            print("end of main", flush=True)
            ENDING
        """,
            HANDLER=handler or "pass",
            ENDING=ending,
        ),
    )
    # The call ends when the daemon, which holds stdout open, has ended, too.
    lines = ["daemon begins", "end of main"] + ["it is waited for: True"] * bool(handler)
    assert (run.stdout.splitlines(), run.returncode) == (lines, code)


@pytest.mark.always("proc-daemon-outlives-killed-parent")
@ways(method=METHODS, number={"SIGTERM": signal.SIGTERM, "SIGKILL": signal.SIGKILL})
def test_a_daemon_outlives_a_parent_that_was_killed(method: str, number: int) -> None:
    run = run_by(
        method,
        filled(
            """
        import os
        from multiprocessing import Process, parent_process

        def work():
            os.kill(parent_process().pid, NUMBER)
            parent_process().join()
            print("the daemon goes on", flush=True)

        if __name__ == "__main__":
            daemon = Process(target=work, daemon=True)
            daemon.start()
            daemon.join()
        """,
            NUMBER=int(number),
        ),
    )
    assert (run.stdout, run.returncode) == ("the daemon goes on\n", -number)


@pytest.mark.always("proc-terminate-skips-finally")
@ways(
    method=METHODS,
    stop={
        "terminate": ("child.terminate()", "SIG_DFL", -15),
        "terminate, ignored": ("child.terminate(), go_on.set()", "SIG_IGN", 0),
        "kill": ("child.kill()", "SIG_DFL", -9),
        "kill, handler": ("child.kill()", "default_int_handler", -9),
        "kill, ignored": ("child.kill()", "SIG_IGN", -9),
        "asked": ("go_on.set()", "SIG_DFL", 0),
    },
)
def test_kill_and_unhandled_terminate_skip_finally(method: str, stop: tuple[str, str, int]) -> None:
    how, handler, code = stop
    trace = perform_by(
        method,
        filled(
            """
        import signal
        from multiprocessing import Event, Process

        def work(begun, go_on):
            signal.signal(signal.SIGTERM, signal.HANDLER)
            try:
                begun.set()
                go_on.wait()
            finally:
                print("cleaned up")

        if __name__ == "__main__":
            begun, go_on = Event(), Event()
            child = Process(target=work, args=(begun, go_on))
            child.start()
            begun.wait()
            HOW
            child.join()
            print(child.exitcode)
        """,
            HANDLER=handler,
            HOW=how,
        ),
    )
    assert trace.lines == [*(["cleaned up"] if code == 0 else []), str(code)]


@pytest.mark.always("proc-sigterm-handler-runs-finally")
@ways(method=METHODS, raised={"sys.exit": "sys.exit(3)", "KeyError": "{}['no such key']"})
def test_a_handler_that_raises_lets_finally_run(method: str, raised: str) -> None:
    trace = perform_by(
        method,
        filled(
            """
        import signal, sys, time
        from multiprocessing import Event, Process

        def work(begun):
            signal.signal(signal.SIGTERM, lambda *_: RAISED)
            try:
                begun.set()
                # A pause would last for ever if the signal came right before it.
                while True:
                    time.sleep(0.01)
            finally:
                print("cleaned up")

        if __name__ == "__main__":
            begun = Event()
            child = Process(target=work, args=(begun,))
            child.start()
            begun.wait()
            child.terminate()
            child.join()
            print(child.exitcode)
        """,
            RAISED=raised,
        ),
    )
    assert trace.lines == ["cleaned up", "3" if "exit" in raised else "1"]


SIGNALS = {each.name: each.value for each in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1)}


def after_a_signal(method: str, number: int, *, of_the_module: bool) -> list[str]:
    """Return what a child and its parent print if its function works when this signal comes.

    of_the_module: whether the import of the program sets the handler, or its main part only.
    """
    run = run_by(
        method,
        filled(
            """
        import os, signal
        from multiprocessing import Pipe, Process, parent_process

        def handle(*_):
            print("handler:", "child" if parent_process() else "parent", flush=True)

        if OF_THE_MODULE or __name__ == "__main__":
            signal.signal(NUMBER, handle)

        def work(there):
            # Not events: whoever is killed amid one keeps its lock.
            there.send("begun")
            there.recv()
            print("child goes on", flush=True)

        if __name__ == "__main__":
            here, there = Pipe()
            child = Process(target=work, args=(there,))
            child.start()
            here.recv()
            child.terminate() if NUMBER == signal.SIGTERM else os.kill(child.pid, NUMBER)
            here.send("go on")
            child.join()
            print(child.exitcode)
    """,
            NUMBER=number,
            OF_THE_MODULE=of_the_module,
        ),
    )
    return run.stdout.splitlines()


@pytest.mark.always("proc-fork-inherits-handlers")
@ways(method=METHODS, number=SIGNALS)
def test_by_fork_a_child_has_the_handlers_of_its_parent(method: str, number: int) -> None:
    # no mutant: чьи обработчики у дочернего процесса, решают система и Python
    lines = after_a_signal(method, number, of_the_module=False)
    if method == "fork":
        assert sorted(lines[:-1]) == ["child goes on", "handler: child"]
        assert lines[-1] == "0"
    else:
        assert lines == ["1" if number == signal.SIGINT else str(-number)]


@pytest.mark.always("proc-module-level-handler")
@ways(method=NOT_FORK, number=SIGNALS)
def test_a_handler_of_the_module_is_the_childs_too(method: str, number: int) -> None:
    # no mutant: чьи обработчики у дочернего процесса, решают система и Python
    lines = after_a_signal(method, number, of_the_module=True)
    assert sorted(lines[:-1]) == ["child goes on", "handler: child"]
    assert lines[-1] == "0"


@pytest.mark.always("proc-inherits-ignored")
@ways(method=METHODS, number=SIGNALS)
def test_a_child_ignores_what_its_parent_ignores(method: str, number: int) -> None:
    # no mutant: что ребёнок игнорирует, решает система
    run = run_by(
        method,
        filled(
            """
        import os, signal
        from multiprocessing import Pipe, Process

        def work(there):
            there.send("begun")
            there.recv()
            print("child goes on", flush=True)

        if __name__ == "__main__":
            signal.signal(NUMBER, signal.SIG_IGN)
            here, there = Pipe()
            child = Process(target=work, args=(there,))
            child.start()
            here.recv()
            os.kill(child.pid, NUMBER)
            here.send("go on")
            child.join()
            print(child.exitcode)
    """,
            NUMBER=number,
        ),
    )
    assert run.stdout.splitlines() == ["child goes on", "0"], run.stderr


EARLY = """
    import os, signal, sys

    def hold():  # until the signal is there: no step of the child has come before it
        os.write(forked, b"x")
        os.read(go_on, 1)

    is_forked, forked = os.pipe()
    go_on, sent = os.pipe()
    if HOLDS:
        os.register_at_fork(after_in_child=hold)  # before asyncio has its own there

    import asyncio
    from multiprocessing import Process, parent_process

    parent = os.getpid()

    def leave(*_):
        print("handler in the", "parent" if os.getpid() == parent else "child", flush=True)
        if RAISES:
            sys.exit(3)

    def work():
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        REST

    def stop_a_young_one():
        child = Process(target=work)
        child.start()
        if HOLDS:
            os.read(is_forked, 1)
        child.terminate()
        os.write(sent, b"x")
        child.join()
        print(child.exitcode)

    async def main():
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leave)
        stop_a_young_one()
        for _ in range(3):
            await asyncio.sleep(0)

    if __name__ == "__main__":
        if ASYNCIO:
            asyncio.run(main())
        else:
            signal.signal(signal.SIGTERM, leave)
            stop_a_young_one()
"""
HANDLED = {"handler": (False, False), "sys.exit": (False, True), "asyncio": (True, False)}
"""Whether the handler is asyncio's, and whether it raises."""


@pytest.mark.sometimes("proc-early-terminate-lost")
@ways(handled=HANDLED)
def test_a_forked_child_may_survive_an_early_signal(handled: tuple[bool, bool]) -> None:
    # no mutant: что станет с ранним сигналом, решают система и Python
    by_asyncio, raises = handled
    program = filled(
        EARLY,
        HOLDS=True,
        REST='print("child goes on", flush=True)',
        ASYNCIO=by_asyncio,
        RAISES=raises,
    )
    lines = run_by("fork", program).stdout.splitlines()
    assert [line for line in lines if not line.startswith("handler")] == ["child goes on", "0"]
    assert f"handler in the {'parent' if by_asyncio else 'child'}" in lines


@pytest.mark.always("proc-early-terminate-works")
@ways(method=NOT_FORK, handled=HANDLED)
def test_a_child_that_is_not_forked_ends_by_an_early_signal(
    method: str, handled: tuple[bool, bool]
) -> None:
    # no mutant: что станет с ранним сигналом, решают система и Python
    by_asyncio, raises = handled
    program = filled(
        EARLY,
        HOLDS=False,
        REST="os.read(go_on, 1)",  # for ever
        ASYNCIO=by_asyncio,
        RAISES=raises,
    )
    assert run_by(method, program).stdout.splitlines() == [str(-signal.SIGTERM)]


@pytest.mark.always("proc-asyncio-handler-outlives-terminate")
@ways(
    method=METHODS,
    prepare={"nothing": "pass", "SIG_DFL": "signal.signal(signal.SIGTERM, signal.SIG_DFL)"},
)
def test_a_handler_of_asyncio_keeps_a_forked_child_from_its_end(method: str, prepare: str) -> None:
    # no mutant: что делает унаследованный обработчик, решает сам Python
    run = run_by(
        method,
        filled(
            """
        import asyncio, signal
        from multiprocessing import Pipe, Process

        def work(there):
            PREPARE
            # Not events: whoever is killed amid one keeps its lock.
            there.send("begun")
            there.recv()
            print("child goes on", flush=True)

        async def main():
            asyncio.get_running_loop().add_signal_handler(
                signal.SIGTERM, lambda: print("parent: told to stop", flush=True)
            )
            here, there = Pipe()
            child = Process(target=work, args=(there,))
            child.start()
            here.recv()
            child.terminate()
            here.send("go on")
            child.join()
            for _ in range(3):
                await asyncio.sleep(0)
            print(child.exitcode)

        if __name__ == "__main__":
            asyncio.run(main())
    """,
            PREPARE=prepare,
        ),
    )
    if method == "fork" and prepare == "pass":
        told = ["parent: told to stop"] * (sys.version_info < (3, 12))
        assert run.stdout.splitlines() == ["child goes on", *told, "0"]
    else:
        assert run.stdout.splitlines() == ["-15"]


@pytest.mark.always("proc-interrupt-since-314")
@ways(
    method=METHODS,
    handler={"none": "", "ignored": "signal.SIG_IGN", "own": "lambda *_: None"},
)
def test_interrupt_raises_keyboard_interrupt_since_314(method: str, handler: str) -> None:
    # no mutant: метод появился в Python 3.14, а доказательства ломают на 3.11
    is_new = sys.version_info >= (3, 14)
    assert hasattr(Process, "interrupt") is is_new
    if is_new:
        trace = perform_by(
            method,
            filled(
                """
            import signal
            from multiprocessing import Event, Process

            def work(begun, go_on):
                try:
                    HANDLE
                    begun.set()
                    go_on.wait()
                    print("not interrupted")
                except KeyboardInterrupt:
                    print("interrupted")
                finally:
                    print("cleaned up")

            if __name__ == "__main__":
                begun, go_on = Event(), Event()
                child = Process(target=work, args=(begun, go_on))
                child.start()
                begun.wait()
                child.interrupt()
                if REFUSED:
                    go_on.set()
                child.join()
                print(child.exitcode)
            """,
                HANDLE=f"signal.signal(signal.SIGINT, {handler})" if handler else "pass",
                REFUSED=bool(handler),
            ),
        )
        said = "not interrupted" if handler else "interrupted"
        assert trace.lines == [said, "cleaned up", "0"]


GRANDCHILDREN = {
    "program": "subprocess.Popen([sys.executable, '-c', OUTLIVES], pass_fds=[read, write])",
    "process": "Process(target=outlive, args=(read, write)).start()",
    "daemon": "Process(target=outlive, args=(read, write), daemon=True).start()",
}


@pytest.mark.always("proc-terminate-spares-grandchildren")
@ways(stop={"terminate": "terminate", "kill": "kill"}, made=GRANDCHILDREN)
def test_what_a_stopped_process_started_goes_on(stop: str, made: str) -> None:
    # no mutant: кого завершает сигнал, решает система
    # By fork, since the pipe goes to the grandchild by its numbers; a signal knows of no method.
    run = run_by(
        "fork",
        filled(
            """
        import os, subprocess, sys
        from multiprocessing import Process

        OUTLIVES = "import os; os.read({}, 1); os.write({}, b'goes on')"

        def outlive(read, write):
            exec(OUTLIVES)

        def work():
            global OUTLIVES
            OUTLIVES = OUTLIVES.format(read, write)
            MADE
            os.write(begun, b"x")
            os.read(never, 1)

        if __name__ == "__main__":
            read, ask = os.pipe()
            answer, write = os.pipe()
            begins, begun = os.pipe()
            never, _ = os.pipe()
            child = Process(target=work)
            child.start()
            os.read(begins, 1)
            child.STOP()
            child.join()
            print(child.exitcode)
            os.write(ask, b"x")
            print(os.read(answer, 10).decode())
    """,
            MADE=made,
            STOP=stop,
        ),
    )
    code = -signal.SIGTERM if stop == "terminate" else -signal.SIGKILL
    assert run.stdout.splitlines() == [str(int(code)), "goes on"], run.stderr


KILLED = {
    "terminate": "child.terminate()",
    "kill": "child.kill()",
    "os._exit": "go_on.set()",
}


@pytest.mark.always("proc-killed-keeps-lock")
@ways(method=METHODS, killed=KILLED, kind={"Lock": "Lock", "RLock": "RLock"})
def test_the_lock_of_a_killed_process_stays_taken(method: str, killed: str, kind: str) -> None:
    trace = perform_by(
        method,
        filled(
            """
        import os
        from multiprocessing import Event, Process, KIND

        def hold(lock, held, go_on):
            with lock:
                held.set()
                go_on.wait()
                os._exit(1)

        def let_go(lock):
            with lock:
                pass

        if __name__ == "__main__":
            lock, held, go_on = KIND(), Event(), Event()
            child = Process(target=let_go, args=(lock,))
            child.start()
            child.join()
            print(lock.acquire(timeout=0.05))
            lock.release()
            child = Process(target=hold, args=(lock, held, go_on))
            child.start()
            held.wait()
            KILLED
            child.join()
            print(lock.acquire(timeout=0.05))
        """,
            KIND=kind,
            KILLED=killed,
        ),
    )
    assert trace.lines == ["True", "False"]


@pytest.mark.sometimes("proc-killed-breaks-queue")
@ways(killed={"terminate": "terminate", "kill": "kill"})
def test_a_process_killed_amid_a_message_stops_all_others(killed: str) -> None:
    # no mutant: что останется запертым, решает multiprocessing
    trace = perform_script(
        filled(
            """
        import threading
        from multiprocessing import Process, Queue

        def send(queue, size):
            queue.put(b"x" * size)

        if __name__ == "__main__":
            queue = Queue()
            big = Process(target=send, args=(queue, 10_000_000))
            big.start()
            queue._reader.poll(None)  # the message has begun and doesn't fit into the pipe
            big.KILLED()
            big.join()
            small = Process(target=send, args=(queue, 1))
            small.start()
            small.join(timeout=0.5)
            print("the writer hangs:", small.is_alive())
            reader = threading.Thread(target=queue.get, daemon=True)
            reader.start()
            reader.join(timeout=0.5)
            print("the reader hangs:", reader.is_alive())
            small.kill()
    """,
            KILLED=killed,
        )
    )
    assert trace.lines == ["the writer hangs: True", "the reader hangs: True"]


@pytest.mark.always("proc-target-called-in-parent")
def test_a_called_target_runs_in_the_parent() -> None:
    # one way: Python calls the function before Process sees anything of it
    broken = play("processes/start_call_broken")
    fixed = play("processes/start_call_fixed")
    assert broken.ordered("the work is done in the parent", "starting the process")
    assert fixed.ordered("starting the process", "the work is done in the child")
    assert "exit code: 0" in broken.lines


ASKED = {
    "join": "child.join()",
    "is_alive": "child.is_alive()",
    "exitcode": "child.exitcode",
    "close": "child.close()",
    "repr": "repr(child)",
    "active_children": "multiprocessing.active_children()",
    "another start": "multiprocessing.Process(target=int).start()",
}


@pytest.mark.always("proc-zombie-until-asked")
@ways(method=only(METHODS, "fork", "spawn"), ask=ASKED, end=PROCESS_ENDS)
def test_who_has_ended_is_a_zombie_until_asked_about(
    method: str, ask: str, end: tuple[str, int]
) -> None:
    # no mutant: кто узнаёт код, решают система и Python
    run = run_by(
        method,
        filled(
            """
        import multiprocessing, os, sys
        from multiprocessing import connection
        from pathlib import Path

        def work():
            ENDING

        if __name__ == "__main__":
            child = multiprocessing.Process(target=work)
            child.start()
            status = Path(f"/proc/{child.pid}/stat")
            connection.wait([child.sentinel])
            while (state := status.read_text().rpartition(")")[2].split()[0]) != "Z":
                pass  # it has closed its end, the system isn't done with it
            print(state)
            ASK
            print(status.exists())
        """,
            ENDING=end[0],
            ASK=ask,
        ),
    )
    assert run.stdout.split("\n")[:2] == ["Z", "False"]
