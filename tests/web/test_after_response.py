"""Proofs for source/web/after-response.md."""

from __future__ import annotations

import asyncio
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException
from proven.stage import load, perform, perform_script, play
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.ways import ways
from tests.ways_processes import filled, run_by

Happened = list[tuple[str, float]]
"""What happened, and at which second."""


async def waits(happened: Callable[[str], None]) -> None:
    """Work for three seconds as a coroutine does."""
    try:
        await asyncio.sleep(3)
        happened("done")
    except asyncio.CancelledError:
        happened("cancelled")
        raise


def blocks(happened: Callable[[str], None]) -> None:
    """Work for three seconds as a function in a thread does."""
    time.sleep(3)
    happened("done")


async def fails(_: object) -> None:
    raise OSError


def fails_in_a_thread(_: object) -> None:
    raise OSError


def in_fastapi(works: list[Any], happened: Callable[[str], None]) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def answer(background: BackgroundTasks) -> None:
        for work in works:
            background.add_task(work, happened)

    return app


def in_starlette(works: list[Any], happened: Callable[[str], None]) -> Starlette:
    async def all_of_them() -> None:
        for work in works:
            await BackgroundTask(work, happened)()

    async def answer(request: Request) -> PlainTextResponse:
        return PlainTextResponse(background=BackgroundTask(all_of_them))

    return Starlette(routes=[Route("/", answer)])


def with_task(works: list[Any], happened: Callable[[str], None]) -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def answer() -> None:
        app.state.kept = [asyncio.create_task(work(happened)) for work in works]

    return app


def serve(make: Any, works: list[Any], limit: int | None = None) -> Happened:
    """Serve one request, stop the server; `limit`: seconds that stopping may take."""
    told: Happened = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()

        def happened(what: str) -> None:
            told.append((what, round(loop.time() - start, 1)))

        config = uvicorn.Config(
            make(works, happened), log_config=None, timeout_graceful_shutdown=limit
        )
        server = uvicorn.Server(config)
        listening = socket.create_server(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        serving = asyncio.create_task(server.serve([listening]))
        async with httpx.AsyncClient() as client:
            (await client.get(f"http://127.0.0.1:{port}/")).raise_for_status()
        happened("answered")
        server.should_exit = True
        await serving
        happened("stopped")

    perform(main)
    return told


MADE = {"fastapi": in_fastapi, "starlette": in_starlette}
WORKS = {"async def": waits, "def": blocks}


@pytest.mark.always("after-background-after-answer")
@pytest.mark.always("after-background-awaited")
@ways(make=MADE, work=WORKS, count={"one": 1, "two": 2})
def test_the_server_waits_for_background_tasks(make: Any, work: Any, count: int) -> None:
    trace = play("web/after_response")
    assert trace.ordered("client: 200", "receipt: sent", "server: stopped")
    assert (trace.at("client: 200"), trace.at("receipt: sent")) == (0, 3)
    told = serve(make, [work] * count)
    assert told[0] == ("answered", 0)
    assert told[1:-1] == [("done", 3.0 * number) for number in range(1, count + 1)]
    assert told[-1][0] == "stopped"


@pytest.mark.always("after-background-limit")
@ways(make=MADE, limit={"one second": 1, "two": 2})
def test_a_limit_ends_the_wait(make: Any, limit: int) -> None:
    # no mutant: в примере сроку остановки взяться неоткуда, он без него
    told = serve(make, [waits], limit)
    assert ("done", 3) not in told
    assert [what for what, _ in told if what != "stopped"] == ["answered", "cancelled"]
    assert max(second for _, second in told) < limit + 0.5


STOPPED = """
import asyncio, os, signal
import uvicorn
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
begun = asyncio.Event()
kept = set()

async def letter():
    begun.set()
    try:
        await asyncio.sleep(100)
    finally:
        print("letter: cleaned up", flush=True)

async def receipt():
    print("receipt: begins", flush=True)
    os.kill(os.getpid(), signal.SIGNAL)
    await asyncio.sleep(0.2)
    print("receipt: sent", flush=True)

@app.get("/")
async def answer(background: BackgroundTasks):
    kept.add(asyncio.create_task(letter()))
    await begun.wait()
    background.add_task(receipt)

async def main():
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
    await reader.read()
    await serving
    print("served", flush=True)

asyncio.run(main())
"""


@pytest.mark.always("after-task-cancelled")
@ways(count={"one": 1, "two": 2}, limit={"no limit": None, "long": 30})
def test_a_task_is_cancelled_at_the_end(count: int, limit: int | None) -> None:
    trace = play("web/after_response")
    assert trace.ordered("server: stopped", "letter: cancelled")
    assert trace.elapsed < 5
    told = serve(with_task, [waits] * count, limit)
    assert [what for what, _ in told] == ["answered", "stopped", *["cancelled"] * count]
    assert max(second for _, second in told) < 1
    if count > 1:
        return
    done = run_by("spawn", STOPPED.replace("SIGNAL", "SIGINT"))
    assert done.stdout.splitlines() == ["receipt: begins", "receipt: sent", "letter: cleaned up"]


AWAITED = """
from contextlib import asynccontextmanager

@asynccontextmanager
async def lifespan(_):
    yield
    for task in kept:
        task.cancel()
    await asyncio.wait(kept)

app = FastAPI(lifespan=lifespan)
"""


NUMBER_1 = """
import os, sys
if os.getpid() != 1:
    os.execvp("unshare", [*UNSHARE, sys.executable, __file__])
"""
UNSHARE = ["unshare", "-Urpf", "--kill-child"]
"""Runs a program under the number 1, which it has in a container."""


def unshares() -> bool:
    """Return whether this machine allows that."""
    try:
        return not subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode
    except OSError:
        return False


@pytest.mark.always("after-task-sigterm")
@ways(
    awaited={"by nobody": False, "by lifespan": True},
    how={"alone": "", "after Ctrl+C": "os.kill(os.getpid(), signal.SIGINT); "}
    | ({"number 1": NUMBER_1} if unshares() else {}),
)
def test_after_sigterm_a_task_is_not_even_cancelled(awaited: bool, how: str) -> None:
    # no mutant: в примере сервер останавливает сама программа
    code = STOPPED.replace("app = FastAPI()", AWAITED) if awaited else STOPPED
    survives = how is NUMBER_1
    if survives:
        code = filled(NUMBER_1, UNSHARE=UNSHARE) + code
    else:
        code = code.replace("os.kill(", f"{how}os.kill(")
    done = run_by("spawn", code.replace("SIGNAL", "SIGTERM"))
    cleaned = ["letter: cleaned up"] if awaited or survives else []
    begins, sent, *ends = done.stdout.splitlines()
    assert (begins, sent) == ("receipt: begins", "receipt: sent"), done.stderr
    assert sorted(ends) == cleaned + ["served"] * survives, done.stderr
    assert done.returncode == (0 if survives else -signal.SIGTERM)


@pytest.mark.always("after-second-ctrl-c")
@ways(presses={"once": 1, "twice": 2, "three times": 3})
def test_after_a_second_ctrl_c_the_server_does_not_wait(presses: int) -> None:
    # no mutant: в примере сервер останавливает сама программа
    done = run_by("spawn", STOPPED.replace("SIGNAL)", "SIGINT)" + PRESSED_AGAIN * (presses - 1)))
    sent = ["receipt: sent"] if presses == 1 else []
    assert done.stdout.splitlines() == ["receipt: begins", *sent, "letter: cleaned up"]


PRESSED_AGAIN = "; os.kill(os.getpid(), signal.SIGINT)"


@pytest.mark.always("after-background-in-turn")
@ways(make=MADE, fail={"async def": fails, "def": fails_in_a_thread}, work=WORKS)
def test_an_error_stops_the_rest(make: Any, fail: Any, work: Any) -> None:
    # no mutant: в примере функция одна, и ошибки в ней нет
    told = serve(make, [work, fail, work])
    assert [what for what, _ in told] == ["answered", "done", "stopped"]


def asked(app: FastAPI, told: list[str]) -> list[str]:
    """Ask the application once, and return what it told and when its answer was whole."""

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        async def note(message: Any) -> None:
            await send(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                told.append("answered")

        await app(scope, receive, note)

    async def main() -> None:
        transport = httpx.ASGITransport(noting, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            await client.get("/")

    perform(main)
    return told


@pytest.mark.always("after-background-not-on-error")
@ways(error={"none": None, "HTTPException": HTTPException(409), "another": OSError()})
def test_after_an_error_of_the_handler_nothing_runs(error: Exception | None) -> None:
    # no mutant: обработчик примера исключений не бросает
    app, told = FastAPI(), list[str]()

    @app.get("/")
    async def answer(background: BackgroundTasks) -> None:
        background.add_task(told.append, "done")
        if error:
            raise error

    assert asked(app, told) == (["answered"] if error else ["answered", "done"])


@pytest.mark.always("after-background-own-response")
@ways(own={"no": False, "yes": True})
def test_a_response_with_its_own_background_drops_the_rest(own: bool) -> None:
    # no mutant: обработчик примера своего Response не возвращает
    app, told = FastAPI(), list[str]()

    @app.get("/")
    async def answer(background: BackgroundTasks) -> PlainTextResponse:
        background.add_task(told.append, "done")
        return PlainTextResponse(background=BackgroundTask(told.append, "own") if own else None)

    assert asked(app, told) == ["answered", "own" if own else "done"]


@pytest.mark.always("after-dependency-exit")
@ways(scope={"by default": None, "function": "function"}, waits={"async def": True, "def": False})
def test_a_dependency_is_left_after_the_answer(scope: Any, waits: bool) -> None:
    # no mutant: зависимостей в примере нет
    app, told = FastAPI(), list[str]()

    async def database() -> Any:
        yield
        told.append("commit")

    def in_a_thread() -> Any:
        yield
        told.append("commit")

    dependency = Depends(database if waits else in_a_thread, scope=scope)

    @app.get("/", dependencies=[dependency])
    async def answer(background: BackgroundTasks) -> None:
        background.add_task(told.append, "done")

    late = ["answered", "done", "commit"]
    assert asked(app, told) == (["commit", "answered", "done"] if scope else late)


KILLED = """
import asyncio, os, signal
import httpx
from fastapi import BackgroundTasks, FastAPI

app = FastAPI()
begun = []

async def send(what):
    begun.append(what)
    print(what, "begins", flush=True)
    if len(begun) == 2:
        {end}
    await asyncio.sleep(0)
    print(what, "is done", flush=True)

@app.get("/")
async def answer(background: BackgroundTasks):
    app.task = asyncio.create_task(wait_and_send())
    background.add_task(send, "background")

async def wait_and_send():
    while not begun:
        await asyncio.sleep(0)
    await send("task")

async def main():
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
        await client.get("/")
    await app.task

asyncio.run(main())
"""


@pytest.mark.always("after-killed-loses-both")
@ways(
    end={
        "SIGKILL": "os.kill(os.getpid(), signal.SIGKILL)",
        "os._exit": "os._exit(1)",
        "lives on": "pass",  # the same program does both when nobody kills it
    }
)
def test_a_killed_process_does_neither(end: str) -> None:
    # no mutant: сервер примера никто не убивает, доказательство пишет свою программу
    ran = subprocess.run(
        [sys.executable, "-c", KILLED.format(end=end)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    done = [line for line in ran.stdout.splitlines() if "done" in line]
    if end == "pass":
        assert len(done) == 2, ran.stderr
    else:
        assert ran.returncode
        assert "background begins" in ran.stdout
        assert "task begins" in ran.stdout
        # The first of them may have gone on before the second began, and killed both.
        assert len(done) <= 1
        assert "task is done" not in ran.stdout


TABLE = "CREATE TABLE job (id INTEGER PRIMARY KEY, what, done DEFAULT 0)"


def dies(path: Path, what: str, end: str) -> None:
    """Write down a job or do it, and be killed."""
    source = f"""
import os, signal, sqlite3, sys
db = sqlite3.connect({str(path)!r})
{what}
{end}
"""
    subprocess.run([sys.executable, "-c", source], timeout=60, check=False)


ENDS = {"SIGKILL": "os.kill(os.getpid(), signal.SIGKILL)", "os._exit": "os._exit(1)"}


@pytest.mark.always("after-row-survives")
@ways(end=ENDS, count={"one": 1, "three": 3})
def test_a_row_survives(
    end: str, count: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert play("web/after_response_broken").lines[-1] == "worker: 0 to do"
    trace = play("web/after_response_fixed")
    assert trace.ordered("server: accepted and answered", "worker: letter is sent")
    snippet = load("web/after_response_fixed")
    path = tmp_path / "jobs.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(TABLE)
    write = f'for _ in range({count}):\n    with db: db.execute("{snippet.NEW}", ("x",))'
    dies(path, write, end)
    snippet.work(path)
    assert capsys.readouterr().out == "worker: x is sent\n" * count
    snippet.work(path)
    assert capsys.readouterr().out == ""
    dies(path, f'db.execute("{snippet.NEW}", ("x",))', end)
    snippet.work(path)
    assert capsys.readouterr().out == "", "what was not committed is lost"


@pytest.mark.always("after-row-before-answer")
@ways(error={"exception": OSError, "ends at once": SystemExit})
def test_the_row_is_there_before_the_answer(error: type[BaseException], tmp_path: Path) -> None:
    snippet = load("web/after_response_fixed")
    path = tmp_path / "jobs.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute(TABLE)

    def answer(*_: object, **__: object) -> None:
        raise error

    snippet.accept.__globals__["print"] = answer
    # A changed program that doesn't answer mustn't kill the proof.
    snippet.accept.__globals__["os"] = SimpleNamespace(kill=lambda *_: None, getpid=int)
    with pytest.raises(error):
        snippet.accept(path)
    with closing(sqlite3.connect(path)) as db:
        assert len(db.execute(snippet.WAITING).fetchall()) == 1


@pytest.mark.sometimes("after-row-twice")
def test_a_row_may_be_done_twice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    snippet = load("web/after_response_fixed")
    path = tmp_path / "jobs.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(TABLE)
        db.execute(snippet.NEW, ("x",))

    def kill(*_: object) -> None:
        raise OSError

    # The worker dies where it would mark the row: its statement is one that kills.
    snippet.work.__globals__["DONE"] = "SELECT kill(?)"
    connect = sqlite3.connect

    def with_kill(path: Path) -> sqlite3.Connection:
        db = connect(path)
        db.create_function("kill", 1, kill)
        return db

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sqlite3, "connect", with_kill)
        with pytest.raises(sqlite3.OperationalError):
            snippet.work(path)
    assert capsys.readouterr().out == "worker: x is sent\n"
    load("web/after_response_fixed").work(path)
    assert capsys.readouterr().out == "worker: x is sent\n"


TAKE = "UPDATE job SET taken = 1 WHERE id = ? AND NOT taken"


@pytest.mark.sometimes("after-row-two-workers")
def test_two_workers_may_do_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = load("web/after_response_fixed"), load("web/after_response_fixed")
    path = tmp_path / "jobs.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(TABLE)
        db.execute(one.NEW, ("x",))

    def while_the_other_works(line: str) -> None:
        other.work(path)
        print(line)

    one.work.__globals__["print"] = while_the_other_works
    one.work(path)
    assert capsys.readouterr().out == "worker: x is sent\n" * 2

    with closing(sqlite3.connect(path)) as mine, closing(sqlite3.connect(path)) as theirs:
        mine.execute("ALTER TABLE job ADD taken DEFAULT 0")
        with mine, theirs:
            assert mine.execute(TAKE, (1,)).rowcount == 1
            mine.commit()
            assert theirs.execute(TAKE, (1,)).rowcount == 0


MADE = {
    "create_task": "asyncio.create_task(work())",
    "ensure_future": "asyncio.ensure_future(work())",
    "kept": "kept.append(asyncio.create_task(work()))",
}


@pytest.mark.always("after-wsgi-task")
@ways(made=MADE, thread={"its own": False, "a new one": True}, seconds={"short": 1, "long": 3})
def test_a_task_of_a_wsgi_request_ends_with_it(made: str, thread: bool, seconds: int) -> None:
    assert play("web/after_response_wsgi_broken").lines == [
        "letter: cancelled",
        "client: 200 OK",
        "client: accepted",
    ]
    trace = perform_script(
        filled(
            """
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        kept = []

        async def work():
            try:
                await asyncio.sleep(SECONDS / 10)
                print("done")
            except asyncio.CancelledError:
                print("cancelled")
                raise

        async def view():
            MADE
            await asyncio.sleep(0.2)
            return b"accepted"

        def app(request, start):
            if THREAD:
                with ThreadPoolExecutor(1) as pool:
                    body = pool.submit(asyncio.run, view()).result()
            else:
                body = asyncio.run(view())
            start("200 OK", [])
            return [body]

        print(app({}, lambda status, headers: print(status)))
    """,
            MADE=made,
            THREAD=thread,
            SECONDS=seconds,
        )
    )
    assert trace.lines == ["done" if seconds == 1 else "cancelled", "200 OK", "[b'accepted']"]


@pytest.mark.always("after-wsgi-pool")
@ways(workers={"one": 1, "two": 2}, jobs={"one": 1, "three": 3})
def test_what_a_pool_got_is_done_before_the_end(workers: int, jobs: int) -> None:
    shown = play("web/after_response_wsgi_fixed").lines
    assert shown[2:] == [
        "server: stops",
        "letter: sent to ann@example.org",
        "letter: not sent, no @ in bob",
    ]
    trace = perform_script(
        filled(
            """
        from concurrent.futures import ThreadPoolExecutor
        from threading import Event

        mail, slow = ThreadPoolExecutor(WORKERS), Event()

        def work():
            slow.wait()
            print("done")

        def app(request, start):
            mail.submit(work)
            start("200 OK", [])
            return [b"accepted"]

        for _ in range(JOBS):
            app({}, lambda status, headers: print(status))
        slow.set()
    """,
            WORKERS=workers,
            JOBS=jobs,
        )
    )
    assert trace.lines == ["200 OK"] * jobs + ["done"] * jobs
