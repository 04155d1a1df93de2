import math
import pickle
import threading


def can_travel(thing: object) -> bool:
    try:
        pickle.dumps(thing)
    except (AttributeError, TypeError, pickle.PicklingError):
        return False
    return True


def main() -> None:
    cargo = {
        "list": [1, 2],
        "function of a module": math.sqrt,
        "lambda": lambda number: number + 1,
        "generator": (number for number in [1, 2]),
        "threading.Lock": threading.Lock(),
    }
    for name, thing in cargo.items():
        print(f"{name}: {can_travel(thing)}")


if __name__ == "__main__":
    main()
