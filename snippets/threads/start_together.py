from threading import Barrier, Thread


def meet(name: str, met: Barrier, guests: list[str]) -> None:
    guests.append(name)
    met.wait()
    print(f"{name} sees {len(guests)} guests")


def main() -> None:
    guests: list[str] = []
    met = Barrier(2)
    ann = Thread(target=meet, args=("Ann", met, guests))
    bob = Thread(target=meet, args=("Bob", met, guests))
    ann.start()
    bob.start()
    ann.join()
    bob.join()
    print(f"both have left: {not (ann.is_alive() or bob.is_alive())}")


if __name__ == "__main__":
    main()
