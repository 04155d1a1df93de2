import multiprocessing
import random
from concurrent.futures import ProcessPoolExecutor

seeded = random.Random(42)
unseeded = random.Random()


def draw() -> dict[str, float]:
    return {
        "seeded": seeded.random(),
        "unseeded": unseeded.random(),
        "module random": random.random(),
    }


def in_a_child(method: str) -> dict[str, float]:
    context = multiprocessing.get_context(method)
    with ProcessPoolExecutor(1, context) as pool:
        return pool.submit(draw).result()


def main() -> None:
    random.seed(42)
    for method in ("fork", "spawn"):
        first, second = in_a_child(method), in_a_child(method)
        for name in first:
            same = first[name] == second[name]
            verdict = "same" if same else "different"
            print(f"{method}, {name}: {verdict}")
    print("main:", round(random.random(), 3))


if __name__ == "__main__":
    main()
