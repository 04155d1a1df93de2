"""Proofs for source/web/client-pool.md."""

from __future__ import annotations

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from proven.stage import perform, play

from tests.ways import ways

KEPT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CLOSED = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
CONNECTIONS = {"one": 1, "two": 2, "three": 3}
WORK = {"short": 0.3, "long": 1.0}

Visit = Callable[[str], Awaitable[None]]


def opened_by(visits: Visit, *, work: float = 1, reply: bytes = KEPT) -> int:
    """Return how many connections a local server got that works so many seconds on a request."""
    return connections_of(visits, work=work, reply=reply)[0]


def connections_of(visits: Visit, *, work: float, reply: bytes = KEPT) -> tuple[int, int]:
    """Return how many connections the server got, and how many it had at once."""
    opened = now = most = 0

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        nonlocal opened, now, most
        opened, now = opened + 1, now + 1
        most = max(most, now)
        while await reader.read(65536):
            await asyncio.sleep(work)
            writer.write(reply)
            await writer.drain()
            if reply == CLOSED:
                break
        now -= 1
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        await visits(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        await asyncio.sleep(0.1)
        server.close()

    perform(main)
    return opened, most


def crowd(
    count: int,
    connections: int,
    pool: float | None,
    *,
    work: float = 1,
    inside: int = 10**6,
    each: bool = False,
    reply: bytes = KEPT,
) -> tuple[list[tuple[str, float]], int]:
    """Send `count` requests at once, `inside` in the client at most.

    Returns how each ended, at which second, and the number of connections.
    """
    ends: list[tuple[str, float]] = []

    async def visits(url: str) -> None:
        loop = asyncio.get_running_loop()
        start, gate = loop.time(), asyncio.Semaphore(inside)
        limits = httpx.Limits(max_connections=connections)
        timeout = httpx.Timeout(100, pool=pool)

        async def get(client: httpx.AsyncClient) -> None:
            async with gate:
                try:
                    end = (await client.get(url)).text
                except httpx.PoolTimeout as error:
                    end = str(error) or "no place"
            ends.append((end, round(loop.time() - start, 6)))

        async def own() -> None:
            async with httpx.AsyncClient(limits=limits, timeout=timeout) as client:
                await get(client)

        async with httpx.AsyncClient(limits=limits, timeout=timeout) as client:
            await asyncio.gather(*(own() if each else get(client) for _ in range(count)))

    opened = opened_by(visits, work=work, reply=reply)
    return ends, opened


@pytest.mark.always("client-connections-reused")
@ways(connections=CONNECTIONS, work=WORK)
def test_connections_are_used_again(connections: int, work: float) -> None:
    trace = play("web/client_pool_fixed")
    assert trace.lines.count("server: new connection") == 2
    ends, opened = crowd(3 * connections, connections, None, work=work)
    assert opened == connections
    rounds = [pytest.approx(work * number) for number in (1, 2, 3) for _ in range(connections)]
    assert [second for _, second in ends] == rounds

    async def in_waves(url: str, other: str) -> None:
        async with httpx.AsyncClient(limits=httpx.Limits(max_connections=connections)) as client:
            for wave in (url, other, url):
                await asyncio.gather(*(client.get(wave) for _ in range(connections)))

    # By its other name it is another server.
    for name, waves in (("127.0.0.1", 1), ("localhost", 3)):
        opened = opened_by(lambda url, name=name: in_waves(url, url.replace("127.0.0.1", name)))
        assert opened == waves * connections


@pytest.mark.always("client-gate-no-timeout")
@ways(connections=CONNECTIONS, work=WORK)
def test_a_gate_prevents_the_timeout(connections: int, work: float) -> None:
    trace = play("web/client_pool_fixed")
    assert [each.time for each in trace.events if "200" in each.text] == [1, 1, 2, 2]
    ends, _ = crowd(3 * connections, connections, 0.1, work=work, inside=connections)
    assert {end for end, _ in ends} == {"ok"}
    without, _ = crowd(3 * connections, connections, 0.1, work=work)
    assert {end for end, _ in without} == {"ok", "no place"}


@pytest.mark.always("client-pool-timeout")
@ways(connections=CONNECTIONS, pool={"at once": 0.001, "short": 0.1, "nearly": 0.9})
def test_who_waits_too_long_gets_the_timeout(connections: int, pool: float) -> None:
    trace = play("web/client_pool_broken")
    assert [each.time for each in trace.events if "PoolTimeout" in each.text] == [0.5, 0.5]
    assert [each.time for each in trace.events if "200" in each.text] == [1, 1]
    ends, _ = crowd(connections + 3, connections, pool)
    assert ends == [("no place", pool)] * 3 + [("ok", 1)] * connections


def after_a_cancel(steps: int, *, inside: int) -> set[str]:
    """Return what requests get after eight others, cancelled after so many steps of the loop.

    The client has two connections, and `inside` requests in it at most.
    """
    ends: set[str] = set()

    async def visits(url: str) -> None:
        gate, limits = asyncio.Semaphore(inside), httpx.Limits(max_connections=2)
        timeout = httpx.Timeout(100, pool=5)

        async def get(client: httpx.AsyncClient) -> str:
            async with gate:
                try:
                    return (await client.get(url)).text
                except httpx.PoolTimeout:
                    return "no place"

        async with httpx.AsyncClient(limits=limits, timeout=timeout) as client:
            crowd = [asyncio.create_task(get(client)) for _ in range(8)]
            for _ in range(steps):
                await asyncio.sleep(0)
            for each in crowd:
                each.cancel()
            await asyncio.wait(crowd)
            ends.update(await asyncio.gather(*(get(client) for _ in range(4))))

    opened_by(visits, work=1)
    return ends


@pytest.mark.sometimes("client-cancel-loses-places")
@ways(inside={"all inside": 8, "behind a gate": 2})
def test_cancelled_requests_may_keep_their_places(inside: int) -> None:
    # no mutant: в примерах запросов не отменяют
    assert after_a_cancel(0, inside=inside) == {"ok"}
    # At which step connections are being opened is a matter of versions.
    assert any(after_a_cancel(steps, inside=inside) == {"no place"} for steps in range(20))


@pytest.mark.always("client-defaults")
def test_the_defaults() -> None:
    # one way: the numbers are what they are
    # no mutant: в примерах обе настройки свои
    async def visits(url: str) -> None:
        async with httpx.AsyncClient() as client:
            timeout = client.timeout
            assert {timeout.connect, timeout.read, timeout.write, timeout.pool} == {5}
            await asyncio.gather(*(client.get(url) for _ in range(110)))

    assert connections_of(visits, work=1)[1] == 100


@pytest.mark.always("client-keepalive-twenty")
@ways(
    count={"twenty": (20, 20), "one more": (21, 22), "forty": (40, 60)},
    limits={
        "default": None,
        "of one's own": httpx.Limits(max_connections=100, max_keepalive_connections=20),
    },
)
def test_only_twenty_are_kept(count: tuple[int, int], limits: httpx.Limits | None) -> None:
    # no mutant: в примерах соединений всего два
    at_once, opened = count
    options = {"limits": limits} if limits else {}

    async def visits(url: str) -> None:
        async with httpx.AsyncClient(**options) as client:
            for _ in range(2):
                await asyncio.gather(*(client.get(url) for _ in range(at_once)))

    assert connections_of(visits, work=1) == (opened, at_once)


@pytest.mark.always("client-above-twenty-reopens")
@ways(
    at_once={"twenty": 20, "one more": 21, "forty": 40},
    gate={"behind a gate": True, "all inside": False},
    kept={"default": None, "as many as connections": 100},
)
def test_above_twenty_each_is_closed_after_its_request(
    at_once: int, gate: bool, kept: int | None
) -> None:
    # no mutant: в примерах соединений всего два
    count, asked, opened = 2 * at_once, 0, 0
    # Who is behind a gate needs no other limit.
    limits = httpx.Limits(
        max_connections=100 if gate else at_once, max_keepalive_connections=kept or 20
    )
    options: dict[str, Any] = {} if gate and not kept else {"limits": limits}

    async def answer(reader: StreamReader, writer: StreamWriter) -> None:
        nonlocal asked, opened
        opened += 1
        while await reader.read(65536):
            asked += 1
            await asyncio.sleep(1 + asked / 100)  # each answer at a second of its own
            writer.write(KEPT)
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        inside = asyncio.Semaphore(at_once if gate else count)

        async def get(client: httpx.AsyncClient) -> None:
            async with inside:
                assert (await client.get(url)).text == "ok"

        async with httpx.AsyncClient(timeout=None, **options) as client:
            await asyncio.gather(*(get(client) for _ in range(count)))
        await asyncio.sleep(0.1)
        server.close()

    perform(main)
    assert opened == (count if at_once > 20 and not kept else at_once)


@pytest.mark.always("client-idle-is-left")
@ways(
    expiry={
        "default": (5, {}),
        "one": (1, {"keepalive_expiry": 1}),
        "hour": (3600, {"keepalive_expiry": 3600}),
    },
    connections=CONNECTIONS,
)
def test_an_idle_connection_is_left(
    expiry: tuple[float, dict[str, float]], connections: int
) -> None:
    # no mutant: в примерах клиент не простаивает
    seconds, options = expiry

    def opened(idle: float) -> int:
        async def visits(url: str) -> None:
            limits = httpx.Limits(max_connections=connections, **options)
            async with httpx.AsyncClient(limits=limits) as client:
                for _ in range(3):
                    await asyncio.gather(*(client.get(url) for _ in range(connections)))
                    await asyncio.sleep(idle)

        return opened_by(visits)

    assert opened(seconds - 0.1) == connections
    assert opened(seconds + 0.1) == 3 * connections


@pytest.mark.sometimes("client-closed-meanwhile")
def test_a_server_may_close_while_the_next_request_is_sent() -> None:
    got: list[object] = []

    async def answer_once(reader: StreamReader, writer: StreamWriter) -> None:
        await reader.read(65536)
        writer.write(KEPT)
        await reader.read(65536)  # the next request is on its way when it closes
        writer.close()

    async def main() -> None:
        server = await asyncio.start_server(answer_once, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with httpx.AsyncClient() as client:
            got.append((await client.get(url)).text)
            with pytest.raises(httpx.RemoteProtocolError) as error:
                await client.get(url)
            got.append(str(error.value))
            got.append((await client.get(url)).text)
        await asyncio.sleep(0.1)
        server.close()

    perform(main)
    assert got == ["ok", "Server disconnected without sending a response.", "ok"]


FEW = httpx.Limits(max_connections=2)
TRANSPORTS = {
    "none": (None, 2),
    "retries": ({"retries": 2}, 8),
    "limits of its own": ({"retries": 2, "limits": FEW}, 2),
}
"""What the transport is made with, and how many connections eight requests open."""


@pytest.mark.always("client-transport-has-limits")
@ways(transport=TRANSPORTS, mounted={"transport": False, "mounts": True})
def test_a_transport_has_limits_of_its_own(
    transport: tuple[dict[str, Any] | None, int], mounted: bool
) -> None:
    # no mutant: в примерах транспорта не передают
    made, opened = transport

    async def visits(url: str) -> None:
        own = httpx.AsyncHTTPTransport(**made) if made is not None else None
        options: dict[str, Any] = {"mounts": {"http://": own}} if mounted else {"transport": own}
        async with httpx.AsyncClient(limits=FEW, **(options if own else {})) as client:
            await asyncio.gather(*(client.get(url) for _ in range(8)))

    assert opened_by(visits) == opened


@pytest.mark.always("client-pool-none")
@ways(connections=CONNECTIONS, work={"short": 1, "a day": 86400})
def test_without_a_limit_it_waits(connections: int, work: float) -> None:
    # no mutant: в примерах срок pool всегда задан
    async def visits(url: str) -> None:
        limits = httpx.Limits(max_connections=connections)
        timeout = httpx.Timeout(None, connect=5)
        async with httpx.AsyncClient(limits=limits, timeout=timeout) as client:
            await asyncio.gather(*(client.get(url) for _ in range(connections + 1)))

    assert opened_by(visits, work=work) == connections


@pytest.mark.sometimes("client-pool-wait-restarts")
def test_the_wait_begins_anew() -> None:
    ends, _ = crowd(5, 1, 0.5, work=0.4)
    assert ends[-1] == ("ok", 2), "it waited for 1.6 s"


@pytest.mark.always("client-each-opens")
@ways(count={"two": 2, "ten": 10}, work=WORK)
def test_a_client_for_each_request(count: int, work: float) -> None:
    trace = play("web/client_pool_each")
    assert trace.lines.count("server: new connection") == 4
    ends, opened = crowd(count, 1, 0.1, work=work, each=True)
    assert opened == count
    assert ends == [("ok", work)] * count


@pytest.mark.always("client-server-closes")
@ways(count={"two": 2, "five": 5}, connections=CONNECTIONS)
def test_the_server_closes(count: int, connections: int) -> None:
    # no mutant: сервер примера держит соединения
    assert crowd(count, connections, None, reply=CLOSED)[1] == count
    assert crowd(count, connections, None)[1] == min(count, connections)


@pytest.mark.always("client-stream-holds")
@ways(read={"unread": False, "left": True})
def test_a_stream_holds_its_connection(read: bool) -> None:
    # no mutant: в примерах ответ читают целиком
    async def visits(url: str) -> None:
        limits = httpx.Limits(max_connections=1)
        timeout = httpx.Timeout(100, pool=5)
        async with httpx.AsyncClient(limits=limits, timeout=timeout) as client:
            async with client.stream("GET", url):
                if not read:
                    with pytest.raises(httpx.PoolTimeout):
                        await client.get(url)
            assert (await client.get(url)).text == "ok"

    opened_by(visits)


@pytest.mark.always("client-cookies-shared")
@ways(together={"in turn": False, "together": True}, by={"get": "GET", "post": "POST"})
def test_a_client_keeps_the_cookies_for_everybody(together: bool, by: str) -> None:
    # no mutant: в примерах страницы сервер кук не присылает
    async def ask(client: httpx.AsyncClient, user: str) -> str:
        return (await client.request(by, f"http://shop/{user}")).text

    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(1)
        headers = {"Set-Cookie": f"user={request.url.path[1:]}"}
        return httpx.Response(200, headers=headers, text=request.headers.get("Cookie", "nobody"))

    async def main() -> None:
        transport = httpx.MockTransport(answer)
        async with httpx.AsyncClient(transport=transport) as client:
            print(await ask(client, "Ann"))
            if together:
                print(*await asyncio.gather(ask(client, "Bob"), ask(client, "Bob")))
            else:
                print(await ask(client, "Bob"), await ask(client, "Bob"))
        for user in ("Ann", "Bob"):
            async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as own:
                print(await ask(own, user))

    seen = "user=Ann user=Ann" if together else "user=Ann user=Bob"
    assert perform(main).lines == ["nobody", seen, "nobody", "nobody"]
