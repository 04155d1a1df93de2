import threading

current = threading.local()


def greet() -> str:
    return f"hello, {getattr(current, 'user', 'stranger')}"


def serve(user: str, greetings: list[str]) -> None:
    current.user = user
    greetings.append(greet())


def main() -> None:
    greetings: list[str] = []
    ann = threading.Thread(target=serve, args=("Ann", greetings))
    bob = threading.Thread(target=serve, args=("Bob", greetings))
    ann.start()
    bob.start()
    ann.join()
    bob.join()
    print(sorted(greetings))
    print(greet())


if __name__ == "__main__":
    main()
