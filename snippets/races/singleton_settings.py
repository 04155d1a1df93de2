from threading import current_thread, main_thread


class Settings:
    def __init__(self, currency: str) -> None:
        self.currency = currency


print("in the main thread:", current_thread() is main_thread())
settings = Settings("EUR")
