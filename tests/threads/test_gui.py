"""Proofs for source/threads/gui.md."""

from collections.abc import Callable
from threading import Thread, current_thread
from typing import Any

import pytest
from proven.stage import load, play

from tests.ways import ways


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
