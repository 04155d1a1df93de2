import threading


def boil(fire: threading.Event) -> None:
    fire.wait()
    print("water: boils")


def main() -> None:
    fire = threading.Event()
    kettle = threading.Thread(target=boil, args=(fire,))
    kettle.start()
    print("main: sets out the cups")
    fire.set()
    kettle.join()
    print("main: pours the tea")


if __name__ == "__main__":
    main()
