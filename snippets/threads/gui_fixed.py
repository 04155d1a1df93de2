import sched
from collections.abc import Callable
from queue import Empty, Queue
from threading import Event, Thread, current_thread


class Window:
    """A window without a screen: one thread runs its callbacks."""

    def __init__(self) -> None:
        self.events = sched.scheduler()

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        self.events.enter(seconds, 0, call)

    def mainloop(self) -> None:
        self.events.run()


def open_window(window: Window, show: Callable[[str], None]) -> None:
    results: Queue[str] = Queue()
    answered = Event()

    def download() -> None:
        answered.wait()
        results.put("3 files")

    def poll() -> None:
        try:
            show(results.get_nowait())
        except Empty:
            window.after(0.01, poll)

    def click() -> None:
        print("click: download")
        Thread(target=download).start()
        poll()

    window.after(0.01, click)
    for number in 1, 2:
        window.after(number / 50, lambda: print("window: redraw"))
    window.after(0.05, answered.set)  # the server answers


def show(text: str) -> None:
    print(f"label: {text} ({current_thread().name})")


if __name__ == "__main__":
    window = Window()
    open_window(window, show)
    window.mainloop()
