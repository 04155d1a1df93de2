from threading import Barrier, Thread

both_inside = Barrier(2)
served: list[bool] = []


def handle(request: dict[str, str], user: str) -> None:
    request["user"] = user
    both_inside.wait()
    served.append(request["user"] == user)


def main() -> None:
    users = ("alice", "bob")
    threads = [Thread(target=handle, args=({}, user)) for user in users]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(
        f"took someone else's request: {served.count(False)}"
        f" of {len(served)}"
    )


if __name__ == "__main__":
    main()
