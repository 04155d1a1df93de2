from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any

Start = Callable[[str, list[tuple[str, str]]], object]
mail = ThreadPoolExecutor(max_workers=1)
mail_server_answers = Event()


def send_letter(address: str) -> None:
    mail_server_answers.wait()
    if "@" not in address:
        raise ValueError(f"no @ in {address}")
    print(f"letter: sent to {address}")


def tell_error(job: "Future[None]") -> None:
    if error := job.exception():
        print(f"letter: not sent, {error}")


def app(request: dict[str, Any], start: Start) -> list[bytes]:
    job = mail.submit(send_letter, request["QUERY_STRING"])
    job.add_done_callback(tell_error)
    start("200 OK", [("Content-Type", "text/plain")])
    return [b"accepted"]


def main() -> None:
    for address in ("ann@example.org", "bob"):
        request = {"QUERY_STRING": address}
        body = app(request, lambda status, _: print(status, end=" "))
        print(f"{address}: {body[0].decode()}")
    print("server: stops")
    mail_server_answers.set()


if __name__ == "__main__":
    main()
