"""Proofs for source/web/workers.md."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from proven.stage import play

from tests.ways import ways


@pytest.mark.always("workers-start-each")
@pytest.mark.always("workers-own-memory")
def test_each_process_has_its_own() -> None:
    # one way: a real server, whose processes start by spawn only
    trace = play("web/workers_broken")
    assert trace.lines.count("scheduler: starts") == 3
    assert trace.lines[-2:] == ["processes: 3", "one knows all names: False"]
    starts = {each.actor for each in trace.events if each.text == "scheduler: starts"}
    assert len(starts) == 3


@pytest.mark.always("workers-shared-outside")
def test_the_database_is_shared() -> None:
    # one way: a real server, whose processes start by spawn only
    trace = play("web/workers_fixed")
    assert trace.lines.count("scheduler: starts") == 1
    assert trace.lines[-2:] == ["processes: 3", "one knows all names: True"]


HOLDS = """
import fcntl, os, signal, sys
file = open({path!r}, "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("has it", flush=True)
sys.stdin.readline()
{end}
"""
ENDS = {
    "returns": "",
    "raises": "raise OSError",
    "os._exit": "os._exit(1)",
    "SIGKILL": "os.kill(os.getpid(), signal.SIGKILL)",
}
LIVES_ON = "print('let go', flush=True); sys.stdin.readline()"
LETS_GO = {
    "closes": f"file.close(); {LIVES_ON}",
    "forgets": f"del file; {LIVES_ON}",
}


@pytest.mark.always("workers-flock-one")
@pytest.mark.always("workers-flock-freed")
@ways(end=ENDS | LETS_GO)
def test_one_has_the_lock(end: str, tmp_path: Path) -> None:
    assert play("web/workers_lock").lines == [
        "process 1: schedules, too",
        "process 2: serves only",
        "process 3: schedules, too",
        "process 4: serves only",
    ]
    path = tmp_path / "lock"
    code = HOLDS.format(path=str(path), end=end)
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as holder:
        assert holder.stdin
        assert holder.stdout
        assert holder.stdout.readline() == "has it\n"
        assert not _is_free(path)
        print(file=holder.stdin, flush=True)
        lives = end in LETS_GO.values()
        assert holder.stdout.readline() == ("let go\n" if lives else "")
        if not lives:
            holder.wait()
        assert _is_free(path)
        assert (holder.poll() is None) == lives
        holder.communicate("\n" if lives else None)


def _is_free(path: Path) -> bool:
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


REMOVED: dict[str, tuple[Callable[[Path], object], bool]] = {
    "removed": (Path.unlink, True),
    "renamed": (lambda path: path.rename(path.with_name("old")), True),
    "replaced": (lambda path: _fresh(path).replace(path), True),
    "emptied": (lambda path: path.write_text(""), False),
    "left": (lambda _: None, False),
}
"""What one does to the file of a lock, and whether another may have the lock then."""


def _fresh(path: Path) -> Path:
    fresh = path.with_name("fresh")
    fresh.touch()
    return fresh


@pytest.mark.always("workers-flock-removed")
@ways(what=REMOVED)
def test_a_second_one_has_the_lock_of_a_removed_file(
    what: tuple[Callable[[Path], object], bool], tmp_path: Path
) -> None:
    # no mutant: пример файла блокировки не трогает
    act, free = what
    path = tmp_path / "lock"
    code = HOLDS.format(path=str(path), end="")
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "has it\n"
        act(path)
        assert _is_free(path) is free
        assert holder.poll() is None
        holder.communicate("\n")


INHERITED = """
import fcntl, multiprocessing, os

context = multiprocessing.get_context("fork")
file = open({path!r}, "w")
all_have_it = context.Barrier(3)

def lock():
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    all_have_it.wait(60)
    os.write(1, b"has it\\n")

def by_os():
    if not os.fork():
        lock()
        os._exit(0)

def by_process():
    context.Process(target=lock).start()

{first}()
{second}()
lock()
"""
FORKS_BY = {"os.fork": "by_os", "Process": "by_process"}


@pytest.mark.always("workers-flock-inherited")
@ways(first=FORKS_BY, second=FORKS_BY)
def test_a_file_opened_before_fork_is_locked_by_all(
    first: str, second: str, tmp_path: Path
) -> None:
    # no mutant: в примере каждый процесс открывает файл сам
    code = INHERITED.format(path=str(tmp_path / "lock"), first=first, second=second)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert run.stdout.splitlines() == ["has it"] * 3, run.stderr
