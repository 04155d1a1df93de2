# pip install requests
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread, local

import requests


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        if self.path != "/":  # logs in who is named
            self.send_header("Set-Cookie", f"user={self.path[1:]}")
        self.end_headers()
        self.wfile.write(self.headers.get("Cookie", "").encode())

    def log_message(self, *_: object) -> None:
        pass


class Client(local):
    def __init__(self) -> None:
        self.session = requests.Session()


client = Client()


def visit(
    shop: str, name: str, meanwhile: Thread | None = None
) -> None:
    client.session.get(f"{shop}/{name}")
    if meanwhile:
        meanwhile.start()
        meanwhile.join()
    print(f"{name} is served as {client.session.get(shop).text}")


def main() -> None:
    server = HTTPServer(("127.0.0.1", 0), Shop)
    Thread(target=server.serve_forever).start()
    shop = f"http://127.0.0.1:{server.server_port}"

    bob = Thread(target=visit, args=(shop, "Bob"))
    visit(shop, "Ann", meanwhile=bob)
    server.shutdown()
    server.server_close()


if __name__ == "__main__":
    main()
