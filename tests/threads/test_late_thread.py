"""Proofs for source/threads/late-thread.md."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from proven.stage import perform_script, play

from tests.ways import ways

SUBMIT = """
def late():
    try:
        print({call})
    except RuntimeError as error:
        print(error)
"""
CALLS = {
    "old pool": "pool.submit(str, 1).result()",
    "used pool": "used.submit(str, 1).result()",
    "new pool": "ThreadPoolExecutor().submit(str, 1).result()",
}
LATE = {
    "atexit": "atexit.register(late)",
    "late thread": "Thread(target=lambda: (main_thread().join(), late())).start()",
}
HEAD = """
import atexit
from concurrent.futures import ThreadPoolExecutor
from threading import Thread, main_thread
"""


@pytest.mark.always("late-submit-fails")
@ways(call=CALLS, late=LATE)
def test_submit_fails_after_the_main_thread(call: str, late: str) -> None:
    assert play("threads/late_thread_broken").lines == [
        "main: ends",
        "RuntimeError: cannot schedule new futures after interpreter shutdown",
    ]
    pools = (
        "pool, used = ThreadPoolExecutor(), ThreadPoolExecutor()\nused.submit(str, 1).result()\n"
    )
    (line,) = perform_script(HEAD + pools + SUBMIT.format(call=call) + late).lines
    assert line in (
        "cannot schedule new futures after interpreter shutdown",
        "cannot schedule new futures after shutdown",  # a worker of its own has seen the end
    )


@pytest.mark.always("late-thread-from-atexit", since="3.13")
@ways(count={"one": 1, "many": 10}, daemon={"ordinary": False, "daemon": True})
def test_a_thread_from_atexit_runs(count: int, daemon: bool) -> None:
    # no mutant: в 3.12.1 поток не запустится, и примера с ним нет
    trace = perform_script(f"""{HEAD}
def late():
    for _ in range({count}):
        thread = Thread(target=print, args=("ran",), daemon={daemon})
        thread.start()
        thread.join()
atexit.register(late)
""")
    assert trace.lines == ["ran"] * count


@pytest.mark.always("late-thread-from-del", since="3.13")
@ways(daemon={"ordinary": False, "daemon": True})
def test_a_thread_from_del_is_refused(daemon: bool) -> None:
    # no mutant: так только с 3.13, и примера с ним нет
    trace = perform_script(f"""{HEAD}
class Late:
    Thread = Thread
    def __del__(self):
        try:
            self.Thread(target=str, daemon={daemon}).start()
        except RuntimeError as error:
            print(type(error).__name__, error)
late = Late()
""")
    assert trace.lines == [
        "PythonFinalizationError can't create new thread at interpreter shutdown"
    ]


@pytest.mark.always("late-finally-submits")
@ways(end={"return": None, "error": ValueError, "exit": SystemExit, "Ctrl+C": KeyboardInterrupt})
def test_finally_still_submits(end: type[BaseException] | None) -> None:
    assert play("threads/late_thread_fixed").lines == ["main: ends", "report: sent"]
    done: list[str] = []

    def work() -> None:
        with ThreadPoolExecutor() as pool:
            try:
                if end:
                    raise end
            finally:
                pool.submit(done.append, "sent").result()

    if end:
        with pytest.raises(end):
            work()
    else:
        work()
    assert done == ["sent"]
