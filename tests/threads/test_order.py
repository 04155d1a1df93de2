"""Proofs for source/threads/order.md."""

import io
import logging
import os
import subprocess
import sys
import tempfile
from ast import literal_eval
from collections.abc import Callable, Iterator
from itertools import combinations
from threading import Barrier, Condition, Event, Lock, Thread, current_thread
from typing import Any

import pytest
from proven.stage import load, play

from tests.ways import ways
from tests.ways_processes import METHODS, filled, run_by


def schedules(steps: int) -> Iterator[list[str]]:
    """Yield each way in which two threads of so many steps can take turns."""
    for places in combinations(range(2 * steps), steps):
        yield ["low" if place in places else "high" for place in range(2 * steps)]


def printed(schedule: list[str]) -> list[int]:
    """Return what the page's two threads print when they take turns by this schedule."""
    count = load("threads/order_two_threads").count
    lines: list[int] = []
    turn = Condition()

    def print_in_turn(number: int) -> None:
        with turn:
            turn.wait_for(lambda: schedule[len(lines)] == current_thread().name)
            lines.append(number)
            turn.notify_all()

    count.__globals__["print"] = print_in_turn
    steps = len(schedule) // 2
    threads = [
        Thread(target=count, args=(1, steps), name="low"),
        Thread(target=count, args=(6, 5 + steps), name="high"),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return lines


@pytest.mark.always("order-within-thread")
def test_each_thread_keeps_its_own_order() -> None:
    # one way: all twenty orders of the two threads are forced
    numbers = [int(line) for line in play("threads/order_two_threads").lines]
    assert sorted(numbers) == list(range(1, 11))
    for lines in (numbers, *map(printed, schedules(3))):
        low = [number for number in lines if number <= 5]
        high = [number for number in lines if number > 5]
        assert low == sorted(low)
        assert high == sorted(high)


def _through_pipe(command: list[str]) -> str:
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=_BUFFERED, text=True
    ).stdout


def _through_file(command: list[str]) -> str:
    with tempfile.TemporaryFile("w+", encoding="utf-8") as file:
        subprocess.run(command, stdout=file, stderr=file, env=_BUFFERED)
        file.seek(0)
        return file.read()


_BUFFERED = {name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"}


@pytest.mark.always("order-stderr-overtakes")
@ways(
    through={"pipe": _through_pipe, "file": _through_file},
    flush={"in the buffer": False, "flushed": True},
    who={"main": "work()", "thread": "threading.Thread(target=work).start()"},
)
def test_a_line_of_stderr_overtakes_what_stdout_holds(
    through: Callable[[list[str]], str], flush: bool, who: str
) -> None:
    # no mutant: программа стоит в самом доказательстве
    program = filled(
        """
        import sys, threading

        def work():
            print("out 1")
            print("out 2", flush=FLUSH)
            print("err", file=sys.stderr)

        WHO
        """,
        FLUSH=flush,
        WHO=who,
    )
    lines = through([sys.executable, "-c", program]).splitlines()
    assert lines == (["out 1", "out 2", "err"] if flush else ["err", "out 1", "out 2"])


@pytest.mark.sometimes("order-between-threads-any")
def test_between_threads_every_order_can_happen() -> None:
    seen = {tuple(printed(schedule)) for schedule in schedules(3)}
    assert len(seen) == 20, "6 steps, 3 of each thread: 6! / (3! 3!)"
    assert (1, 2, 3, 6, 7, 8) in seen
    assert (6, 7, 8, 1, 2, 3) in seen


@pytest.mark.sometimes("order-not-of-start")
def test_who_started_first_may_speak_second() -> None:
    trace = play("threads/order_forced")
    assert trace.ordered("Bob: hello", "Ann: hello", "main: both have spoken")


@pytest.mark.always("order-print-writes-twice")
@ways(
    text={"short": "ready", "long": "x" * 100_000},
    more={"one": [], "two": ["steady"], "three": [2, None]},
)
def test_print_writes_the_text_and_the_newline_apart(text: str, more: list[object]) -> None:
    class Writes(io.StringIO):
        def write(self, text: str) -> int:
            writes.append(text)
            return len(text)

    writes: list[str] = []
    print(text, *more, file=Writes())
    assert writes == [text, *(each for other in more for each in (" ", str(other))), "\n"]


@pytest.mark.sometimes("order-torn-line")
def test_two_lines_can_tear() -> None:
    torn = load("threads/order_torn_broken")
    assert written(torn.Screen(2), torn.report) == "readyready\n\n"
    (line,) = play("threads/order_torn_broken").lines
    assert literal_eval(line) == ["readyready", ""]


@pytest.mark.sometimes("order-torn-unbuffered-stdout")
def test_an_unbuffered_stream_of_the_system_tears_as_well() -> None:
    reading, writing = os.pipe()

    class Raw(io.FileIO):
        def write(self, data: bytes) -> int:
            count = super().write(data)
            both.wait()
            return count

    both = Barrier(2)
    # Python opens stdout just so under -u and PYTHONUNBUFFERED.
    with io.TextIOWrapper(Raw(writing, "w"), write_through=True) as stdout:
        threads = [Thread(target=print, args=("ready",), kwargs={"file": stdout}) for _ in "ab"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with open(reading, encoding="ascii") as file:
        assert file.read() == "readyready\n\n"


class Disk(io.RawIOBase):
    """A file whose first write takes as long as one likes."""

    def __init__(self) -> None:
        self.written = b""
        self.in_write, self.go_on = Event(), Event()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.in_write.set()
        self.go_on.wait()
        self.written += bytes(data)
        return len(data)


@pytest.mark.always("order-text-lost-during-flush")
@ways(
    write={
        "print": lambda file: print("late", file=file),
        "print of one piece": lambda file: print("late\n", end="", file=file),
        "write": lambda file: file.write("late\n"),
    }
)
def test_what_is_written_during_a_flush_was_lost(write: Callable[[io.TextIOWrapper], Any]) -> None:
    disk = Disk()
    file = io.TextIOWrapper(io.BufferedWriter(disk, 16), encoding="ascii")

    def fill() -> None:
        for letter in "ab":  # the second flushes the first
            file.write(letter * 8_000 + "\n")

    first = Thread(target=fill)
    first.start()
    disk.in_write.wait()
    second = Thread(target=write, args=(file,))
    second.start()
    second.join()
    disk.go_on.set()
    first.join()
    file.flush()
    version = sys.version_info[:3]
    lost = version < (3, 11, 10) or (3, 12) <= version < (3, 12, 5)
    assert (b"late\n" not in disk.written) is lost
    assert disk.written.count(b"a") >= 8_000


@pytest.mark.always("order-logging-whole")
@ways(threads={"1": 1, "2": 2, "20": 20})
def test_logging_writes_each_record_at_once_and_under_its_lock(threads: int) -> None:
    writes: list[str] = []
    others_got_in: list[bool] = []

    def ask() -> None:
        others_got_in.append(handler.lock.acquire(blocking=False))

    class Watched(io.StringIO):
        def write(self, text: str) -> int:
            writes.append(text)
            asker = Thread(
                target=lambda: others_got_in.append(handler.lock.acquire(blocking=False))
            )
            asker.start()
            asker.join()
            return len(text)

    handler = logging.StreamHandler(Watched())
    logger = logging.Logger("own")
    logger.addHandler(handler)
    workers = [Thread(target=logger.info, args=("ready",)) for _ in range(threads)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    assert writes == ["ready\n"] * threads
    assert others_got_in == [False] * threads


@pytest.mark.always("order-lock-keeps-lines")
@ways(threads={"2": 2, "5": 5})
def test_print_under_one_lock_keeps_lines_whole(threads: int) -> None:
    whole = load("threads/order_torn_fixed")
    screen, lock = whole.Screen(threads), Lock()
    workers = [Thread(target=whole.report, args=(screen, lock)) for _ in range(threads)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    assert screen.getvalue() == "ready\n" * threads
    (line,) = play("threads/order_torn_fixed").lines
    assert literal_eval(line) == ["ready", "ready"]


@pytest.mark.always("order-main-prints")
def test_results_printed_by_main_come_in_argument_order() -> None:
    # one way: both orders of the two jobs are forced
    trace = play("threads/order_results")
    assert [literal_eval(line) for line in trace.lines] == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]
    (printer,) = {event.actor for event in trace.events}
    assert "Thread" not in printer
    for order in ((1, 6), (6, 1)):
        snippet = load("threads/order_results")
        count, printed = snippet.count, []
        ended = {first: Event() for first in (0, *order)}
        ended[0].set()

        def in_this_order(
            *args: int, count: Any = count, ended: Any = ended, order: Any = order
        ) -> list[int]:
            ended[(0, *order)[order.index(args[0])]].wait()
            try:
                return count(*args)
            finally:
                ended[args[0]].set()

        count.__globals__.update(count=in_this_order, print=printed.append)
        snippet.main()
        assert printed == [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10]]


def written(screen: io.StringIO, report: object) -> str:
    """Return what two threads that report at once leave on the screen."""
    threads = [Thread(target=report, args=(screen,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return screen.getvalue()


@pytest.mark.sometimes("order-processes-torn")
@ways(method=METHODS)
def test_another_process_prints_amid_a_line(method: str) -> None:
    # no mutant: программа стоит в самом доказательстве
    run = run_by(
        method,
        """
        import os
        from multiprocessing import Event, Process

        os.environ["PYTHONUNBUFFERED"] = "1"  # spawn doesn't hand -u down

        class Slow:
            def __init__(self, begun, go_on):
                self.begun, self.go_on = begun, go_on

            def __str__(self):
                self.begun.set()
                self.go_on.wait()
                return "end"

        def work(begun, go_on):
            print("start", Slow(begun, go_on))

        if __name__ == "__main__":
            begun, go_on = Event(), Event()
            child = Process(target=work, args=(begun, go_on))
            child.start()
            begun.wait()
            print("main")
            go_on.set()
            child.join()
        """,
        "-u",
    )
    assert run.stdout == "start main\nend\n"


@pytest.mark.sometimes("order-processes-torn-at-seam")
@ways(method=METHODS)
def test_a_full_buffer_gives_away_part_of_a_line(method: str) -> None:
    # no mutant: программа стоит в самом доказательстве
    run = run_by(
        method,
        """
        from multiprocessing import Event, Process

        def work(full, go_on):
            print("child" * 100_000)  # more than a buffer of any version holds
            full.set()
            go_on.wait()

        if __name__ == "__main__":
            full, go_on = Event(), Event()
            child = Process(target=work, args=(full, go_on))
            child.start()
            full.wait()
            print("main", flush=True)
            go_on.set()
            child.join()
        """,
    )
    begun, ended = run.stdout.splitlines()
    assert begun != "main"
    assert begun.endswith("main")
    assert begun.removesuffix("main") + ended == "child" * 100_000


FORK_ENDS = {
    "returns": ("pass", 2),
    "sys.exit": ("sys.exit(3)", 2),
    "exception": ("1 / 0", 2),
    "os._exit": ("os._exit(0)", 1),
    "killed": ("os.kill(os.getpid(), 9)", 1),
    "os.exec": ("os.execv(sys.executable, [sys.executable, '-c', 'pass'])", 1),
    "flushed before": ("pass", 1),
}


@pytest.mark.always("order-fork-doubles")
@ways(end=FORK_ENDS)
def test_both_processes_print_what_the_buffer_held(
    end: tuple[str, int], request: pytest.FixtureRequest
) -> None:
    # no mutant: программа стоит в самом доказательстве
    ending, times = end
    run = run_by(
        "fork",
        filled(
            """
        import os, sys

        print("header", flush=FLUSH)
        child = os.fork()
        if child:
            os.waitpid(child, 0)
        else:
            ENDING
        """,
            ENDING=ending,
            FLUSH="flushed before" in request.node.name,
        ),
    )
    assert run.stdout == "header\n" * times


@pytest.mark.always("order-multiprocessing-flushes")
@ways(method=METHODS, pool={"process": "Process", "pool": "Pool"})
def test_multiprocessing_flushes_before_it_starts_a_process(method: str, pool: str) -> None:
    # no mutant: программа стоит в самом доказательстве
    run = run_by(
        method,
        filled(
            """
        import multiprocessing

        def work():
            print("child", flush=True)

        if __name__ == "__main__":
            print("header")
            if "KIND" == "Pool":
                with multiprocessing.Pool(1) as pool:
                    pool.apply(work)
            else:
                child = multiprocessing.Process(target=work)
                child.start()
                child.join()
        """,
            KIND=pool,
        ),
    )
    assert run.stdout.splitlines().count("header") == 1
    assert run.stdout.splitlines().count("child") == 1


CHILD_WRITES = {
    "flush": ("file.flush()", "header\n" * 2),
    "close": ("file.close()", "header\n" * 2),
    "its own line": ("print('child', file=file, flush=True)", "header\nchild\nheader\n"),
    "nothing": ("pass", "header\n"),
}
"""What a child does to a file of its parent, and what is in it at last."""


@pytest.mark.always("order-fork-doubles-files")
@ways(
    writes=CHILD_WRITES,
    flush={"in the buffer": False, "flushed": True},
    pool={"process": False, "pool": True},
)
def test_a_forked_child_writes_what_the_buffer_of_a_file_held(
    writes: tuple[str, str], flush: bool, pool: bool
) -> None:
    # no mutant: программа стоит в самом доказательстве
    does, told = writes
    run = run_by(
        "fork",
        filled(
            """
        import multiprocessing

        def work():
            DOES

        if __name__ == "__main__":
            file = open("report.txt", "w")
            print("header", file=file, flush=FLUSH)
            if POOL:
                with multiprocessing.Pool(1) as pool:
                    pool.apply(work)
            else:
                child = multiprocessing.Process(target=work)
                child.start()
                child.join()
            file.close()
            print(open("report.txt").read(), end="")
        """,
            DOES=does,
            FLUSH=flush,
            POOL=pool,
        ),
    )
    once = "header\n" + "child\n" * ("child" in told)
    assert run.stdout == (once if flush else told)


@pytest.mark.always("order-program-overtakes")
@ways(
    start={
        "run": "subprocess.run(command)",
        "Popen": "subprocess.Popen(command).wait()",
        "os.system": "os.system(shlex.join(command))",
    },
    flush={"in the buffer": False, "flushed": True},
)
def test_a_program_that_one_starts_prints_before_the_buffer(start: str, flush: bool) -> None:
    # no mutant: программа стоит в самом доказательстве
    run = run_by(
        "fork",
        filled(
            """
        import os, shlex, subprocess, sys

        command = [sys.executable, "-c", "print('program')"]
        print("before", flush=FLUSH)
        START
        print("after")
        """,
            START=start,
            FLUSH=flush,
        ),
    )
    told = ["before", "program", "after"] if flush else ["program", "before", "after"]
    assert run.stdout.splitlines() == told
