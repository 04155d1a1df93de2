from threading import Event, Thread


def speak(line: str, turn: Event, next_turn: Event) -> None:
    turn.wait()
    print(line)
    next_turn.set()


def main() -> None:
    first, second, third = Event(), Event(), Event()
    ann = Thread(target=speak, args=("Ann: hello", second, third))
    bob = Thread(target=speak, args=("Bob: hello", first, second))
    ann.start()
    bob.start()
    first.set()
    third.wait()
    print("main: both have spoken")


if __name__ == "__main__":
    main()
