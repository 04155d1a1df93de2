# pip install greenlet
from greenlet import getcurrent, greenlet

hub = getcurrent()


def ask(what: str) -> str:
    print(f"asks for {what}")
    return str(hub.switch())


def show(what: str) -> None:
    answer = ask(what)
    print(f"shows {answer}")


def main() -> None:
    tea, coffee = greenlet(show), greenlet(show)
    tea.switch("tea")
    coffee.switch("coffee")
    print("hub: both wait")
    coffee.switch("coffee, 90")
    tea.switch("tea, 50")


if __name__ == "__main__":
    main()
