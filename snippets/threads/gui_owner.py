from threading import Thread, current_thread


class Label:
    """Belongs to the thread that made it, like any widget."""

    def __init__(self) -> None:
        self.owner = current_thread()
        self.text = ""

    def set(self, text: str) -> None:
        if current_thread() is not self.owner:
            name = current_thread().name
            raise RuntimeError(f"{name} changed a label of the window")
        self.text = text


def download(label: Label) -> None:
    try:
        label.set("3 files")
    except RuntimeError as error:
        print(f"RuntimeError: {error}")


def main() -> None:
    label = Label()
    worker = Thread(target=download, args=(label,), name="download")
    worker.start()
    worker.join()
    label.set("ready")
    print(f"label: {label.text}")


if __name__ == "__main__":
    main()
