"""Proofs for source/web/fastapi-def.md."""

from __future__ import annotations

import asyncio
import contextvars
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest
from anyio.to_thread import current_default_thread_limiter
from fastapi import Depends, FastAPI
from fastapi.responses import FileResponse, StreamingResponse
from proven.stage import perform, perform_script, play
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.ways import ways
from tests.ways_processes import filled

Asked = list[tuple[str, float]]
"""Which paths were answered, at which second, in that order."""
LIMITS = {"one": 1, "two": 2, "three": 3}


def sleep(seconds: float) -> None:
    """Block the thread; the name is looked up in the play, where time is virtual."""
    time.sleep(seconds)


BLOCKING: dict[str, Callable[[float], Any]] = {
    "time.sleep": sleep,
    "Event.wait": lambda seconds: threading.Event().wait(seconds),
}


def in_loop() -> bool:
    """Tell whether this thread runs the event loop."""
    return threading.current_thread() is threading.main_thread()


def fastapi(block: Callable[[float], Any], seen: list[bool]) -> FastAPI:
    """Return an application with handlers of each kind; `seen`: which of them were in the loop."""
    app = FastAPI()

    def slow() -> None:
        seen.append(in_loop())
        block(1)

    async def depends(_: None = Depends(slow)) -> None: ...

    async def blocks() -> None:
        slow()

    async def hides() -> None:
        await blocks()

    async def awaits() -> None:
        seen.append(in_loop())
        await asyncio.sleep(1)

    async def moves() -> None:
        await asyncio.to_thread(slow)

    async def ping() -> None: ...

    def version() -> None: ...

    for handler in (slow, depends, blocks, hides, awaits, moves, ping, version):
        app.get(f"/{handler.__name__}")(handler)
    return app


def starlette(block: Callable[[float], Any], seen: list[bool]) -> Starlette:
    """Return one of Starlette alone, with the same paths."""

    def slow(request: Request) -> PlainTextResponse:
        seen.append(in_loop())
        block(1)
        return PlainTextResponse()

    async def blocks(request: Request) -> PlainTextResponse:
        return slow(request)

    async def hides(request: Request) -> PlainTextResponse:
        return await blocks(request)

    async def awaits(request: Request) -> PlainTextResponse:
        seen.append(in_loop())
        await asyncio.sleep(1)
        return PlainTextResponse()

    async def ping(request: Request) -> PlainTextResponse:
        return PlainTextResponse()

    def version(request: Request) -> PlainTextResponse:
        return PlainTextResponse()

    handlers = (slow, blocks, hides, awaits, ping, version)
    return Starlette(routes=[Route(f"/{each.__name__}", each) for each in handlers])


def ask(app: FastAPI | Starlette, *paths: str, threads: float = 40) -> Asked:
    """Ask the application for all paths at once, when `def` handlers have that many threads."""
    answered: Asked = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        start = loop.time()
        current_default_thread_limiter().total_tokens = threads
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:

            async def visit(path: str) -> None:
                (await client.get(path)).raise_for_status()
                answered.append((path, round(loop.time() - start, 6)))

            await asyncio.gather(*map(visit, paths))

    perform(main)
    return answered


MADE = {"fastapi": fastapi, "starlette": starlette}


@pytest.mark.always("fastapi-def-in-thread")
@ways(
    asked={
        "def": (fastapi, "/slow"),
        "depends": (fastapi, "/depends"),
        "bare": (starlette, "/slow"),
    },
    block=BLOCKING,
    other={"async def": "/ping", "def": "/version"},
)
def test_def_leaves_the_loop_free(asked: Any, block: Callable[[float], Any], other: str) -> None:
    trace = play("web/fastapi_def_fixed")
    assert (trace.at("ping: answered"), trace.at("report: answered")) == (0, 2)
    make, path = asked
    seen: list[bool] = []
    assert ask(make(block, seen), path, path, other) == [(other, 0), (path, 1), (path, 1)]
    assert seen == [False, False]


@pytest.mark.always("fastapi-await-lets-others")
@ways(make=MADE, other={"async def": "/ping", "def": "/version", "the same": "/awaits"})
def test_await_leaves_the_loop_free(make: Any, other: str) -> None:
    trace = play("web/fastapi_def_await")
    assert (trace.at("ping: answered"), trace.at("report: answered")) == (0, 2)
    seen: list[bool] = []
    answers = ask(make(sleep, seen), "/awaits", other)
    assert sorted(answers, key=lambda each: each[1])[-1] == ("/awaits", 1)
    assert max(second for _, second in answers) == 1
    assert all(seen)
    assert seen


@pytest.mark.always("fastapi-blocking-stops-all")
@ways(
    make=MADE,
    blocks={name: (block, "/blocks") for name, block in BLOCKING.items()}
    | {"in what it awaits": (sleep, "/hides")},
    other={"async def": "/ping", "def": "/version", "slow": "/awaits"},
)
def test_a_blocking_call_stops_all(
    make: Any, blocks: tuple[Callable[[float], Any], str], other: str
) -> None:
    trace = play("web/fastapi_def_broken")
    assert (trace.at("report: answered"), trace.at("ping: answered")) == (2, 2)
    assert trace.ordered("report: answered", "ping: answered")
    seen: list[bool] = []
    block, path = blocks
    answers = ask(make(block, seen), path, path, other)
    assert seen[:2] == [True, True]
    assert min(second for each, second in answers if each == other) >= 2


@pytest.mark.always("fastapi-forty-threads")
def test_forty_at_once() -> None:
    # one way: the number is one
    assert play("web/fastapi_def_waves").lines[0] == "threads at most: 40"
    # Forty meet at the barrier; one more could only come if it had a thread.
    inside, together, gate, lock = [0], threading.Barrier(41), threading.Event(), threading.Lock()

    def block(_seconds: float) -> None:
        with lock:
            inside[0] += 1
            is_among_forty = inside[0] <= 40
        if is_among_forty:
            together.wait()
        gate.wait()

    async def main() -> None:
        transport = httpx.ASGITransport(fastapi(block, []))
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            visits = [asyncio.create_task(client.get("/slow")) for _ in range(45)]
            await asyncio.to_thread(together.wait)
            done, _ = await asyncio.wait(visits, timeout=0.05)
            assert (inside, done) == ([40], set())
            gate.set()
            await asyncio.gather(*visits)
            assert inside == [45]

    asyncio.run(main())


@pytest.mark.always("fastapi-threads-shared")
@ways(make=MADE, threads=LIMITS)
def test_a_quick_one_waits_for_a_thread(make: Any, threads: int) -> None:
    trace = play("web/fastapi_def_waves")
    assert [trace.at(f"{path}: answered") for path in ("/ping", "/version")] == [0, 2]
    assert [each.time for each in trace.events if "report" in each.text] == [2, 2, 4]
    paths = [*["/slow"] * threads, "/version", "/ping"]
    answers = dict(ask(make(sleep, []), *paths, threads=threads))
    assert answers == {"/ping": 0, "/slow": 1, "/version": 1}


CONNECTION_WAIT = 3
"""How long a request waits for a connection of the pool."""


class Session:
    """Takes a connection of the pool when it is first needed, and tells whether it got one."""

    def __init__(self, connections: threading.Semaphore, got: list[bool]) -> None:
        self._connections = connections
        self._got = got
        self._has = False

    def connect(self) -> None:
        self._has = self._connections.acquire(timeout=CONNECTION_WAIT)
        self._got.append(self._has)
        sleep(0.1)  # asks the database

    def close(self) -> None:
        if self._has:
            self._connections.release()
        self._has = False


HOLDS = {
    "dependency": (True, False, False),
    "session and model": (False, True, False),
    "handler": (False, False, True),
}
"""Who takes the connection: the dependency, the handler by the dependency's session, or the handler
alone, which gives it back; in each case the answer is checked by a model."""


@pytest.mark.sometimes("fastapi-dependency-deadlock")
@ways(holds=HOLDS, threads={"two": 2, "three": 3})
def test_who_waits_for_a_connection_takes_the_threads(
    holds: tuple[bool, bool, bool], threads: int
) -> None:
    # no mutant: в примерах страницы соединений нет
    eager, lazy, alone = holds
    connections, got = threading.Semaphore(1), list[bool]()
    app = FastAPI()

    def session() -> Iterator[Session]:
        each = Session(connections, got)
        if eager:
            each.connect()
        yield each
        each.close()

    depends = Depends(session)

    @app.get("/order")
    def order(each: Session = depends) -> int:
        if lazy or alone:
            each.connect()
        if alone:
            each.close()
        return 1

    answers = ask(app, *["/order"] * 6, threads=threads)
    assert len(answers) == 6
    assert all(got) is alone
    assert (max(second for _, second in answers) < CONNECTION_WAIT) is alone


class Settings:
    """A dependency that is a class."""


def settings() -> None: ...


def settings_with_cleanup() -> Iterator[None]:
    yield


async def awaited_settings() -> None: ...


async def awaited_pieces() -> AsyncIterator[bytes]:
    yield b"piece"


NEEDS_A_THREAD: dict[str, tuple[Any, Callable[[], Any], bool]] = {
    "def dependency": (settings, lambda: None, True),
    "def with yield": (settings_with_cleanup, lambda: None, True),
    "class": (Settings, lambda: None, True),
    "file": (awaited_settings, lambda: FileResponse(__file__), True),
    "stream": (awaited_settings, lambda: StreamingResponse(iter([b"piece"])), True),
    "async def": (awaited_settings, lambda: None, False),
    "async stream": (awaited_settings, lambda: StreamingResponse(awaited_pieces()), False),
}
"""What a handler depends on, what it returns, and whether it needs a thread."""


@pytest.mark.always("fastapi-async-needs-thread")
@ways(needs=NEEDS_A_THREAD, threads=LIMITS)
def test_async_def_that_needs_a_thread_waits_for_it(
    needs: tuple[Any, Callable[[], Any], bool], threads: int
) -> None:
    # no mutant: в примерах страницы зависимостей нет
    dependency, answer, waits = needs
    app = fastapi(sleep, [])

    depends = Depends(dependency)

    @app.get("/health")
    async def health(_: Any = depends) -> Any:
        return answer()

    answers = dict(ask(app, *["/slow"] * threads, "/health", threads=threads))
    assert answers == {"/slow": 1, "/health": 1 if waits else 0}


@pytest.mark.always("fastapi-to-thread-own-pool")
@ways(threads=LIMITS)
def test_to_thread_needs_no_thread_of_def(threads: int) -> None:
    paths = [*["/slow"] * (threads + 1), "/moves"]
    answers = ask(fastapi(sleep, []), *paths, threads=threads)
    assert ("/moves", 1) in answers
    assert answers[-1] == ("/slow", 2)


@pytest.mark.sometimes("fastapi-def-overlaps")
def test_two_handlers_at_once() -> None:
    app = FastAPI()
    both = threading.Barrier(2)
    threads = set()

    @app.get("/meet")
    def meet() -> None:
        both.wait()  # passes only when two are in
        threads.add(threading.get_ident())

    ask(app, "/meet", "/meet")
    assert len(threads) == 2


def returned() -> sqlite3.Connection:
    return sqlite3.connect(":memory:")


def yielded() -> Iterator[sqlite3.Connection]:
    yield returned()


# Only the thread that opened a connection may close it, and that one isn't asked again.
@pytest.mark.filterwarnings("ignore:unclosed database:ResourceWarning")
@pytest.mark.sometimes("fastapi-dependency-other-thread")
@ways(opened={"returned": returned, "yielded": yielded}, taken={"yes": True, "no": False})
def test_a_dependency_and_its_handler_may_run_in_two_threads(
    opened: Callable[[], Any], taken: bool
) -> None:
    # no mutant: в примерах страницы зависимостей нет
    app, told = FastAPI(), list[str]()
    begun, gate = threading.Event(), threading.Event()

    async def main() -> None:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://app") as client:
            others = []

            async def meanwhile() -> None:
                """Let another request take the thread that the dependency has left."""
                if taken:
                    others.append(asyncio.create_task(client.get("/busy")))
                    await asyncio.to_thread(begun.wait)

            opens, waits = Depends(opened), Depends(meanwhile)

            @app.get("/busy")
            def busy() -> None:
                begun.set()
                gate.wait()

            @app.get("/ask")
            def ask(base: Any = opens, _: None = waits) -> None:
                try:
                    told.extend(base.execute("SELECT 'answer'").fetchone())
                except sqlite3.ProgrammingError:
                    told.append("another thread")

            (await client.get("/ask")).raise_for_status()
            gate.set()
            await asyncio.gather(*others)

    asyncio.run(main())
    assert told == ["another thread" if taken else "answer"]


USER = contextvars.ContextVar("USER", default="nobody")


def sets() -> None:
    USER.set("Ann")


def sets_and_yields() -> Iterator[None]:
    USER.set("Ann")
    yield


async def sets_in_the_loop() -> None:
    USER.set("Ann")


async def sets_in_the_loop_and_yields() -> AsyncIterator[None]:
    USER.set("Ann")
    yield


SETS: dict[str, tuple[Callable[[], Any], str]] = {
    "def": (sets, "nobody"),
    "def with yield": (sets_and_yields, "nobody"),
    "async def": (sets_in_the_loop, "Ann"),
    "async def with yield": (sets_in_the_loop_and_yields, "Ann"),
}
"""A dependency and what its handler sees."""


@pytest.mark.always("fastapi-dependency-contextvar")
@ways(by=SETS, path={"def": "/slow", "async def": "/awaits"})
def test_a_handler_sees_what_a_dependency_in_the_loop_has_set(
    by: tuple[Callable[[], Any], str], path: str
) -> None:
    # no mutant: в примерах страницы зависимостей нет
    dependency, expected = by
    app, seen = FastAPI(dependencies=[Depends(dependency)]), list[str]()

    @app.get("/slow")
    def slow() -> None:
        seen.append(USER.get())

    @app.get("/awaits")
    async def awaits() -> None:
        seen.append(USER.get())

    assert ask(app, path, path) == [(path, 0)] * 2
    assert seen == [expected] * 2


WSGI = """
import asyncio

def app(request, start):
    body = asyncio.run(view())
    start("200 OK", [])
    return [body.encode()]
"""
REQUESTS = {"two": 2, "three": 3}


@pytest.mark.always("fastapi-wsgi-in-turn")
@ways(requests=REQUESTS, waits={"one": 1, "five": 5}, together={"together": True, "in turn": False})
def test_a_wsgi_worker_serves_requests_in_turn(requests: int, waits: int, together: bool) -> None:
    shown = play("web/fastapi_def_wsgi")
    assert shown.at("200 OK Ann: price and stock") == 1
    assert shown.at("200 OK Bob: price and stock") == 2
    trace = perform_script(
        WSGI
        + filled(
            """
        async def view():
            waits = [asyncio.sleep(2) for _ in range(WAITS)]
            if TOGETHER:
                await asyncio.gather(*waits)
            else:
                for wait in waits:
                    await wait
            return "ready"

        for number in range(REQUESTS):
            print(number, *app({}, lambda status, headers: None))
    """,
            WAITS=waits,
            REQUESTS=requests,
            TOGETHER=together,
        )
    )
    seconds = 2 if together else 2 * waits
    assert [trace.at(f"{number} b'ready'") for number in range(requests)] == [
        seconds * (number + 1) for number in range(requests)
    ]


@pytest.mark.always("fastapi-wsgi-own-loop")
@ways(requests=REQUESTS, where={"in its thread": "run", "in a new thread": "in_thread"})
def test_each_wsgi_request_has_a_loop_of_its_own(requests: int, where: str) -> None:
    assert play("web/fastapi_def_wsgi").lines[-1] == "the same loop: False"
    trace = perform_script(
        filled(
            """
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        loops = []

        async def view():
            loops.append(asyncio.get_running_loop())

        def run(main):
            asyncio.run(main)

        def in_thread(main):
            with ThreadPoolExecutor(1) as thread:
                thread.submit(run, main).result()

        for _ in range(REQUESTS):
            WHERE(view())
        print(len(set(loops)), all(loop.is_closed() for loop in loops))
    """,
            REQUESTS=requests,
            WHERE=where,
        )
    )
    assert trace.lines == [f"{requests} True"]
