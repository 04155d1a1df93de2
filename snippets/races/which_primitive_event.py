from threading import Event, Thread


class Config:
    def __init__(self) -> None:
        self.ready = Event()
        self.port: int | None = None

    def load(self) -> None:
        self.port = 8000
        self.ready.set()

    def serve(self, name: str) -> None:
        self.ready.wait()
        print(f"{name}: port {self.port}")


def main() -> None:
    config = Config()
    early = Thread(target=config.serve, args=("early",))
    early.start()
    print("main: load")
    config.load()
    early.join()
    late = Thread(target=config.serve, args=("late",))
    late.start()
    late.join()


if __name__ == "__main__":
    main()
