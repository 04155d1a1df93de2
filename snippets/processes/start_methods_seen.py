import multiprocessing

settings = {"level": "default"}


def show(method: str) -> None:
    print(f"{method}: the child sees {settings['level']!r}")


def main() -> None:
    settings["level"] = "set in main"
    for method in ("fork", "forkserver", "spawn"):
        context = multiprocessing.get_context(method)
        child = context.Process(target=show, args=(method,))
        child.start()
        child.join()


if __name__ == "__main__":
    main()
