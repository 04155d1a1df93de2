"""Proofs for source/threads/sigterm.md."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Thread
from typing import Any

import pytest
from proven.stage import perform_script, play

from tests.ways import ways
from tests.ways_processes import NOT_FORK, filled, run_by

MESSAGE = "signal only works in main thread of the main interpreter"


def _thread(work: Callable[[], object]) -> None:
    thread = Thread(target=work)
    thread.start()
    thread.join()


def _pool(work: Callable[[], object]) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


def _to_thread(work: Callable[[], object]) -> None:
    asyncio.run(asyncio.to_thread(work))


ELSEWHERE = {"Thread": _thread, "pool": _pool, "to_thread": _to_thread}
NUMBERS = {"SIGTERM": signal.SIGTERM, "SIGINT": signal.SIGINT, "SIGUSR1": signal.SIGUSR1}
SENT = {
    "by the main thread": "signal.raise_signal(signal.SIGTERM)",
    "by a thread": "in_thread(lambda: signal.raise_signal(signal.SIGTERM))",
    "to the process": "in_thread(lambda: os.kill(os.getpid(), signal.SIGTERM))",
    "to a thread": "in_thread(lambda: signal.pthread_kill(get_ident(), signal.SIGTERM))",
}
"""How a signal comes."""

HEAD = """
    import os, queue, signal, sys, time
    from threading import Event, Thread, current_thread, get_ident, main_thread

    def in_thread(work):
        thread = Thread(target=work)
        thread.start()
        thread.join()
"""


@pytest.mark.always("sigterm-handler-set-in-main-only")
@ways(
    elsewhere=ELSEWHERE,
    number=NUMBERS,
    handler={"function": print, "ignore": signal.SIG_IGN, "default": signal.SIG_DFL},
)
def test_only_the_main_thread_sets_handlers(
    elsewhere: Callable[[Callable[[], object]], None], number: signal.Signals, handler: Any
) -> None:
    assert play("threads/sigterm_broken").lines == [f"ValueError: {MESSAGE}"]
    before, raised = signal.getsignal(number), list[str]()

    def work() -> None:
        with pytest.raises(ValueError, match=MESSAGE):
            signal.signal(number, handler)
        raised.append("ValueError")

    elsewhere(work)
    assert raised == ["ValueError"]
    assert signal.getsignal(number) is before


@pytest.mark.always("sigterm-asyncio-in-thread")
@ways(number=NUMBERS)
def test_a_loop_in_another_thread_cannot_catch_signals(number: signal.Signals) -> None:
    # no mutant: утверждение о самом asyncio, программа к нему не нужна
    raised: list[str] = []

    async def main() -> None:
        with pytest.raises(
            RuntimeError, match="set_wakeup_fd only works in main thread of the main interpreter"
        ):
            asyncio.get_running_loop().add_signal_handler(number, print)
        raised.append("RuntimeError")

    _thread(lambda: asyncio.run(main()))
    assert raised == ["RuntimeError"]


@pytest.mark.always("sigterm-asyncio-of-another-loop")
@ways(number=NUMBERS, closed={"there": True, "in the main thread": False})
def test_a_loop_in_another_thread_cannot_take_its_handler_back(
    number: signal.Signals, closed: bool
) -> None:
    # no mutant: утверждение о самом asyncio, программа к нему не нужна
    trace = perform_script(f"""
        import asyncio, os, signal, threading

        running = threading.Event()

        async def main():
            global stop
            stop = asyncio.Event()
            running.set()
            await stop.wait()

        def close():
            try:
                loop.close()
                print("closed")
            except ValueError as error:
                print(error)

        def work():
            loop.run_until_complete(main())
            if {closed}:
                close()

        def handler():
            print("in the thread of the loop:", threading.current_thread() is thread)
            stop.set()

        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=work)
        thread.start()
        running.wait()
        loop.add_signal_handler({int(number)}, handler)
        os.kill(os.getpid(), {int(number)})
        thread.join()
        if not {closed}:
            close()
    """)
    outcome = "signal only works in main thread of the main interpreter" if closed else "closed"
    assert trace.lines == ["in the thread of the loop: True", outcome]


@pytest.mark.always("sigterm-handler-runs-in-main")
@ways(sent=SENT)
def test_a_handler_runs_in_the_main_thread(sent: str) -> None:
    # no mutant: где вызвать обработчик, решает сам Python
    program = """
    handled = Event()

    def handler(number, frame):
        print(current_thread() is main_thread())
        handled.set()

    signal.signal(signal.SIGTERM, handler)
    SENT
    while not handled.is_set():
        time.sleep(0.01)
    """
    assert perform_script(filled(HEAD + program, SENT=sent)).lines == ["True"]


@pytest.mark.always("sigterm-exception-ends-wait")
@ways(
    wait={
        "Event.wait": "Event().wait()",
        "join": "worker.join()",
        "Queue.get": "queue.Queue().get()",
        "sleep": "time.sleep(3600)",
    },
)
def test_an_exception_of_the_handler_ends_the_wait(wait: str) -> None:
    trace = play("threads/sigterm_fixed")
    assert trace.ordered(
        "main: systemd asks to stop", "worker: closes the file", "main: the worker has ended"
    )
    program = """
    def leave(number, frame):
        if not asked:
            asked.append(number)
            raise SystemExit

    def ask():
        while not asked:  # one may come too early for the wait
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.01)

    asked, stop = [], Event()
    worker = Thread(target=stop.wait)
    worker.start()
    try:
        signal.signal(signal.SIGTERM, leave)
        Thread(target=ask).start()
        WAIT
    finally:
        print("finally")
        stop.set()
    """
    assert perform_script(filled(HEAD + program, WAIT=wait)).lines == ["finally"]


@pytest.mark.always("sigterm-pool-finishes-queue")
@ways(
    wait={
        "a result": "futures[0].result()",
        "as_completed": "list(as_completed(futures))",
        "the body": "Event().wait()",
    },
    cancels={"nothing": "", "the queue": "pool.shutdown(wait=False, cancel_futures=True)"},
)
def test_the_exception_leaves_the_pool_after_the_queue(wait: str, cancels: str) -> None:
    # no mutant: чего ждёт пул, решает сам Python
    program = """
    from concurrent.futures import ThreadPoolExecutor, as_completed

    def leave(number, frame):
        if not asked:
            asked.append(number)
            raise SystemExit

    def ask():
        while not asked:  # one may come too early for the wait
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.01)

    def work(number):
        begun.set()
        go_on.wait()
        print("job", number)

    asked, begun, go_on = [], Event(), Event()
    with ThreadPoolExecutor(1) as pool:
        futures = [pool.submit(work, number) for number in range(3)]
        try:
            begun.wait()
            signal.signal(signal.SIGTERM, leave)
            Thread(target=ask).start()
            WAIT
        except SystemExit:
            print("SystemExit")
            CANCELS
            raise
        finally:
            go_on.set()
    """
    lines = perform_script(filled(HEAD + program, WAIT=wait, CANCELS=cancels or "pass")).lines
    assert lines == ["SystemExit", *(f"job {each}" for each in range(1 if cancels else 3))]


@pytest.mark.always("sigterm-after-last-line")
@ways(worker={"waits": "stop.wait()", "computes": "while not stop.is_set(): pass"})
def test_after_the_last_line_the_exception_is_only_printed(worker: str) -> None:
    # no mutant: что делать с исключением при выходе, решает сам Python
    program = """
    def leave(number, frame):
        if not asked:
            asked.append(number)
            raise SystemExit

    def ask():
        main_thread().join()
        while not asked:  # one may come too early for the wait
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.01)

    def work():
        try:
            WORK
        finally:
            print("finally")

    asked, stop = [], Event()
    signal.signal(signal.SIGTERM, leave)
    Thread(target=work).start()
    Thread(target=ask, daemon=True).start()
    """
    trace = perform_script(filled(HEAD + program, WORK=worker))
    assert trace.lines == []
    assert "SystemExit" in trace.stderr


AIMED = {
    "raise_signal": ("signal.raise_signal(signal.SIGTERM)", False),
    "pthread_kill": ("signal.pthread_kill(get_ident(), signal.SIGTERM)", False),
    "interrupt_main": ("_thread.interrupt_main(signal.SIGTERM)", False),
    "to the process": ("os.kill(os.getpid(), signal.SIGTERM)", True),
    "to the main thread": ("signal.pthread_kill(main_thread().ident, signal.SIGTERM)", True),
}
"""What a worker calls, and whether the system interrupts the main thread's wait for it."""


@pytest.mark.always("sigterm-of-thread-does-not-wake")
@ways(
    aimed=AIMED,
    wait={
        "Event.wait": ("go_on.wait()", "go_on.set()"),
        "join": ("other.join()", "go_on.set()"),
        "Queue.get": ("items.get()", "items.put(1)"),
    },
)
def test_a_signal_to_the_thread_itself_does_not_wake_main(
    aimed: tuple[str, bool], wait: tuple[str, str]
) -> None:
    # no mutant: кому достанется сигнал, решает система
    send, wakes = aimed
    waits, ends = wait
    program = """
    import _thread

    def handler(number, frame):
        handled.set()

    def ask():
        for _ in range(30):
            handled.clear()
            SEND
            # Before main has begun to wait it is handled at once, or noticed too late: once more.
            if handled.wait(0.3) is WAKES:
                break
            time.sleep(0.01)
        print("in the wait:", handled.is_set())
        END

    handled, go_on, items = Event(), Event(), queue.Queue()
    signal.signal(signal.SIGTERM, handler)
    other = Thread(target=go_on.wait)
    other.start()
    Thread(target=ask).start()
    WAIT
    print("after it:", handled.is_set())
    go_on.set()
    """
    program = filled(HEAD + program, SEND=send, WAKES=wakes, WAIT=waits, END=ends)
    assert perform_script(program).lines == [f"in the wait: {wakes}", "after it: True"]


COLLECTED = {
    "__del__": "class Noisy:\n        def __del__(self): ask()\n\n    Noisy()",
    "weakref.ref": "thing = Thing()\n    kept = weakref.ref(thing, lambda _: ask())\n    del thing",
    "weakref.finalize": "thing = Thing()\n    weakref.finalize(thing, ask)\n    del thing",
}
"""What calls `ask` when an object goes away."""


@pytest.mark.always("sigterm-lost-in-del")
@ways(collected=COLLECTED, raised={"SystemExit": "SystemExit", "own": "ValueError"})
def test_an_exception_that_meets_del_is_lost(collected: str, raised: str) -> None:
    # no mutant: куда девать исключение, решает сам Python
    program = """
    import weakref

    class Thing:
        pass

    def leave(number, frame):
        raise RAISED

    def ask():
        signal.raise_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, leave)
    COLLECTED
    print("goes on")
    """
    trace = perform_script(filled(HEAD + program, COLLECTED=collected, RAISED=raised))
    assert trace.lines == ["goes on"]
    assert raised in trace.stderr


@pytest.mark.always("sigterm-ignored-in-cleanup")
@ways(sent=SENT)
def test_an_ignored_signal_leaves_the_cleanup_alone(sent: str) -> None:
    # no mutant: не слышать сигнал велено самому Python
    program = """
    def leave(number, frame):
        raise SystemExit

    signal.signal(signal.SIGTERM, leave)
    try:
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        SENT
        print("cleaned up")
    """
    assert perform_script(filled(HEAD + program, SENT=sent)).lines == ["cleaned up"]


@pytest.mark.always("sigterm-sigwait-takes-it")
@ways(
    sent={
        "by the main thread": "signal.raise_signal(signal.SIGTERM)",
        "by a thread": "in_thread(lambda: os.kill(os.getpid(), signal.SIGTERM))",
        "later": "Thread(target=lambda: os.kill(os.getpid(), signal.SIGTERM)).start()",
    }
)
def test_sigwait_takes_a_blocked_signal(sent: str) -> None:
    lines = play("threads/sigterm_sigwait").lines
    assert lines == ["main: SIGTERM", "worker: closes the file"]
    program = """
    def handler(number, frame):
        print("handler")

    signal.signal(signal.SIGTERM, handler)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    stop = Event()
    Thread(target=stop.wait).start()
    SENT
    print(signal.sigwait({signal.SIGTERM}).name)
    stop.set()
    """
    assert perform_script(filled(HEAD + program, SENT=sent)).lines == ["SIGTERM"]


@pytest.mark.always("sigterm-sigwait-outlasts-workers")
@ways(
    end={"returns": "pass", "exception": "raise OSError", "sys.exit": "sys.exit(1)"},
    daemon={"ordinary": False, "daemon": True},
    tells={"nobody": False, "the system": True},
)
def test_sigwait_goes_on_when_the_workers_have_ended(end: str, daemon: bool, tells: bool) -> None:
    # no mutant: чего ждёт sigwait, решает система
    program = """
    from linecache import getline

    def work():
        try:
            END
        finally:
            if TELLS:
                os.kill(os.getpid(), signal.SIGTERM)

    def watch():
        worker.join()
        while True:
            frame = sys._current_frames()[main_thread().ident]
            if TELLS or "sigwait" in getline(frame.f_code.co_filename, frame.f_lineno):
                break
        if not TELLS:
            print("no worker is left")
            os.kill(os.getpid(), signal.SIGTERM)

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    worker = Thread(target=work, daemon=DAEMON)
    worker.start()
    Thread(target=watch, daemon=True).start()
    print(signal.sigwait({signal.SIGTERM}).name)
    """
    lines = perform_script(filled(HEAD + program, END=end, DAEMON=daemon, TELLS=tells)).lines
    assert lines == [*["no worker is left"] * (not tells), "SIGTERM"]


@pytest.mark.always("sigterm-sigwait-misses-own")
@ways(
    sent={
        "raise_signal": "signal.raise_signal(signal.SIGTERM)",
        "pthread_kill": "signal.pthread_kill(get_ident(), signal.SIGTERM)",
        "interrupt_main": "_thread.interrupt_main(signal.SIGTERM)",
    },
    waits={"already": True, "not yet": False},
)
def test_sigwait_misses_what_a_thread_sends_itself(sent: str, waits: bool) -> None:
    # no mutant: кому достанется сигнал, решает система
    program = """
    import _thread

    def work():
        SENT
        sent.set()
        stop.wait()

    def kill():
        sent.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        killed.set()

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    sent, killed, stop = Event(), Event(), Event()
    Thread(target=work).start()
    if not WAITS:
        sent.wait()
        print(signal.sigpending())
    Thread(target=kill).start()
    print(signal.sigwait({signal.SIGTERM}).name)
    killed.wait()
    print(signal.sigpending())  # of two, one would be left
    stop.set()
    """
    lines = perform_script(filled(HEAD + program, SENT=sent, WAITS=waits)).lines
    assert lines == [*["set()"] * (not waits), "SIGTERM", "set()"]


@pytest.mark.always("sigterm-thread-inherits-mask")
@ways(blocked={"yes": True, "no": False})
def test_a_thread_inherits_what_is_blocked(blocked: bool) -> None:
    # no mutant: маску потоку передаёт система
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2] if blocked else [])
    try:
        seen: list[bool] = []
        _thread(lambda: seen.append(signal.SIGUSR2 in signal.pthread_sigmask(signal.SIG_BLOCK, [])))
        assert seen == [blocked]
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


COPIERS = {
    "cat": ["cat"],
    "Python": [sys.executable, "-c", "import sys; print(sys.stdin.read(), end='')"],
}
"""Programs that end when their input does, and give it back."""


@pytest.mark.always("sigterm-blocked-child-ignores-terminate")
@ways(blocked={"yes": True, "no": False}, command=COPIERS)
def test_a_child_started_with_sigterm_blocked_goes_on(blocked: bool, command: list[str]) -> None:
    # no mutant: маску процессу передаёт система
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM] if blocked else [])
    try:
        child = Popen(command, stdin=PIPE, stdout=PIPE, text=True)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    child.terminate()
    out, _ = child.communicate("tea")
    assert (out, child.returncode) == (("tea", 0) if blocked else ("", -signal.SIGTERM))


SHELLS = {
    "last line": "set -e\npython\n",
    "not the last line": "python\ntrue\n",
    "exec": "set -e\nexec python\n",
}
"""Scripts that start a program, which stands for `python`."""


@pytest.mark.always("sigterm-shell-keeps-it")
@ways(script=SHELLS, handled={"handler": True, "no handler": False})
def test_a_shell_does_not_hand_the_signal_on(script: str, handled: bool, tmp_path: Path) -> None:
    # no mutant: кому достанется сигнал, решает система
    code = """
import signal, sys

def leave(*_):
    print("handler")
    sys.exit()

if HANDLED:
    signal.signal(signal.SIGTERM, leave)
print("begun", flush=True)
print(sys.stdin.read())
"""
    code = filled(code, HANDLED=handled)
    path = tmp_path / "entrypoint.sh"
    path.write_text(script.replace("python", '"$PYTHON" -c "$CODE"'), encoding="utf-8")
    shell = Popen(
        ["sh", path],
        env=os.environ | {"PYTHON": sys.executable, "CODE": code},
        stdin=PIPE,
        stdout=PIPE,
        text=True,
    )
    assert shell.stdout
    assert shell.stdout.readline() == "begun\n"
    shell.terminate()
    out, _ = shell.communicate("goes on")
    reached = "handler\n" if handled else ""
    assert out == (reached if "exec" in script else "goes on\n")


@pytest.mark.always("sigterm-unblocked-by-multiprocessing")
@ways(
    method=NOT_FORK,
    made={
        "lock": "multiprocessing.Lock()",
        "queue": "multiprocessing.Queue()",
        "process": "multiprocessing.Process().start()",
        "block": "shared_memory.SharedMemory(create=True, size=1).unlink()",
    },
)
def test_the_resource_tracker_unblocks_the_signal(method: str, made: str) -> None:
    # no mutant: что служебный процесс делает с маской, решает сам Python
    code = """
        import multiprocessing, signal
        from multiprocessing import shared_memory

        def blocked():
            return signal.SIGTERM in signal.pthread_sigmask(signal.SIG_BLOCK, [])

        if __name__ == "__main__":
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
            print(blocked())
            kept = MADE
            print(blocked())
    """
    run = run_by(method, filled(code, MADE=made))
    # gh-127586
    stays = sys.version_info >= (3, 13, 2) or (3, 12, 9) <= sys.version_info < (3, 13)
    assert run.stdout.splitlines() == ["True", str(stays)], run.stderr
