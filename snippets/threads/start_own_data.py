import threading

current = threading.local()


def greet() -> str:
    return f"hello, {getattr(current, 'user', 'stranger')}"


def serve(user: str, greetings: list[str]) -> None:
    current.user = user
    greetings.append(greet())


def main() -> None:
    greetings: list[str] = []
    for user in ("Ann", "Bob"):
        thread = threading.Thread(target=serve, args=(user, greetings))
        thread.start()
        thread.join()
    print(greetings)
    print(greet())


if __name__ == "__main__":
    main()
