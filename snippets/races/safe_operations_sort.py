from threading import Event, Thread


def main() -> None:
    prices = [30, 10, 20]
    sorting, looked = Event(), Event()

    def key(price: int) -> int:
        sorting.set()
        looked.wait()
        return price

    def sort() -> None:
        try:
            prices.sort(key=key)
        except ValueError as error:
            print(f"ValueError: {error}")

    sorter = Thread(target=sort)
    sorter.start()
    sorting.wait()
    print(f"amid the sort: {prices}")
    prices.append(40)
    looked.set()
    sorter.join()
    print(f"after it: {prices}")


if __name__ == "__main__":
    main()
