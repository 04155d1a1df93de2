try:
    from concurrent.futures import InterpreterPoolExecutor as Pool
except ImportError:  # before Python 3.14
    from concurrent.futures import ProcessPoolExecutor as Pool

paid: list[str] = []


def pay(order: dict[str, str]) -> str:
    order["status"] = "paid"
    paid.append(order["name"])
    return f"{order['status']}, {len(paid)} in the list"


def main() -> None:
    tea = {"name": "tea", "status": "new"}
    with Pool(max_workers=1) as pool:
        for job in (1, 2):
            print(f"job {job}: {pool.submit(pay, tea).result()}")
    print(f"main: {tea['status']}, {len(paid)} in the list")


if __name__ == "__main__":
    main()
