import sched
import time
from collections.abc import Callable


class Window:
    """A window without a screen: one thread runs its callbacks."""

    def __init__(self) -> None:
        self.events = sched.scheduler()

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        self.events.enter(seconds, 0, call)

    def mainloop(self) -> None:
        self.events.run()


def open_window(window: Window, show: Callable[[str], None]) -> None:
    def click() -> None:
        print("click: download")
        time.sleep(0.05)  # the download
        show("3 files")

    window.after(0.01, click)
    for number in 1, 2:
        window.after(number / 50, lambda: print("window: redraw"))


def show(text: str) -> None:
    print(f"label: {text}")


if __name__ == "__main__":
    window = Window()
    open_window(window, show)
    window.mainloop()
