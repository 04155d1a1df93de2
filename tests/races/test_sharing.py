"""Proofs for source/races/sharing.md."""

import asyncio
import sqlite3
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Barrier, Event, Thread, local
from typing import Any

import pytest
from proven.stage import explore, load, perform, perform_script, play
from proven.stage.explore import Exploration, Threads, threading
from proven.stage.player import path_of

from tests.ways import FAILED, End, but, ways
from tests.ways_processes import filled

Together = Callable[[int, Callable[[], object]], None]
REFUSED = "can only be used in that same thread"


def in_thread(work: Callable[[], object]) -> object:
    """Return what another thread gets from `work`: its value, or the error that it raised."""
    got: list[object] = []

    def run() -> None:
        try:
            got.append(work())
        except Exception as error:
            got.append(error)

    thread = Thread(target=run)
    thread.start()
    thread.join()
    return got[0]


ASKED: dict[str, Callable[[sqlite3.Connection], object]] = {
    "execute": lambda base: base.execute("SELECT 1").fetchone(),
    "cursor": lambda base: base.cursor(),
    "commit": lambda base: base.commit(),
    "rollback": lambda base: base.rollback(),
    "close": lambda base: base.close(),
}


@pytest.mark.always("sharing-sqlite-refuses-other-threads")
@ways(ask=ASKED)
def test_a_connection_serves_its_own_thread(ask: Callable[[sqlite3.Connection], object]) -> None:
    lines = play("races/sharing_sqlite_thread").lines
    assert lines[0].endswith(REFUSED)
    assert lines[1] == "worker: 1"
    base = sqlite3.connect(":memory:")
    error = in_thread(lambda: ask(base))
    assert isinstance(error, sqlite3.ProgrammingError)
    assert REFUSED in str(error)
    ask(base)  # in its own thread it works
    base.close()
    lax = sqlite3.connect(":memory:", check_same_thread=False)
    assert not isinstance(in_thread(lambda: ask(lax)), Exception)
    lax.close()


@pytest.mark.always("sharing-sqlite-one-transaction")
@ways(end={"rollback": "rollback", "failed with": "with"}, threads={"1": 1, "3": 3})
def test_a_rollback_is_of_all_threads(end: str, threads: int) -> None:
    assert play("races/sharing_sqlite_broken").lines == ["sold: []"]
    shop = load("races/sharing_sqlite_broken").Shop()
    for _ in range(threads):
        in_thread(lambda: shop.base.execute("INSERT INTO sold VALUES ('cake')"))
    assert shop.sold() == ["cake"] * threads
    if end == "rollback":
        in_thread(shop.base.rollback)
    else:
        assert isinstance(in_thread(lambda: shop.sell("tea", lambda: 1 // 0)), ZeroDivisionError)
    assert shop.sold() == []
    shop.base.close()


@pytest.mark.always("sharing-sqlite-memory-of-its-own")
@ways(by={"the same thread": lambda work: work(), "another": in_thread})
def test_each_connection_has_a_memory_of_its_own(by: Callable[..., object]) -> None:
    # no mutant: чья база в памяти, решает сам SQLite
    def tables() -> list[Any]:
        with closing(sqlite3.connect(":memory:")) as own:
            return own.execute("SELECT name FROM sqlite_master").fetchall()

    with closing(sqlite3.connect(":memory:")) as base:
        base.execute("CREATE TABLE sold (what TEXT)")
        base.commit()
        assert by(tables) == []
        assert base.execute("SELECT name FROM sqlite_master").fetchall() == [("sold",)]


WROTE = "INSERT INTO sold VALUES ('coffee')"
WRITES = {
    "insert": "INSERT INTO sold VALUES ('tea')",
    "create": "CREATE TABLE bought (what TEXT)",
    "begin": "BEGIN IMMEDIATE",
}


@pytest.mark.always("sharing-sqlite-writer-waits-its-timeout")
@ways(write=WRITES, timeout={"0": 0, "0.02": 0.02})
def test_who_cannot_write_in_time_is_told_so(tmp_path: Path, write: str, timeout: float) -> None:
    # no mutant: ждать ли другого соединения, решает сам SQLite
    path = tmp_path / "shop.db"

    def ask(request: str) -> object:
        with closing(sqlite3.connect(path, timeout=timeout)) as own:
            return own.execute(request).fetchall()

    with closing(sqlite3.connect(path)) as base:
        base.execute("CREATE TABLE sold (what TEXT)")
        base.execute("INSERT INTO sold VALUES ('cake')")
        error = in_thread(lambda: ask(write))
        assert isinstance(error, sqlite3.OperationalError)
        assert "database is locked" in str(error)
        assert in_thread(lambda: ask("SELECT * FROM sold")) == [], "who reads isn't in the way"
        base.commit()
        assert in_thread(lambda: ask(write)) == []


@pytest.mark.always("sharing-sqlite-reader-cannot-wait")
@ways(
    write=but(WRITES, "begin"),
    journal={"rollback": "delete", "wal": "wal"},
    other={"writes": ["BEGIN IMMEDIATE"], "has written": ["BEGIN IMMEDIATE", WROTE]},
)
def test_who_has_read_is_told_at_once(
    tmp_path: Path, write: str, journal: str, other: list[str]
) -> None:
    # no mutant: ждать ли другого соединения, решает сам SQLite
    path = tmp_path / "shop.db"

    def connect() -> sqlite3.Connection:
        # Were it waited for, the proof wouldn't end before the deadline of the whole run.
        return sqlite3.connect(path, timeout=3600, isolation_level=None)

    with closing(connect()) as base, closing(connect()) as busy:
        base.execute(f"PRAGMA journal_mode = {journal}")
        base.execute("CREATE TABLE sold (what TEXT)")
        base.execute("INSERT INTO sold VALUES ('cake')")
        base.execute("BEGIN")
        assert base.execute("SELECT * FROM sold").fetchall() == [("cake",)]
        for request in other:
            busy.execute(request)
        if journal == "wal" and WROTE in other:
            # Here even the end of the other's transaction doesn't help.
            busy.commit()
        with pytest.raises(sqlite3.OperationalError, match="database is locked"):
            base.execute(write)
        base.rollback()
        busy.commit()
        # The same requests in a transaction that began by asking to write.
        base.execute("BEGIN IMMEDIATE")
        base.execute("SELECT * FROM sold").fetchall()
        base.execute(write)


@pytest.mark.always("sharing-sqlite-begun-already", since="3.12")
@ways(
    begin={"immediate": "IMMEDIATE", "exclusive": "EXCLUSIVE", "plain": ""},
    wrote={"no": False, "yes": True},
)
def test_a_transaction_is_begun_already(begin: str, wrote: bool) -> None:
    # no mutant: режим есть только с 3.12, примера с ним нет
    options: dict[str, Any] = {"autocommit": False}  # Mypy reads for 3.11, which lacks it.
    with closing(sqlite3.connect(":memory:", **options)) as base:
        base.execute("CREATE TABLE sold (what TEXT)")
        base.commit()
        if wrote:
            base.execute(WROTE)
        with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
            base.execute(f"BEGIN {begin}")


READS_SO: dict[str, tuple[dict[str, Any], str]] = {
    "not to the end": ({}, "SELECT 1"),
    "in a transaction": ({}, "BEGIN"),
}
if sys.version_info >= (3, 12):
    READS_SO["autocommit=False"] = ({"autocommit": False}, "SELECT 1")


@pytest.mark.always("sharing-sqlite-reader-stops-commit")
@ways(
    write=but(WRITES, "begin"),
    timeout={"0": 0, "0.02": 0.02},
    journal={"rollback": "delete", "wal": "wal"},
    reads=READS_SO,
)
def test_an_unfinished_read_stops_a_commit(
    tmp_path: Path, write: str, timeout: float, journal: str, reads: tuple[dict[str, Any], str]
) -> None:
    # no mutant: ждать ли другого соединения, решает сам SQLite
    path = tmp_path / "shop.db"
    with closing(sqlite3.connect(path)) as base:
        base.execute(f"PRAGMA journal_mode = {journal}")
        base.execute("CREATE TABLE sold (what TEXT)")
        base.executemany("INSERT INTO sold VALUES (?)", [["cake"], ["tea"], ["pie"]])
        base.commit()
    options, begin = reads
    with (
        closing(sqlite3.connect(path, **options)) as reader,
        closing(sqlite3.connect(path, timeout=timeout)) as writer,
    ):
        reader.execute(begin)
        rows = reader.execute("SELECT * FROM sold")
        assert rows.fetchone() == ("cake",)
        is_transaction = reader.in_transaction
        if is_transaction:
            assert len(rows.fetchall()) == 2
        writer.execute("BEGIN")
        writer.execute(write)
        if journal == "delete":
            with pytest.raises(sqlite3.OperationalError, match="database is locked"):
                writer.commit()
            if is_transaction:
                reader.commit()
            else:
                rows.fetchall()
        writer.commit()


def sellers(make: Callable[[], Any]) -> Exploration:
    """Explore two sales on one connection, of which the second fails."""

    def tea(shop: Any) -> None:
        with suppress(ZeroDivisionError):
            shop.sell("tea", lambda: 1 // 0)

    made: list[Any] = []

    def setup() -> Any:
        made.append(make())
        return made[-1]

    try:
        return Threads(
            setup,
            [lambda shop: shop.sell("cake"), tea],
            lambda shop: shop.sold() == ["cake"],
            snippets=["races/sharing_sqlite_broken", "races/sharing_sqlite_fixed"],
        ).explore(first=True)
    finally:
        for shop in made:
            shop.base.close()


class LockedStatement:
    """A broken twin: each statement is locked, the transaction isn't."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.base = sqlite3.connect(":memory:", check_same_thread=False)
        self.base.execute("CREATE TABLE sold (what TEXT)")

    def sell(self, what: str, pay: Callable[[], object] = lambda: None) -> None:
        with self.base:
            with self.lock:
                self.base.execute("INSERT INTO sold VALUES (?)", [what])
            pay()

    def sold(self) -> list[str]:
        return [what for (what,) in self.base.execute("SELECT what FROM sold")]


@pytest.mark.never("sharing-sqlite-locked-transaction")
def test_under_a_lock_a_transaction_is_ones_own(explored: Callable[..., None]) -> None:
    assert play("races/sharing_sqlite_fixed").lines == ["sold: ['cake']"]
    fixed = sellers(lambda: explore.load("races/sharing_sqlite_fixed").Shop())
    assert fixed.holds, fixed.failure
    without = sellers(lambda: explore.load("races/sharing_sqlite_broken").Shop())
    explored(fixed.orders, twin_fails=[not without.holds, not sellers(LockedStatement).holds])


@pytest.mark.always("sharing-generator-goes-on")
@ways(ask={"next": next, "send": lambda it: it.send(None)})
def test_a_generator_at_work_refuses_others_and_goes_on(
    ask: Callable[[Iterator[int]], object],
) -> None:
    assert play("races/sharing_generator_broken").lines == [
        "main: ValueError: generator already executing",
        "worker: 1",
        "main: 2",
    ]
    working, go_on = Event(), Event()
    shared = load("races/sharing_generator_broken").numbers(working, go_on)
    got: list[int] = []
    worker = Thread(target=lambda: got.append(next(shared)))
    worker.start()
    working.wait()
    with pytest.raises(ValueError, match="generator already executing"):
        ask(shared)
    go_on.set()
    worker.join()
    assert [*got, *shared] == [1, 2]


@pytest.mark.always("sharing-locked-generator")
@ways(threads={"2": 2, "8": 8})
def test_under_a_lock_each_value_goes_to_one(together: Together, threads: int) -> None:
    assert play("races/sharing_generator_fixed").lines == ["got [1, 2, 3, 4]"]
    make, begin = load("races/sharing_generator_fixed").Shared, Barrier(threads)
    shared, got = make(iter(number for number in range(500))), list[list[int]]()

    def work() -> None:
        begin.wait()
        got.append(list(shared))

    together(threads, work)
    assert sorted(number for part in got for number in part) == list(range(500))
    late: list[int] = []
    waits: list[bool] = []
    others = [Thread(target=lambda: late.append(next(busy))) for _ in range(threads)]

    def numbers() -> Iterator[int]:
        for other in others:
            other.start()
        others[0].join(0.05)  # time enough for an error, were there no lock
        waits.extend(other.is_alive() for other in others)
        yield from range(threads + 1)

    busy = make(numbers())
    assert next(busy) == 0
    for other in others:
        other.join()
    assert waits == [True] * threads
    assert sorted(late) == list(range(1, threads + 1))


@pytest.mark.always("sharing-generator-error-to-one")
@ways(end=FAILED, threads={"1": 1, "3": 3})
def test_the_error_of_a_shared_generator_comes_to_one(end: End, threads: int) -> None:
    make = load("races/sharing_generator_fixed").Shared

    def numbers() -> Iterator[int]:
        yield 1
        end.reach()
        yield 2

    shared, got = make(numbers()), list[int]()
    with pytest.raises(end.error or Exception):
        got.extend(shared)
    assert [in_thread(lambda: list(shared)) for _ in range(threads)] == [[]] * threads


SESSIONS = {
    "requests.Session": "requests.Session()",
    "httpx.Client": "httpx.Client()",
}


@pytest.mark.always("sharing-session-cookies")
@ways(session=SESSIONS, threads={"1": 1, "3": 3})
def test_threads_with_one_session_send_each_others_cookies(session: str, threads: int) -> None:
    assert play("races/sharing_session_broken").lines == [
        "Bob is served as user=Bob",
        "Ann is served as user=Bob",
    ]
    shop = path_of("races/sharing_session_broken").read_text(encoding="utf-8")
    trace = perform_script(
        shop.partition("session = ")[0]
        + filled(
            """
        import httpx

        def in_thread(work):
            thread = Thread(target=work)
            thread.start()
            thread.join()

        server = HTTPServer(("127.0.0.1", 0), Shop)
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        with SESSION as shared, SESSION as own:
            for number in range(THREADS):
                in_thread(lambda: shared.get(f"{url}visitor{number}"))
                in_thread(lambda: print(shared.get(url).text))
            print([own.get(url).text])
        server.shutdown()
        server.server_close()
    """,
            SESSION=session,
            THREADS=threads,
        )
    )
    assert trace.lines == [*(f"user=visitor{number}" for number in range(threads)), "['']"]


@pytest.mark.always("sharing-local-one-each")
@ways(threads={"1": 1, "2": 2, "8": 8})
def test_each_thread_has_its_own(together: Together, threads: int) -> None:
    assert play("races/sharing_session_fixed").lines == [
        "Bob is served as user=Bob",
        "Ann is served as user=Ann",
    ]
    client, got = load("races/sharing_session_fixed").Client(), list[object]()
    begin = Barrier(threads)

    def work() -> None:
        begin.wait()
        assert client.session is client.session
        got.append(client.session)

    together(threads, work)
    assert len({*got, client.session}) == threads + 1


@pytest.mark.always("sharing-local-attribute-missing")
@ways(threads={"1": 1, "2": 2})
def test_what_one_thread_sets_another_lacks(together: Together, threads: int) -> None:
    # no mutant: утверждение о самом local, программа к нему не нужна
    box, seen = local(), list[bool]()
    box.session = "main's"
    together(threads, lambda: seen.append(hasattr(box, "session")))
    assert seen == [False] * threads


@pytest.mark.always("sharing-stream-one-reader")
@ways(
    first={"readline": "readline()", "read": "read(4)", "exactly": "readexactly(4)"},
    second={"readline": "readline()", "read": "read(4)", "until": "readuntil()"},
)
def test_a_stream_has_one_reader_at_a_time(first: str, second: str) -> None:
    trace = play("races/sharing_tasks")
    assert trace.ordered("Bob: RuntimeError, somebody reads already", "Ann: row 1")
    lines = perform_script(
        filled(
            """
        import asyncio

        async def main():
            stream = asyncio.StreamReader()
            early = asyncio.create_task(stream.FIRST)
            await asyncio.sleep(1)
            try:
                await stream.SECOND
            except RuntimeError:
                print("RuntimeError")
            stream.feed_data(b"row\\n")
            print(await early)

        asyncio.run(main())
    """,
            FIRST=first,
            SECOND=second,
        )
    ).lines
    assert lines == ["RuntimeError", "b'row\\n'"]


READS: dict[str, Callable[[asyncio.StreamReader, int], Coroutine[Any, Any, bytes]]] = {
    "read": lambda stream, size: stream.read(size),
    "readexactly": lambda stream, size: stream.readexactly(size),
}


@pytest.mark.sometimes("sharing-stream-takes-a-part")
@ways(
    first={"line": lambda stream: stream.readline(), "four": lambda stream: stream.readexactly(4)},
    second=READS,
)
def test_a_second_reader_takes_a_part_of_the_firsts_answer(
    first: Callable[[asyncio.StreamReader], Coroutine[Any, Any, bytes]],
    second: Callable[[asyncio.StreamReader, int], Coroutine[Any, Any, bytes]],
) -> None:
    # no mutant: в примере ответ приходит целиком
    async def main() -> None:
        stream = asyncio.StreamReader()
        early = asyncio.create_task(first(stream))
        await asyncio.sleep(1)
        stream.feed_data(b"ro")
        await asyncio.sleep(1)
        assert not early.done()
        assert await second(stream, 2) == b"ro"
        stream.feed_data(b"w\nnext\n")
        assert (await early).startswith(b"w\nn")

    perform(main)
