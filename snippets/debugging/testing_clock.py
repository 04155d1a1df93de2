import asyncio
import selectors

Ready = list[tuple[selectors.SelectorKey, int]]


class InstantLoop(asyncio.SelectorEventLoop):
    """An event loop that skips its waits."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(Instant(self))

    def time(self) -> float:
        return self.now


class Instant(selectors.SelectSelector):
    def __init__(self, loop: InstantLoop) -> None:
        super().__init__()
        self.loop = loop

    def select(self, timeout: float | None = None) -> Ready:
        if timeout:
            self.loop.now += timeout + 1e-6  # late, as real clocks are
        return super().select(0 if timeout else timeout)


async def poll(answers: list[str]) -> int:
    tries = 1
    while answers.pop() != "ready":
        await asyncio.sleep(600)
        tries += 1
    return tries


def main() -> None:
    with asyncio.Runner(loop_factory=InstantLoop) as runner:
        tries = runner.run(poll(["ready", "no", "no"]))
        now = runner.get_loop().time()
    print(f"tries: {tries}, seconds: {now:.0f}")


if __name__ == "__main__":
    main()
