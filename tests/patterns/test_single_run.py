"""Proofs for source/patterns/single-run.md."""

from __future__ import annotations

import os
import subprocess
from textwrap import dedent

import pytest
from proven.stage import play

from tests.ways import ways
from tests.ways_processes import CRASHES, METHODS, filled, run_by

BUSY = "another one is working"

CREATES = {
    "open": "open('lock', 'x')",
    "os.open": "os.open('lock', os.O_CREAT | os.O_EXCL)",
    "touch": "pathlib.Path('lock').touch(exist_ok=False)",
}
"""How a file is created that mustn't exist yet."""


@pytest.mark.always("single-exclusive-one")
@ways(create=CREATES, method=METHODS)
def test_one_of_several_creates_the_file(create: str, method: str) -> None:
    run = run_by(
        method,
        filled(
            """
            import multiprocessing, os, pathlib

            def create(all_here):
                all_here.wait(60)
                try:
                    CREATE
                except FileExistsError:
                    print("exists")
                else:
                    print("created")

            def main():
                all_here = multiprocessing.Barrier(4)
                for _ in range(4):
                    multiprocessing.Process(target=create, args=[all_here]).start()
                for process in multiprocessing.active_children():
                    process.join()

            if __name__ == "__main__":
                main()
            """,
            CREATE=create,
        ),
        timeout=90,
    )
    assert sorted(run.stdout.split()) == ["created", *["exists"] * 3], run.stderr


@pytest.mark.always("single-exclusive-left")
@ways(create=CREATES, crash=CRASHES)
def test_the_file_of_a_killed_process_stays(create: str, crash: str) -> None:
    assert play("patterns/single_run_broken").lines == ["run 1: works", f"run 2: {BUSY}"]
    assert play("patterns/single_run_fixed").lines == ["run 1: works", "run 2: works"]
    run = run_by(
        "spawn",
        filled(
            """
            import multiprocessing, os, pathlib

            def work():
                try:
                    CREATE
                except FileExistsError:
                    print("exists", flush=True)
                else:
                    print("created", flush=True)
                    CRASH

            def main():
                for _ in range(2):
                    process = multiprocessing.Process(target=work)
                    process.start()
                    process.join()
                    print(process.exitcode != 0, flush=True)

            if __name__ == "__main__":
                main()
            """,
            CREATE=create,
            CRASH=crash,
        ),
        timeout=60,
    )
    assert run.stdout.split() == ["created", "True", "exists", "False"], run.stderr


@pytest.mark.always("single-kill-zero")
@ways(ends={"works": False, "has ended": True})
def test_a_number_is_taken_until_the_parent_has_waited(ends: bool) -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE) as program:
        assert program.stdin
        if ends:
            program.stdin.close()
            os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT)
        os.kill(program.pid, 0)
    with pytest.raises(ProcessLookupError):
        os.kill(program.pid, 0)


LOCKS = """
    import fcntl, multiprocessing, os, signal, subprocess, sys

    def stay(fd):
        with open("told", "w") as told:
            told.write(str(os.getpid()))
        signal.pause()

    def unlock(fd):
        fcntl.flock(fd, fcntl.LOCK_UN)
        stay(fd)

    def close(fd):
        os.close(fd)
        stay(fd)

    def start(method, fd):
        multiprocessing.get_context(method).Process(target=ACT, args=[fd]).start()

    def program(fd):
        return [sys.executable, "-c", f"import script; script.ACT({fd})"]

    def hold():
        file = open("lock", "a")
        fcntl.flock(file, fcntl.LOCK_EX)
        fd = file.fileno()
        CHILD
        signal.pause()

    def start_both():
        os.mkfifo("told")
        holder = multiprocessing.Process(target=hold)
        holder.start()
        with open("told") as told:
            return holder, int(told.read())
"""
"""What a program defines whose child holds a lock, and has a child itself that has told its pid."""

COPIES = {
    "os.fork": "os.fork() or ACT(fd)",
    "Process by fork": "start('fork', fd)",
    "pass_fds": "subprocess.Popen(program(fd), pass_fds=[fd])",
    "inheritable": "os.set_inheritable(fd, True); subprocess.Popen(program(fd), close_fds=False)",
}
NO_COPIES = {
    "subprocess": "subprocess.Popen(program(fd))",
    "spawn": "start('spawn', fd)",
    "forkserver": "start('forkserver', fd)",
}
"""How the child of a holder starts, with or without a copy of the descriptor."""

CHILDREN = {
    **{f"{name}, stays": (child, "stay", (False, False)) for name, child in COPIES.items()},
    **{f"{name}, unlocks": (child, "unlock", (True, True)) for name, child in COPIES.items()},
    **{f"{name}, closes": (child, "close", (False, True)) for name, child in COPIES.items()},
    **{f"{name}, stays": (child, "stay", (False, True)) for name, child in NO_COPIES.items()},
}
"""What a child does, and whether the lock is free with its parent and after it."""


@pytest.mark.always("single-copy-holds")
@pytest.mark.always("single-unlock-by-child")
@pytest.mark.always("single-no-copy")
@ways(child=CHILDREN)
def test_a_copy_is_the_lock_of_its_parent(
    child: tuple[str, str, tuple[bool, bool]],
) -> None:
    start, act, (with_parent, after_parent) = child
    main = """
    def is_free():
        with open("lock", "a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    def main():
        holder, child = start_both()
        try:
            print(is_free())
            holder.kill()
            holder.join()
            print(is_free())
        finally:
            holder.kill()
            os.kill(child, signal.SIGKILL)
        fcntl.flock(open("lock", "a"), fcntl.LOCK_EX)
        print("free at last")

    if __name__ == "__main__":
        main()
    """
    code = filled(LOCKS, CHILD=start, ACT=act) + dedent(main)
    run = run_by("spawn", code, timeout=60)
    expected = [str(with_parent), str(after_parent), "free at last"]
    assert run.stdout.splitlines() == expected, run.stderr


IGNORES = {
    "reads": ("print(open('lock').read(), flush=True)", ["pid", "pid"]),
    "appends": ("open('lock', 'a').write('new')", ["pidnew"]),
    "erases": ("open('lock', 'w')", [""]),
    "removes": ("os.remove('lock')", ["gone"]),
}
"""What a process does that doesn't ask for the lock, and what is printed and left in the file."""


@pytest.mark.always("single-advisory")
@ways(what=IGNORES)
def test_who_does_not_ask_is_not_stopped(what: tuple[str, list[str]]) -> None:
    act, lines = what
    run = run_by(
        "spawn",
        filled(
            """
            import fcntl, multiprocessing, os

            def act():
                with open("lock", "a") as file:
                    try:
                        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        print("busy", flush=True)
                ACT

            def main():
                with open("lock", "a") as file:
                    file.write("pid")
                    file.flush()
                    fcntl.flock(file, fcntl.LOCK_EX)
                    process = multiprocessing.Process(target=act)
                    process.start()
                    process.join()
                    print(open("lock").read() if os.path.exists("lock") else "gone")

            if __name__ == "__main__":
                main()
            """,
            ACT=act,
        ),
        timeout=60,
    )
    assert run.stdout.split("\n")[:-1] == ["busy", *lines], run.stderr


CLOSES = {
    "open": "open('lock').close()",
    "os.open": "os.close(os.open('lock', os.O_RDONLY))",
    "dup": "os.close(os.dup(file.fileno()))",
    "read_text": "pathlib.Path('lock').read_text()",
}
"""How a process closes another descriptor of a file."""


@pytest.mark.always("single-lockf-any-close")
@ways(close=CLOSES, lock={"lockf": "lockf", "flock": "flock"})
def test_any_close_frees_a_record_lock(close: str, lock: str) -> None:
    run = run_by(
        "spawn",
        filled(
            """
            import fcntl, multiprocessing, os, pathlib

            def ask():
                with open("lock", "a") as file:
                    try:
                        fcntl.LOCK(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    except BlockingIOError:
                        print("busy", flush=True)
                    else:
                        print("free", flush=True)

            def ask_another():
                process = multiprocessing.Process(target=ask)
                process.start()
                process.join()

            def main():
                with open("lock", "a") as file:
                    fcntl.LOCK(file, fcntl.LOCK_EX)
                    ask_another()
                    CLOSE
                    ask_another()

            if __name__ == "__main__":
                main()
            """,
            CLOSE=close,
            LOCK=lock,
        ),
        timeout=60,
    )
    assert run.stdout.split() == ["busy", "free" if lock == "lockf" else "busy"], run.stderr
