# pip install starlette uvicorn
import json
import os
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from subprocess import Popen
from urllib.request import urlopen

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

names: list[str] = []  # a global of this process


@asynccontextmanager
async def lifespan(_: Starlette) -> AsyncIterator[None]:
    print("scheduler: starts", flush=True)
    yield


async def add(request: Request) -> JSONResponse:
    names.append(request.query_params["name"])
    return JSONResponse({"process": os.getpid(), "names": len(names)})


app = Starlette(routes=[Route("/", add)], lifespan=lifespan)
HERE = os.path.dirname(__file__)
SERVE = [sys.executable, "-m", "uvicorn", "--workers", "3"]
SERVE += ["--log-level", "error", "--app-dir", HERE]


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        fd = listener.fileno()
        port = listener.getsockname()[1]
        command = [*SERVE, "--fd", str(fd), "workers_broken:app"]
        server = Popen(command, pass_fds=[fd])
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


if __name__ == "__main__":
    main()
