# pip install starlette uvicorn
import json
import os
import socket
import sqlite3
import sys
from contextlib import closing
from subprocess import Popen
from tempfile import TemporaryDirectory
from urllib.request import urlopen

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


def add(request: Request) -> JSONResponse:
    name = request.query_params["name"]
    with closing(sqlite3.connect(os.environ["DB"])) as db, db:
        db.execute("INSERT INTO names VALUES (?)", (name,))
        count = db.execute("SELECT count(*) FROM names").fetchone()[0]
    return JSONResponse({"process": os.getpid(), "names": count})


app = Starlette(routes=[Route("/", add)])
HERE = os.path.dirname(__file__)
SERVE = [sys.executable, "-m", "uvicorn", "--workers", "3"]
SERVE += ["--log-level", "error", "--app-dir", HERE]
SCHEDULE = [sys.executable, "-c", "print('scheduler: starts')"]


def serve_and_count() -> None:
    with closing(sqlite3.connect(os.environ["DB"])) as db:
        db.execute("CREATE TABLE names (name)")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fd = listener.fileno()
        port = listener.getsockname()[1]
        command = [*SERVE, "--fd", str(fd), "workers_fixed:app"]
        server = Popen(command, pass_fds=[fd])
    Popen(SCHEDULE).wait()  # a process of its own: not in the server
    counted: dict[int, int] = {}
    sent = 0
    while len(counted) < 3:  # until each process has answered
        sent += 1
        url = f"http://127.0.0.1:{port}/?name={sent}"
        got = json.load(urlopen(url, timeout=60))
        counted[got["process"]] = got["names"]
    print(f"processes: {len(counted)}")
    print(f"one knows all names: {sent in counted.values()}")
    server.terminate()
    server.wait()


def main() -> None:
    with TemporaryDirectory() as folder:
        os.environ["DB"] = os.path.join(folder, "names.db")
        serve_and_count()


if __name__ == "__main__":
    main()
