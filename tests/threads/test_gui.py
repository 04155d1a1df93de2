"""Proofs for source/threads/gui.md."""

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from threading import Thread, current_thread
from typing import Any

import pytest
from proven.proofs import LACKS, needs
from proven.stage import load, play

from tests.ways import ways
from tests.ways_processes import filled

LACKS["tkinter"] = lambda: find_spec("_tkinter") is None


@pytest.mark.always("gui-window-lives")
@ways(others={"one": 1, "two": 2, "many": 50})
def test_the_window_goes_on_while_a_thread_waits(others: int) -> None:
    trace = play("threads/gui_fixed")
    assert trace.lines == [
        "click: download",
        *["window: redraw"] * 2,
        "label: 3 files (MainThread)",
    ]
    module = load("threads/gui_fixed")
    called: list[str] = []
    window = module.Window()
    for _ in range(others):
        window.after(0.03, lambda: called.append("other"))  # due before the server answers
    module.open_window(window, called.append)
    window.mainloop()
    assert called == ["other"] * others + ["3 files"]


@pytest.mark.always("gui-window-shows")
@ways(owner={"main thread": False, "another thread": True})
def test_the_thread_of_the_window_shows(owner: bool) -> None:
    shown: list[tuple[str, Thread]] = []
    module = load("threads/gui_fixed")

    def run() -> None:
        window = module.Window()
        module.open_window(window, lambda text: shown.append((text, current_thread())))
        window.mainloop()

    looping = Thread(target=run) if owner else current_thread()
    if owner:
        looping.start()
        looping.join()
    else:
        run()
    assert shown == [("3 files", looping)]


@pytest.mark.always("gui-handler-blocks")
@ways(others={"one": 1, "two": 2, "many": 50}, due={"soon": 0.02, "amid": 0.04})
def test_a_handler_holds_all_others(others: int, due: float) -> None:
    trace = play("threads/gui_broken")
    assert trace.lines == ["click: download", "label: 3 files", *["window: redraw"] * 2]
    module = load("threads/gui_broken")
    called: list[str] = []
    window = module.Window()
    module.open_window(window, called.append)
    for _ in range(others):
        window.after(due, lambda: called.append("other"))
    window.mainloop()
    assert called == ["3 files"] + ["other"] * others


def directly(work: Callable[[], None]) -> None:
    work()


def in_a_thread(work: Callable[[], None]) -> None:
    thread = Thread(target=work)
    thread.start()
    thread.join()


@pytest.mark.always("gui-owner-check")
@ways(
    made={"in the main thread": directly, "in another": in_a_thread},
    daemon={"ordinary": False, "daemon": True},
)
def test_the_owner_check_raises_elsewhere(made: Callable[..., None], daemon: bool) -> None:
    assert play("threads/gui_owner").lines == [
        "RuntimeError: download changed a label of the window",
        "label: ready",
    ]
    module = load("threads/gui_owner")
    outcomes: list[Any] = []

    def set_by(label: Any) -> None:
        try:
            label.set("set")
        except RuntimeError as error:
            outcomes.append(str(error))

    def make_and_use() -> None:
        label = module.Label()
        label.set("mine")
        other = Thread(target=set_by, args=(label,), name="other", daemon=daemon)
        other.start()
        other.join()
        outcomes.append(label.text)

    made(make_and_use)
    assert outcomes == ["other changed a label of the window", "mine"]


TCL = """
import os, sys, tkinter
from threading import Event, Thread, current_thread

def use():
    try:
        USE
        done.append("done")
    except RuntimeError as error:
        done.append(str(error))

def note(*_):
    noted.append(current_thread().name)
    was_noted.set()

def own():
    global root, variable
    root = tkinter.Tcl()
    root.tk.createcommand("note", note)
    root.tk.createcommand("stop", root.quit)
    variable = tkinter.StringVar(root, "old")
    variable.trace_add("write", note)
    BODY

done, noted, was_noted = [], [], Event()
foreign = Thread(target=use)
owner = Thread(target=own, name="owner")
owner.start()
owner.join()
sys.stdout.flush()
os._exit(0)  # what belongs to another thread's Tcl must not be deleted by this one
"""
USES = {
    "call": 'root.tk.call("note")',
    "variable": 'variable.set("new")',
    "after": "root.after(0, note)",
}


def of_tcl(use: str, body: str) -> list[str]:
    """Return what a program prints whose foreign thread uses the Tcl of another so."""
    needs("tkinter")
    code = filled(TCL, USE=use, BODY=body.strip().replace("\n", "\n    "))
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout.splitlines()


@pytest.mark.always("gui-tkinter-sends-the-call")
@ways(use=USES)
def test_the_thread_of_the_loop_runs_the_call(use: str) -> None:
    # no mutant: в чьём потоке идёт вызов, решает сам tkinter
    body = """
def finish():
    foreign.join()
    was_noted.wait()
    root.tk.call("stop")

root.after(1, foreign.start)
closer = Thread(target=finish)
root.after(1, closer.start)
root.mainloop(-1)  # a loop without a window
closer.join()
print(done, noted)
"""
    assert of_tcl(use, body) == ["['done'] ['owner']"]


@pytest.mark.always("gui-tkinter-needs-the-loop")
@ways(use=USES, own={"no loop": "pass", "a loop of update()": "root.update()"})
def test_a_foreign_call_without_a_loop_is_refused(use: str, own: str) -> None:
    # no mutant: запущен ли цикл, спрашивает сам tkinter
    body = """
foreign.start()
while foreign.is_alive():
    OWN
    foreign.join(0.01)
print(done, noted)
"""
    assert of_tcl(use, filled(body, OWN=own)) == ["['main thread is not in main loop'] []"]


@pytest.mark.always("gui-tkinter-handler-waits")
@ways(use=USES)
def test_a_foreign_call_waits_for_the_handler(use: str) -> None:
    # no mutant: чего ждёт чужой поток, решает сам tkinter
    body = """
def handle():
    foreign.start()
    foreign.join(0.3)
    print(foreign.is_alive(), done)

root.after(1, handle)
closer = Thread(target=lambda: (foreign.join(), root.tk.call("stop")))
root.after(2, closer.start)
root.mainloop(-1)  # a loop without a window
closer.join()
print(foreign.is_alive(), done)
"""
    assert of_tcl(use, body) == ["True []", "False ['done']"]


DELETED = """
import gc, tkinter
from threading import Thread

def make():
    global root
    root = tkinter.Tcl()

def drop():
    global root
    root = None

def leave_to_the_collector():
    global root
    root.itself, root = root, None

def in_a_thread(*works):
    def run():
        for work in works:
            work()
    thread = Thread(target=run)
    thread.start()
    thread.join()

gc.disable()
STEPS
print("goes on")
"""
IS_DELETED = {
    "dropped by another thread": ("make(); in_a_thread(drop)", False),
    "dropped by the main thread": ("in_a_thread(make); drop()", False),
    "collected by another": ("make(); leave_to_the_collector(); in_a_thread(gc.collect)", False),
    "dropped by its own thread": ("in_a_thread(make, drop)", True),
    "collected by its own": ("make(); leave_to_the_collector(); gc.collect()", True),
    "held by the main thread": ("make(); in_a_thread(gc.collect)", True),
}


@pytest.mark.always("gui-tkinter-deleted-elsewhere", before="3.13")
@ways(steps=IS_DELETED)
def test_a_tk_that_another_thread_deletes_ends_the_program(steps: tuple[str, bool]) -> None:
    # no mutant: в чьём потоке удалять окно, проверяет сам Tcl
    needs("tkinter")
    how, survives = steps
    command = [sys.executable, "-c", filled(DELETED, STEPS=how)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert run.stdout == ("goes on\n" if survives else "")
    assert (run.returncode == 0) is survives
    told = "Tcl_AsyncDelete: async handler deleted by the wrong thread"
    assert (told in run.stderr) is not survives


@pytest.mark.always("gui-update-reenters")
@ways(
    update={"update": ("root.update()", True), "no update": ("pass", False)},
    other={"another": "other", "the same": "handle"},
)
def test_update_in_a_handler_runs_others(update: tuple[str, bool], other: str) -> None:
    # no mutant: настоящего tkinter в примерах нет
    how, inside = update
    body = """
    def handle():
        noted.append("begins")
        if len(noted) == 1:
            root.after(0, OTHER)
            root.after(0, root.quit)
            UPDATE
        noted.append("ends")

    def other():
        noted.extend(["begins", "ends"])

    root.after(0, handle)
    root.mainloop(-1)  # a loop without a window
    print(noted)
    """
    nested = ["begins"] * 2 + ["ends"] * 2
    apart = ["begins", "ends"] * 2
    told = of_tcl("pass", filled(body, UPDATE=how, OTHER=other))
    assert told == [str(nested if inside else apart)]
